//! The plan of `sync --every`: whose turn it is, and what follows from how a run ended.
//!
//! Nothing here waits, reads or prints. Moments are times since 1970.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use lastfm_core::Username;
use lastfm_core::archive::Replaced;

/// Users at work at the same time; they share one rate.
const PLACES: usize = 8;
/// Of these, so many for those who were never complete: a first import takes hours, and the
/// others' update, which takes a second, must not wait for it.
const PLACES_FOR_IMPORTS: usize = 4;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Default)]
pub(crate) struct Schedule {
    round_count: u64,
    /// Rounds of which runs are still to end.
    rounds: Vec<Round>,
    waiting: VecDeque<UserRun>,
    at_work: Vec<UserRun>,
    people: HashMap<Username, Person>,
    is_outage: bool,
    /// Why the last round could not begin.
    hindrance: Option<&'static str>,
    /// Plays that are new since the last report.
    news: u64,
    reported_at: Option<Duration>,
    is_report_due: bool,
}

/// One user's run in one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserRun {
    pub(crate) user: Username,
    /// Whether the archive was never complete.
    pub(crate) is_import: bool,
    round: u64,
}

/// What is remembered of a user.
#[derive(Debug, Default)]
struct Person {
    is_up_to_date: bool,
    trouble: Option<Incident>,
    /// Not before this moment.
    rests_until: Duration,
}

/// Something that keeps a user's archive from being up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incident {
    pub(crate) code: &'static str,
    pub(crate) what: String,
    pub(crate) since: Duration,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything is archived, but for what Last.fm refuses.
    Done(Replaced),
    /// The next round tries again.
    Later { code: &'static str, what: String },
    /// A person has to do something about this user.
    Person { code: &'static str, what: String },
    /// No later run can help anybody.
    Everybody,
    /// The service was told to stop.
    Stopped,
}

/// What follows from it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// The trouble is a new one, and is to be told.
    pub(crate) is_news: bool,
    /// The trouble that is over.
    pub(crate) recovered: Option<Incident>,
    /// The service ends.
    pub(crate) ends: bool,
    /// The round of which this was the last run.
    pub(crate) finished: Option<Round>,
}

/// A round, as far as its runs have ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Round {
    pub(crate) number: u64,
    pub(crate) up_to_date: u64,
    pub(crate) failed: u64,
    pub(crate) replaced: Replaced,
}

/// How everybody stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Overview {
    pub(crate) users: usize,
    pub(crate) up_to_date: usize,
    pub(crate) new_plays: u64,
    /// Whether there was one before.
    pub(crate) is_first: bool,
    /// Who is not up to date, by name, and why; nothing if their first run is not over.
    pub(crate) others: Vec<(Username, Option<Incident>)>,
}

impl Schedule {
    /// Notes why a round cannot begin, and says whether that is news.
    pub(crate) fn is_hindered(&mut self, code: &'static str) -> bool {
        self.hindrance.replace(code) != Some(code)
    }

    /// Begins a round of these users, and says which of them have a turn in it: not those whose
    /// last run is not over, nor those who rest. Whoever is no longer among them is forgotten.
    pub(crate) fn begin_round(
        &mut self,
        users: Vec<(Username, bool)>,
        now: Duration,
    ) -> (Round, Vec<Username>) {
        self.hindrance = None;
        self.round_count += 1;
        let number = self.round_count;
        let named: HashSet<&Username> = users.iter().map(|(user, _)| user).collect();
        self.people.retain(|user, _| named.contains(user));
        self.waiting.retain(|turn| named.contains(&turn.user));
        let mut turns = Vec::with_capacity(users.len());
        for (user, is_import) in users {
            let person = self.people.entry(user.clone()).or_default();
            let is_busy = |turn: &UserRun| turn.user == user;
            let rests = person.rests_until > now;
            if !rests && !self.at_work.iter().any(is_busy) && !self.waiting.iter().any(is_busy) {
                turns.push(UserRun { user, is_import, round: number });
            }
        }
        let whose = turns.iter().map(|turn| turn.user.clone()).collect();
        turns.sort_by_key(|turn| turn.is_import);
        self.waiting.extend(turns);
        let round = Round { number, ..Round::default() };
        self.rounds.push(round.clone());
        // Also forgets those whose last turn was forgotten, and this one if nobody has a turn.
        let open: HashSet<u64> = self.turns().map(|turn| turn.round).collect();
        self.rounds.retain(|round| open.contains(&round.number));
        (round, whose)
    }

    /// The next user who has a turn, if there is a place.
    pub(crate) fn next_turn(&mut self) -> Option<UserRun> {
        let imports = self.at_work.iter().filter(|turn| turn.is_import).count();
        let is_full = self.at_work.len() >= PLACES;
        let fits = |turn: &UserRun| !is_full && (!turn.is_import || imports < PLACES_FOR_IMPORTS);
        let index = self.waiting.iter().position(fits)?;
        let turn = self.waiting.remove(index)?;
        self.at_work.push(turn.clone());
        Some(turn)
    }

    /// Notes how a run ended, and says what follows from it.
    pub(crate) fn ended(&mut self, turn: &UserRun, outcome: &Outcome, now: Duration) -> Effects {
        self.at_work.retain(|other| other != turn);
        let mut effects = Effects { finished: self.tally(turn, outcome), ..Effects::default() };
        self.is_report_due |= effects.finished.is_some() && self.reported_at.is_none();
        let Some(person) = self.people.get_mut(&turn.user) else { return effects };
        person.is_up_to_date = matches!(outcome, Outcome::Done(_));
        match outcome {
            Outcome::Done(replaced) => {
                self.is_outage = false;
                self.news += replaced.added;
                effects.recovered = person.trouble.take();
            }
            Outcome::Later { code, what } => {
                self.is_outage = *code == "not_now";
                effects.is_news = person.ails(code, what, now);
            }
            Outcome::Person { code, what } => {
                effects.is_news = person.ails(code, what, now);
                person.rests_until = now + DAY;
            }
            Outcome::Everybody => effects.ends = true,
            Outcome::Stopped => {}
        }
        effects
    }

    /// Whether the last run gave up on a service that does not answer: the next ones can be
    /// short.
    pub(crate) fn is_outage(&self) -> bool {
        self.is_outage
    }

    /// How everybody stands, after the first round and then once a day.
    pub(crate) fn overview(&mut self, now: Duration) -> Option<Overview> {
        let is_day_over = self.reported_at.is_some_and(|last| now >= last + DAY || now < last);
        if !self.is_report_due && !is_day_over {
            return None;
        }
        self.is_report_due = false;
        let is_first = self.reported_at.replace(now).is_none();
        let others = self.people.iter().filter(|(_, person)| !person.is_up_to_date);
        let mut others: Vec<_> =
            others.map(|(user, person)| (user.clone(), person.trouble.clone())).collect();
        others.sort_by_key(|(user, _)| user.folded());
        Some(Overview {
            users: self.people.len(),
            up_to_date: self.people.len() - others.len(),
            new_plays: std::mem::take(&mut self.news),
            is_first,
            others,
        })
    }

    /// Counts the run in its round; the round, if that was its last one.
    fn tally(&mut self, turn: &UserRun, outcome: &Outcome) -> Option<Round> {
        let index = self.rounds.iter().position(|round| round.number == turn.round)?;
        let round = &mut self.rounds[index];
        match outcome {
            Outcome::Done(replaced) => {
                round.up_to_date += 1;
                round.replaced += *replaced;
            }
            _ => round.failed += 1,
        }
        let is_over = !self.turns().any(|other| other.round == turn.round);
        is_over.then(|| self.rounds.swap_remove(index))
    }

    fn turns(&self) -> impl Iterator<Item = &UserRun> {
        self.waiting.iter().chain(&self.at_work)
    }
}

impl Person {
    /// Notes a trouble; whether it is another one than before.
    fn ails(&mut self, code: &'static str, what: &str, now: Duration) -> bool {
        let known = self.trouble.as_ref().filter(|known| known.code == code);
        let since = known.map_or(now, |known| known.since);
        let is_news = known.is_none();
        self.trouble = Some(Incident { code, what: what.to_owned(), since });
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const START: Duration = Duration::from_secs(1_780_000_000);

    fn users(names: &[&str]) -> Vec<(Username, bool)> {
        names.iter().map(|name| (name.parse().unwrap(), false)).collect()
    }

    fn turns(schedule: &mut Schedule) -> Vec<UserRun> {
        std::iter::from_fn(|| schedule.next_turn()).collect()
    }

    fn done(added: u64) -> Outcome {
        Outcome::Done(Replaced { added, ..Replaced::default() })
    }

    fn not_now() -> Outcome {
        Outcome::Later { code: "not_now", what: "busy".to_owned() }
    }

    fn hidden() -> Outcome {
        Outcome::Person { code: "hidden", what: "hides".to_owned() }
    }

    /// A round in which every run ends like this; what followed for the last one.
    fn round(schedule: &mut Schedule, names: &[&str], outcome: &Outcome, now: Duration) -> Effects {
        schedule.begin_round(users(names), now);
        let mut effects = Effects::default();
        for turn in turns(schedule) {
            effects = schedule.ended(&turn, outcome, now);
        }
        effects
    }

    #[test]
    fn a_user_whose_run_is_not_over_is_not_started_again() {
        let mut schedule = Schedule::default();
        schedule.begin_round(users(&["rj", "alice"]), START);
        let [rj, alice] = &turns(&mut schedule)[..] else { panic!("two turns") };
        assert_eq!(schedule.ended(alice, &done(1), START).finished, None);
        let (round, began) = schedule.begin_round(users(&["rj", "alice"]), START + HOUR);
        assert_eq!((round.number, &began[..]), (2, &[alice.user.clone()][..]));
        let [again] = &turns(&mut schedule)[..] else { panic!("one turn") };
        let finished = schedule.ended(again, &done(2), START + HOUR).finished.unwrap();
        assert_eq!((finished.number, finished.replaced.added), (2, 2));
        let finished = schedule.ended(rj, &not_now(), START + HOUR).finished.unwrap();
        assert_eq!((finished.number, finished.up_to_date, finished.failed), (1, 1, 1));
        assert!(schedule.rounds.is_empty() && schedule.at_work.is_empty());
    }

    #[test]
    fn first_imports_leave_places_to_the_others() {
        let mut schedule = Schedule::default();
        let many = |kind: &'static str, is_import| {
            (0..20).map(move |n| (format!("{kind}{n}").parse().unwrap(), is_import))
        };
        let everybody = many("new", true).chain(many("old", false)).collect();
        schedule.begin_round(everybody, START);
        let first = turns(&mut schedule);
        assert_eq!(first.len(), PLACES);
        assert!(first.iter().all(|turn| !turn.is_import), "updates first");
        let mut updates = first;
        while let Some(turn) = updates.pop() {
            schedule.ended(&turn, &done(0), START);
            updates.extend(turns(&mut schedule).into_iter().filter(|turn| !turn.is_import));
        }
        let imports = schedule.at_work.iter().filter(|turn| turn.is_import).count();
        assert_eq!(imports, PLACES_FOR_IMPORTS);
        // An hour later, while the imports go on.
        schedule.begin_round(users(&["old1", "old2"]), START + HOUR);
        assert_eq!(turns(&mut schedule).len(), 2);
    }

    #[test]
    fn an_outage_of_days_is_told_once_and_tried_every_round() {
        let mut schedule = Schedule::default();
        assert_eq!(round(&mut schedule, &["rj"], &done(5), START).recovered, None);
        let mut told = 0;
        for hour in 1..=72 {
            let effects = round(&mut schedule, &["rj"], &not_now(), START + HOUR * hour);
            assert!(effects.finished.is_some(), "it was tried");
            told += u32::from(effects.is_news);
            assert!(schedule.is_outage());
        }
        assert_eq!(told, 1);
        let effects = round(&mut schedule, &["rj"], &done(99), START + HOUR * 73);
        assert_eq!(effects.recovered.unwrap().since, START + HOUR);
        assert!(!schedule.is_outage());
    }

    #[test]
    fn what_only_a_person_can_mend_is_tried_daily_and_told_when_it_changes() {
        let mut schedule = Schedule::default();
        let unknown = Outcome::Person { code: "unknown_user", what: "unknown".to_owned() };
        let mut tries = Vec::new();
        let mut told = Vec::new();
        for hour in 0..100 {
            let now = START + HOUR * hour;
            let outcome = if hour < 60 { hidden() } else { unknown.clone() };
            let (_, began) = schedule.begin_round(users(&["alice", "rj"]), now);
            for turn in turns(&mut schedule) {
                let is_rj = turn.user.as_str() == "rj";
                let outcome = if is_rj { done(0) } else { outcome.clone() };
                if schedule.ended(&turn, &outcome, now).is_news {
                    told.push(hour);
                }
            }
            assert!(began.iter().any(|user| user.as_str() == "rj"), "the others go on");
            if began.len() == 2 {
                tries.push(hour);
            }
        }
        assert_eq!(tries, [0, 24, 48, 72, 96]);
        assert_eq!(told, [0, 72]);
    }

    #[test]
    fn a_key_that_is_not_accepted_ends_everything() {
        let mut schedule = Schedule::default();
        assert!(round(&mut schedule, &["rj"], &Outcome::Everybody, START).ends);
    }

    #[test]
    fn how_everybody_stands_is_told_after_the_first_round_and_daily() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.overview(START), None, "nothing has happened yet");
        let mut told = Vec::new();
        for hour in 0..50 {
            let now = START + HOUR * hour;
            let outcome = if hour == 49 { not_now() } else { done(2) };
            round(&mut schedule, &["rj", "alice"], &outcome, now);
            if let Some(overview) = schedule.overview(now) {
                told.push((hour, overview.new_plays, overview.up_to_date));
            }
        }
        assert_eq!(told, [(0, 4, 2), (24, 96, 2), (48, 96, 2)]);
        let overview = schedule.overview(START + 3 * DAY).unwrap();
        assert_eq!((overview.users, overview.up_to_date, overview.is_first), (2, 0, false));
        assert_eq!(overview.others[0].1.as_ref().unwrap().code, "not_now");
    }

    #[test]
    fn nothing_is_kept_of_users_who_are_gone() {
        let mut schedule = Schedule::default();
        for hour in 0..1000 {
            let (one, other) = (format!("a{hour}"), format!("b{hour}"));
            round(&mut schedule, &[&one, &other], &hidden(), START + HOUR * hour);
        }
        assert_eq!(schedule.people.len(), 2);
        assert!(schedule.rounds.is_empty() && schedule.waiting.is_empty());
        assert!(schedule.at_work.is_empty());
    }
}
