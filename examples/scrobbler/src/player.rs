//! What a player says on standard input: a JSON object a line, as `watch --help` describes.

use std::time::Duration;

use lastfm_core::{Mbid, NewPlay, PlayerTrack, Timestamp};
use serde::Deserialize;
use serde_json::error::Category;

/// What a player does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// A track begins.
    Playing(PlayerTrack),
    /// It is there now, as it goes or after a jump.
    Position(Duration),
    Paused,
    Resumed,
    Stopped,
    /// The track has come to its end.
    Ended,
    /// A player that counts by itself has counted a play.
    Played(NewPlay),
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    Playing(Named),
    #[serde(alias = "seek", alias = "seeked")]
    Position {
        position: f64,
    },
    #[serde(alias = "pause")]
    Paused,
    #[serde(alias = "resume")]
    Resumed,
    #[serde(alias = "stop")]
    Stopped,
    #[serde(alias = "finished")]
    Ended,
    Played {
        #[serde(flatten)]
        track: Named,
        played_at: i64,
    },
}

#[derive(Deserialize)]
struct Named {
    artist: String,
    track: String,
    album: Option<String>,
    album_artist: Option<String>,
    number: Option<u32>,
    mbid: Option<String>,
    length: Option<f64>,
}

/// Reads a line.
pub(crate) fn read(line: &str) -> Result<Event, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| match error.classify() {
        // Where in the line says nothing: the line is shown.
        Category::Data => {
            let words = error.to_string();
            words.split_once(" at line ").map_or(words.clone(), |(what, _)| what.to_owned())
        }
        Category::Syntax | Category::Eof | Category::Io => "it is no JSON".to_owned(),
    })?;
    Ok(match line {
        Line::Playing(track) => Event::Playing(track.read()?),
        Line::Position { position } => Event::Position(seconds(position)?),
        Line::Paused => Event::Paused,
        Line::Resumed => Event::Resumed,
        Line::Stopped => Event::Stopped,
        Line::Ended => Event::Ended,
        Line::Played { track, played_at } => {
            Event::Played(NewPlay::new(track.read()?, Timestamp::from_unix(played_at)))
        }
    })
}

impl Named {
    fn read(self) -> Result<PlayerTrack, String> {
        let mut track = PlayerTrack::new(self.artist, self.track);
        (track.album, track.album_artist) = (self.album, self.album_artist);
        track.track_number = self.number;
        track.mbid = self.mbid.and_then(|id| Mbid::new(&id));
        track.duration = self.length.map(seconds).transpose()?;
        Ok(track)
    }
}

fn seconds(seconds: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(seconds).map_err(|_| format!("{seconds} is no time in seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_a_player_does() {
        let words = PlayerTrack::new("Low", "Words").album("Trust").track_number(1);
        let words = words.duration(Duration::from_millis(345_500));
        let track = r#""artist":"Low","track":"Words","album":"Trust","number":1,"length":345.5"#;
        let at = Timestamp::from_unix(7);
        for (line, event) in [
            (format!(r#"{{"event":"playing",{track},"x":1}}"#), Event::Playing(words.clone())),
            (
                format!(r#"{{"event":"played",{track},"played_at":7}}"#),
                Event::Played(NewPlay::new(words, at)),
            ),
            (
                r#"{"event":"seek","position":61.5}"#.to_owned(),
                Event::Position(Duration::from_millis(61_500)),
            ),
            (r#"{"event":"paused"}"#.to_owned(), Event::Paused),
            (r#"{"event":"resumed"}"#.to_owned(), Event::Resumed),
            (r#"{"event":"stopped"}"#.to_owned(), Event::Stopped),
            (r#"{"event":"ended"}"#.to_owned(), Event::Ended),
        ] {
            assert_eq!(read(&line), Ok(event), "{line}");
        }
    }

    #[test]
    fn what_is_no_such_line_is_told() {
        for line in [
            "",
            "playing",
            r#"{"event":"dancing"}"#,
            r#"{"event":"playing","artist":"Low"}"#,
            r#"{"event":"position","position":-1}"#,
            r#"{"event":"playing","artist":"Low","track":"Words","length":-3}"#,
            r#"{"event":"played","artist":"Low","track":"Words"}"#,
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
