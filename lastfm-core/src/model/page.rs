//! A page of a list, and a list that comes whole.

use crate::DecodeError;
use crate::wire::{Entry, Object};

/// A page of a list.
///
/// Numbers are `None` where the service does not say; not every service does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What it is a list of, as the service spells it: the user, artist, tag or country, or the
    /// words that were searched for.
    pub of: Option<String>,
    /// The number of the page, from 1.
    pub page: Option<u64>,
    /// Items a full page holds, which may be fewer than asked for.
    pub per_page: Option<u64>,
    /// How many pages there are: the service's word, or what follows from the other two numbers.
    pub total_pages: Option<u64>,
    /// How many items there are on all pages.
    pub total: Option<u64>,
    /// The items, in the service's order.
    pub items: Vec<T>,
    /// In a list of plays, the items that name no moment that can be read; 0 in any other list.
    pub undatable_count: usize,
}

/// How many pages hold this many items.
fn pages(total: Option<u64>, per_page: Option<u64>) -> Option<u64> {
    Some(total?.div_ceil(per_page?.max(1)))
}

impl<T> Page<T> {
    /// Reads the list called `items` of `list`, and the numbers beside it.
    pub(crate) fn read(list: &Object<'_>, items: &str) -> Result<Self, DecodeError>
    where
        T: Entry,
    {
        Self::with(list, list.list(items)?)
    }

    /// Reads the answer to a search: the list called `items` within `matches`.
    pub(crate) fn read_search(body: &str, matches: &str, items: &str) -> Result<Self, DecodeError>
    where
        T: Entry,
    {
        let results = Object::read(body)?.object("results")?;
        let total = results.number("opensearch:totalResults")?;
        let per_page = results.number("opensearch:itemsPerPage")?;
        let query = results.child("opensearch:Query");
        let of = query.text("searchTerms").or_else(|| results.child("@attr").text("for"));
        Ok(Self {
            of,
            page: query.number("startPage")?,
            per_page,
            total_pages: pages(total, per_page),
            total,
            items: results.object(matches)?.list(items)?,
            undatable_count: 0,
        })
    }

    /// A page of these items, with the numbers beside them.
    pub(crate) fn with(list: &Object<'_>, items: Vec<T>) -> Result<Self, DecodeError> {
        let attributes = list.attributes();
        let (per_page, total) = (attributes.number("perPage")?, attributes.number("total")?);
        let of = ["user", "artist", "tag", "country"];
        Ok(Self {
            of: of.iter().find_map(|name| attributes.text(name)),
            page: attributes.number("page")?,
            per_page,
            total_pages: attributes.number("totalPages")?.or_else(|| pages(total, per_page)),
            total,
            items,
            undatable_count: 0,
        })
    }
}

/// A list that belongs to an artist, an album or a track, and comes whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing<T> {
    /// The artist, as the service spells the name: the corrected one, if a correction was asked
    /// for and made.
    pub artist: Option<String>,
    /// The album or track, if the list belongs to one, spelled in the same way.
    pub title: Option<String>,
    /// The items, in the service's order.
    pub items: Vec<T>,
}

impl<T> Listing<T> {
    /// Reads the list called `items` of the member `list` of an answer.
    pub(crate) fn read(body: &str, list: &str, items: &str) -> Result<Self, DecodeError>
    where
        T: Entry,
    {
        let list = Object::read(body)?.object(list)?;
        let attributes = list.child("@attr");
        Ok(Self {
            artist: attributes.text("artist"),
            title: attributes.text("track").or_else(|| attributes.text("album")),
            items: list.list(items)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ArtistEntry;

    fn page(list: &str) -> Page<ArtistEntry> {
        Page::read(&Object::read(list).unwrap(), "artist").unwrap()
    }

    #[test]
    fn numbers_stand_with_the_items_or_beside_them() {
        let modern = r#"{"artist":[],"@attr":{"user":"RJ","page":"2","perPage":"50",
            "totalPages":"0","total":"0"}}"#;
        let old = r##"{"#text":"\n","user":"RJ","page":"2","perPage":"50","totalPages":"0",
            "total":"0"}"##;
        assert_eq!(page(modern), page(old));
        assert_eq!((page(old).of.as_deref(), page(old).total), (Some("RJ"), Some(0)));
    }

    #[test]
    fn how_many_pages_there_are_follows_if_it_is_not_said() {
        let pages = |numbers: &str| page(&format!(r#"{{"@attr":{{{numbers}}}}}"#)).total_pages;
        assert_eq!(pages(r#""perPage":"50","total":"101""#), Some(3));
        assert_eq!(pages(r#""perPage":"50","total":"101","totalPages":"9""#), Some(9));
        assert_eq!(pages(r#""perPage":"0","total":"2""#), Some(2));
        assert_eq!(pages(r#""perPage":"50","total":"0""#), Some(0));
        assert_eq!((pages(r#""perPage":"50""#), pages(r#""total":"101""#)), (None, None));
    }

    #[test]
    fn a_service_need_not_say_any_number() {
        let bare = page(r#"{"artist":{"name":"Low"}}"#);
        assert_eq!(
            (bare.page, bare.per_page, bare.total_pages, bare.total),
            (None, None, None, None)
        );
        assert_eq!(bare.items[0].name, "Low");
    }
}
