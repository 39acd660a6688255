//! `.scrobbler.log`: what portable players write down (Audioscrobbler's portable log, 1.0 and 1.1).

use std::fmt;
use std::time::Duration;

use jiff::tz::TimeZone;
use lastfm_core::{Mbid, NewPlay, PlayerTrack, Timestamp};
use terminal::moments;

/// What stands in a log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Log {
    /// What was heard, in the order of the log.
    pub(crate) plays: Vec<NewPlay>,
    /// Tracks that were skipped: they are no plays.
    pub(crate) skipped: usize,
    /// Tracks that were heard nobody knows when: the player has no clock.
    pub(crate) undated: usize,
    /// Lines that are none of a log, by number.
    pub(crate) damaged: Vec<usize>,
}

/// Why nothing can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoLog {
    /// Its text is not UTF-8: names read with a guess at the letters would be scrobbled as they are.
    OtherText,
    /// It does not begin like one.
    Foreign,
    /// Its moments are what the player's clock showed, and nobody said where that was.
    NoZone,
}

impl fmt::Display for NoLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "it is no .scrobbler.log: its first line is not #AUDIOSCROBBLER/1.1",
            Self::OtherText => "its text is not UTF-8: save it so",
            Self::NoZone => {
                "its moments are what the player's clock showed (#TZ/UNKNOWN): say where that was"
            }
        })
    }
}

/// Reads a log whose player showed the time of this zone.
pub(crate) fn read(bytes: &[u8], zone: Option<&TimeZone>) -> Result<Log, NoLog> {
    let text = std::str::from_utf8(bytes).map_err(|_| NoLog::OtherText)?;
    let text = text.trim_start_matches('\u{feff}');
    if !text.starts_with("#AUDIOSCROBBLER/1") {
        return Err(NoLog::Foreign);
    }
    let is_utc = text.lines().any(|line| line.trim().eq_ignore_ascii_case("#TZ/UTC"));
    let zone = if is_utc { TimeZone::UTC } else { zone.ok_or(NoLog::NoZone)?.clone() };
    let mut log = Log::default();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('\t').collect();
        let &[artist, album, title, track_number, length, rating, at, ref more @ ..] = &fields[..]
        else {
            log.damaged.push(number);
            continue;
        };
        match (rating.trim(), at.trim().parse::<i64>()) {
            ("S", _) => log.skipped += 1,
            ("L", Ok(0)) => log.undated += 1,
            ("L", Ok(at)) => {
                let mut track = PlayerTrack::new(artist.trim(), title.trim());
                track.album = Some(album.trim().to_owned()).filter(|album| !album.is_empty());
                track.track_number = track_number.trim().parse().ok();
                track.duration = length.trim().parse().ok().map(Duration::from_secs);
                track.mbid = more.first().and_then(|id| Mbid::new(id.trim()));
                log.plays.push(NewPlay::new(track, shown_at(at, &zone)));
            }
            _ => log.damaged.push(number),
        }
    }
    Ok(log)
}

/// The moment at which clocks of the zone showed what would be this moment in UTC.
fn shown_at(at: i64, zone: &TimeZone) -> Timestamp {
    match jiff::Timestamp::from_second(at) {
        Ok(shown) => moments::on_clocks(TimeZone::UTC.to_datetime(shown), zone),
        Err(_) => Timestamp::from_unix(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "#AUDIOSCROBBLER/1.1\n#TZ/UNKNOWN\n#CLIENT/Rockbox sansaclipplus $Revision$\n\
        #ARTIST #ALBUM\n\
        Low\tTrust\tCanada\t3\t227\tL\t1795292047\t8f4c2bd4-0fbd-4b8c-9c4b-6a3b8f7a5d11\r\n\
        Low\t\tWords\t\t345\tL\t1795292400\t\n\
        Low\tTrust\tLast Breath\t8\t290\tS\t1795292700\t\n\
        Low\tTrust\tAmazing Grace\t6\t330\tL\t0\t\n\
        half a line\tTru\n\
        \n\
        Ida\tWill You Find Me\tDown on Your Back\t1\t200\tX\t1795292800\n";

    fn seconds(log: &Log) -> Vec<i64> {
        log.plays.iter().map(|play| play.played_at.as_unix()).collect()
    }

    #[test]
    fn what_was_heard_is_a_play_and_what_was_skipped_is_none() {
        let log = read(LOG.as_bytes(), Some(&TimeZone::UTC)).unwrap();
        assert_eq!(seconds(&log), [1_795_292_047, 1_795_292_400]);
        assert_eq!((log.skipped, log.undated, &log.damaged[..]), (1, 1, &[9, 11][..]));
        let first = &log.plays[0].track;
        assert_eq!((&*first.artist, &*first.name, first.track_number), ("Low", "Canada", Some(3)));
        assert_eq!(first.album.as_deref(), Some("Trust"));
        assert!(first.mbid.is_some() && log.plays[1].track.mbid.is_none());
        assert_eq!(first.duration, Some(Duration::from_secs(227)));
        assert_eq!((&log.plays[1].track.album, log.plays[1].track.track_number), (&None, None));
    }

    #[test]
    fn a_clock_without_a_zone_needs_one() {
        assert_eq!(read(LOG.as_bytes(), None), Err(NoLog::NoZone));
        let east = moments::zone("+02:00").unwrap();
        let there = read(LOG.as_bytes(), Some(&east)).unwrap();
        assert_eq!(seconds(&there), [1_795_292_047 - 7200, 1_795_292_400 - 7200]);
        // What is in UTC is, whatever is said.
        let utc = LOG.replace("#TZ/UNKNOWN", "#TZ/UTC");
        assert_eq!(seconds(&read(utc.as_bytes(), Some(&east)).unwrap())[0], 1_795_292_047);
        assert_eq!(seconds(&read(utc.as_bytes(), None).unwrap())[0], 1_795_292_047);
    }

    #[test]
    fn another_file_is_none() {
        for text in ["", "Low\tTrust\tCanada\t3\t227\tL\t1795292047\t", "artist,track\n"] {
            assert_eq!(read(text.as_bytes(), Some(&TimeZone::UTC)), Err(NoLog::Foreign), "{text}");
        }
    }
}
