//! One user's archive in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use crate::archive::coverage::Coverage;
use crate::archive::diff::{Change, Difference, Existing, Seen, Standing};
use crate::archive::store::{
    ArchivedUser, Book, Count, Hole, Observation, Part, Place, RemovedPlay, Replaced, Revision,
    StoredPlay, WorkerId,
};
use crate::store_error::StoreErrorKind;
use crate::{Play, Span, Timestamp};

/// All that is kept for one user.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) user: ArchivedUser,
    pub(super) revision: Revision,
    pub(super) rows: BTreeMap<Place, Row>,
    pub(super) tally: Tally,
    pub(super) coverage: Coverage,
    pub(super) holes: Vec<Hole>,
    pub(super) book: Book,
    /// Who is at work, and until when by the clock.
    pub(super) work: Option<(WorkerId, Duration)>,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) play: Play,
    pub(super) key: Key,
    pub(super) state: State,
}

/// Artist, track and album.
pub(super) type Key = (String, String, Option<String>);

/// How a row stands, and since when by the service's time.
#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    Held,
    Doubted { since: Timestamp },
    Removed { since: Timestamp, edited: bool },
}

/// How many rows stand in which way.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) held: u64,
    pub(super) doubted: u64,
    pub(super) removed: u64,
    pub(super) edited: u64,
}

impl Archive {
    pub(super) fn new(user: ArchivedUser) -> Self {
        Self {
            user,
            revision: Revision::default(),
            rows: BTreeMap::new(),
            tally: Tally::default(),
            coverage: Coverage::default(),
            holes: Vec::new(),
            book: Book::default(),
            work: None,
        }
    }

    /// Everything that can be refused is refused before the first change.
    pub(super) fn replace(
        &mut self,
        span: Span,
        plays: &[Play],
        observation: Observation,
    ) -> Result<Replaced, StoreErrorKind> {
        if plays.iter().any(|play| !span.contains(play.played_at())) {
            return Err(StoreErrorKind::OutsideSpan);
        }
        if self.coverage.changed_since(span, observation.revision) {
            return Err(StoreErrorKind::Stale);
        }
        if span.is_empty() {
            return Ok(Replaced::default());
        }
        let keys: Vec<Key> = plays.iter().map(key).collect();
        let difference = self.difference(span, plays, &keys, observation);
        for change in difference.changes {
            self.apply(change, plays, &keys, observation.at);
        }
        self.revision.0 += 1;
        let agreed = difference.replaced.doubted == 0;
        self.coverage.cover(span, observation.at, agreed, self.revision);
        if Coverage::is_merge_due(self.revision) {
            self.coverage.merge_old(observation.at);
        }
        let holes = self.holes.drain(..);
        self.holes = holes.flat_map(|hole| hole.without(span)).collect();
        Ok(difference.replaced)
    }

    pub(super) fn difference(
        &self,
        span: Span,
        plays: &[Play],
        keys: &[Key],
        observation: Observation,
    ) -> Difference<Place> {
        let rows = self.rows.range(places(span));
        let existing = rows.map(|(place, row)| Existing {
            id: *place,
            at: place.at,
            same: &row.key,
            text: row.play.parts(),
            standing: row.state.standing(),
        });
        let seen: Vec<_> = plays
            .iter()
            .zip(keys)
            .map(|(play, same)| Seen { at: play.played_at(), same, text: play.parts() })
            .collect();
        let elsewhere = self.tally.doubted - self.counted(span).doubted;
        Difference::new(existing.collect(), &seen, observation.removals, elsewhere)
    }

    pub(super) fn apply(
        &mut self,
        change: Change<Place>,
        plays: &[Play],
        keys: &[Key],
        at: Timestamp,
    ) {
        let (place, play, state) = match change {
            Change::Add { seen } => return self.add(&plays[seen], &keys[seen]),
            Change::Revive { id, seen } => (id, Some(&plays[seen]), Some(State::Held)),
            Change::Retext { id, seen } => (id, Some(&plays[seen]), None),
            Change::Doubt { id } => (id, None, Some(State::Doubted { since: at })),
            Change::Trust { id } => (id, None, Some(State::Held)),
            Change::Remove { id, edited } => (id, None, Some(State::Removed { since: at, edited })),
        };
        // A difference names only rows that it was given.
        let Some(row) = self.rows.get_mut(&place) else {
            return;
        };
        if let Some(play) = play {
            row.play = play.clone();
        }
        if let Some(state) = state {
            self.tally.moves(&mut row.state, state);
        }
    }

    pub(super) fn add(&mut self, play: &Play, key: &Key) {
        let at = play.played_at();
        let place = |ordinal| Place { at, ordinal };
        let mut second = self.rows.range(place(i64::MIN)..=place(i64::MAX));
        let last = second.next_back().map(|(place, _)| place.ordinal);
        let place = place(last.map_or(0, |last| last + 1));
        let row = Row { play: play.clone(), key: key.clone(), state: State::Held };
        *self.tally.of(row.state) += 1;
        self.rows.insert(place, row);
    }

    /// Everything that can be refused is refused before the first change.
    pub(super) fn restore(&mut self, part: Part) -> Result<(), StoreErrorKind> {
        if self.revision != Revision::default() || !self.coverage.covered().is_empty() {
            return Err(StoreErrorKind::Occupied);
        }
        let (held, removed) = match part {
            Part::Plays { held, removed } => (held, removed),
            Part::Rest(rest) => {
                self.revision = rest.revision;
                self.coverage = Coverage::new(rest.coverage);
                self.holes = rest.holes;
                self.book = rest.book;
                return Ok(());
            }
        };
        let held = held.into_iter().map(|StoredPlay { place, play, doubted_at }| {
            (place, play, doubted_at.map_or(State::Held, |since| State::Doubted { since }))
        });
        let removed = removed.into_iter().map(|RemovedPlay { place, play, removed_at, edited }| {
            (place, play, State::Removed { since: removed_at, edited })
        });
        let rows: Vec<_> = held.chain(removed).collect();
        if rows.iter().any(|(place, play, _)| place.at != play.played_at()) {
            return Err(StoreErrorKind::OutsideSpan);
        }
        for (place, play, state) in rows {
            *self.tally.of(state) += 1;
            let key = key(&play);
            if let Some(old) = self.rows.insert(place, Row { play, key, state }) {
                *self.tally.of(old.state) -= 1;
            }
        }
        Ok(())
    }

    /// The rows that are part of the archive.
    pub(super) fn held(&self, places: Range<Place>) -> impl Iterator<Item = (&Place, &Row)> {
        let rows = self.rows.range(places);
        rows.filter(|(_, row)| row.state.standing() != Standing::Removed)
    }

    pub(super) fn count(&self, span: Span) -> Count {
        if span != Span::EVER {
            return self.counted(span);
        }
        Count { plays: self.tally.held + self.tally.doubted, doubted: self.tally.doubted }
    }

    pub(super) fn counted(&self, span: Span) -> Count {
        let mut count = Count::default();
        for (_, row) in self.held(places(span)) {
            count.plays += 1;
            count.doubted += u64::from(row.state.standing() == Standing::Doubted);
        }
        count
    }
}

impl State {
    pub(super) fn standing(self) -> Standing {
        match self {
            Self::Held => Standing::Held,
            Self::Doubted { .. } => Standing::Doubted,
            Self::Removed { .. } => Standing::Removed,
        }
    }

    pub(super) fn doubted_at(self) -> Option<Timestamp> {
        match self {
            Self::Doubted { since } => Some(since),
            Self::Held | Self::Removed { .. } => None,
        }
    }
}

impl Tally {
    pub(super) fn of(&mut self, state: State) -> &mut u64 {
        match state {
            State::Held => &mut self.held,
            State::Doubted { .. } => &mut self.doubted,
            State::Removed { edited: false, .. } => &mut self.removed,
            State::Removed { edited: true, .. } => &mut self.edited,
        }
    }

    pub(super) fn moves(&mut self, state: &mut State, to: State) {
        *self.of(*state) -= 1;
        *self.of(to) += 1;
        *state = to;
    }
}

/// All places in the seconds of `span`.
pub(super) fn places(span: Span) -> Range<Place> {
    let first = |at| Place { at, ordinal: i64::MIN };
    first(span.start)..first(span.end.max(span.start))
}

pub(super) fn key(play: &Play) -> Key {
    let track = play.track();
    (track.artist, track.name, track.album)
}
