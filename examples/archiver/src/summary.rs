//! How one user's run ended, told once and at the end.

use std::time::Duration;

use lastfm_core::Timestamp;
use lastfm_core::archive::{Hole, Report, Span, StoreResult};
use terminal::database::{Database, Place};
use terminal::exit::Exit;
use terminal::output::{self, Mode};
use terminal::show;

use crate::json::{self, Line, Outcome};

/// Refused spans that are listed; of more, the number is told.
const LISTED: usize = 10;

pub(crate) struct Summary<'a> {
    pub(crate) report: Report,
    /// What was asked for, if not everything.
    pub(crate) span: Option<Span>,
    pub(crate) db: &'a Database,
    pub(crate) took: Duration,
    /// Down to where this run has archived.
    pub(crate) reached: Option<Timestamp>,
    pub(crate) is_demo: bool,
}

/// What the archive itself says after the run.
#[derive(Default)]
struct ArchiveSummary {
    /// Plays of what was asked for.
    held: u64,
    bounds: Option<(Timestamp, Timestamp)>,
    /// Of everything that is kept there.
    bytes: Option<u64>,
}

impl Summary<'_> {
    /// Says it, and how to end.
    pub(crate) async fn tell(&self, mode: Mode) -> Exit {
        let archive = ArchiveSummary::read(self).await.unwrap_or_default();
        let exit = exit(&self.report, self.span);
        match mode {
            Mode::Json => self.as_json(&archive, exit),
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log if self.report.stopped => output::line(&self.stopped()),
            Mode::Terminal | Mode::Log => self.in_words(&archive, mode == Mode::Terminal),
        }
        exit
    }

    /// Refused spans, as far as they were asked for.
    fn holes(&self) -> impl Iterator<Item = &Hole> {
        holes(&self.report, self.span)
    }

    fn stopped(&self) -> String {
        format!("■ {}. The same command goes on from there.", self.place())
    }

    /// `stopped at 2 Mar 2014; 112,000 plays are safe`
    pub(crate) fn place(&self) -> String {
        // Newest first: what is missing ends where the run has got to.
        let largest = self.report.missing.iter().max_by_key(|gap| gap.seconds());
        let reached =
            self.reached.or(largest.map(|gap| gap.end)).filter(|at| *at != Timestamp::MAX);
        let place = match reached {
            Some(at) if !self.report.missing.is_empty() => format!(" at {}", show::day(at)),
            _ => String::new(),
        };
        let safe = match self.report.held {
            0 => "nothing was changed".to_owned(),
            1 => "1 play is safe".to_owned(),
            held => format!("{} are safe", show::count(held, "play")),
        };
        format!("stopped{place}; {safe}")
    }

    fn in_words(&self, archive: &ArchiveSummary, at_terminal: bool) {
        let report = &self.report;
        let is_first = report.replaced.added > 0 && report.replaced.added == report.held;
        let refused: Vec<&Hole> = self.holes().collect();
        let done = match (self.span, is_first) {
            (Some(span), _) => format!("{} is complete", show::span(span)),
            (None, true) => "complete".to_owned(),
            (None, false) => "up to date".to_owned(),
        };
        let but = match refused.len() {
            0 => String::new(),
            spans => format!(" but for {} that Last.fm refuses", show::count(spans as u64, "span")),
        };
        let user = &report.user;
        let mut line = format!("✓ {user}: {done}{but} · {}", show::count(archive.held, "play"));
        if !is_first {
            line = format!("{line} ({})", show::changes(report.replaced));
        }
        if let (Some((first, last)), None) = (archive.bounds, self.span) {
            let is_today = show::day(last) == show::day(report.at);
            let last = if is_today { "today".to_owned() } else { show::day(last) };
            line = format!("{line}, {} – {last}", show::day(first));
        }
        let size = archive.bytes.map(|bytes| format!(" ({})", show::bytes(bytes)));
        let size = size.unwrap_or_default();
        output::line(&format!("{line}, in {}{size}", self.db.place));
        self.remarks(&refused);
        if self.is_demo && report.replaced.added > 0 {
            self.speed();
        }
        if is_first && (at_terminal || self.is_demo) {
            self.next_steps();
        }
    }

    fn remarks(&self, refused: &[&Hole]) {
        for hole in refused.iter().take(LISTED) {
            let again = show::minute(hole.next_try_at);
            let reason = show::complaint(&hole.reason);
            output::line(&format!(
                "  refused: {} · {reason} · tried again from {again} on",
                show::span(hole.span)
            ));
        }
        if let Some(more) = refused.len().checked_sub(LISTED).filter(|more| *more > 0) {
            output::line(&format!("  refused: {more} more, see `{} status`", show::program()));
        }
        let report = &self.report;
        if report.doubted > 0 {
            let plays = show::count(report.doubted, "play");
            output::line(&format!(
                "  {plays} did not show up this time: kept, until a later run confirms that Last.fm has removed them"
            ));
        }
        if report.residual != 0 {
            let plays = show::count(report.residual.unsigned_abs(), "play");
            let more = if report.residual > 0 { "more" } else { "fewer" };
            output::line(&format!(
                "  Last.fm counts {plays} {more} than it shows anywhere; it is looked for again later"
            ));
        }
    }

    fn speed(&self) {
        let (requests, plays) = (self.report.request_count, self.report.replaced.added);
        let seconds = self.took.as_secs_f64().max(0.001);
        // Shown without decimals; far below where `f64` gets coarse, and never negative.
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss
        )]
        let pace = (plays as f64 / seconds) as u64;
        let requests = show::count(requests, "request");
        output::line(&format!(
            "  {requests} in {seconds:.1} s, {} a second",
            show::count(pace, "play")
        ));
    }

    fn next_steps(&self) {
        let (program, user) = (show::program(), &self.report.user);
        let db = self.db.place.option();
        let again = if self.is_demo {
            let is_usual = self.db.place == Place::File("demo.db".into());
            format!("sync --demo{}", if is_usual { "" } else { &db })
        } else {
            format!("sync {user} --every 1h{db}")
        };
        let again_does = if self.is_demo {
            "fetches what was played since"
        } else {
            "goes on every hour, until it is told to stop"
        };
        output::line("  next:");
        for (command, what) in [
            (format!("{program} status{db}"), "what is archived, and what is not"),
            (
                format!("{program} export {user} --format csv{db} > {user}.csv"),
                "for other programs",
            ),
            (format!("{program} {again}"), again_does),
            (self.db.place.without_us(), "without this program"),
        ] {
            output::line(&format!("    {command}    # {what}"));
        }
    }

    fn as_json(&self, archive: &ArchiveSummary, exit: Exit) {
        let report = &self.report;
        json::print(&Line::Summary {
            outcome: Outcome::new(report, exit),
            seconds: self.took.as_secs_f64(),
            first_played_at: archive.bounds.map(|(first, _)| first.as_unix()),
            last_played_at: archive.bounds.map(|(_, last)| last.as_unix()),
            refused: self.holes().map(Into::into).collect(),
            missing: report.missing.iter().map(|span| (*span).into()).collect(),
            db: &self.db.place.to_string(),
            db_bytes: archive.bytes,
            exit_code: exit.code(),
        });
    }
}

/// How to end after a run about this span, if not about everything.
pub(crate) fn exit(report: &Report, span: Option<Span>) -> Exit {
    if report.stopped || !report.missing.is_empty() {
        Exit::NotNow
    } else if holes(report, span).next().is_some() {
        Exit::Refused
    } else {
        Exit::Complete
    }
}

fn holes(report: &Report, span: Option<Span>) -> impl Iterator<Item = &Hole> {
    let asked = span.unwrap_or(Span::EVER);
    report.holes.iter().filter(move |hole| hole.span.overlaps(asked))
}

impl ArchiveSummary {
    async fn read(summary: &Summary<'_>) -> StoreResult<Self> {
        let (store, bytes) = (&summary.db.store, summary.db.size().await);
        let Some(user) = store.user(&summary.report.user).await? else {
            return Ok(Self { bytes, ..Self::default() });
        };
        let span = summary.span.unwrap_or(Span::EVER);
        let held = store.count(user.id, span).await?.plays;
        let bounds = store.bounds(user.id).await?;
        Ok(Self { held, bounds, bytes })
    }
}
