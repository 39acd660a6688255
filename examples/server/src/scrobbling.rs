//! `/api/scrobble`: what is queued for somebody, how it stands, and what can be done about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jobs::{Kind, Order, Priority};
use lastfm_core::scrobble::{
    self, AddedJob, Change, Counts, Filter, Job, JobId, NewJob, PlayId, QueuedPlay, ScrobbleQueue,
    Selection, Sender, Standing,
};
use lastfm_core::{Timestamp, Username};
use serde::Serialize;
use terminal::{dates, show};
use utoipa::ToSchema;

use crate::address::ClientAddress;
use crate::app::{self, App};
use crate::failure::{Failure, Problem};
use crate::plan::{Asked, LeftOut, has_room};
use crate::secret::Digest;
use crate::sent::{IsForm, Sent};
use crate::visitor::Member;

/// Jobs of a queue that are told.
const MOST_JOBS: usize = 100;
/// Plays of a job that are told.
pub(crate) const MOST: usize = 1000;

/// What is queued for somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueView {
    /// How many plays stand where.
    counts: BTreeMap<&'static str, u64>,
    /// Why nothing is sent now, if that is so.
    hold: Option<HoldView>,
    /// The newest 100 jobs, newest first.
    jobs: Vec<JobLine>,
    /// Jobs that there are beside these.
    more: usize,
}

/// Why nothing is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldView {
    /// `outage`, `rate_limit`, `daily_limit`, `login`, `app` or `person`.
    reason: &'static str,
    /// The same in words.
    words: String,
    /// When it goes on by itself, seconds since 1970; nothing if somebody has to do something first.
    until: Option<i64>,
}

/// A job of somebody's queue, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobLine {
    job: i64,
    title: String,
    /// When it was queued, seconds since 1970.
    added_at: i64,
    /// How many of its plays stand where.
    counts: BTreeMap<&'static str, u64>,
    /// Whether anything of it is still to come.
    is_open: bool,
}

impl JobLine {
    fn of(job: Job) -> Self {
        let Job { id: JobId(id), title, added_at, counts: of, .. } = job;
        let (counts, is_open) = (counts(&of), of.open() > 0);
        Self { job: id, title, added_at: added_at.as_unix(), counts, is_open }
    }
}

/// A job of somebody's queue, play by play.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobView {
    #[serde(flatten)]
    job: JobLine,
    /// The first 1,000 of its plays, in the order in which they were queued.
    plays: Vec<PlayView>,
    /// Plays that it has beside these.
    more: u64,
}

impl JobView {
    /// Whether anything of it is still to come.
    pub(crate) fn is_open(&self) -> bool {
        self.job.is_open
    }
}

/// A play, and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlayView {
    pub(crate) play: i64,
    pub(crate) artist: String,
    pub(crate) track: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) album: Option<String>,
    /// When it was heard, seconds since 1970.
    pub(crate) played_at: i64,
    /// `ready`, `scheduled`, `paused`, `sending`, `unknown`, `accepted`, `refused` or `cancelled`.
    pub(crate) state: &'static str,
    /// Why it stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// When it is sent, if that is later, seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due_at: Option<i64>,
    /// What Last.fm made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) corrected: Option<String>,
}

impl PlayView {
    pub(crate) fn of(play: &QueuedPlay) -> Self {
        let track = &play.play.track;
        let corrected = match &play.standing {
            Standing::Accepted(receipt) if receipt.is_corrected() => {
                let artist = receipt.artist.as_ref().unwrap_or(&track.artist);
                let name = receipt.track.as_ref().unwrap_or(&track.name);
                Some(format!("{artist} – {name}"))
            }
            _ => None,
        };
        let state = play.state(dates::now());
        Self {
            play: play.id.0,
            artist: track.artist.clone(),
            track: track.name.clone(),
            album: track.album.clone(),
            played_at: play.play.played_at.as_unix(),
            state: state.name(),
            due_at: (state == scrobble::State::Scheduled).then(|| play.due_at.as_unix()),
            reason: play.reason.clone(),
            corrected,
        }
    }
}

/// What became of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queued {
    /// The job, as in `/api/scrobble/{job}`.
    job: i64,
    /// Plays that were queued now.
    plays: usize,
    /// Plays that were left out: they look like ones that are there, or would be refused.
    left_out: Vec<LeftOut>,
    /// Whether this very order was queued before.
    already_there: bool,
}

impl App {
    /// Queues for somebody. It sends nothing: that is what jobs do.
    pub(crate) async fn sender(&self, user: &Username) -> Result<Sender, Failure> {
        Ok(Sender::new(self.lastfm.clone(), self.queue().await?, user.clone()))
    }

    /// The queue of all.
    pub(crate) async fn queue(&self) -> Result<Arc<dyn ScrobbleQueue>, Failure> {
        Ok(Arc::clone(self.queue.get_or_try_init(|| self.db.queue()).await?))
    }

    /// Has what waits in somebody's queue sent.
    pub(crate) async fn order_sending(&self, user: &Username) -> Result<(), Failure> {
        let (kind, priority) = (Kind::Scrobble, Priority::Waiting);
        self.jobs.order(&Order { kind, user: user.clone(), year: None, priority }).await?;
        Ok(())
    }

    /// A job of this user's; others are as if they were not there.
    pub(crate) async fn job(&self, sender: &Sender, job: i64) -> Result<Job, Failure> {
        let jobs = sender.queue().jobs(sender.account(), dates::now()).await?;
        jobs.into_iter().find(|found| found.id == JobId(job)).ok_or(Failure::NoSuchJob)
    }
}

/// Queues a track.
#[utoipa::path(
    post, path = "/api/scrobble/track", tag = "scrobbling", request_body = Asked,
    responses(
        (status = 202, body = Queued),
        (status = 422, body = Problem, description = "Nothing of it can be queued: left_out says why"),
    ),
)]
pub(crate) async fn track(
    member: Member,
    client: ClientAddress,
    state: app::State,
    sent: Sent<Asked>,
) -> Result<Response, Failure> {
    if sent.value.track.trim().is_empty() {
        return Err(Failure::BadRequest("It names no track.".to_owned()));
    }
    queue(&member, client, state, sent).await
}

/// Queues an album.
#[utoipa::path(
    post, path = "/api/scrobble/album", tag = "scrobbling", request_body = Asked,
    responses(
        (status = 202, body = Queued),
        (status = 422, body = Problem, description = "Nothing of it can be queued: left_out says why"),
    ),
)]
pub(crate) async fn album(
    member: Member,
    client: ClientAddress,
    state: app::State,
    sent: Sent<Asked>,
) -> Result<Response, Failure> {
    if sent.value.album.trim().is_empty() || !sent.value.track.trim().is_empty() {
        return Err(Failure::BadRequest("It names no album.".to_owned()));
    }
    queue(&member, client, state, sent).await
}

/// What tells an order from another.
pub(crate) fn key(once: &str, asked: &impl std::fmt::Debug) -> String {
    let key = match once {
        // Without a name of its own an order is what it asks for, at this second.
        "" => Digest::of(format!("{asked:?}{}", dates::now().as_unix()).as_bytes()),
        once => Digest::of(once.as_bytes()),
    };
    format!("web:{}", key.hex())
}

async fn queue(
    member: &Member,
    client: ClientAddress,
    State(app): app::State,
    Sent { value: asked, is_form }: Sent<Asked>,
) -> Result<Response, Failure> {
    app.limits.order(client)?;
    let sender = app.sender(&member.user).await?;
    let key = key(&asked.once, &asked);
    let known = sender.queue().jobs(sender.account(), dates::now()).await?;
    let queued = if let Some(job) = known.iter().find(|job| job.key == key) {
        Queued { job: job.id.0, plays: 0, left_out: Vec::new(), already_there: true }
    } else {
        let plan = app.plan(&sender, &asked).await?;
        has_room(plan.today)?;
        let (chosen, left_out) = plan.chosen(asked.again);
        let plays = chosen.len();
        if chosen.is_empty() {
            let why = "All of it was scrobbled lately, or would be refused.";
            return Err(Failure::NothingToQueue { why, left_out });
        }
        match sender.add_job(NewJob::new(key, plan.title, chosen)).await? {
            AddedJob::Added(JobId(job)) => Queued { job, plays, left_out, already_there: false },
            AddedJob::Exists(JobId(job)) => {
                Queued { job, plays: 0, left_out: Vec::new(), already_there: true }
            }
        }
    };
    app.order_sending(&member.user).await?;
    Ok(if is_form {
        Redirect::to(&format!("/queue/{}", queued.job)).into_response()
    } else {
        (StatusCode::ACCEPTED, Json(queued)).into_response()
    })
}

/// How the queue stands: its plays by state, why nothing is sent if that is so, and its newest jobs.
#[utoipa::path(get, path = "/api/scrobble", tag = "scrobbling", responses((status = 200, body = QueueView)))]
pub(crate) async fn queue_view(
    member: Member,
    State(app): app::State,
) -> Result<Json<QueueView>, Failure> {
    let sender = app.sender(&member.user).await?;
    let (queue, account, now) = (sender.queue(), sender.account(), dates::now());
    let hold = queue.held(account).await?.filter(|hold| hold.is_in_force(now));
    let jobs = queue.jobs(account, now).await?;
    Ok(Json(QueueView {
        counts: counts(&queue.counts(account, now).await?),
        hold: hold.map(|hold| HoldView {
            reason: hold.reason.name(),
            words: show::complaint(&hold.words),
            until: hold.until.map(Timestamp::as_unix),
        }),
        more: jobs.len().saturating_sub(MOST_JOBS),
        jobs: jobs.into_iter().take(MOST_JOBS).map(JobLine::of).collect(),
    }))
}

/// How a job stands.
#[utoipa::path(get, path = "/api/scrobble/{job}", tag = "scrobbling", params(("job" = i64, Path)), responses((status = 200, body = JobView)))]
pub(crate) async fn show(
    member: Member,
    State(app): app::State,
    Path(job): Path<i64>,
) -> Result<Json<JobView>, Failure> {
    Ok(Json(view(&app, &member, job).await?))
}

pub(crate) async fn view(app: &App, member: &Member, job: i64) -> Result<JobView, Failure> {
    let sender = app.sender(&member.user).await?;
    let found = app.job(&sender, job).await?;
    let plays = plays(&sender, job).await?;
    Ok(JobView {
        more: found.counts.total().saturating_sub(plays.len() as u64),
        plays: plays.iter().map(PlayView::of).collect(),
        job: JobLine::of(found),
    })
}

/// Does something with all plays of a job: `cancel`, `pause`, `resume` or `retry`.
#[utoipa::path(
    post, path = "/api/scrobble/{job}/{what}", tag = "scrobbling",
    params(("job" = i64, Path), ("what" = String, Path, description = "cancel, pause, resume, retry")),
    responses(
        (status = 200, body = JobView, description = "How it stands then"),
        (status = 303, description = "To the job, for the form of a page"),
        (status = 404, body = Problem, description = "There is no such job"),
    ),
)]
pub(crate) async fn change(
    member: Member,
    IsForm(is_form): IsForm,
    State(app): app::State,
    Path((job, what)): Path<(i64, String)>,
) -> Result<Response, Failure> {
    let change = change_named(&what)?;
    let sender = app.sender(&member.user).await?;
    app.job(&sender, job).await?;
    sender.change(Selection::Job(JobId(job)), change).await?;
    if matches!(change, Change::Resume | Change::Retry) {
        app.order_sending(&member.user).await?;
    }
    Ok(if is_form {
        Redirect::to(&format!("/queue/{job}")).into_response()
    } else {
        Json(view(&app, &member, job).await?).into_response()
    })
}

/// Does something with one play: `cancel` or `retry`.
#[utoipa::path(
    post, path = "/api/scrobble/play/{play}/{what}", tag = "scrobbling",
    params(("play" = i64, Path), ("what" = String, Path, description = "cancel, retry")),
    responses(
        (status = 200, body = PlayView, description = "How it stands then"),
        (status = 303, description = "To its job, for the form of a page"),
        (status = 404, body = Problem, description = "There is no such play"),
    ),
)]
pub(crate) async fn change_play(
    member: Member,
    IsForm(is_form): IsForm,
    State(app): app::State,
    Path((play, what)): Path<(i64, String)>,
) -> Result<Response, Failure> {
    let change = change_named(&what)?;
    let sender = app.sender(&member.user).await?;
    let find = || sender.queue().play(sender.account(), PlayId(play));
    let found = find().await?.ok_or(Failure::NotFound)?;
    sender.change(Selection::Play(PlayId(play)), change).await?;
    if matches!(change, Change::Resume | Change::Retry) {
        app.order_sending(&member.user).await?;
    }
    if !is_form {
        let found = find().await?.ok_or(Failure::NotFound)?;
        return Ok(Json(PlayView::of(&found)).into_response());
    }
    let job = found.job.map_or_else(String::new, |JobId(job)| format!("/{job}"));
    Ok(Redirect::to(&format!("/queue{job}")).into_response())
}

fn change_named(what: &str) -> Result<Change, Failure> {
    match what {
        "cancel" => Ok(Change::Cancel),
        "pause" => Ok(Change::Pause),
        "resume" => Ok(Change::Resume),
        "retry" => Ok(Change::Retry),
        _ => Err(Failure::NotFound),
    }
}

/// The plays of a job.
pub(crate) async fn plays(sender: &Sender, job: i64) -> Result<Vec<QueuedPlay>, Failure> {
    let filter = Filter::all().job(JobId(job));
    Ok(sender.queue().plays(sender.account(), filter, None, MOST, dates::now()).await?)
}

fn counts(counts: &Counts) -> BTreeMap<&'static str, u64> {
    let states = scrobble::State::ALL.into_iter().map(|state| (state.name(), counts.of(state)));
    states.filter(|(_, many)| *many > 0).collect()
}
