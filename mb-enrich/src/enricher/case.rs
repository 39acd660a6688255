//! One album on its way through the stages, and what comes of it.

use lastfm_core::{Mbid, Timestamp};

use super::choice::Wanted;
use super::{UNKNOWN_FOR, next_try};
use crate::{
    Album, Because, Found, GroupName, Method, Near, Outcome, PartialDate, ReleaseGroup,
    SourceError, Status,
};

/// How many groups a person is shown to choose from.
const MOST_NEAR: usize = 5;

/// An album on its way.
pub(super) struct Case<'a> {
    pub(super) album: &'a Album,
    pub(super) wanted: Wanted,
    pub(super) end: Option<End>,
    pub(super) near: Vec<Near>,
    /// It was asked for, and no answer came: no stage goes on with it.
    pub(super) unanswered: bool,
}

/// What became of an album.
pub(super) enum End {
    Found(Found),
    Ambiguous,
}

/// What is to be settled by tracks.
pub(super) struct Doubt {
    pub(super) case: usize,
    pub(super) groups: Vec<(GroupName, Found)>,
    /// Whether a track is needed even for a single group.
    pub(super) confirm: bool,
}

impl Case<'_> {
    pub(super) fn is_open(&self) -> bool {
        self.end.is_none() && !self.unanswered
    }

    /// An identifier of the album stands for this group.
    pub(super) fn identified(&mut self, group: &ReleaseGroup) {
        if self.end.is_some() {
            return;
        }
        match self.wanted.believes(group) {
            Some(confidence) => {
                let found = Found::new(group.into(), Method::Identifier, confidence);
                self.end = Some(End::Found(found));
            }
            None => self.near.push(Near::new(group.into(), Because::Identifier)),
        }
    }

    /// Ends it by the groups that hold a track of it; nothing if no track is known.
    pub(super) fn doubted(&mut self, doubt: Doubt, holding: Option<&[Mbid]>) {
        if self.end.is_some() {
            return;
        }
        let holds = |(group, _): &&(GroupName, Found)| {
            holding.is_some_and(|holding| holding.contains(&group.id))
        };
        let holders: Vec<&(GroupName, Found)> = doubt.groups.iter().filter(holds).collect();
        let year = |group: &GroupName| group.first_release.map(PartialDate::year);
        if let Some((first, found)) = holders.first()
            && holders.iter().all(|(group, _)| year(group) == year(first))
        {
            let mut found = found.clone();
            found.track_confirmed = true;
            self.end = Some(End::Found(found));
        } else if !doubt.confirm {
            let near = doubt.groups.into_iter().map(|(group, _)| Near::new(group, Because::Names));
            self.near.splice(0..0, near);
            self.end = Some(End::Ambiguous);
        }
    }

    pub(super) fn outcome(mut self, now: Timestamp, trouble: Option<&SourceError>) -> Outcome {
        let identified = self.near.iter().any(|near| near.because == Because::Identifier);
        let failed = self.album.failure_count.saturating_add(1);
        let again = now.plus(i64::try_from(UNKNOWN_FOR.as_secs()).unwrap_or(i64::MAX));
        let (status, next_try, found) = match self.end {
            Some(End::Found(found)) if found.group.first_release.is_none() => {
                (Status::NoDate, Some(again), Some(found))
            }
            Some(End::Found(found)) => {
                let equal = matches!(found.method, Method::Identifier | Method::Names);
                let status = if equal { Status::Matched } else { Status::FuzzyMatched };
                (status, None, Some(found))
            }
            Some(End::Ambiguous) => (Status::Ambiguous, None, None),
            None if self.unanswered => {
                let next = trouble.map(|trouble| next_try(now, failed, trouble.retry_after));
                (Status::Pending, next, None)
            }
            // Somebody took it for that: a person has to say whether it is.
            None if identified => (Status::Ambiguous, None, None),
            None => (Status::NotFound, Some(again), None),
        };
        let mut seen = Vec::new();
        self.near.retain(|near| {
            let new = !seen.contains(&near.group.id);
            seen.push(near.group.id.clone());
            new
        });
        self.near.truncate(MOST_NEAR);
        let shown = matches!(status, Status::Ambiguous | Status::NotFound);
        let trouble = trouble.filter(|_| status == Status::Pending);
        let mut outcome = Outcome::new(status, now);
        outcome.found = found;
        outcome.near = if shown { self.near } else { Vec::new() };
        outcome.next_try = next_try;
        outcome.failure_count = if trouble.is_some() { failed } else { 0 };
        outcome.trouble = trouble.map(ToString::to_string);
        outcome
    }
}
