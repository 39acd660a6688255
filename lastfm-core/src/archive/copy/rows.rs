//! The rows of an archive in their order, those that the service removed among the others.

use std::collections::VecDeque;

use super::PAGE;
use super::outcome::Copied;
use crate::Span;
use crate::archive::store::{ArchiveStore, Place, RemovedPlay, StoredPlay, UserId};
use crate::store_error::StoreResult;

/// One row of an archive.
#[derive(Debug, PartialEq)]
pub(super) enum Row {
    Held(StoredPlay),
    Removed(RemovedPlay),
}

impl Row {
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Held(play) => play.place,
            Self::Removed(play) => play.place,
        }
    }

    pub(super) fn count(&self, copied: &mut Copied) {
        match self {
            Self::Held(play) => {
                copied.plays += 1;
                copied.doubted += u64::from(play.doubted_at.is_some());
            }
            Self::Removed(RemovedPlay { edited: false, .. }) => copied.removed += 1,
            Self::Removed(RemovedPlay { edited: true, .. }) => copied.edited += 1,
        }
    }
}

/// Reads all rows of an archive, by place.
pub(super) struct Rows<'a> {
    store: &'a dyn ArchiveStore,
    user: UserId,
    held: Page<StoredPlay>,
    removed: Page<RemovedPlay>,
}

/// What was read of one kind and is not handed out yet.
struct Page<T> {
    rows: VecDeque<T>,
    last: Option<Place>,
    is_last: bool,
}

impl<T> Page<T> {
    fn new() -> Self {
        Self { rows: VecDeque::new(), last: None, is_last: false }
    }

    fn is_due(&self) -> bool {
        self.rows.is_empty() && !self.is_last
    }

    fn fill(&mut self, rows: Vec<T>, place: impl Fn(&T) -> Place) {
        self.is_last = rows.len() < PAGE;
        self.last = rows.last().map(place).or(self.last);
        self.rows = rows.into();
    }
}

impl<'a> Rows<'a> {
    pub(super) fn new(store: &'a dyn ArchiveStore, user: UserId) -> Self {
        Self { store, user, held: Page::new(), removed: Page::new() }
    }

    pub(super) async fn next(&mut self) -> StoreResult<Option<Row>> {
        let (store, user, ever) = (self.store, self.user, Span::EVER);
        if self.held.is_due() {
            let rows = store.plays(user, ever, self.held.last, PAGE).await?;
            self.held.fill(rows, |row| row.place);
        }
        if self.removed.is_due() {
            let rows = store.removed(user, ever, self.removed.last, PAGE).await?;
            self.removed.fill(rows, |row| row.place);
        }
        let held = self.held.rows.front().map(|row| row.place);
        let removed = self.removed.rows.front().map(|row| row.place);
        if held.is_some() && held == removed {
            // Somebody changed the rows by hand: the removal of a play that is there says nothing.
            self.removed.rows.pop_front();
        }
        let is_held = held.is_some_and(|held| removed.is_none_or(|removed| held <= removed));
        Ok(if is_held {
            self.held.rows.pop_front().map(Row::Held)
        } else {
            self.removed.rows.pop_front().map(Row::Removed)
        })
    }
}
