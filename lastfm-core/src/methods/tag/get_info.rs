//! `tag.getInfo` — API key only.
//!
//! What the service knows about a tag.

use crate::methods::arguments::not_blank;
use crate::wire::Object;
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, Verb, Wiki};

/// Asks what the service knows about a tag.
///
/// Service documentation: <https://www.last.fm/api/show/tag.getInfo>.
///
/// ```
/// use lastfm_core::methods::tag::GetInfo;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetInfo::new("slowcore").lang("de").params(&mut params);
/// assert_eq!(params.to_form(), "lang=de&tag=slowcore");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetInfo {
    tag: String,
    lang: Option<String>,
}

impl GetInfo {
    /// About this tag.
    pub fn new(tag: impl Into<String>) -> Self {
        Self { tag: tag.into(), lang: None }
    }

    /// The language of the text, by its ISO 639-1 code. Default: English.
    pub fn lang(self, lang: impl Into<String>) -> Self {
        Self { lang: Some(lang.into()), ..self }
    }
}

impl Method for GetInfo {
    const NAME: &'static str = "tag.getInfo";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = TagInfo;

    fn params(&self, params: &mut Params) {
        params.set("tag", &self.tag).set_opt("lang", self.lang.as_ref());
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("tag", &self.tag)
    }

    fn decode(body: &str) -> Result<TagInfo, DecodeError> {
        let tag = Object::read(body)?.object("tag")?;
        Ok(TagInfo {
            name: tag.required("name")?,
            url: tag.text("url"),
            tagging_count: tag.number("total")?.or(tag.number("taggings")?),
            reach: tag.number("reach")?,
            wiki: Wiki::of(&tag, "wiki"),
        })
    }
}

/// What the service knows about a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagInfo {
    /// The tag.
    pub name: String,
    /// The tag's page on Last.fm, which the service does not tell any more.
    pub url: Option<String>,
    /// How often everybody has used it.
    pub tagging_count: Option<u64>,
    /// How many people have used it.
    pub reach: Option<u64>,
    /// What people have written.
    pub wiki: Option<Wiki>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetInfo>()
            .sends(GetInfo::new("slowcore"), "tag=slowcore")
            .sends(GetInfo::new("slowcore").lang("de"), "lang=de&tag=slowcore")
            .refuses(&GetInfo::new(" "), "tag")
            .reads(
                r#"{"tag":{"name":"slowcore","total":2046,"reach":257,"wiki":{"summary":"S",
                    "content":"C"}}}"#,
                |tag| {
                    assert_eq!((&*tag.name, tag.tagging_count), ("slowcore", Some(2046)));
                    let wiki = tag.wiki.unwrap();
                    assert_eq!((tag.reach, &*wiki.summary), (Some(257), "S"));
                    assert_eq!((&*wiki.content, wiki.published), ("C", None));
                },
            )
            .reads(r#"{"tag":{"name":"slowcore","total":"7","reach":"","wiki":{}}}"#, |tag| {
                assert_eq!((tag.tagging_count, tag.reach, tag.wiki), (Some(7), None, None));
            })
            .rejects([
                "{}",
                r#"{"tag":"slowcore"}"#,
                r#"{"tag":{"total":7}}"#,
                r#"{"tag":{"name":"slowcore","reach":"many"}}"#,
            ]);
    }
}
