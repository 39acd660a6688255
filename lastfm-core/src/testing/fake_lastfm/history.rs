//! What the account holds, held before, and when each play came and went.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::catalogue::Tune;
use crate::Timestamp;

/// The time before the fake started, and the end of what has not ended.
pub(super) const ALWAYS: i64 = i64::MIN;
pub(super) const NEVER: i64 = i64::MAX;

/// One play as it stood for a time. An edit ends one version and begins another with the same id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Version {
    pub(super) id: u64,
    pub(super) at: i64,
    pub(super) tune: u32,
    born_ms: i64,
    gone_ms: i64,
}

/// A play that the service shows: ordered by second, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) at: i64,
    pub(super) id: u64,
    pub(super) version: u32,
}

/// The account's plays, and every play that ever was.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) tunes: Vec<Tune>,
    versions: Vec<Version>,
    /// What the service shows now, oldest first.
    shown: Vec<Entry>,
    /// What came (+1) and went (-1) since the start, oldest first: when, and of which second.
    shifts: Vec<(i64, i64, i64)>,
    /// Plays that are not told of at once, by id: when they are (ms).
    told_late: BTreeMap<u64, i64>,
    next_id: u64,
}

impl History {
    /// Adds plays that were always there; of one second, the last given is the newest.
    pub(super) fn found(&mut self, plays: impl IntoIterator<Item = (i64, u32)>) {
        for (at, tune) in plays {
            let id = self.next_id;
            self.next_id += 1;
            let entry = self.version(id, at, tune, ALWAYS);
            self.shown.push(entry);
        }
        self.shown.sort_unstable();
    }

    /// Adds a play.
    pub(super) fn insert(&mut self, at: i64, tune: u32, now_ms: i64) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let entry = self.version(id, at, tune, now_ms);
        let place = self.shown.partition_point(|other| *other < entry);
        self.shown.insert(place, entry);
        self.shifts.push((now_ms, at, 1));
        id
    }

    /// Leaves a play out of what is told until this time.
    pub(super) fn tell_late(&mut self, id: u64, from_ms: i64) {
        self.told_late.insert(id, from_ms);
    }

    /// Removes every play that `goes` says so of; says how many.
    pub(super) fn remove(&mut self, now_ms: i64, mut goes: impl FnMut(&Entry) -> bool) -> usize {
        let before = self.shown.len();
        let (versions, shifts) = (&mut self.versions, &mut self.shifts);
        self.shown.retain(|entry| {
            let goes = goes(entry);
            if goes {
                versions[entry.version as usize].gone_ms = now_ms;
                shifts.push((now_ms, entry.at, -1));
            }
            !goes
        });
        before - self.shown.len()
    }

    /// Describes the play at `place` anew.
    pub(super) fn replace(&mut self, place: usize, tune: u32, now_ms: i64) {
        let old = self.shown[place];
        self.versions[old.version as usize].gone_ms = now_ms;
        self.shown[place] = self.version(old.id, old.at, tune, now_ms);
    }

    fn version(&mut self, id: u64, at: i64, tune: u32, born_ms: i64) -> Entry {
        // Memory ends long before four thousand million plays.
        let version = u32::try_from(self.versions.len()).unwrap_or(u32::MAX);
        self.versions.push(Version { id, at, tune, born_ms, gone_ms: NEVER });
        Entry { at, id, version }
    }

    /// What the service shows, oldest first.
    pub(super) fn shown(&self) -> &[Entry] {
        &self.shown
    }

    pub(super) fn tune(&self, entry: &Entry) -> &Tune {
        &self.tunes[self.versions[entry.version as usize].tune as usize]
    }

    pub(super) fn tune_number(&self, entry: &Entry) -> u32 {
        self.versions[entry.version as usize].tune
    }

    /// What was shown at an earlier time, oldest first.
    pub(super) fn shown_at(&self, ms: i64) -> Vec<Entry> {
        let numbered = self.versions.iter().zip(0..);
        let mut shown: Vec<Entry> = numbered
            .filter(|(version, _)| version.born_ms <= ms && ms < version.gone_ms)
            .map(|(version, number)| Entry { at: version.at, id: version.id, version: number })
            .collect();
        shown.sort_unstable();
        shown
    }

    /// What readers are told of at this time, the present, oldest first.
    pub(super) fn told(&self, now_ms: i64) -> Cow<'_, [Entry]> {
        if self.told_late.values().all(|from| *from <= now_ms) {
            return Cow::Borrowed(&self.shown);
        }
        let told = self.shown.iter().filter(|entry| self.is_told(entry, now_ms));
        Cow::Owned(told.copied().collect())
    }

    /// What readers were told of at an earlier time, oldest first.
    pub(super) fn told_at(&self, ms: i64) -> Vec<Entry> {
        let mut told = self.shown_at(ms);
        told.retain(|entry| self.is_told(entry, ms));
        told
    }

    fn is_told(&self, entry: &Entry, ms: i64) -> bool {
        self.told_late.get(&entry.id).is_none_or(|from| *from <= ms)
    }

    /// How many plays of these seconds came, less those that went, after `ms`.
    pub(super) fn shift_since(&self, ms: i64, seconds: &Range<i64>) -> i64 {
        let recent = self.shifts.iter().rev();
        recent
            .take_while(|(when, _, _)| *when > ms)
            .filter(|(_, at, _)| seconds.contains(at))
            .map(|(_, _, by)| by)
            .sum()
    }

    /// Whether this track is shown as played at this second.
    pub(super) fn is_held(&self, at: i64, artist: &str, track: &str) -> bool {
        window(&self.shown, &(at..at.saturating_add(1))).iter().any(|entry| {
            let tune = self.tune(entry);
            (&*tune.artist.shown, &*tune.track.shown) == (artist, track)
        })
    }

    /// How often each description was played in these seconds.
    pub(super) fn tally(&self, seconds: &Range<i64>) -> Vec<u64> {
        let mut plays = vec![0; self.tunes.len()];
        for entry in window(&self.shown, seconds) {
            plays[self.tune_number(entry) as usize] += 1;
        }
        plays
    }

    /// The plays of these entries, for a test.
    pub(super) fn plays(&self, entries: &[Entry]) -> Vec<TruePlay> {
        let plays = entries.iter();
        plays.map(|entry| self.play(entry.version as usize)).collect()
    }

    /// Every version of every play, in the order they came up.
    pub(super) fn ever(&self) -> Vec<TruePlay> {
        (0..self.versions.len()).map(|number| self.play(number)).collect()
    }

    fn play(&self, number: usize) -> TruePlay {
        let version = self.versions[number];
        let tune = &self.tunes[version.tune as usize];
        TruePlay {
            id: version.id,
            version: number,
            at: Timestamp::from_unix(version.at),
            artist: Arc::clone(&tune.artist.shown),
            track: Arc::clone(&tune.track.shown),
            album: album_of(tune),
            appeared_ms: u64::try_from(version.born_ms).unwrap_or(0),
            gone_ms: (version.gone_ms != NEVER)
                .then(|| u64::try_from(version.gone_ms).unwrap_or(0)),
        }
    }

    /// The service's object for a play.
    pub(super) fn object(&self, play: &TruePlay) -> String {
        let tune = self.versions[play.version].tune;
        let mut object = String::new();
        self.tunes[tune as usize].write_play(play.at.as_unix(), &mut object);
        object
    }
}

/// The part of these plays that lies in these seconds.
pub(super) fn window<'a>(shown: &'a [Entry], seconds: &Range<i64>) -> &'a [Entry] {
    let low = shown.partition_point(|entry| entry.at < seconds.start);
    let high = shown.partition_point(|entry| entry.at < seconds.end);
    &shown[low..high.max(low)]
}

/// A name that reads as empty is no album.
fn album_of(tune: &Tune) -> Option<Arc<str>> {
    let album = tune.album.as_ref().map(|album| Arc::clone(&album.shown));
    album.filter(|name| !name.is_empty())
}

/// One play as it truly was: what an archive should hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct TruePlay {
    /// When it was played.
    pub at: Timestamp,
    /// The artist's name.
    pub artist: Arc<str>,
    /// The track's name.
    pub track: Arc<str>,
    /// The album's name, if it has one.
    pub album: Option<Arc<str>>,
    /// Which play it is: an edited play keeps its number. The service never shows it.
    pub id: u64,
    /// When the service began to show it so. Milliseconds after the start of the fake; 0 for what
    /// was there before.
    pub appeared_ms: u64,
    /// When the service stopped to show it so. Milliseconds after the start; nothing if it still
    /// does.
    pub gone_ms: Option<u64>,
    version: usize,
}

impl TruePlay {
    /// Second, artist, track and album: what makes two plays the same.
    pub fn key(&self) -> (Timestamp, &str, &str, Option<&str>) {
        (self.at, &self.artist, &self.track, self.album.as_deref())
    }
}
