//! `chart.getTopTags` — API key only.
//!
//! The tags of everybody's chart.

use crate::methods::arguments::{Part, paged};
use crate::wire::Object;
use crate::{Authentication, DecodeError, InvalidArgument, Method, Page, Params, TagEntry, Verb};

/// Asks for the tags of everybody's chart, from the first place on.
///
/// Each comes with how often it was used, and by how many people.
///
/// Service documentation: <https://www.last.fm/api/show/chart.getTopTags>.
///
/// ```
/// use lastfm_core::methods::chart::GetTopTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopTags::new().limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "limit=10");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GetTopTags {
    part: Part,
}

impl GetTopTags {
    /// Everybody's chart.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tags a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit) }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page) }
    }
}

impl Method for GetTopTags {
    const NAME: &'static str = "chart.getTopTags";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<TagEntry>;

    fn params(&self, params: &mut Params) {
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<TagEntry>, DecodeError> {
        Page::read(&Object::read(body)?.object("tags")?, "tag")
    }
}

paged!(GetTopTags, TagEntry);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetTopTags>()
            .sends(GetTopTags::new(), "")
            .sends(GetTopTags::new().limit(5).page(2), "limit=5&page=2")
            .refuses(&GetTopTags::new().limit(1001), "limit")
            .refuses(&GetTopTags::new().page(0), "page")
            .reads(
                r#"{"tags":{"tag":[{"name":"rock","url":"u","reach":"399","taggings":"4030",
                    "streamable":"1","wiki":{}}],"@attr":{"page":"2","perPage":"5",
                    "totalPages":"3","total":"11"}}}"#,
                |page| {
                    assert_eq!(harness::numbers(&page), ("", [2, 5, 3, 11]));
                    let tag = &page.items[0];
                    assert_eq!((&*tag.name, tag.url.as_deref()), ("rock", Some("u")));
                    assert_eq!((tag.reach, tag.tagging_count), (Some(399), Some(4030)));
                },
            )
            .reads(r#"{"tags":{"tag":{"name":"rock","reach":""}}}"#, |page| {
                assert_eq!((&*page.items[0].name, page.items[0].reach), ("rock", None));
                assert_eq!((page.of, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"tags":7}"#,
                r#"{"tags":{"tag":[7]}}"#,
                r#"{"tags":{"tag":[],"@attr":{"total":"many"}}}"#,
            ]);
    }
}
