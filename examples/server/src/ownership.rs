//! What a person can do with what is theirs: pause and resume their archiving, have a year read
//! again, take everything along, have everything deleted.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::stream;
use jobs::{Filter, Kind};
use lastfm_core::archive::{Place, Span, UserId};
use lastfm_core::scrobble::{Change, Selection};
use lastfm_core::{Play, Timestamp};
use serde::Deserialize;
use terminal::dates;

use crate::address::ClientAddress;
use crate::app::{self, App};
use crate::failure::Failure;
use crate::path;
use crate::sent::Sent;
use crate::visitor::Member;

/// Plays that are read at once.
const AT_ONCE: usize = 1000;

/// What has to be written before everything is deleted.
#[derive(Deserialize)]
pub(crate) struct Confirmed {
    #[serde(default)]
    name: String,
}

/// A year, as a form says it.
#[derive(Deserialize)]
pub(crate) struct Which {
    year: String,
}

/// `POST /account/again`: has a year of theirs read again.
pub(crate) async fn again(
    member: Member,
    client: ClientAddress,
    State(app): app::State,
    Sent { value, .. }: Sent<Which>,
) -> Result<Response, Failure> {
    let year = path::year(&value.year)?;
    app.logins.resume(&member.user).await?;
    app.order_fetch(&member.user, Some(year), client).await?;
    Ok(Redirect::to("/account").into_response())
}

/// `POST /account/pause`: nothing more of theirs is read, whoever asks for it here.
pub(crate) async fn pause(member: Member, State(app): app::State) -> Result<Response, Failure> {
    // First the mark, so that nothing is ordered in between.
    app.logins.pause(&member.user, dates::now().as_unix()).await?;
    cancel(&app, &member, &[Kind::Sync, Kind::Audit, Kind::Enrich]).await?;
    Ok(Redirect::to("/account").into_response())
}

/// `POST /account/resume`: everything is read again from where it was.
pub(crate) async fn resume(
    member: Member,
    client: ClientAddress,
    State(app): app::State,
) -> Result<Response, Failure> {
    app.logins.resume(&member.user).await?;
    app.order_fetch(&member.user, None, client).await?;
    Ok(Redirect::to("/account").into_response())
}

/// `POST /account/export/{format}`: all that is archived, as `jsonl` or `csv`, as it is read.
pub(crate) async fn export(
    member: Member,
    State(app): app::State,
    Path(format): Path<String>,
) -> Result<Response, Failure> {
    let (write, kind, first): (fn(&Play) -> String, _, _) = match format.as_str() {
        "jsonl" => (json_line, "application/jsonl", ""),
        "csv" => (csv_line, "text/csv; charset=utf-8", "played_at,artist,track,album\r\n"),
        _ => return Err(Failure::NotFound),
    };
    let user = app.db.store.user(&member.user).await?.ok_or(Failure::NotFound)?.id;
    let state = Export { app, user, after: None, is_over: false };
    let parts = stream::unfold(state, move |state| state.next(write));
    let parts = stream::StreamExt::chain(stream::iter([Ok(first.to_owned())]), parts);
    let name = format!("attachment; filename=\"scrobbles.{format}\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(Failure::inside)?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

struct Export {
    app: Arc<App>,
    user: UserId,
    after: Option<Place>,
    is_over: bool,
}

impl Export {
    /// The next plays, written; a store that fails cuts the answer off, so that nobody takes a part
    /// for the whole.
    async fn next(
        mut self,
        write: fn(&Play) -> String,
    ) -> Option<(Result<String, lastfm_core::archive::StoreError>, Self)> {
        if self.is_over {
            return None;
        }
        let plays = self.app.db.store.plays(self.user, Span::EVER, self.after, AT_ONCE).await;
        let plays = match plays {
            Ok(plays) => plays,
            Err(error) => {
                self.is_over = true;
                return Some((Err(error), self));
            }
        };
        self.is_over = plays.len() < AT_ONCE;
        self.after = plays.last().map(|last| last.place);
        Some((Ok(plays.iter().map(|stored| write(&stored.play)).collect()), self))
    }
}

/// As Last.fm sent it.
fn json_line(play: &Play) -> String {
    format!("{}\n", play.raw().replace(['\r', '\n'], " "))
}

fn csv_line(play: &Play) -> String {
    let track = play.track();
    let cells = [
        play.played_at().as_unix().to_string(),
        track.artist,
        track.name,
        track.album.unwrap_or_default(),
    ];
    let cells = cells.map(|cell| cell_of(&cell));
    format!("{}\r\n", cells.join(","))
}

/// A cell; one that a program of tables would take for a formula is text.
fn cell_of(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// `POST /account/delete`: nothing that is held about them stays.
pub(crate) async fn delete(
    member: Member,
    State(app): app::State,
    Sent { value, .. }: Sent<Confirmed>,
) -> Result<Response, Failure> {
    let user = &member.user;
    if value.name.trim().to_lowercase() != user.as_str().to_lowercase() {
        let why = "Nothing was deleted: to delete everything, write your name as it stands there.";
        return Err(Failure::BadRequest(why.to_owned()));
    }
    // First what would write anew, then what it wrote, and the login last: what fails before can be
    // asked for again.
    cancel(&app, &member, Kind::ALL).await?;
    let sender = app.sender(user).await?;
    sender.change(Selection::All, Change::Cancel).await?;
    sender.queue().forget(sender.account(), Timestamp::MAX).await?;
    if sender.queue().counts(sender.account(), dates::now()).await?.total() > 0 {
        let what = "Something of yours is just being sent";
        return Err(Failure::Full { what, retry_after: Duration::from_mins(1) });
    }
    if let Some(archived) = app.db.store.user(user).await? {
        app.forget_hidden(archived.id).await?;
        app.db.store.remove_user(archived.id).await?;
    }
    app.standings.forget(user).await;
    app.logins.forget(user).await?;
    tracing::info!("somebody had everything about them deleted");
    Ok(Redirect::to("/").into_response())
}

/// Ends what goes on for them, of these kinds, whatever year it is about.
async fn cancel(app: &App, member: &Member, kinds: &[Kind]) -> Result<(), Failure> {
    let user = Some(member.user.clone());
    let live = app.jobs.list(&Filter { live: true, user, ..Filter::default() }).await?;
    for job in live.iter().filter(|job| kinds.contains(&job.kind)) {
        app.jobs.cancel(job.kind, &job.user, job.year).await?;
    }
    app.standings.forget(&member.user).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_text_whatever_is_in_it() {
        assert_eq!(cell_of("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell_of("=1+1"), "\"'=1+1\"");
    }
}
