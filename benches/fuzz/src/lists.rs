//! Lists of albums and tracks, and the logs of portable players.

use std::time::Duration;

use jiff::tz::TimeZone;
use lastfm_core::scrobble::{Collection, Pace, Timing, rules};
use lastfm_core::{NewPlay, PlayerTrack, Timestamp, scrobble};
use terminal::list_file::{self, Item};
use terminal::moments;

use crate::client::NOW;
use crate::log_file;

/// CSV, JSON, or `.scrobbler.log`: nothing comes out of a list that does not stand in it; names are
/// neither blank nor such that no database could keep them; and what comes out can be planned as
/// plays, whatever lengths and moments are said.
pub fn lists(data: &[u8]) {
    let moment = |text: &str| Some(moments::said(text).ok()?.moment(NOW, &TimeZone::UTC));
    match list_file::read(data, moment) {
        Err(what) => assert!(!what.is_empty()),
        Ok(list) => {
            let count = list_file::entries(data).map_or(0, |entries| entries.len());
            assert_eq!(list.items.len() + list.damaged.len(), count);
            assert!(list.damaged.iter().all(|(number, _)| (1..=count).contains(number)));
            let mut tracks = Vec::new();
            for item in list.items {
                match item {
                    Item::Album { artist, album } => check_names([&artist, &album]),
                    Item::Track(track, at) => {
                        check_track(&track);
                        if let Some(at) = at {
                            check_play(NewPlay::new(track.clone(), at));
                        }
                        tracks.push(track);
                    }
                }
            }
            check_plan(tracks);
        }
    }
    let zone = moments::zone("+05:30").expect("it is one");
    if let Ok(log) = log_file::read(data, Some(&zone)) {
        let lines = String::from_utf8_lossy(data).lines().count();
        assert!(log.plays.len() + log.skipped + log.undated + log.damaged.len() <= lines);
        for play in &log.plays {
            check_play(play.clone());
        }
        check_plan(log.plays.into_iter().map(|play| play.track).collect());
    }
    if let Ok(text) = std::str::from_utf8(data) {
        check_words(text);
    }
}

fn check_names(names: [&String; 2]) {
    for name in names {
        assert!(!name.trim().is_empty() && !name.contains('\0'), "{name:?} is no name");
    }
}

fn check_track(track: &PlayerTrack) {
    check_names([&track.artist, &track.name]);
    let others = [&track.album, &track.album_artist];
    assert!(others.into_iter().flatten().all(|name| !name.contains('\0')));
}

/// A play can be checked before it is sent, whenever it is said to be from.
fn check_play(play: NewPlay) {
    let at = play.played_at;
    let checked = rules::checked(scrobble::Submission::new(play), NOW);
    let in_time = at >= rules::oldest(NOW) && at <= NOW.plus(10 * 60);
    assert!(in_time || checked.refusal.is_some());
}

fn check_plan(tracks: Vec<PlayerTrack>) {
    let count = tracks.len();
    let album = scrobble::Album::new(tracks.clone());
    for timing in [Timing::EndingNow, Timing::StartingNow] {
        let plays = album.plays(timing, NOW);
        assert_eq!(plays.len(), count);
        let began = |pair: &[scrobble::Submission]| {
            pair[0].play.played_at < pair[1].play.played_at
                || pair[1].play.played_at == Timestamp::MAX
        };
        assert!(plays.windows(2).all(began), "{plays:?}");
    }
    let plan = Collection::new("A list").tracks(tracks).plan(Pace::default(), NOW);
    assert_eq!(plan.job.plays.len(), count);
    for play in &plan.job.plays {
        let at = play.play.played_at;
        assert!(NOW.plus(-86_400) <= at, "{at} is more than a day ago");
    }
}

/// Moments, lengths and dates as people say them.
fn check_words(text: &str) {
    if let Ok(said) = moments::said(text) {
        let at = said.moment(NOW, &TimeZone::UTC);
        assert!(!moments::shown(at, NOW, &TimeZone::UTC).is_empty());
    }
    if let Ok(length) = moments::length(text) {
        assert!(length <= Duration::from_secs(86_400), "{length:?}");
    }
    if let Ok(span) = terminal::dates::named_span(text) {
        assert!(!span.is_empty(), "{text:?}");
    }
    if let Ok(period) = terminal::dates::named_period(text) {
        assert!(period >= Duration::from_secs(1));
    }
}
