//! `removed`: the plays that Last.fm no longer has and that are kept here, oldest first.

use lastfm_core::Track;
use lastfm_core::archive::{ArchiveStore, RemovedPlay, Span, UserId};
use terminal::database::Place;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::show;

use crate::archive;
use crate::cli;
use crate::json::{self, Line, Song};

/// Plays in memory at a time.
const BATCH: usize = 2000;

/// Lists the plays.
pub(crate) async fn run(
    said: cli::Removed,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let span = said.period.checked()?.unwrap_or(Span::EVER);
    let db = archive::open_existing(environment.db(db)).await?;
    let user = archive::user(&db, &said.user).await?;
    let store = &*db.store;
    let (mut after, mut many) = (None, 0);
    loop {
        let page = store.removed(user.id, span, after, BATCH).await?;
        for removed in &page {
            let now = successor(store, user.id, removed).await?;
            if mode == Mode::Json {
                json::print(&Line::RemovedPlay {
                    user: user.name.as_str(),
                    played_at: removed.place.at.as_unix(),
                    song: Song::from(&removed.play.track()),
                    removed_at: removed.removed_at.as_unix(),
                    edited: removed.edited,
                    now: now.as_ref().map(Song::from),
                });
            } else {
                output::line(&in_words(removed, now.as_ref()));
            }
        }
        many += page.len();
        after = page.last().map(|last| last.place);
        if page.len() < BATCH {
            break;
        }
    }
    if many == 0 && mode != Mode::Json {
        let period =
            if span == Span::EVER { String::new() } else { format!(" of {}", show::span(span)) };
        output::line(&format!("{}: no play{period} was removed or edited on Last.fm", user.name));
    }
    Ok(Exit::Complete)
}

/// What stands in the place of an edited play, if that second holds one play and no more.
async fn successor(
    store: &dyn ArchiveStore,
    user: UserId,
    removed: &RemovedPlay,
) -> Result<Option<Track>, Trouble> {
    if !removed.edited {
        return Ok(None);
    }
    let second = store.plays(user, Span::second(removed.place.at), None, 2).await?;
    Ok(if let [only] = &second[..] { Some(only.play.track()) } else { None })
}

fn in_words(removed: &RemovedPlay, now: Option<&Track>) -> String {
    let done = if removed.edited { "edited" } else { "removed" };
    let noticed = show::minute(removed.removed_at);
    let now = now.map(|now| format!(", now {}", song(now))).unwrap_or_default();
    let played = show::moment(removed.place.at);
    format!("{played}  {} · {done}, noticed {noticed}{now}", song(&removed.play.track()))
}

/// `Low – Sunflower (Things We Lost in the Fire)`
fn song(track: &Track) -> String {
    let album = track.album.as_ref().map(|album| format!(" ({album})")).unwrap_or_default();
    format!("{} – {}{album}", track.artist, track.name)
}
