//! `/api/scrobble`: what is queued for somebody, how it stands, and what can be done about it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jobs::{Kind, Order, Priority};
use lastfm_core::Username;
use lastfm_core::scrobble::{
    self, AddedJob, Change, Counts, Filter, Job, JobId, NewJob, PlayId, QueuedPlay, ScrobbleQueue,
    Selection, Sender, Standing,
};
use serde::Serialize;
use terminal::dates;
use utoipa::ToSchema;

use crate::address::ClientAddress;
use crate::app::{self, App};
use crate::failure::Failure;
use crate::plan::{Asked, has_room};
use crate::secret::Digest;
use crate::sent::Sent;
use crate::visitor::Member;

/// Plays of a job that are told.
pub(crate) const MOST: usize = 1000;

/// A job of somebody's queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobView {
    job: i64,
    title: String,
    /// When it was queued, seconds since 1970.
    added_at: i64,
    /// How many of its plays stand where.
    counts: std::collections::BTreeMap<&'static str, u64>,
    /// The first 1,000 of its plays, in the order in which they were queued.
    plays: Vec<PlayView>,
    /// Plays that it has beside these.
    more: u64,
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
    left_out: usize,
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
        jobs.into_iter().find(|found| found.id == JobId(job)).ok_or(Failure::NotFound)
    }
}

/// Queues a track.
#[utoipa::path(post, path = "/api/scrobble/track", tag = "scrobbling", request_body = Asked, responses((status = 202, body = Queued)))]
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
#[utoipa::path(post, path = "/api/scrobble/album", tag = "scrobbling", request_body = Asked, responses((status = 202, body = Queued)))]
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
        Queued { job: job.id.0, plays: 0, left_out: 0, already_there: true }
    } else {
        let plan = app.plan(&sender, &asked).await?;
        has_room(plan.today)?;
        let chosen = plan.chosen(asked.again);
        let (plays, left_out) = (chosen.len(), plan.plays.len() - chosen.len());
        if chosen.is_empty() {
            let why = "All of it was scrobbled lately, or would be refused. Nothing was queued.";
            return Err(Failure::BadRequest(why.to_owned()));
        }
        match sender.add_job(NewJob::new(key, plan.title, chosen)).await? {
            AddedJob::Added(JobId(job)) => Queued { job, plays, left_out, already_there: false },
            AddedJob::Exists(JobId(job)) => {
                Queued { job, plays: 0, left_out: 0, already_there: true }
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

/// How a job stands.
#[utoipa::path(get, path = "/api/scrobble/{job}", tag = "scrobbling", params(("job" = i64, Path)), responses((status = 200, body = JobView)))]
pub(crate) async fn show(
    member: Member,
    State(app): app::State,
    Path(job): Path<i64>,
) -> Result<Json<JobView>, Failure> {
    let sender = app.sender(&member.user).await?;
    let found = app.job(&sender, job).await?;
    let plays = plays(&sender, job).await?;
    Ok(Json(JobView {
        job,
        title: found.title,
        added_at: found.added_at.as_unix(),
        counts: counts(&found.counts),
        more: found.counts.total().saturating_sub(plays.len() as u64),
        plays: plays.iter().map(PlayView::of).collect(),
    }))
}

/// Does something with all plays of a job: `cancel`, `pause`, `resume` or `retry`.
#[utoipa::path(
    post, path = "/api/scrobble/{job}/{what}", tag = "scrobbling",
    params(("job" = i64, Path), ("what" = String, Path, description = "cancel, pause, resume, retry")),
    responses((status = 303, description = "To the job")),
)]
pub(crate) async fn change(
    member: Member,
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
    Ok(Redirect::to(&format!("/queue/{job}")).into_response())
}

/// Does something with one play: `cancel` or `retry`.
#[utoipa::path(
    post, path = "/api/scrobble/play/{play}/{what}", tag = "scrobbling",
    params(("play" = i64, Path), ("what" = String, Path, description = "cancel, retry")),
    responses((status = 303, description = "To its job")),
)]
pub(crate) async fn change_play(
    member: Member,
    State(app): app::State,
    Path((play, what)): Path<(i64, String)>,
) -> Result<Response, Failure> {
    let change = change_named(&what)?;
    let sender = app.sender(&member.user).await?;
    let found = sender.queue().play(sender.account(), PlayId(play)).await?;
    let found = found.ok_or(Failure::NotFound)?;
    sender.change(Selection::Play(PlayId(play)), change).await?;
    if matches!(change, Change::Resume | Change::Retry) {
        app.order_sending(&member.user).await?;
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

fn counts(counts: &Counts) -> std::collections::BTreeMap<&'static str, u64> {
    let states = scrobble::State::ALL.into_iter().map(|state| (state.name(), counts.of(state)));
    states.filter(|(_, many)| *many > 0).collect()
}
