//! Lists in pages: which page is asked for, and what is said about it.

use std::ops::Range;

use super::answers::{Answer, Refusal};
use crate::testing::SentRequest;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    pub(super) page: u64,
    pub(super) per_page: u64,
}

impl Paging {
    /// The page and its length, which is `usual` if not given, and `longest` at most.
    pub(super) fn read(sent: &SentRequest, usual: u64, longest: u64) -> Result<Self, Refusal> {
        let per_page = within(sent, "limit", usual, longest)?;
        Ok(Self { page: within(sent, "page", 1, 1_000_000)?, per_page })
    }

    /// The places of a list that are on this page: none beyond the last one.
    pub(super) fn places(self, len: usize) -> Range<usize> {
        let before = (self.page - 1).saturating_mul(self.per_page);
        let place = |count: u64| usize::try_from(count).unwrap_or(usize::MAX).min(len);
        place(before)..place(before.saturating_add(self.per_page))
    }

    /// The member `@attr` of a list of so many items. `whose` is a member that says whose it is.
    pub(super) fn attributes(self, whose: &str, total: usize) -> String {
        let Self { page, per_page } = self;
        let pages = (total as u64).div_ceil(per_page);
        format!(
            r#""@attr":{{{whose},"totalPages":"{pages}","page":"{page}","total":"{total}","perPage":"{per_page}"}}"#
        )
    }
}

/// A number from 1 to `most` out of the parameters.
pub(super) fn within(
    sent: &SentRequest,
    name: &str,
    default: u64,
    most: u64,
) -> Result<u64, Refusal> {
    let given = sent.param(name).filter(|text| !text.is_empty());
    let given = given.map_or(Some(default), |text| text.parse().ok());
    given.filter(|given| (1..=most).contains(given)).ok_or_else(|| {
        let message = format!("{name} param out of bounds (1-{most})");
        Answer::error(6, 400, &message).into()
    })
}

/// These items as a list; one alone at times as an object.
pub(super) fn list(items: &[String], alone_as_object: bool) -> String {
    match items {
        [alone] if alone_as_object => alone.clone(),
        _ => format!("[{}]", items.join(",")),
    }
}
