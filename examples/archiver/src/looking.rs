//! What is seen while albums are looked up: lines that are redrawn, a line a minute, or JSON.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mb_enrich::{Effort, Progress, Status};
use terminal::output::{self, Mode};
use terminal::redrawn::Redrawn;
use terminal::{columns, show};

use crate::json::{self, Line};
use crate::musicbrainz;

/// How often a log gets a line.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// Columns of the bar.
const BAR: u64 = 24;
/// Columns of a terminal that has room for a bar.
const WIDE: usize = 70;

/// Shows one user's albums.
pub(crate) struct View {
    mode: Mode,
    user: String,
    spacing: Option<Duration>,
    effort: Effort,
    progress: Progress,
    /// When the first albums were asked for, and how many had been settled by then.
    began: Option<(Instant, u64)>,
    redrawn: Option<Redrawn>,
    /// What keeps it from going on, and until when.
    trouble: Option<(String, Instant)>,
    last_log: Instant,
}

impl View {
    /// For a source that is asked so often at most.
    pub(crate) fn new(
        mode: Mode,
        user: impl Into<String>,
        spacing: Option<Duration>,
        effort: Effort,
    ) -> Self {
        let redrawn = (mode == Mode::Terminal).then(Redrawn::default);
        let (progress, began, trouble) = (Progress::default(), None, None);
        let (user, last_log) = (user.into(), Instant::now());
        Self { mode, user, spacing, effort, progress, began, redrawn, trouble, last_log }
    }

    /// Shows one step.
    pub(crate) fn step(&mut self, progress: &Progress) {
        let now = Instant::now();
        self.trouble = None;
        self.progress = progress.clone();
        if self.began.is_none() {
            self.began = Some((now, progress.asked));
            self.announce();
        }
        if self.mode == Mode::Json {
            json::print(&Line::LookedUp {
                user: &self.user,
                due: progress.due,
                asked: progress.asked,
                standing: (&progress.standing).into(),
                seconds_left: self.time_left(now).map(|left| left.as_secs()),
            });
        }
        self.draw();
    }

    /// The source cannot answer, and is asked again after this wait.
    pub(crate) fn outage(&mut self, what: &str, wait: Duration) {
        self.trouble = Some((what.to_owned(), Instant::now() + wait));
        match self.mode {
            Mode::Json => {
                let wait_seconds = wait.as_secs_f64();
                json::print(&Line::Retrying { user: &self.user, reason: what, wait_seconds });
            }
            Mode::Log => {
                output::note(&format!(
                    "{}: {what}, trying again in {}",
                    self.user,
                    show::time(wait)
                ));
            }
            Mode::Terminal | Mode::Quiet => {}
        }
        self.draw();
    }

    /// Shows that time passes.
    pub(crate) fn tick(&mut self) {
        self.draw();
        if self.mode == Mode::Log && self.last_log.elapsed() >= LOG_EVERY {
            self.last_log = Instant::now();
            let parts = [vec![self.how_far()], standing(&self.progress.standing)].concat();
            output::note(&format!("{}: {}", self.user, parts.join(" · ")));
        }
    }

    /// Takes away everything that is redrawn.
    pub(crate) fn clear(&mut self) {
        self.redrawn = None;
    }

    /// Says what there is to do, before it is done.
    fn announce(&self) {
        let due = self.progress.due;
        if due == 0 || !self.mode.is_for_people() {
            return;
        }
        let (by, order) = match self.effort {
            Effort::Identifiers => ("by identifiers", None),
            _ => ("to look up", Some("most played artists first".to_owned())),
        };
        let mut parts = vec![format!("{} · {} {by}", self.user, show::count(due, "album"))];
        parts.extend(order);
        if let Some(spacing) = self.spacing {
            let length = musicbrainz::length(spacing, due, self.effort);
            parts.push(show::about(length));
        }
        let width = self.redrawn.as_ref().map_or(usize::MAX, Redrawn::width);
        for line in columns::lines(&parts, width) {
            output::note(&line);
        }
    }

    fn draw(&self) {
        let Some(redrawn) = self.redrawn.as_ref().filter(|_| self.progress.due > 0) else { return };
        let (width, far) = (redrawn.width(), self.how_far());
        let words = match &self.trouble {
            None => standing(&self.progress.standing),
            Some((what, until)) => {
                let wait = until.saturating_duration_since(Instant::now());
                vec![what.clone(), format!("trying again in {}", show::time(wait))]
            }
        };
        let mut lines = vec![if width < WIDE {
            far.replace(" albums", "")
        } else {
            let bar = columns::bar(self.progress.asked, self.progress.due, BAR);
            format!("{}  {far}", bar.replace(' ', "░"))
        }];
        lines.extend(columns::lines(&words, width.saturating_sub(2)));
        let lines: Vec<String> = lines.iter().map(|line| format!("  {line}")).collect();
        redrawn.show(&lines);
    }

    /// `740 of 1,105 albums · 1 min 14 s left`
    fn how_far(&self) -> String {
        let Progress { asked, due, .. } = self.progress;
        let words = format!("{} of {}", show::number(asked), show::count(due, "album"));
        match self.time_left(Instant::now()) {
            Some(left) => format!("{words} · {} left", show::time(left)),
            None => words,
        }
    }

    /// From the pace so far; before there is one, from the pace that the source allows.
    fn time_left(&self, now: Instant) -> Option<Duration> {
        let (began, before) = self.began.filter(|_| self.trouble.is_none())?;
        let left = self.progress.due.saturating_sub(self.progress.asked);
        match self.progress.asked.saturating_sub(before) {
            _ if left == 0 => None,
            0 => self.spacing.map(|spacing| musicbrainz::length(spacing, left, self.effort)),
            asked => {
                let each = now.saturating_duration_since(began).as_secs_f64() / to_f64(asked);
                Duration::try_from_secs_f64(each * to_f64(left)).ok()
            }
        }
    }
}

/// Counts of albums are far below where `f64` gets coarse.
#[allow(clippy::cast_precision_loss)]
fn to_f64(albums: u64) -> f64 {
    albums as f64
}

/// `1,012 matched`, `41 fuzzy` …: how albums stand, as far as there are any.
pub(crate) fn standing(standing: &BTreeMap<Status, u64>) -> Vec<String> {
    let counted = Status::ALL.iter().filter_map(|status| Some((*status, *standing.get(status)?)));
    counted.map(|(status, many)| format!("{} {}", show::number(many), in_words(status))).collect()
}

/// A status, in words for a person.
pub(crate) fn in_words(status: Status) -> &'static str {
    match status {
        Status::Matched => "matched",
        Status::FuzzyMatched => "fuzzy",
        Status::NoDate => "no date",
        Status::Ambiguous => "ambiguous",
        Status::NotFound => "not found",
        _ => "waiting",
    }
}
