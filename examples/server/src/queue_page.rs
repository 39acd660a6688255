//! `/queue`: what is queued to be scrobbled, how it stands, and what can be done about it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use lastfm_core::scrobble::{HoldReason, Job, State as Stands};
use terminal::{dates, show};

use crate::app;
use crate::failure::Failure;
use crate::layout::{Layout, Page};
use crate::scrobbling::{PlayView, plays};
use crate::visitor::Member;

/// Jobs that are shown.
const MOST: usize = 100;
/// How often a browser without scripts looks again while something is sent, seconds.
const LOOK: u32 = 5;

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    layout: Layout,
    /// Why nothing is sent.
    held: Option<String>,
    jobs: Vec<JobRow>,
}

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    layout: Layout,
    held: Option<String>,
    job: JobRow,
    plays: Vec<PlayRow>,
}

struct JobRow {
    number: i64,
    title: String,
    /// `4 accepted · 1 refused`
    words: String,
    is_open: bool,
    can_resume: bool,
    can_retry: bool,
}

struct PlayRow {
    view: PlayView,
    at: String,
    can_cancel: bool,
    can_retry: bool,
}

/// All jobs of whoever looks.
pub(crate) async fn show(member: Member, State(app): app::State) -> Result<Response, Failure> {
    let sender = app.sender(&member.user).await?;
    let jobs = sender.queue().jobs(sender.account(), dates::now()).await?;
    let jobs: Vec<JobRow> = jobs.iter().take(MOST).map(JobRow::of).collect();
    let layout = Layout::new(member.visitor);
    let is_open = jobs.iter().any(|job| job.is_open);
    let layout = if is_open { layout.refresh(LOOK) } else { layout };
    let held = held(&sender).await?;
    Ok(Page(QueuePage { layout, held, jobs }).into_response())
}

/// One of them, play by play.
pub(crate) async fn job(
    member: Member,
    State(app): app::State,
    Path(number): Path<i64>,
) -> Result<Response, Failure> {
    let sender = app.sender(&member.user).await?;
    let job = JobRow::of(&app.job(&sender, number).await?);
    let layout = Layout::new(member.visitor);
    let layout = if job.is_open { layout.refresh(LOOK) } else { layout };
    let row = |play: &lastfm_core::scrobble::QueuedPlay| {
        let state = play.state(dates::now());
        PlayRow {
            at: show::minute(play.play.played_at),
            can_cancel: matches!(
                state,
                Stands::Ready
                    | Stands::Scheduled
                    | Stands::Paused
                    | Stands::Refused
                    | Stands::Unknown
            ),
            can_retry: matches!(state, Stands::Refused | Stands::Cancelled | Stands::Unknown),
            view: PlayView::of(play),
        }
    };
    let plays = plays(&sender, number).await?.iter().map(row).collect();
    let held = held(&sender).await?;
    Ok(Page(JobPage { layout, held, job, plays }).into_response())
}

/// Why nothing is sent, and what to do.
async fn held(sender: &lastfm_core::scrobble::Sender) -> Result<Option<String>, Failure> {
    let now = dates::now();
    let hold = sender.queue().held(sender.account()).await?;
    Ok(hold.filter(|hold| hold.is_in_force(now)).map(|hold| {
        let words = show::complaint(&hold.words);
        match (hold.reason, hold.until) {
            (HoldReason::Login, _) => format!("Nothing is sent: {words}. Log out and in again."),
            (HoldReason::Person, _) => "Everything is paused.".to_owned(),
            (_, Some(until)) => {
                format!("Nothing is sent: {words}. It goes on by itself {}.", show::minute(until))
            }
            (_, None) => format!("Nothing is sent: {words}."),
        }
    }))
}

impl JobRow {
    fn of(job: &Job) -> Self {
        let counts = Stands::ALL.into_iter().map(|state| (state, job.counts.of(state)));
        let words = counts.filter(|(_, many)| *many > 0);
        let words = words.map(|(state, many)| format!("{} {state}", show::number(many)));
        Self {
            number: job.id.0,
            title: job.title.clone(),
            words: words.collect::<Vec<_>>().join(" · "),
            is_open: job.counts.open() > 0,
            can_resume: job.counts.of(Stands::Paused) > 0,
            can_retry: job.counts.of(Stands::Refused) > 0,
        }
    }
}
