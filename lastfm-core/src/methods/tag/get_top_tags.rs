//! `tag.getTopTags` — API key only.
//!
//! The tags that everybody uses most.

use crate::wire::Object;
use crate::{Authentication, DecodeError, Method, Page, Params, TagEntry, Verb};

/// Asks for the tags that everybody uses most.
///
/// Each comes with how often it was used, and by how many people. The answer is the head of a list
/// whose total counts all tags.
///
/// Service documentation: <https://www.last.fm/api/show/tag.getTopTags>.
///
/// ```
/// use lastfm_core::Method;
/// use lastfm_core::methods::tag::GetTopTags;
///
/// let tags = GetTopTags::decode(
///     r#"{"toptags":{"tag":[{"name":"rock","count":4030169,"reach":399971}]}}"#,
/// )?;
/// assert_eq!(tags.items[0].tagging_count, Some(4_030_169));
/// # Ok::<(), lastfm_core::DecodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GetTopTags;

impl GetTopTags {
    /// The tags that everybody uses most.
    pub fn new() -> Self {
        Self
    }
}

impl Method for GetTopTags {
    const NAME: &'static str = "tag.getTopTags";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<TagEntry>;

    fn params(&self, _: &mut Params) {}

    fn decode(body: &str) -> Result<Page<TagEntry>, DecodeError> {
        let list = Object::read(body)?.object("toptags")?;
        let per_page = list.attributes().number("num_res")?;
        let mut page: Page<TagEntry> = Page::read(&list, "tag")?;
        for tag in &mut page.items {
            // Everybody's chart calls the same number so.
            tag.tagging_count = tag.tagging_count.or(tag.count.take());
        }
        Ok(Page { per_page, ..page })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetTopTags>()
            .sends(GetTopTags::new(), "")
            .reads(
                r#"{"toptags":{"@attr":{"offset":0,"num_res":2,"total":2816},"tag":[
                    {"name":"rock","count":4030,"reach":399},{"name":"indie","count":"7"}]}}"#,
                |page| {
                    assert_eq!((page.of, page.per_page, page.total), (None, Some(2), Some(2816)));
                    assert_eq!((page.page, page.total_pages), (None, None));
                    let tag = &page.items[0];
                    assert_eq!((&*tag.name, tag.count, tag.reach), ("rock", None, Some(399)));
                    assert_eq!(tag.tagging_count, Some(4030));
                    let tag = &page.items[1];
                    assert_eq!((&*tag.name, tag.tagging_count), ("indie", Some(7)));
                },
            )
            .reads(r#"{"toptags":{"tag":{"name":"rock","reach":""}}}"#, |page| {
                assert_eq!((&*page.items[0].name, page.items[0].reach), ("rock", None));
                assert_eq!((page.per_page, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"toptags":7}"#,
                r#"{"toptags":{"tag":[7]}}"#,
                r#"{"toptags":{"tag":[],"@attr":{"num_res":"many"}}}"#,
            ]);
    }
}
