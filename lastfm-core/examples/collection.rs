//! Adds what Last.fm knows to a collection of records: listeners, plays, tags, cover, tracks.
//!
//!     LASTFM_API_KEY=… cargo run -p lastfm-core --example collection -- records.json [USER]
//!
//! `records.json` is a list of objects with `artist` and `album` (or `title`); all else in them is
//! left alone. The answers go to `records.lastfm.jsonl`, a line for each record, written as it
//! comes. Whatever ends the program, started again it goes on where it was: what has a line is not
//! asked for again. With a user's name each line says how often they have played the record.

#![allow(clippy::print_stderr)] // What a person reads who started it.

use std::collections::HashSet;
use std::env::args;
use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use lastfm_core::methods::album::{AlbumInfo, GetInfo};
use lastfm_core::{ErrorClass, Image, Mbid, Username};
use serde_json::{Value, json};

#[path = "support/client.rs"]
mod client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path: PathBuf = args().nth(1).ok_or("which? Say a file with records")?.into();
    let user: Option<Username> = args().nth(2).map(|name| name.parse()).transpose()?;
    let records: Vec<Value> = serde_json::from_str(&fs::read_to_string(&path)?)?;
    let client = client::from_environment()?;
    let (mut answers, known) = answers(&path.with_extension("lastfm.jsonl"))?;
    let (mut added, mut unknown) = (0, 0);
    for (number, record) in (1..).zip(&records) {
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        let Some((artist, album)) = text("artist").zip(text("album").or_else(|| text("title")))
        else {
            eprintln!("record {number} names no artist or no album: left out");
            continue;
        };
        if known.contains(&(artist.to_owned(), album.to_owned())) {
            continue;
        }
        let mut question = GetInfo::new(artist, album).autocorrect(true);
        if let Some(user) = &user {
            question = question.username(user.clone());
        }
        let info = match client.call(&question).await {
            Ok(info) => Some(about(&info)),
            Err(error) if error.class() == ErrorClass::NotFound => None,
            Err(error) => {
                eprintln!("{added} records added; started again, it goes on with {album:?}");
                return Err(error.into());
            }
        };
        unknown += u32::from(info.is_none());
        // In one piece, so that a program that is stopped leaves whole lines.
        let line = json!({ "artist": artist, "album": album, "lastfm": info });
        answers.write_all(format!("{line}\n").as_bytes())?;
        added += 1;
        eprintln!("{number} of {}: {artist} – {album}", records.len());
    }
    eprintln!("{added} records added, of which Last.fm does not know {unknown}");
    Ok(())
}

/// Artist and title, as the collection spells them.
type Names = (String, String);

/// The file of answers, to be gone on with, and whose there are already. The start of a line that a
/// power cut left is taken away.
fn answers(path: &Path) -> Result<(File, HashSet<Names>), Box<dyn Error>> {
    let text = if path.exists() { fs::read_to_string(path)? } else { String::new() };
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let mut known = HashSet::new();
    for line in text[..whole].lines() {
        let line: Value = serde_json::from_str(line)?;
        let name = |field: &str| line[field].as_str().map(str::to_owned);
        known.extend(name("artist").zip(name("album")));
    }
    let file = File::options().create(true).append(true).open(path)?;
    file.set_len(u64::try_from(whole)?)?;
    Ok((file, known))
}

/// What is worth keeping of an answer.
fn about(album: &AlbumInfo) -> Value {
    let tracks = album.tracks.iter().map(|track| {
        let seconds = track.duration.map(|duration| duration.as_secs());
        json!({ "title": track.name, "seconds": seconds })
    });
    json!({
        "artist": album.artist.name,
        "album": album.name,
        "url": album.url,
        "mbid": album.mbid.as_ref().map(Mbid::as_str),
        "listeners": album.listener_count,
        "plays": album.play_count,
        "plays_of_user": album.user_play_count,
        "cover": Image::largest(&album.images).map(|image| image.url.as_str()),
        "tags": album.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
        "tracks": tracks.collect::<Vec<_>>(),
    })
}
