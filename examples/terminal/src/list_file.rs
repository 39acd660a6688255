//! Lists of albums and tracks, as CSV or JSON. What is understood stands in the README of the
//! scrobbler.

use std::collections::HashMap;
use std::time::Duration;

use lastfm_core::{Mbid, PlayerTrack, Timestamp};
use serde_json::Value;

use crate::moments;

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A track, and when it was played if the list says so.
    Track(PlayerTrack, Option<Timestamp>),
    /// All tracks of an album.
    Album {
        /// Whose album it is.
        artist: String,
        /// Its title.
        album: String,
    },
}

/// What stands in a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct List {
    /// What is understood, in its order.
    pub items: Vec<Item>,
    /// Entries that name nothing, by number, with the reason.
    pub damaged: Vec<(usize, String)>,
}

/// An entry's cells, by the name of their column in small letters and digits.
pub type Cells = HashMap<String, String>;

/// Reads a list. `read_moment` understands what stands in the column of moments.
///
/// # Errors
///
/// Why it is no list, in words.
pub fn read(bytes: &[u8], read_moment: impl Fn(&str) -> Option<Timestamp>) -> Result<List, String> {
    let mut list = List::default();
    for (number, cells) in (1..).zip(entries(bytes)?) {
        match item(&cells, &read_moment) {
            Ok(item) => list.items.push(item),
            Err(what) => list.damaged.push((number, what)),
        }
    }
    Ok(list)
}

/// The cells of all entries.
///
/// # Errors
///
/// Why there are none, in words.
pub fn entries(bytes: &[u8]) -> Result<Vec<Cells>, String> {
    // Names read with a guess at the letters would be scrobbled as if they were true.
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    let text = text.ok_or("its text is not UTF-8: save it so")?;
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.chars().next() {
        None => Err("it is empty".to_owned()),
        Some('[' | '{') => json(text),
        Some(_) => csv(text),
    }
}

fn item(cells: &Cells, read_moment: impl Fn(&str) -> Option<Timestamp>) -> Result<Item, String> {
    if cells.values().any(|text| text.contains('\0')) {
        return Err("it holds U+0000, which stands in no name".to_owned());
    }
    let cell = |names: &[&str]| {
        let mut found = names.iter().filter_map(|name| cells.get(*name));
        found.find(|text| !text.is_empty()).cloned()
    };
    // Discogs calls an album by its title, and tells artists of one name apart by numbers.
    let is_discogs = cells.contains_key("releaseid") || cells.contains_key("catalog");
    let title = cell(&["title"]);
    let (title_of_album, title_of_track) = if is_discogs { (title, None) } else { (None, title) };
    let artist = cell(&["artist", "artistname"]).ok_or("it names no artist")?;
    let artist = if is_discogs { without_number(&artist).to_owned() } else { artist };
    let album = cell(&["album", "albumname", "albumtitle", "release"]).or(title_of_album);
    let track = cell(&["track", "trackname", "tracktitle", "song"]).or(title_of_track);
    let Some(track) = track else {
        let album = album.ok_or("it names neither a track nor an album")?;
        return Ok(Item::Album { artist, album });
    };
    let mut track = PlayerTrack::new(artist, track);
    track.album = album;
    track.album_artist = cell(&["albumartist"]);
    track.track_number = cell(&["tracknumber", "number", "position"]).and_then(|n| n.parse().ok());
    track.mbid = cell(&["mbid", "trackmbid", "recordingmbid"]).and_then(|id| Mbid::new(&id));
    if let Some(text) = cell(&["length", "duration"]) {
        track.duration = Some(moments::length(&text)?);
    } else if let Some(millis) = cell(&["durationms", "lengthms"]) {
        track.duration = millis.parse().ok().map(Duration::from_millis);
    }
    let played_at = cell(&["playedat", "timestamp", "uts", "time", "date", "at"]);
    let played_at = match played_at {
        Some(text) => {
            Some(read_moment(&text).ok_or_else(|| format!("{text:?} is no moment of a play"))?)
        }
        None => None,
    };
    Ok(Item::Track(track, played_at))
}

/// `Low` of `Low (2)`
fn without_number(artist: &str) -> &str {
    let number = artist.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    match number {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => artist,
    }
}

/// `Played at`, `played_at` and `playedAt` are one name.
fn column(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn csv(text: &str) -> Result<Vec<Cells>, String> {
    let header = text.lines().next().unwrap_or_default();
    let often = |delimiter: &u8| header.bytes().filter(|byte| byte == delimiter).count();
    let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(often).unwrap_or(b',');
    let mut rows = csv::ReaderBuilder::new();
    let mut rows = rows.delimiter(delimiter).flexible(true).trim(csv::Trim::All);
    rows = rows.has_headers(true);
    let mut rows = rows.from_reader(text.as_bytes());
    let names: Vec<String> = match rows.headers() {
        Ok(names) => names.iter().map(column).collect(),
        Err(error) => return Err(error.to_string()),
    };
    if !names.iter().any(|name| name == "artist" || name == "artistname") {
        return Err("its first line names no column \"artist\"".to_owned());
    }
    let row = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.map_err(|error| error.to_string())?;
        Ok(names.iter().cloned().zip(row.iter().map(str::to_owned)).collect())
    };
    rows.records().map(row).collect()
}

/// A list of objects, one object with such a list, or an object a line.
fn json(text: &str) -> Result<Vec<Cells>, String> {
    let values = serde_json::Deserializer::from_str(text).into_iter();
    let values: Vec<Value> =
        values.collect::<Result<_, _>>().map_err(|error| format!("it is no JSON: {error}"))?;
    let mut entries = Vec::new();
    for value in values {
        match value {
            Value::Array(list) => entries.extend(list),
            Value::Object(object) if !object.contains_key("artist") => {
                entries.extend(object.into_iter().flat_map(|(_, value)| match value {
                    Value::Array(list) => list,
                    _ => Vec::new(),
                }));
            }
            other => entries.push(other),
        }
    }
    let cells = |entry: Value| {
        let Value::Object(object) = entry else { return Cells::new() };
        let cell = |(name, value): (String, Value)| {
            let text = match value {
                Value::String(text) => text.trim().to_owned(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            Some((column(&name), text))
        };
        object.into_iter().filter_map(cell).collect()
    };
    Ok(entries.into_iter().map(cells).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> List {
        let moment = |text: &str| text.parse().ok().map(Timestamp::from_unix);
        read(text.as_bytes(), moment).unwrap()
    }

    fn album(artist: &str, album: &str) -> Item {
        Item::Album { artist: artist.to_owned(), album: album.to_owned() }
    }

    fn words() -> Item {
        let track = PlayerTrack::new("Low", "Words").album("I Could Live in Hope").track_number(1);
        Item::Track(track.duration(Duration::from_secs(345)), Some(Timestamp::from_unix(7)))
    }

    #[test]
    fn text_of_another_kind_is_not_guessed_at() {
        let utf_16: Vec<u8> =
            "artist,track\nLow,Words".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [&utf_16[..], b"artist,track\nMot\xf6rhead,Bomber"] {
            assert!(entries(bytes).unwrap_err().contains("UTF-8"));
        }
    }

    #[test]
    fn columns_are_found_by_their_names_whatever_their_order() {
        for text in [
            "Artist,Album,Track,Track number,Length,Played at\nLow,Trust,,,,\n\
             Low,I Could Live in Hope,Words,1,5:45,7\n",
            "\u{feff}played_at;length;trackNumber;track;album;artist\n;;;;Trust;Low\n\
             7;345;1;Words;\"I Could Live in Hope\";Low\n",
            "artist\talbum\ttitle\tnumber\tduration\tuts\nLow\tTrust\n\
             Low\tI Could Live in Hope\tWords\t1\t5:45\t7\n",
        ] {
            assert_eq!(list(text).items, [album("Low", "Trust"), words()], "{text}");
            assert_eq!(list(text).damaged, []);
        }
    }

    #[test]
    fn json_is_a_list_or_an_object_a_line() {
        let one = r#"{"artist":"Low","album":"Trust","year":2002,"cover":null}"#;
        let other = r#"{"artist":"Low","album":"I Could Live in Hope","track":"Words",
            "track_number":1,"duration_ms":345000,"timestamp":7}"#;
        for text in [
            format!("[{one},{other}]"),
            format!("{one}\n{other}\n"),
            format!(r#"{{"albums":[{one}],"tracks":[{other}]}}"#),
        ] {
            assert_eq!(list(&text).items, [album("Low", "Trust"), words()], "{text}");
        }
    }

    #[test]
    fn a_collection_of_discogs_is_a_list_of_albums() {
        let text = "Catalog#,Artist,Title,Label,release_id\n\
                    KRANK 052,Low (2),Trust,Kranky,1\nX,Sunn O))),Black One,SL,2\n";
        assert_eq!(list(text).items, [album("Low", "Trust"), album("Sunn O)))", "Black One")]);
    }

    #[test]
    fn an_entry_that_names_nothing_is_told_and_the_others_are_read() {
        let text = "artist,album,track,length\n,Trust,,\nLow,,,\nLow,,Words,long\nLow,Trust,,\n";
        let list = list(text);
        assert_eq!(list.items, [album("Low", "Trust")]);
        let damaged: Vec<_> =
            list.damaged.iter().map(|(number, what)| (*number, &**what)).collect();
        assert_eq!(
            damaged[..2],
            [(1, "it names no artist"), (2, "it names neither a track nor an album")]
        );
        assert!(damaged[2].1.contains("\"long\" is no length"));
    }

    #[test]
    fn an_entry_that_no_database_could_keep_is_told() {
        let list =
            list(r#"[{"artist":"Lo\u0000w","track":"Words"},{"artist":"Low","album":"Trust"}]"#);
        assert_eq!(list.items, [album("Low", "Trust")]);
        assert!(list.damaged[0].1.contains("U+0000"));
    }

    #[test]
    fn a_file_that_is_no_list_is_refused_whole() {
        for text in ["", "title,year\nTrust,2002\n", "[{\"artist\":", "just words"] {
            assert!(read(text.as_bytes(), |_| None).is_err(), "{text:?}");
        }
    }
}
