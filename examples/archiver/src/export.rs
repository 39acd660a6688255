//! `export`: plays to standard output, oldest first, a few thousand in memory at a time.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufWriter, ErrorKind, Write};

use lastfm_core::albums::{AlbumId, AlbumStore, PartialDate, Status};
use lastfm_core::archive::{ArchiveStore, ArchivedUser, Span, StoreResult, StoredPlay};
use lastfm_core::{Mbid, Play, Track, Username};
use serde::Serialize;
use serde_json::value::RawValue;
use terminal::database::Place;
use terminal::exit::{Exit, Trouble};
use terminal::settings::Environment;

use crate::archive;
use crate::cli::{self, Format};

/// Plays in memory at a time.
const BATCH: usize = 2000;

/// Writes the plays.
pub(crate) async fn run(
    said: cli::Export,
    db: Option<Place>,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let db = archive::open_existing(environment.db(db)).await?;
    let user = archive::user(&db, &said.user).await?;
    let span = said.period.checked()?.unwrap_or(Span::EVER);
    let years = Years::of(&*db.albums, &user, span).await?;
    let names = Names { user: &user.name, years: &years };
    let sink = BufWriter::new(io::stdout().lock());
    let outcome = match said.format {
        Format::Jsonl => write(&*db.store, &user, span, JsonLines { sink, names }).await?,
        Format::Csv => {
            let sink = csv::Writer::from_writer(sink);
            write(&*db.store, &user, span, Csv { sink, names }).await?
        }
    };
    match outcome {
        Ok(()) => Ok(Exit::Complete),
        // Whoever reads has had enough, as `head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Complete),
        Err(error) => {
            let what = format!("the export cannot be written: {error}");
            Err(Trouble::new(Exit::Failed, "cannot_write", what).advice(
                "What was written until then is not complete. The archive was not changed.",
            ))
        }
    }
}

/// The outer error is the archive's, the inner one that of the output.
async fn write(
    store: &dyn ArchiveStore,
    user: &ArchivedUser,
    span: Span,
    mut rows: impl Rows,
) -> Result<io::Result<()>, Trouble> {
    let mut after = None;
    loop {
        let plays = store.plays(user.id, span, after, BATCH).await?;
        for StoredPlay { play, .. } in &plays {
            if let Err(error) = rows.row(play) {
                return Ok(Err(error));
            }
        }
        after = plays.last().map(|last| last.place);
        if plays.len() < BATCH {
            return Ok(rows.end());
        }
    }
}

/// Takes the plays, one after the other.
trait Rows {
    fn row(&mut self, play: &Play) -> io::Result<()>;
    fn end(self) -> io::Result<()>;
}

/// The columns of the view `scrobbles`, in its order.
#[derive(Serialize)]
struct Row<'a> {
    username: &'a str,
    played_at: i64,
    artist: &'a str,
    track: &'a str,
    album: Option<&'a str>,
    artist_mbid: Option<&'a str>,
    album_mbid: Option<&'a str>,
    track_mbid: Option<&'a str>,
    url: Option<&'a str>,
    release_year: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a RawValue>,
    augmentation_status: Option<&'static str>,
}

/// What a play does not say itself.
#[derive(Clone, Copy)]
struct Names<'a> {
    user: &'a Username,
    years: &'a Years,
}

/// Release years and how they are known, by artist and album.
#[derive(Default)]
struct Years(HashMap<String, HashMap<String, (Option<i16>, Status)>>);

impl Years {
    async fn of(store: &dyn AlbumStore, user: &ArchivedUser, span: Span) -> StoreResult<Self> {
        let played = store.played_albums(user.id, span).await?.albums;
        let ids: Vec<AlbumId> = played.iter().map(|album| album.id).collect();
        let mut years = Self::default();
        for ids in ids.chunks(BATCH) {
            for album in store.albums(ids).await? {
                let known = (album.first_release().map(PartialDate::year), album.status());
                years.0.entry(album.artist).or_default().insert(album.title, known);
            }
        }
        Ok(years)
    }

    fn get(&self, artist: &str, album: &str) -> (Option<i16>, Status) {
        let known = self.0.get(artist).and_then(|albums| albums.get(album));
        known.copied().unwrap_or((None, Status::Pending))
    }
}

impl<'a> Row<'a> {
    fn new(names: Names<'a>, play: &Play, track: &'a Track) -> Self {
        let album = track.album.as_deref();
        let known = album.map(|album| names.years.get(&track.artist, album));
        Self {
            username: names.user.as_str(),
            played_at: play.played_at().as_unix(),
            artist: &track.artist,
            track: &track.name,
            album,
            artist_mbid: track.artist_mbid.as_ref().map(Mbid::as_str),
            album_mbid: track.album_mbid.as_ref().map(Mbid::as_str),
            track_mbid: track.mbid.as_ref().map(Mbid::as_str),
            url: track.url.as_deref(),
            release_year: known.and_then(|(year, _)| year),
            raw: None,
            augmentation_status: known.map(|(_, status)| status.as_str()),
        }
    }
}

struct JsonLines<'a, W> {
    sink: W,
    names: Names<'a>,
}

impl<W: Write> Rows for JsonLines<'_, W> {
    fn row(&mut self, play: &Play) -> io::Result<()> {
        // Between the tokens of a JSON text a line break means as little as a blank, and within
        // them there is none: a play stays on its line, and is the same value.
        let raw = spelled_whole(play.raw()).replace(['\n', '\r'], " ");
        let raw = RawValue::from_string(raw)?;
        let track = play.track();
        let mut row = Row::new(self.names, play, &track);
        row.raw = Some(&raw);
        serde_json::to_writer(&mut self.sink, &row)?;
        self.sink.write_all(b"\n")
    }

    fn end(mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// A JSON text with U+FFFD in place of each half of a surrogate pair: it can spell one, but strict
/// readers stop at it, and would read no play after it.
fn spelled_whole(json: &str) -> Cow<'_, str> {
    let mut whole = String::new();
    // Up to where `whole` holds the text.
    let mut copied = 0;
    let mut rest = 0;
    while let Some(found) = json[rest..].find('\\') {
        let at = rest + found;
        let unit = unit(json, at);
        let is_pair = matches!(unit, Some(0xD800..=0xDBFF))
            && matches!(self::unit(json, at + 6), Some(0xDC00..=0xDFFF));
        rest = match unit {
            Some(_) if is_pair => at + 12,
            Some(0xD800..=0xDFFF) => {
                whole.push_str(&json[copied..at]);
                whole.push_str("\\ufffd");
                copied = at + 6;
                copied
            }
            Some(_) => at + 6,
            // One character is escaped, such as a backslash.
            None => (at + 2).min(json.len()),
        };
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    whole.push_str(&json[copied..]);
    Cow::Owned(whole)
}

/// What `\uXXXX` spells at this place, if that stands there.
fn unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

struct Csv<'a, W: Write> {
    sink: csv::Writer<W>,
    names: Names<'a>,
}

impl<W: Write> Rows for Csv<'_, W> {
    fn row(&mut self, play: &Play) -> io::Result<()> {
        let track = play.track();
        let written = self.sink.serialize(Row::new(self.names, play, &track));
        written.map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            other => io::Error::other(format!("{other:?}")),
        })
    }

    fn end(mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_surrogate_pair_is_spelled_as_what_stands_for_it() {
        for (sent, written) in [
            (r#"{"name":"plain"}"#, r#"{"name":"plain"}"#),
            (r#""\ud83d\ude00 \u00e9 \n \" \\""#, r#""\ud83d\ude00 \u00e9 \n \" \\""#),
            (r#""half \ud83d pair""#, r#""half \ufffd pair""#),
            (r#""\uDE00\uD83D\uD83D\uDE00\uD83D""#, r#""\ufffd\ufffd\uD83D\uDE00\ufffd""#),
            // An escaped backslash, and letters after it.
            (r#""\\ud83d \\\ud83d""#, r#""\\ud83d \\\ufffd""#),
            (r#""é\ud83dé""#, r#""é\ufffdé""#),
        ] {
            assert_eq!(spelled_whole(sent), written);
            serde_json::from_str::<serde_json::Value>(written).unwrap();
        }
    }
}
