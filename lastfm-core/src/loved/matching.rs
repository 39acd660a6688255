//! Which local tracks the loved ones are: found, found anew when files appear, or listed with what
//! comes near.

use super::{How, LocalMatch, Loved, LovedError, LovedId, LovedTracks, Which};
use crate::library::{Library, Match, Near};

/// What became of looking for all loved tracks in a library.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Matching {
    /// Loved tracks that have a local track now and had none before.
    pub new: Vec<Loved>,
    /// Loved tracks whose local tracks are all gone.
    pub lost: Vec<Loved>,
    /// Loved tracks that have a local track, those that a person chose included.
    pub matched_count: u64,
    /// Loved tracks that have none.
    pub unmatched_count: u64,
}

/// A loved track that is not in the library.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Unmatched<'a> {
    /// The track.
    pub loved: Loved,
    /// What might be meant, the likeliest first.
    pub near: Vec<Near<'a>>,
}

/// Tracks read from the store at once.
const AT_ONCE: usize = 1_000;

impl LovedTracks {
    /// Looks for each loved track in a library, and writes down what is found, or that nothing is.
    /// To be called again whenever the library has changed. What a person chose stays.
    ///
    /// # Errors
    ///
    /// [`LovedError::Store`]. What was looked for before that is written down.
    ///
    /// # Cancel safety
    ///
    /// Dropped halfway, some tracks are looked for and others are not.
    pub async fn match_library(&self, library: &Library) -> Result<Matching, LovedError> {
        let (mut matching, mut after) = (Matching::default(), None);
        loop {
            let loved = self.some(Which::Loved, after).await?;
            let Some(last) = loved.last() else { break };
            after = Some(last.id);
            let mut found = Vec::new();
            for loved in &loved {
                let local = self.look_for(loved, library);
                let is_known = loved.local.as_ref().is_some_and(|known| {
                    (known.how, &known.ids) == (local.how, &local.ids) && !known.ids.is_empty()
                });
                if !is_known {
                    found.push((loved.id, local));
                }
            }
            for now in self.store.set_matches(&self.account, found).await? {
                let before = loved.binary_search_by_key(&now.id, |loved| loved.id);
                let had_some = before.is_ok_and(|place| !loved[place].local_ids().is_empty());
                match (had_some, now.local_ids().is_empty()) {
                    (false, false) => matching.new.push(now),
                    (true, true) => matching.lost.push(now),
                    _ => {}
                }
            }
        }
        let counts = self.store.counts(&self.account).await?;
        (matching.matched_count, matching.unmatched_count) = (counts.matched, counts.unmatched);
        Ok(matching)
    }

    /// All loved tracks without a local one, each with up to `near` tracks of the library that
    /// might be meant. Those of which a person said that there is none are left out.
    ///
    /// # Errors
    ///
    /// [`LovedError::Store`].
    pub async fn unmatched<'a>(
        &self,
        library: &'a Library,
        near: usize,
    ) -> Result<Vec<Unmatched<'a>>, LovedError> {
        let (mut unmatched, mut after) = (Vec::new(), None);
        loop {
            let some = self.some(Which::Unmatched, after).await?;
            let Some(last) = some.last() else { return Ok(unmatched) };
            after = Some(last.id);
            unmatched.extend(some.into_iter().map(|loved| {
                let near = library.near(&loved.artist, &loved.track, near);
                Unmatched { loved, near }
            }));
        }
    }

    /// Writes down which local tracks a loved one is, because a person says so: no match replaces
    /// it. No tracks: there is none here. `None`: the person takes it back.
    ///
    /// Returns the track; nothing if there is none of this number.
    ///
    /// # Errors
    ///
    /// [`LovedError::Store`].
    pub async fn choose(
        &self,
        id: LovedId,
        choice: Option<Vec<String>>,
    ) -> Result<Option<Loved>, LovedError> {
        Ok(self.store.choose(&self.account, id, choice, self.now()).await?)
    }

    async fn some(&self, which: Which, after: Option<LovedId>) -> Result<Vec<Loved>, LovedError> {
        Ok(self.store.tracks(&self.account, which, after, AT_ONCE).await?)
    }

    fn look_for(&self, loved: &Loved, library: &Library) -> LocalMatch {
        let found = library.find(&loved.artist, &loved.track, loved.mbid.as_ref());
        let how = match found {
            Match::ById(_) => How::Id,
            Match::ByName(_) => How::Name,
            Match::None => How::Nothing,
        };
        let ids = found.tracks().iter().map(|track| track.id.clone()).collect();
        LocalMatch::new(ids, how, self.now())
    }
}
