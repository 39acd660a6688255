//! `tag.getSimilar` — API key only.
//!
//! The tags that are like one.
//!
//! # Observed
//!
//! * 2026-07: the list is empty even for the most used tags, and does not name the tag: it says `n/a`.

use crate::methods::arguments::not_blank;
use crate::wire::Object;
use crate::{Authentication, DecodeError, InvalidArgument, Method, Page, Params, TagEntry, Verb};

/// Asks for the tags that are like one, the most similar first.
///
/// Each comes with its name and page alone. The list comes whole.
///
/// Service documentation: <https://www.last.fm/api/show/tag.getSimilar>.
///
/// ```
/// use lastfm_core::methods::tag::GetSimilar;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetSimilar::new("slowcore").params(&mut params);
/// assert_eq!(params.to_form(), "tag=slowcore");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetSimilar {
    tag: String,
}

impl GetSimilar {
    /// Those like this tag.
    pub fn new(tag: impl Into<String>) -> Self {
        Self { tag: tag.into() }
    }
}

impl Method for GetSimilar {
    const NAME: &'static str = "tag.getSimilar";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<TagEntry>;

    fn params(&self, params: &mut Params) {
        params.set("tag", &self.tag);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("tag", &self.tag)
    }

    fn decode(body: &str) -> Result<Page<TagEntry>, DecodeError> {
        let page = Page::read(&Object::read(body)?.object("similartags")?, "tag")?;
        Ok(Page { of: page.of.filter(|tag| tag != "n/a"), ..page })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetSimilar>()
            .sends(GetSimilar::new("slowcore"), "tag=slowcore")
            .refuses(&GetSimilar::new(" "), "tag")
            .reads(
                r#"{"similartags":{"tag":[{"name":"sadcore","url":"u","streamable":"0"},
                    {"name":"winter"}],"@attr":{"tag":"slowcore"}}}"#,
                |list| {
                    assert_eq!((list.of.as_deref(), list.total), (Some("slowcore"), None));
                    let tag = &list.items[0];
                    assert_eq!((&*tag.name, tag.url.as_deref()), ("sadcore", Some("u")));
                    assert_eq!((&*list.items[1].name, list.items.len()), ("winter", 2));
                },
            )
            .reads(r#"{"similartags":{"tag":[],"@attr":{"tag":"n\/a"}}}"#, |list| {
                assert_eq!((list.of.as_deref(), list.items), (None, vec![]));
            })
            .reads(r#"{"similartags":{"tag":{"name":"winter"}}}"#, |list| {
                assert_eq!((list.of, &*list.items[0].name), (None, "winter"));
            })
            .rejects(["{}", r#"{"similartags":7}"#, r#"{"similartags":{"tag":["winter"]}}"#]);
    }
}
