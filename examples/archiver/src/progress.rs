//! What is seen while a run works: a line that is redrawn, a line a minute, or JSON.

use std::cell::Cell;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use lastfm_core::archive::{Estimate, Progress, WorkerId};
use lastfm_core::{Timestamp, Username};
use terminal::output::{self, Mode};
use terminal::pace::Pace;
use terminal::{columns, process, show};

use crate::journal::stamped;
use crate::json::{self, Line};

/// How often a log gets a line.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// The same for a service, whose first imports are at work for hours.
const SERVICE_LOG_EVERY: Duration = Duration::from_secs(10 * 60);

/// Columns of `1,112,000 of 1,185,212 plays · 1 min 14 s left`, and of the day in front of it.
const WORDS: usize = 46;
const DAY: usize = 11;

/// What the time needed is estimated from before there is a pace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) page_size: u32,
    /// Requests a second; nothing if they are not limited.
    pub(crate) rate: Option<f64>,
}

impl Plan {
    /// Plays that so many requests bring.
    fn plays_a_second(self) -> Option<f64> {
        self.rate.map(|rate| f64::from(self.page_size) * rate)
    }
}

/// Shows one user's run.
pub(crate) struct View {
    mode: Mode,
    plan: Plan,
    user: Username,
    pace: Option<Pace>,
    bars: Option<Bars>,
    /// What keeps the run from going on, and until when.
    trouble: Option<(String, Option<Instant>)>,
    last_log: Instant,
    /// Whether it is one of many runs of a service: its lines have the time in front.
    is_service: bool,
    /// Whether what is held is read again: how far it is follows from what was read.
    is_reread: bool,
    refused_count: u64,
    /// What is told once the run knows what there is to do, with a name for machines.
    notes: Vec<(&'static str, String)>,
}

struct Bars {
    all: MultiProgress,
    bar: ProgressBar,
    trouble: ProgressBar,
    /// The columns that the bar is made for.
    width: Cell<usize>,
}

impl View {
    pub(crate) fn new(mode: Mode, plan: Plan, user: Username) -> Self {
        let last_log = Instant::now();
        let bars = (mode == Mode::Terminal).then(Bars::new);
        let (pace, trouble) = (None, None);
        let (is_service, is_reread, refused_count) = (false, false, 0);
        Self {
            mode,
            plan,
            user,
            pace,
            bars,
            trouble,
            last_log,
            is_service,
            is_reread,
            refused_count,
            notes: Vec::new(),
        }
    }

    /// The same for a run that reads again what is held: what is read is what it has got to.
    pub(crate) fn of_reading_again(mut self) -> Self {
        self.is_reread = true;
        self
    }

    /// The same in lines, for one of many runs of a service.
    pub(crate) fn of_a_service(mut self) -> Self {
        self.clear();
        self.is_service = true;
        if self.mode == Mode::Terminal {
            self.mode = Mode::Log;
        }
        self
    }

    /// Shows one step.
    pub(crate) fn step(&mut self, step: &Progress) {
        let now = Instant::now();
        match step {
            Progress::Waiting { by, .. } => self.waiting(by),
            Progress::Started { user, held, total, registered_at, .. } => {
                self.user = user.clone();
                let done = if self.is_reread { 0 } else { *held };
                let pace = Pace::new(done, total.or(self.is_reread.then_some(*held)));
                self.pace = Some(pace.planned(self.plan.plays_a_second()));
                self.started(*held, *total, *registered_at);
            }
            Progress::Archived { span, replaced, held, total, read_count, .. } => {
                self.trouble = None;
                let done =
                    if self.is_reread { (*read_count).min(total.unwrap_or(*held)) } else { *held };
                let pace = self.pace.get_or_insert_with(|| Pace::new(done, *total));
                pace.archived(*span, done, *total, now);
                let seconds_left = pace.time_left().map(|left| left.as_secs());
                self.json(|user| Line::Archived {
                    user,
                    span: (*span).into(),
                    changes: (*replaced).into(),
                    held: *held,
                    total: *total,
                    read: *read_count,
                    seconds_left,
                });
            }
            Progress::Retrying { reason, wait, .. } => {
                self.trouble = Some((show::complaint(reason), Some(now + *wait)));
                self.json(|user| Line::Retrying { user, reason, wait_seconds: wait.as_secs_f64() });
            }
            Progress::Refused(hole) => {
                self.refused_count += 1;
                self.json(|user| Line::Refused { user, hole: hole.into() });
            }
            Progress::Comparing { held, total, .. } => {
                let more = show::count(held.abs_diff(*total), "play");
                let (one, other) =
                    if total > held { ("more", "missing") } else { ("fewer", "extra") };
                let words = format!("Last.fm counts {more} {one}: looking for what is {other}");
                self.trouble = Some((words, None));
                self.json(|user| Line::Comparing { user, held: *held, total: *total });
            }
            // The end is told by whoever started the run, and steps to come are no news yet.
            _ => {}
        }
        self.draw();
    }

    /// Shows that time passes.
    pub(crate) fn tick(&mut self) {
        self.draw();
        let now = Instant::now();
        let every = if self.is_service { SERVICE_LOG_EVERY } else { LOG_EVERY };
        if self.mode == Mode::Log && now.saturating_duration_since(self.last_log) >= every {
            self.last_log = now;
            let mut line = self.user.to_string();
            if let Some(pace) = &self.pace {
                line = format!("{line}: {}", how_far(pace));
                if let Some(reached) = pace.reached {
                    line = format!("{line} · back to {}", show::day(reached));
                }
            }
            if let Some(trouble) = self.trouble_in_words(now) {
                line = format!("{line} · {trouble}");
            }
            self.note(&line);
        }
    }

    /// Shows that the run is about to end.
    pub(crate) fn stopping(&mut self) {
        let words = "stopping after the page in flight; again to end at once";
        self.trouble = Some((words.to_owned(), None));
    }

    /// Down to which moment the plays are archived.
    pub(crate) fn reached(&self) -> Option<Timestamp> {
        self.pace.as_ref().and_then(|pace| pace.reached)
    }

    /// Spans that Last.fm refused in this run.
    pub(crate) fn refused_count(&self) -> u64 {
        self.refused_count
    }

    /// Takes away everything that is redrawn.
    pub(crate) fn clear(&mut self) {
        if let Some(bars) = self.bars.take() {
            bars.bar.finish_and_clear();
            bars.trouble.finish_and_clear();
            let _ = bars.all.clear();
        }
    }

    /// Has something to tell once the run knows what there is to do.
    pub(crate) fn note_at_start(&mut self, code: &'static str, what: String) {
        self.notes.push((code, what));
    }

    fn tell_notes(&mut self) {
        for (code, what) in std::mem::take(&mut self.notes) {
            match (self.mode, &self.bars) {
                (Mode::Json, _) => {
                    json::print(&terminal::json::Line::Note { code, message: &what });
                }
                (Mode::Quiet, _) => {}
                (_, Some(bars)) => bars.tell(&what),
                (_, None) => self.note(&what),
            }
        }
    }

    fn note(&self, text: &str) {
        if self.is_service { output::note(&stamped(text)) } else { output::note(text) }
    }

    fn waiting(&mut self, by: &WorkerId) {
        let words = format!(
            "{} is at work on {}; waiting for it (a minute at most, should it be dead)",
            process::in_words(by),
            self.user
        );
        if self.mode == Mode::Log {
            self.note(&words);
        }
        self.json(|user| Line::Waiting { user, by: &by.0 });
        self.trouble = Some((words, None));
    }

    fn started(&mut self, held: u64, total: Option<u64>, registered_at: Option<Timestamp>) {
        self.trouble = None;
        self.tell_notes();
        let Some(pace) = &self.pace else { return };
        self.json(|user| Line::Started {
            user,
            held,
            total,
            registered_at: registered_at.map(Timestamp::as_unix),
        });
        if let Some(bars) = &self.bars {
            let mut header = header(&self.user, pace, registered_at, self.plan);
            if self.is_reread {
                header = header.replace("newest first", "all read again, newest first");
            }
            bars.tell(&header);
        }
    }

    fn json<'a>(&'a self, line: impl FnOnce(&'a str) -> Line<'a>) {
        if self.mode == Mode::Json {
            json::print(&line(self.user.as_str()));
        }
    }

    fn trouble_in_words(&self, now: Instant) -> Option<String> {
        let (words, until) = self.trouble.as_ref()?;
        Some(match until {
            None => words.clone(),
            Some(until) => {
                let wait = until.saturating_duration_since(now) + Duration::from_millis(999);
                match wait.as_secs() {
                    0 => format!("{words}, trying again"),
                    _ => format!("{words}, trying again in {}", show::time(wait)),
                }
            }
        })
    }

    fn draw(&mut self) {
        let now = Instant::now();
        let trouble = self.trouble_in_words(now).unwrap_or_default();
        let Some(bars) = &self.bars else { return };
        bars.trouble.set_message(trouble);
        // A bar for a run that has nothing to fetch would only flash.
        if let Some(pace) = self.pace.as_ref().filter(|pace| pace.left() != Some(0)) {
            bars.fit();
            bars.bar.set_length(pace.total.unwrap_or(pace.held).max(1));
            bars.bar.set_position(pace.held);
            bars.bar.set_prefix(pace.reached.map(show::day).unwrap_or_default());
            bars.bar.set_message(how_far(pace));
        }
    }
}

impl Bars {
    fn new() -> Self {
        let all = MultiProgress::new();
        let width = columns::error_width();
        let bar = ProgressBar::new(1).with_style(style(&template(width)));
        let trouble = ProgressBar::new_spinner().with_style(style("  {msg}"));
        Self { bar: all.add(bar), trouble: all.add(trouble), all, width: Cell::new(width) }
    }

    /// Draws for the width that the terminal has now.
    fn fit(&self) {
        let width = columns::error_width();
        if self.width.replace(width) != width {
            self.bar.set_style(style(&template(width)));
        }
    }

    /// Writes a line above.
    fn tell(&self, line: &str) {
        let _ = self.all.println(line);
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style.expect("the template is a valid one").progress_chars("█▉▊▋▌▍▎▏░")
}

/// What is drawn where there are so many columns: the words are never cut for the sake of the bar.
fn template(columns: usize) -> String {
    let beside_words = columns.saturating_sub(2 + WORDS);
    let beside_day = beside_words.saturating_sub(DAY + 2);
    match beside_day.saturating_sub(2) {
        bar @ 8.. => format!("  {{prefix:{DAY}}}  {{bar:{}}}  {{wide_msg}}", bar.min(24)),
        _ if beside_day > 0 => format!("  {{prefix:{DAY}}}  {{wide_msg}}"),
        _ => "  {wide_msg}".to_owned(),
    }
}

/// `112,000 of 185,212 plays · 1 min 14 s left`
fn how_far(pace: &Pace) -> String {
    let mut words = match pace.total {
        Some(total) => format!("{} of {}", show::number(pace.held), show::count(total, "play")),
        None => show::count(pace.held, "play"),
    };
    if let Some(left) = pace.time_left() {
        words = format!("{words} · {} left", show::time(left));
    }
    words
}

/// What there is to do, before it is done.
fn header(user: &Username, pace: &Pace, registered_at: Option<Timestamp>, plan: Plan) -> String {
    let since = registered_at.map(|at| format!(" since {}", show::month(at)));
    let since = since.unwrap_or_default();
    let Some((total, left)) = pace.total.zip(pace.left()) else {
        return format!("{user} · {} here", show::count(pace.held, "play"));
    };
    let plays = show::count(total, "play");
    if left == 0 && total > 0 {
        return format!("{user} · {plays}{since} · looking for what has changed");
    }
    let mut words = format!("{user} · {plays}{since} · newest first");
    if pace.held > 0 {
        words = format!("{words}, {} here already", show::number(pace.held));
    }
    if let Some(rate) = plan.rate {
        let requests = Estimate::of_plays(left, plan.page_size).request_count;
        #[allow(clippy::cast_precision_loss)]
        let seconds = requests as f64 / rate;
        let length = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        words = format!("{words}, {}, {}", pace_in_words(rate), show::about(length));
    }
    words
}

/// `1 request a second`
fn pace_in_words(rate: f64) -> String {
    let ending = if (rate - 1.0).abs() < f64::EPSILON { "" } else { "s" };
    format!("{rate} request{ending} a second")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_not_cut_for_the_sake_of_the_bar() {
        for (columns, drawn) in [
            (200, "  {prefix:11}  {bar:24}  {wide_msg}"),
            (80, "  {prefix:11}  {bar:17}  {wide_msg}"),
            (70, "  {prefix:11}  {wide_msg}"),
            (62, "  {prefix:11}  {wide_msg}"),
            (60, "  {wide_msg}"),
            (0, "  {wide_msg}"),
        ] {
            assert_eq!(template(columns), drawn, "{columns}");
            let _ = style(drawn);
        }
    }
}
