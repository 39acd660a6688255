//! `user.getTopTags` — API key only.
//!
//! The tags that a user has given most.

use crate::methods::arguments::Limit;
use crate::wire::Object;
use crate::{
    Authentication, DecodeError, InvalidArgument, Method, Page, Params, TagEntry, Username, Verb,
};

/// Asks for the tags that a user has given most.
///
/// Each comes with how often the user has given it. They come all at once: the numbers of pages
/// are `None`.
///
/// Service documentation: <https://www.last.fm/api/show/user.getTopTags>.
///
/// ```
/// use lastfm_core::methods::user::GetTopTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopTags::new("RJ".parse()?).limit(5).params(&mut params);
/// assert_eq!(params.to_form(), "limit=5&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopTags {
    user: Username,
    limit: Limit,
}

impl GetTopTags {
    /// The tags that this user has given most.
    pub fn new(user: Username) -> Self {
        Self { user, limit: Limit::default() }
    }

    /// How many tags, 1 to 1000. Default: the service's choice.
    pub fn limit(self, limit: u32) -> Self {
        Self { limit: Limit(Some(limit)), ..self }
    }
}

impl Method for GetTopTags {
    const NAME: &'static str = "user.getTopTags";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<TagEntry>;

    fn params(&self, params: &mut Params) {
        params.set("user", &self.user);
        self.limit.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.limit.check()
    }

    fn decode(body: &str) -> Result<Page<TagEntry>, DecodeError> {
        Page::read(&Object::read(body)?.object("toptags")?, "tag")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetTopTags>()
            .sends(GetTopTags::new(rj()), "user=RJ")
            .sends(GetTopTags::new(rj()).limit(5), "limit=5&user=RJ")
            .refuses(&GetTopTags::new(rj()).limit(0), "limit")
            .reads(
                r#"{"toptags":{"tag":[{"name":"slowcore","count":"20","url":"u"}],
                    "@attr":{"user":"RJ"}}}"#,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("RJ"), None));
                    let tag = &page.items[0];
                    assert_eq!((&*tag.name, tag.count), ("slowcore", Some(20)));
                    assert_eq!(tag.url.as_deref(), Some("u"));
                },
            )
            .reads(r#"{"toptags":{"tag":{"name":"slowcore","count":""}}}"#, |page| {
                assert_eq!((page.of, page.items[0].count), (None, None));
            })
            .reads(r##"{"toptags":{"#text":"\n","user":"RJ"}}"##, |page| {
                assert_eq!((page.of.as_deref(), page.items.len()), (Some("RJ"), 0));
            })
            .rejects([
                "{}",
                r#"{"toptags":7}"#,
                r#"{"toptags":{"tag":[7]}}"#,
                r#"{"toptags":{"tag":[{"name":"slowcore","count":"many"}]}}"#,
            ]);
    }
}
