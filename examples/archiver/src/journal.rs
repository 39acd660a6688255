//! What `sync --every` says, a line for a fact, with the date and time (UTC) in front.

use std::time::Duration;

use lastfm_core::archive::Replaced;
use lastfm_core::{Timestamp, Username};
use terminal::database::Place;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::show;

use crate::json::{self, Line, StaleUser};
use crate::schedule::{Incident, Overview, Round};
use crate::summary::Summary;

/// Users that are named in a line; of more, the number is told.
const NAMED: usize = 5;

pub(crate) struct Journal {
    mode: Mode,
    place: Place,
}

impl Journal {
    pub(crate) fn new(mode: Mode, place: Place) -> Self {
        Self { mode, place }
    }

    pub(crate) fn started(&self, users: &[Username], every: Duration, next: Duration) {
        if self.mode == Mode::Json {
            return json::print(&Line::ServiceStarted {
                at: unix(now()),
                users: users.iter().map(Username::as_str).collect(),
                every_seconds: every.as_secs_f64(),
                next_round_at: unix(next),
                db: &self.place.to_string(),
            });
        }
        let place = &self.place;
        self.say(&format!(
            "keeping {} up to date {} in {place}; the next round is {}",
            names(users.iter()),
            show::every(every),
            until(next),
        ));
    }

    pub(crate) fn round_started(&self, round: &Round, users: &[Username]) {
        if self.mode == Mode::Json {
            let users = users.iter().map(Username::as_str).collect();
            json::print(&Line::RoundStarted { round: round.number, at: unix(now()), users });
        }
    }

    pub(crate) fn round_finished(&self, round: &Round, next: Duration) {
        if self.mode == Mode::Json {
            json::print(&Line::RoundFinished {
                round: round.number,
                at: unix(now()),
                up_to_date: round.up_to_date,
                failed: round.failed,
                changes: round.replaced.into(),
                next_round_at: unix(next),
            });
        }
    }

    /// That a first import was stopped.
    pub(crate) fn stopped_in_import(&self, summary: &Summary<'_>) {
        self.say(&format!("{}: {}", summary.report.user, summary.place()));
    }

    /// How a run ended, if there is anything to tell.
    pub(crate) fn run(&self, summary: &Summary<'_>, refused: u64, recovered: Option<&Incident>) {
        let report = &summary.report;
        if report.replaced == Replaced::default() && refused == 0 && recovered.is_none() {
            return;
        }
        let is_first = report.replaced.added > 0 && report.replaced.added == report.held;
        let plays = show::count(report.held, "play");
        let mut line = if is_first {
            format!("{}: complete · {plays}", report.user)
        } else {
            format!("{}: {} · {plays}", report.user, show::changes(report.replaced))
        };
        if report.replaced.doubted > 0 {
            let doubted = show::count(report.replaced.doubted, "play");
            line = format!("{line} · {doubted} did not show up this time, kept");
        }
        if refused > 0 {
            let spans = show::count(refused, "span");
            line = format!("{line} · Last.fm refuses {spans}, tried again tomorrow");
        }
        if let Some(incident) = recovered {
            let lasted = show::time(now().saturating_sub(incident.since));
            line = format!("{line} · works again after {lasted}");
        }
        self.say(&line);
    }

    /// Something is wrong; also said to those who want to hear nothing else. Without a next round
    /// it is the end.
    pub(crate) fn trouble(&self, trouble: &Trouble, next: Option<Duration>) {
        if self.mode == Mode::Json {
            trouble.tell(self.mode);
            return;
        }
        let about = trouble.user.as_ref().map(|user| format!("{user}: ")).unwrap_or_default();
        let what = &trouble.what;
        let advice = trouble.advice.join(" ");
        output::note(&stamped(&match (trouble.exit, next) {
            (Exit::NotNow | Exit::Failed, Some(next)) => {
                format!("! {about}{what}; trying again {}", until(next))
            }
            _ => format!("! {about}{what}. {advice}"),
        }));
    }

    /// How everybody stands.
    pub(crate) fn overview(&self, overview: &Overview, next: Duration) {
        let Overview { users, up_to_date, new_plays, is_first, others } = overview;
        if self.mode == Mode::Json {
            let behind = others.iter().map(|(user, incident)| StaleUser {
                user: user.as_str(),
                code: incident.as_ref().map(|incident| incident.code),
                since: incident.as_ref().map(|incident| unix(incident.since)),
            });
            return json::print(&Line::Daily {
                at: unix(now()),
                users: *users,
                up_to_date: *up_to_date,
                added: *new_plays,
                behind: behind.collect(),
            });
        }
        let who = match (users, users == up_to_date) {
            (1, true) => "up to date".to_owned(),
            (_, true) => format!("all {users} up to date"),
            (_, false) => format!("{up_to_date} of {users} up to date"),
        };
        let plays = show::count(*new_plays, "new play");
        let since = if *is_first { "" } else { " since yesterday" };
        let mut line = format!("{who}, {plays}{since}");
        for (user, incident) in others.iter().take(NAMED) {
            line = match incident {
                Some(Incident { what, since, .. }) => {
                    format!("{line} · {user}: {what}, since {}", show::minute(at(*since)))
                }
                None => format!("{line} · {user}: the first import is at work"),
            };
        }
        if let Some(more) = others.len().checked_sub(NAMED).filter(|more| *more > 0) {
            line = format!("{line} · {more} more");
        }
        self.say(&format!("{line}; the next round is {}", until(next)));
    }

    /// What became of looking up release years.
    pub(crate) fn years(&self, text: &str) {
        if self.mode == Mode::Json {
            let note = terminal::json::Line::Note { code: "release_years", message: text };
            return terminal::json::print(&note);
        }
        self.say(text);
    }

    pub(crate) fn stopped(&self, exit: Exit) {
        if self.mode == Mode::Json {
            let exit_code = exit.code();
            return json::print(&Line::ServiceStopped { at: unix(now()), exit_code });
        }
        if exit == Exit::Complete {
            self.say("stopped; what is archived is safe");
        }
    }

    fn say(&self, text: &str) {
        if self.mode.is_for_people() {
            output::line(&stamped(text));
        }
    }
}

/// `2026-11-21 14:00:03Z  …`
pub(crate) fn stamped(text: &str) -> String {
    format!("{}  {text}", show::stamp(at(now())))
}

/// `rj, alice and 3 more`
fn names<'a>(users: impl ExactSizeIterator<Item = &'a Username>) -> String {
    let more = users.len().saturating_sub(NAMED);
    let named: Vec<_> = users.take(NAMED).map(Username::as_str).collect();
    match (named.join(", "), more) {
        (named, 0) => named,
        (named, more) => format!("{named} and {more} more"),
    }
}

/// `at 15:03`, `at 15:03:20` if that is soon, `on 22 Nov 2026 at 15:03`
fn until(moment: Duration) -> String {
    let time = at(moment);
    let left = moment.saturating_sub(now());
    if left < Duration::from_secs(5 * 60) {
        return format!("at {}", show::second_of_day(time));
    }
    if show::day(time) == show::day(at(now())) {
        format!("at {}", show::minute_of_day(time))
    } else {
        format!("on {} at {}", show::day(time), show::minute_of_day(time))
    }
}

/// Time since 1970.
pub(crate) fn now() -> Duration {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

fn unix(moment: Duration) -> i64 {
    i64::try_from(moment.as_secs()).unwrap_or(i64::MAX)
}

fn at(moment: Duration) -> Timestamp {
    Timestamp::from_unix(unix(moment))
}
