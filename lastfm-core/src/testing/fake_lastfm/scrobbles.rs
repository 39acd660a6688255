//! `track.scrobble`: what is accepted, what is ignored, and how the service says so.

use std::collections::BTreeSet;

use super::answers::{Answer, Outcome, Refusal};
use super::calls::Call;
use super::corrections;
use super::names::{Name, lot};
use super::paging::list;
use super::{DailyLimit, FakeLastfm, OldScrobbles, milliseconds};
use crate::testing::{Dice, SentRequest};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// How many scrobbles one request may hold.
const BATCH: usize = 50;
/// What an album's artist is called that makes the service ignore a scrobble.
const NO_ALBUM_ARTIST: &str = "va";

/// Why a scrobble is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ignored {
    Artist = 1,
    Track = 2,
    TooOld = 3,
    TooNew = 4,
    DailyLimit = 5,
}

/// A track as an app describes it.
#[derive(Debug)]
pub(super) struct Described<'a> {
    artist: &'a str,
    track: &'a str,
    album: Option<&'a str>,
    album_artist: Option<&'a str>,
    /// Seconds.
    pub(super) duration: Option<i64>,
    /// What the service takes the names for.
    right_artist: Option<&'static str>,
    right_track: Option<&'static str>,
}

impl<'a> Described<'a> {
    /// Reads the parameters whose names end so.
    pub(super) fn read(sent: &'a SentRequest, end: &str) -> Result<Self, Refusal> {
        let given = |name: &str| sent.param(&format!("{name}{end}"));
        let filled = |name: &str| given(name).filter(|value| !value.is_empty());
        let artist = given("artist").ok_or_else(|| Answer::refused(6))?;
        let track = given("track").ok_or_else(|| Answer::refused(6))?;
        let right_artist = corrections::artist(artist);
        Ok(Self {
            artist,
            track,
            album: filled("album"),
            album_artist: filled("albumArtist"),
            duration: filled("duration").and_then(|seconds| seconds.parse().ok()),
            right_artist,
            right_track: corrections::track(right_artist.unwrap_or(artist), track),
        })
    }

    pub(super) fn artist(&self) -> &'a str {
        self.right_artist.unwrap_or(self.artist)
    }

    pub(super) fn track(&self) -> &'a str {
        self.right_track.unwrap_or(self.track)
    }

    pub(super) fn album(&self) -> Option<&'a str> {
        self.album
    }

    /// The members that an answer has of it. A name that is empty or filtered is left out; an album
    /// that was not sent at times even is no member.
    pub(super) fn members(&self, ignored: Option<Ignored>) -> String {
        let shown = |name: &'a str, hidden: bool| Some(name).filter(|_| !hidden);
        let artist = shown(self.artist(), ignored == Some(Ignored::Artist));
        let artist = told(artist, self.right_artist.is_some());
        let track = shown(self.track(), ignored == Some(Ignored::Track));
        let track = told(track, self.right_track.is_some());
        let left_out = self.album.is_none() && lot(&[self.track, "no album"]).chance(0.5);
        let album = told(self.album, false);
        let album = if left_out { String::new() } else { format!(r#""album":{album},"#) };
        let right = self.album_artist.and_then(corrections::artist);
        let album_artist = told(right.or(self.album_artist), right.is_some());
        let code = ignored.map_or(0, |ignored| ignored as u8);
        format!(
            r##""artist":{artist},{album}"track":{track},"ignoredMessage":{{"code":"{code}","#text":""}},"albumArtist":{album_artist}"##
        )
    }
}

fn told(name: Option<&str>, corrected: bool) -> String {
    let corrected = u8::from(corrected);
    match name.filter(|name| !name.is_empty()) {
        Some(name) => {
            format!(r##"{{"corrected":"{corrected}","#text":{}}}"##, Name::new(name).json)
        }
        None => format!(r#"{{"corrected":"{corrected}"}}"#),
    }
}

impl FakeLastfm {
    /// `track.scrobble`, as a rule in the order in which they were sent.
    pub(super) fn scrobble(&mut self, call: &Call<'_>) -> Outcome {
        let scrobbles = scrobbles(call.sent)?;
        let is_over = self.scrobbled_today(call.account) >= self.service.scrobbles_per_day;
        if is_over && self.service.daily_limit == DailyLimit::Error29 {
            let message = "Rate Limit Exceeded - Too many scrobbles in a short period.";
            return Err(Answer::error(29, 429, message).into());
        }
        let mut accepted = 0;
        let mut items = Vec::new();
        for (track, at) in &scrobbles {
            let ignored = self.take(call.account, track, *at);
            accepted += usize::from(ignored.is_none());
            items.push(format!(r#"{{{},"timestamp":"{at}"}}"#, track.members(ignored)));
        }
        if self.service.shuffles_verdicts {
            Dice::stream(self.seed ^ 0x0DE2, self.log.len() as u64).shuffle(&mut items);
        }
        let (ignored, items) = (items.len() - accepted, list(&items, true));
        Ok(Answer::json(format!(
            r#"{{"scrobbles":{{"scrobble":{items},"@attr":{{"ignored":{ignored},"accepted":{accepted}}}}}}}"#
        )))
    }

    /// Takes in one scrobble, or says why it is ignored.
    fn take(&mut self, number: usize, track: &Described<'_>, at: i64) -> Option<Ignored> {
        let now = self.now().as_unix();
        if let Some(filtered) = self.filters(track) {
            return Some(filtered);
        }
        if at < now - 14 * DAY {
            return match self.service.old_scrobbles {
                OldScrobbles::Ignored => Some(Ignored::TooOld),
                OldScrobbles::Filtered => Some(Ignored::Artist),
                OldScrobbles::Lost => None,
            };
        }
        if at > now + DAY {
            return Some(Ignored::TooNew);
        }
        let history = &self.account(number).history;
        let is_held = history.is_held(at, track.artist(), track.track());
        let is_dropped = is_held && self.service.drops_repeats;
        let is_over = self.scrobbled_today(number) >= self.service.scrobbles_per_day;
        if !is_dropped && is_over && self.service.daily_limit == DailyLimit::Ignored {
            return Some(Ignored::DailyLimit);
        }
        let tune = self.described(number, track.artist(), track.track(), track.album());
        if !is_dropped {
            let (seed, shown_after) = (self.seed, milliseconds(self.service.shown_after));
            let account = self.account_mut(number);
            account.owner.scrobbled.1 += 1;
            let id = account.history.insert(at, tune, account.now_ms);
            if shown_after > 0 {
                let wait = Dice::stream(seed ^ 0x1A7E, id).between(0, shown_after + 1);
                account.history.tell_late(id, account.now_ms.saturating_add(wait));
            }
        }
        self.account_mut(number).stops_playing(tune);
        None
    }

    /// How many scrobbles of the account were accepted today, as the service counts days.
    fn scrobbled_today(&mut self, number: usize) -> usize {
        let late = i64::try_from(self.service.day_is_late).unwrap_or(0).saturating_mul(HOUR);
        let today = self.now().as_unix().saturating_sub(late).div_euclid(DAY);
        let scrobbled = &mut self.account_mut(number).owner.scrobbled;
        if scrobbled.0 != today {
            *scrobbled = (today, 0);
        }
        scrobbled.1
    }

    /// Whether the service takes this for no music.
    pub(super) fn filters(&self, track: &Described<'_>) -> Option<Ignored> {
        let is_one_of = |names: &[String], name: &str| {
            name.is_empty() || names.iter().any(|filtered| filtered.eq_ignore_ascii_case(name))
        };
        let nobody = track.album_artist.is_some_and(|by| by.eq_ignore_ascii_case(NO_ALBUM_ARTIST));
        // Which code goes with a track that says it is short is not known.
        let short = track.duration.is_some_and(|seconds| seconds < 30);
        if nobody || short || is_one_of(&self.service.filtered_artists, track.artist) {
            return Some(Ignored::Artist);
        }
        is_one_of(&self.service.filtered_tracks, track.track).then_some(Ignored::Track)
    }
}

/// The scrobbles of a request with their times: those of numbered parameters, or a single one.
fn scrobbles(sent: &SentRequest) -> Result<Vec<(Described<'_>, i64)>, Refusal> {
    let numbers: BTreeSet<usize> =
        sent.params.iter().filter_map(|(name, _)| number(name)).collect();
    if numbers.len() > BATCH {
        return Err(Answer::refused(6));
    }
    let mut ends: Vec<String> = numbers.iter().map(|number| format!("[{number}]")).collect();
    if ends.is_empty() {
        ends.push(String::new());
    }
    let read = ends.iter().map(|end| {
        let at = sent.param(&format!("timestamp{end}")).and_then(|at| at.parse().ok());
        Ok((Described::read(sent, end)?, at.ok_or_else(|| Answer::refused(6))?))
    });
    read.collect()
}

/// The number in the name of a parameter that a scrobble has to have.
fn number(name: &str) -> Option<usize> {
    let (name, rest) = name.split_once('[')?;
    let number = rest.strip_suffix(']')?.parse().ok()?;
    ["artist", "track", "timestamp"].contains(&name).then_some(number)
}
