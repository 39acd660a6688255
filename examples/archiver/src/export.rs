//! `export`: plays to standard output, oldest first, a few thousand in memory at a time.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use lastfm_core::archive::{ArchiveStore, Span, StoredPlay};
use lastfm_core::{Mbid, Play, Track, Username};
use lastfm_sqlite::SqliteStore;
use serde::Serialize;
use serde_json::value::RawValue;
use terminal::exit::{Exit, Trouble};
use terminal::settings::Environment;

use crate::archive;
use crate::cli::{self, Format};

/// Plays in memory at a time.
const BATCH: usize = 2000;

/// Writes the plays.
pub(crate) async fn run(
    said: cli::Export,
    db: Option<PathBuf>,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let store = archive::open_existing(&environment.db(db)).await?;
    let user = archive::user(&store, &said.user).await?;
    let span = said.period.checked()?.unwrap_or(Span::EVER);
    let sink = BufWriter::new(io::stdout().lock());
    let outcome = match said.format {
        Format::Jsonl => write(&store, &user, span, JsonLines { sink, user: &user.name }).await?,
        Format::Csv => {
            let sink = csv::Writer::from_writer(sink);
            write(&store, &user, span, Csv { sink, user: &user.name }).await?
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
    store: &SqliteStore,
    user: &lastfm_core::archive::ArchivedUser,
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
    /// Nobody has found it out yet.
    release_year: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a RawValue>,
}

impl<'a> Row<'a> {
    fn new(user: &'a Username, play: &Play, track: &'a Track) -> Self {
        Self {
            username: user.as_str(),
            played_at: play.played_at().as_unix(),
            artist: &track.artist,
            track: &track.name,
            album: track.album.as_deref(),
            artist_mbid: track.artist_mbid.as_ref().map(Mbid::as_str),
            album_mbid: track.album_mbid.as_ref().map(Mbid::as_str),
            track_mbid: track.mbid.as_ref().map(Mbid::as_str),
            url: track.url.as_deref(),
            release_year: None,
            raw: None,
        }
    }
}

struct JsonLines<'a, W> {
    sink: W,
    user: &'a Username,
}

impl<W: Write> Rows for JsonLines<'_, W> {
    fn row(&mut self, play: &Play) -> io::Result<()> {
        // Between the tokens of a JSON text a line break means as little as a blank, and within
        // them there is none: a play stays on its line, and is the same value.
        let raw = play.raw().replace(['\n', '\r'], " ");
        let raw = RawValue::from_string(raw)?;
        let track = play.track();
        let mut row = Row::new(self.user, play, &track);
        row.raw = Some(&raw);
        serde_json::to_writer(&mut self.sink, &row)?;
        self.sink.write_all(b"\n")
    }

    fn end(mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

struct Csv<'a, W: Write> {
    sink: csv::Writer<W>,
    user: &'a Username,
}

impl<W: Write> Rows for Csv<'_, W> {
    fn row(&mut self, play: &Play) -> io::Result<()> {
        let track = play.track();
        let written = self.sink.serialize(Row::new(self.user, play, &track));
        written.map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            other => io::Error::other(format!("{other:?}")),
        })
    }

    fn end(mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
