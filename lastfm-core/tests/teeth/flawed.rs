//! A store that keeps all promises but one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::archive::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Covered, Doubt, Hole, MemoryStore, Observation,
    Part, Place, Removals, RemovedPlay, Replaced, Revision, Span, StoreError, StoreErrorKind,
    StoreResult, StoredPlay, UserId, WorkerId,
};
use lastfm_core::{Clock, Play, Timestamp, Username};

use crate::Flaw;

#[derive(Debug)]
struct StoppedClock;

#[async_trait]
impl Clock for StoppedClock {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_unix(1)
    }

    async fn sleep(&self, _: Duration) {}
}

/// A good store, but for one flaw.
#[derive(Debug)]
pub(crate) struct Flawed {
    good: MemoryStore,
    /// Keeps what a store with a divided memory would keep there.
    other: MemoryStore,
    flaw: Option<Flaw>,
}

impl Flawed {
    pub(crate) fn new(flaw: Option<Flaw>) -> Self {
        Self {
            good: MemoryStore::new(Arc::new(StoppedClock)),
            other: MemoryStore::new(Arc::new(StoppedClock)),
            flaw,
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// The other memory's user of this number.
    async fn shadow(&self, user: UserId) -> UserId {
        let name = format!("shadow {}", user.0).parse().unwrap();
        self.other.add_user(&name, None).await.unwrap().id
    }
}

/// The places of the plays that the archive holds in a span.
async fn held(store: &MemoryStore, user: UserId, span: Span) -> Vec<StoredPlay> {
    store.plays(user, span, None, usize::MAX).await.unwrap()
}

#[async_trait]
impl ArchiveStore for Flawed {
    async fn user(&self, name: &Username) -> StoreResult<Option<ArchivedUser>> {
        let found = self.good.user(name).await?;
        if self.has(Flaw::NamesBySpelling) {
            return Ok(found.filter(|user| user.name.as_str() == name.as_str()));
        }
        Ok(found)
    }

    async fn users(&self) -> StoreResult<Vec<ArchivedUser>> {
        let mut users = self.good.users().await?;
        if self.has(Flaw::UsersAsAdded) {
            users.sort_by_key(|user| user.id);
        }
        Ok(users)
    }

    async fn add_user(
        &self,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<ArchivedUser> {
        if self.has(Flaw::NumbersAreGivenAgain)
            && let Some(removed) = self.good.user(&"removed".parse().unwrap()).await?
        {
            self.good.rename_user(removed.id, name, registered_at).await?;
        }
        let user = self.good.add_user(name, registered_at).await?;
        if self.has(Flaw::AddingOverwrites) {
            self.good.rename_user(user.id, name, registered_at).await?;
            return Ok(self.good.user(name).await?.unwrap());
        }
        if self.has(Flaw::BornWithAHole) {
            let hole = Hole {
                span: Span::second(Timestamp::from_unix(0)),
                reason: String::new(),
                tries: 0,
                since: Timestamp::MIN,
                next_try_at: Timestamp::MIN,
            };
            self.good.set_hole(user.id, hole).await?;
        }
        Ok(user)
    }

    async fn rename_user(
        &self,
        user: UserId,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<()> {
        if self.has(Flaw::RenamingEmpties) {
            let seconds = held(&self.good, user, Span::EVER).await.len();
            for _ in 0..seconds.min(2) {
                let observation = Observation {
                    revision: self.good.revision(user).await?,
                    at: Timestamp::from_unix(0),
                    removals: Removals::Accept,
                };
                let ever = Span::EVER;
                self.good.replace(user, ever, Vec::new(), observation).await?;
            }
        }
        let renamed = self.good.rename_user(user, name, registered_at).await;
        match renamed {
            Err(error) if error.kind == StoreErrorKind::Conflict && self.has(Flaw::NoConflict) => {
                Ok(())
            }
            renamed => renamed,
        }
    }

    async fn remove_user(&self, user: UserId) -> StoreResult<()> {
        if self.has(Flaw::RemovesOnlyTheName) || self.has(Flaw::NumbersAreGivenAgain) {
            return self.good.rename_user(user, &"removed".parse().unwrap(), None).await;
        }
        self.good.remove_user(user).await
    }

    async fn revision(&self, user: UserId) -> StoreResult<Revision> {
        let revision = self.good.revision(user).await?;
        if self.has(Flaw::RevisionStandsStill) {
            return Ok(Revision(revision.0.min(1)));
        }
        Ok(revision)
    }

    async fn replace(
        &self,
        user: UserId,
        span: Span,
        mut plays: Vec<Play>,
        mut observation: Observation,
    ) -> StoreResult<Replaced> {
        let Ok(now) = self.good.revision(user).await else {
            return self.good.replace(user, span, plays, observation).await;
        };
        let before = held(&self.good, user, span).await;
        let mut shown = plays.clone();
        match self.flaw {
            Some(Flaw::RawWritten) => {
                let spaced = |play: &Play| play.raw().replace(" : ", ":");
                plays = plays.iter().map(spaced).map(|raw| Play::from_json(raw).unwrap()).collect();
            }
            Some(Flaw::OnePlayASecond) => plays.dedup_by(|a, b| a == b),
            Some(Flaw::EveryReadingAdds) if !before.is_empty() => plays.extend(shown.pop()),
            Some(Flaw::RevisionStandsStill) => observation.revision = now,
            Some(Flaw::NeverStale) => observation.revision = Revision(i64::MAX),
            Some(Flaw::StaleEverywhere) if observation.revision != now => {
                return Err(StoreError::new("replace", StoreErrorKind::Stale));
            }
            Some(Flaw::DropsOutside) => plays.retain(|play| span.contains(play.played_at())),
            Some(Flaw::OlderTextStays) => {
                let newer = |play: &Play| {
                    let same = |old: &&StoredPlay| {
                        old.place.at == play.played_at() && old.play.track().is_same(&play.track())
                    };
                    before.iter().find(same).map(|old| old.play.clone())
                };
                plays = plays.into_iter().map(|play| newer(&play).unwrap_or(play)).collect();
            }
            Some(Flaw::DoubtStays) => {
                let doubted = self.good.count(user, Span::EVER).await?.doubted > 0;
                if doubted && plays.len() == before.len() {
                    return Ok(Replaced::default());
                }
            }
            Some(Flaw::AThousandAtMost) => plays.truncate(1_000),
            Some(Flaw::NothingBefore1970) => plays.retain(|play| play.played_at().as_unix() >= 0),
            Some(Flaw::WritesByHalves) if plays.len() > 2 => {
                let half = Span::new(span.start, shown[shown.len() / 2].played_at());
                let of_half = |play: &&Play| half.contains(play.played_at());
                let first = plays.iter().filter(of_half).cloned().collect();
                self.good.replace(user, half, first, observation).await?;
                observation.revision = self.good.revision(user).await?;
            }
            Some(Flaw::AcceptsTooMuch) if observation.removals == Removals::Accept => {
                self.good.replace(user, span, plays.clone(), observation).await?;
                observation.revision = self.good.revision(user).await?;
            }
            _ => {}
        }
        let holes = self.good.holes(user).await?;
        let elsewhere = self.flaw == Some(Flaw::ForgetsDoubtsElsewhere);
        if elsewhere && plays.len() * 10 > before.len() * 8 {
            observation.removals = Removals::Accept;
        }
        let mut replaced = self.good.replace(user, span, plays.clone(), observation).await?;
        match self.flaw {
            Some(Flaw::RemovesAtOnce | Flaw::BelievesEverything) if replaced.doubted > 0 => {
                let few = replaced.doubted < 10;
                if few == (self.flaw == Some(Flaw::RemovesAtOnce)) {
                    observation.revision = self.good.revision(user).await?;
                    observation.removals = Removals::Accept;
                    replaced = self.good.replace(user, span, plays, observation).await?;
                }
            }
            Some(Flaw::EmptySpanCounts) if span.is_empty() => {
                let second = Span::second(Timestamp::from_unix(1_000_000));
                self.good.replace(user, second, Vec::new(), observation).await?;
            }
            Some(Flaw::EditIsRemoved) => replaced.removed += replaced.changed,
            Some(Flaw::HolesStay) => {
                for hole in holes {
                    self.good.set_hole(user, hole).await?;
                }
            }
            _ => {}
        }
        Ok(replaced)
    }

    async fn coverage(&self, user: UserId) -> StoreResult<Vec<Covered>> {
        let mut coverage = self.good.coverage(user).await?;
        match self.flaw {
            Some(Flaw::CoversNothing) => {
                let plays = held(&self.good, user, Span::EVER).await;
                coverage.retain(|covered| {
                    plays.iter().any(|play| covered.span.contains(play.place.at))
                });
            }
            Some(Flaw::CoverageIsNotCut) => {
                let newest = coverage.iter().map(|covered| covered.revision).max();
                for covered in &mut coverage {
                    covered.revision = newest.unwrap_or_default();
                }
            }
            Some(Flaw::DoubtIsVerified) => {
                for covered in &mut coverage {
                    covered.verified_at = covered.observed_at;
                }
            }
            Some(Flaw::HalfACopyIsCovered) if coverage.is_empty() => {
                let plays = held(&self.good, user, Span::EVER).await;
                let covered = |stored: &StoredPlay| Covered {
                    span: Span::second(stored.place.at),
                    verified_at: stored.place.at,
                    observed_at: stored.place.at,
                    revision: Revision::default(),
                };
                coverage.extend(plays.first().map(covered));
            }
            _ => {}
        }
        Ok(coverage)
    }

    async fn count(&self, user: UserId, span: Span) -> StoreResult<Count> {
        let mut count = self.good.count(user, span).await?;
        if self.has(Flaw::CountsRemoved) {
            count.plays += self.good.removed_count(user).await?;
        }
        Ok(count)
    }

    async fn bounds(&self, user: UserId) -> StoreResult<Option<(Timestamp, Timestamp)>> {
        let bounds = self.good.bounds(user).await?;
        if self.has(Flaw::BoundsAreOfCoverage) {
            let coverage = self.good.coverage(user).await?;
            let ends = coverage.first().zip(coverage.last());
            return Ok(ends.map(|(first, last)| (first.span.start, last.span.end)));
        }
        Ok(bounds)
    }

    async fn moments(
        &self,
        user: UserId,
        span: Span,
        skip: u64,
        limit: usize,
    ) -> StoreResult<Vec<Timestamp>> {
        let skip = if self.has(Flaw::SkipIsIgnored) { 0 } else { skip };
        self.good.moments(user, span, skip, limit).await
    }

    async fn plays(
        &self,
        user: UserId,
        span: Span,
        mut after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<StoredPlay>> {
        if self.has(Flaw::PlaceIsIncluded)
            && let Some(place) = &mut after
        {
            place.ordinal -= 1;
        }
        let mut plays = self.good.plays(user, span, after, limit).await?;
        if self.has(Flaw::DoubtHasNoTime) {
            for stored in &mut plays {
                stored.doubted_at = stored.doubted_at.map(|_| Timestamp::from_unix(0));
            }
        }
        Ok(plays)
    }

    async fn removed_count(&self, user: UserId) -> StoreResult<u64> {
        if self.has(Flaw::RevivedIsStillRemoved) {
            let name = "most removed".parse().unwrap();
            let most = self.other.add_user(&name, None).await?.id;
            let mut book = self.other.book(most).await?;
            let removed = i64::try_from(self.good.removed_count(user).await?).unwrap();
            book.residual = book.residual.max(removed);
            self.other.set_book(most, book.clone()).await?;
            return Ok(book.residual.unsigned_abs());
        }
        self.good.removed_count(user).await
    }

    async fn removed(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<RemovedPlay>> {
        let mut removed = self.good.removed(user, span, after, limit).await?;
        removed.retain(|removed| !removed.edited || !self.has(Flaw::EditsAreNotRemoved));
        Ok(removed)
    }

    async fn recount(&self, user: UserId) -> StoreResult<Count> {
        let mut count = self.good.recount(user).await?;
        if self.has(Flaw::RecountsRemoved) {
            count.plays += self.good.removed_count(user).await?;
        }
        Ok(count)
    }

    async fn doubts(&self, user: UserId) -> StoreResult<Vec<Doubt>> {
        let mut doubts = self.good.doubts(user).await?;
        if self.has(Flaw::OneDoubtForAll) && doubts.len() > 1 {
            let last = doubts.pop().unwrap();
            doubts[0].span.end = last.span.end;
            doubts[0].count += last.count;
        }
        Ok(doubts)
    }

    async fn withdraw_doubts(&self, user: UserId, span: Span) -> StoreResult<()> {
        let everywhere = self.has(Flaw::WithdrawsEverywhere);
        let span = if everywhere { Span::EVER } else { span };
        self.good.withdraw_doubts(user, span).await
    }

    async fn holes(&self, user: UserId) -> StoreResult<Vec<Hole>> {
        if self.has(Flaw::NobodyIsEmpty) && self.good.revision(user).await.is_err() {
            return Ok(Vec::new());
        }
        if self.has(Flaw::OneHoleListForAll) {
            let all = self.shadow(UserId(0)).await;
            return self.other.holes(all).await;
        }
        if self.has(Flaw::HolesPileUp) {
            let mut holes = self.good.holes(user).await?;
            let shadow = self.shadow(user).await;
            holes.extend(self.other.holes(shadow).await?);
            return Ok(holes);
        }
        self.good.holes(user).await
    }

    async fn set_hole(&self, user: UserId, hole: Hole) -> StoreResult<()> {
        if self.has(Flaw::OneHoleListForAll) {
            let all = self.shadow(UserId(0)).await;
            return self.other.set_hole(all, hole).await;
        }
        if self.has(Flaw::HolesPileUp) {
            for old in self.good.holes(user).await? {
                if old.span.overlaps(hole.span) {
                    let shadow = self.shadow(user).await;
                    self.other.set_hole(shadow, old).await?;
                }
            }
        }
        self.good.set_hole(user, hole).await
    }

    async fn book(&self, user: UserId) -> StoreResult<Book> {
        self.good.book(user).await
    }

    async fn set_book(&self, user: UserId, mut book: Book) -> StoreResult<()> {
        if self.has(Flaw::BookLosesItsError) {
            book.last_error = None;
        }
        self.good.set_book(user, book).await
    }

    async fn restore(&self, user: UserId, mut part: Part) -> StoreResult<()> {
        if let Part::Plays { held: plays, removed } = &mut part {
            match self.flaw {
                Some(Flaw::CopiesForgetEdits) => removed.retain(|removed| !removed.edited),
                Some(Flaw::WhatIsThereStays) => {
                    let there = held(&self.good, user, Span::EVER).await;
                    let gone = self.good.removed(user, Span::EVER, None, usize::MAX).await?;
                    let places = there.iter().map(|stored| stored.place);
                    let places = places.chain(gone.iter().map(|removed| removed.place));
                    let places: BTreeSet<_> = places.collect();
                    plays.retain(|stored| !places.contains(&stored.place));
                    removed.retain(|removed| !places.contains(&removed.place));
                }
                Some(Flaw::DropsElsewhere) => {
                    plays.retain(|stored| stored.place.at == stored.play.played_at());
                    removed.retain(|removed| removed.place.at == removed.play.played_at());
                }
                Some(Flaw::RestoresByHalves) => {
                    let second = plays.split_off(plays.len() / 2);
                    self.good.restore(user, part).await?;
                    part = Part::Plays { held: second, removed: Vec::new() };
                }
                _ => {}
            }
        }
        match self.good.restore(user, part).await {
            Err(error)
                if error.kind == StoreErrorKind::Occupied && self.has(Flaw::RestoresOver) =>
            {
                Ok(())
            }
            restored => restored,
        }
    }

    async fn claim(&self, user: UserId, worker: &WorkerId, lease: Duration) -> StoreResult<Claim> {
        let hour = Duration::from_secs(3_600);
        let lease = if self.has(Flaw::LeaseForever) { hour } else { lease };
        let claim = self.good.claim(user, worker, lease).await?;
        if self.has(Flaw::WorkForAll) {
            return Ok(Claim::Yours);
        }
        Ok(claim)
    }

    async fn release(&self, user: UserId, worker: &WorkerId) -> StoreResult<()> {
        if self.has(Flaw::AnyoneGivesBack) {
            let name = |worker: &str| WorkerId(worker.to_owned());
            for worker in [name("one"), name("two")] {
                self.good.release(user, &worker).await?;
            }
        }
        self.good.release(user, worker).await
    }

    fn fenced(&self, worker: &WorkerId) -> Arc<dyn ArchiveStore> {
        match self.flaw {
            Some(Flaw::FenceIsOpen) => Arc::new(self.good.clone()),
            Some(Flaw::FenceKeepsOut) => self.good.fenced(&WorkerId(String::new())),
            _ => self.good.fenced(worker),
        }
    }
}
