//! `/queue`: what is queued to be scrobbled, how it stands, and what can be done about it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use lastfm_core::scrobble::{Filter, HoldReason, Job, Sender, State as Stands};
use terminal::{dates, show};

use crate::app;
use crate::failure::Failure;
use crate::layout::{Layout, Moment, Page};
use crate::scrobbling::{PlayView, plays};
use crate::visitor::Member;

/// Jobs that are shown.
const MOST: usize = 100;
/// How often a browser without scripts looks again while something is sent, seconds.
const LOOK: u32 = 5;
/// The same while all that waits has a time to come.
const LOOK_LATER: u32 = 60;
/// Plays of a job that are looked at to see which one is next.
const NEXT: usize = 50;

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
    /// How many more there are.
    more: u64,
}

struct JobRow {
    number: i64,
    title: String,
    /// `4 accepted · 1 refused`
    words: String,
    /// When the next one is sent that has a time to come.
    next: Option<Moment>,
    is_open: bool,
    /// Seconds after which it is worth looking again, if it goes on by itself.
    look: Option<u32>,
    can_resume: bool,
    /// What can be sent again: `refused`, `cancelled` or both.
    retry: Option<&'static str>,
}

struct PlayRow {
    view: PlayView,
    at: Moment,
    /// When it is sent, if it has a time to come.
    due: Option<Moment>,
    can_cancel: bool,
    can_retry: bool,
}

/// All jobs of whoever looks.
pub(crate) async fn show(member: Member, State(app): app::State) -> Result<Response, Failure> {
    let sender = app.sender(&member.user).await?;
    let jobs = sender.queue().jobs(sender.account(), dates::now()).await?;
    let mut rows = Vec::new();
    for job in jobs.iter().take(MOST) {
        rows.push(JobRow::of(&sender, job).await?);
    }
    let (layout, jobs) = (looking(Layout::new(member.visitor), &rows), rows);
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
    let found = app.job(&sender, number).await?;
    let job = JobRow::of(&sender, &found).await?;
    let layout = looking(Layout::new(member.visitor), std::slice::from_ref(&job));
    let row = |play: &lastfm_core::scrobble::QueuedPlay| {
        let state = play.state(dates::now());
        PlayRow {
            at: Moment(play.play.played_at),
            due: (state == Stands::Scheduled).then_some(Moment(play.due_at)),
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
    let plays: Vec<PlayRow> = plays(&sender, number).await?.iter().map(row).collect();
    let more = found.counts.total().saturating_sub(plays.len() as u64);
    let held = held(&sender).await?;
    Ok(Page(JobPage { layout, held, job, plays, more }).into_response())
}

/// The page is looked at again as long as something of these changes by itself.
fn looking(layout: Layout, jobs: &[JobRow]) -> Layout {
    match jobs.iter().filter_map(|job| job.look).min() {
        Some(seconds) => layout.refresh(seconds),
        None => layout,
    }
}

/// Why nothing is sent, and what to do.
async fn held(sender: &Sender) -> Result<Option<String>, Failure> {
    let now = dates::now();
    let hold = sender.queue().held(sender.account()).await?;
    Ok(hold.filter(|hold| hold.is_in_force(now)).map(|hold| {
        let words = show::complaint(&hold.words);
        match (hold.reason, hold.until) {
            (HoldReason::Login, _) => format!("Nothing is sent: {words}. Log out and in again."),
            (HoldReason::Person, _) => "Everything is paused.".to_owned(),
            (_, Some(until)) => {
                format!(
                    "Nothing is sent: {words}. It goes on by itself {} UTC.",
                    show::minute(until)
                )
            }
            (_, None) => format!("Nothing is sent: {words}."),
        }
    }))
}

impl JobRow {
    async fn of(sender: &Sender, job: &Job) -> Result<Self, Failure> {
        let scheduled = job.counts.of(Stands::Scheduled);
        let next = if scheduled == 0 {
            None
        } else {
            let filter = Filter::states([Stands::Scheduled]).job(job.id);
            let (queue, account) = (sender.queue(), sender.account());
            let plays = queue.plays(account, filter, None, NEXT, dates::now()).await?;
            plays.iter().map(|play| play.due_at).min()
        };
        let counts = Stands::ALL.into_iter().map(|state| (state, job.counts.of(state)));
        let words = counts.filter(|(_, many)| *many > 0);
        let words = words.map(|(state, many)| format!("{} {state}", show::number(many)));
        Ok(Self {
            number: job.id.0,
            title: job.title.clone(),
            words: words.collect::<Vec<_>>().join(" · "),
            next: next.map(Moment),
            is_open: job.counts.open() > 0,
            look: match job.counts.open() - job.counts.of(Stands::Paused) {
                0 => None,
                open => Some(if open == scheduled { LOOK_LATER } else { LOOK }),
            },
            can_resume: job.counts.of(Stands::Paused) > 0,
            retry: match [Stands::Refused, Stands::Cancelled].map(|state| job.counts.of(state)) {
                [0, 0] => None,
                [_, 0] => Some("refused"),
                [0, _] => Some("cancelled"),
                _ => Some("refused or cancelled"),
            },
        })
    }
}
