//! `POST /api/scrobble/collection`: a list is queued as one job, or what would become of it is told.

use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use lastfm_core::scrobble::{AddedJob, JobId, NewJob};
use serde::{Deserialize, Serialize};
use terminal::dates;
use utoipa::ToSchema;

use crate::address::ClientAddress;
use crate::app;
use crate::collection::{AskedList, Collected};
use crate::collection_page;
use crate::failure::Failure;
use crate::plan::LeftOut;
use crate::scrobbling::key;
use crate::sent::Sent;
use crate::visitor::Member;

/// When it is worth asking again about albums that are being looked up.
const LOOKED_UP: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize)]
pub(crate) struct Only {
    #[serde(default)]
    dry_run: bool,
}

/// What became of a list, or would.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct QueuedList {
    /// The job; nothing if it was only asked what would become of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<i64>,
    /// Plays that were queued now, or would be.
    plays: usize,
    /// Plays that were left out: they look like ones that are there, or would be refused.
    left_out: Vec<LeftOut>,
    /// Entries that name nothing.
    damaged: Vec<Damaged>,
    /// Albums of which Last.fm shows no tracks.
    unknown: Vec<UnknownAlbum>,
    /// Whether this very order was queued before; then nothing else is told.
    already_there: bool,
    /// When the first play begins, or began, seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    begins_at: Option<i64>,
    /// When the last play is sent, if nothing holds it up, seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<i64>,
    /// In how many days that is, by days from midnight UTC; 0 for today.
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u64>,
}

/// An entry that names nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Damaged {
    /// Its number in the list, from 1.
    entry: usize,
    reason: String,
}

/// An album of which Last.fm shows no tracks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnknownAlbum {
    artist: String,
    album: String,
}

impl QueuedList {
    fn of(collected: Collected, job: Option<i64>) -> Self {
        let Collected { plays, left_out, damaged, unknown, .. } = collected;
        let damaged = damaged.into_iter().map(|(entry, reason)| Damaged { entry, reason });
        let unknown = unknown.into_iter();
        let unknown = unknown.map(|of| UnknownAlbum { artist: of.artist, album: of.album });
        Self {
            job,
            plays: plays.len(),
            left_out,
            damaged: damaged.collect(),
            unknown: unknown.collect(),
            already_there: false,
            begins_at: Some(collected.begins_at.as_unix()),
            finished_at: Some(collected.finished_at.as_unix()),
            days: Some(collected.days),
        }
    }
}

/// Queues a list of albums and tracks as one job, spread over days if need be.
///
/// Its albums are looked up at Last.fm: as long as that takes, the answer is 503, and the same list
/// sent again goes on from there.
#[utoipa::path(
    post, path = "/api/scrobble/collection", tag = "scrobbling", request_body = AskedList,
    params(("dry_run" = Option<bool>, Query, description = "Only says what would be queued")),
    responses(
        (status = 200, body = QueuedList, description = "What would be queued"),
        (status = 202, body = QueuedList, description = "What was queued"),
        (status = 422, body = crate::failure::Problem, description = "Nothing of it can be queued"),
        (status = 503, body = crate::failure::Problem, description = "Its albums are being looked up"),
    ),
)]
pub(crate) async fn collection(
    member: Member,
    client: ClientAddress,
    State(app): app::State,
    Query(only): Query<Only>,
    Sent { value: asked, is_form }: Sent<AskedList>,
) -> Result<Response, Failure> {
    app.limits.order(client)?;
    let sender = app.sender(&member.user).await?;
    let is_dry = only.dry_run || asked.dry_run;
    let key = key(&asked.once, &asked);
    let jobs = sender.queue().jobs(sender.account(), dates::now()).await?;
    let there = jobs.iter().find(|job| job.key == key).map(|job| job.id);
    let exists =
        |JobId(job)| QueuedList { job: Some(job), already_there: true, ..QueuedList::default() };
    let queued = if let Some(job) = there {
        exists(job)
    } else {
        let collected = match app.collect(&sender, &asked).await {
            Err(Failure::BadRequest(why)) if is_form => {
                return Ok(collection_page::refused(member, &asked, why));
            }
            collected => collected?,
        };
        let is_open = collected.open_count > 0 || is_dry || collected.plays.is_empty();
        if is_form && is_open {
            return collection_page::planned(member, asked, collected);
        }
        if collected.open_count > 0 {
            let what = "Last.fm is being asked about the albums";
            return Err(Failure::Full { what, retry_after: LOOKED_UP });
        }
        if is_dry {
            return Ok(Json(QueuedList::of(collected, None)).into_response());
        }
        if collected.plays.is_empty() {
            let why = "All of it was scrobbled lately, would be refused, or is not understood.";
            let left_out = collected.left_out;
            return Err(Failure::NothingToQueue { why, left_out });
        }
        let job = NewJob::new(key, collected.title.clone(), collected.plays.iter().cloned());
        match sender.add_job(job).await? {
            AddedJob::Added(JobId(job)) => QueuedList::of(collected, Some(job)),
            AddedJob::Exists(job) => exists(job),
        }
    };
    app.order_sending(&member.user).await?;
    let job = queued.job.unwrap_or_default();
    Ok(if is_form {
        Redirect::to(&format!("/queue/{job}")).into_response()
    } else {
        (StatusCode::ACCEPTED, Json(queued)).into_response()
    })
}
