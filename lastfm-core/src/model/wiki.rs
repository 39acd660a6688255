//! What people have written about an artist, an album, a track or a tag.

use crate::wire::Object;

/// What people have written about an artist, an album, a track or a tag, under a licence that the
/// text itself names (CC BY-SA).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wiki {
    /// When it was written, in the service's words: `03 Mar 2010, 16:48`, UTC.
    pub published: Option<String>,
    /// Its first sentences, with HTML.
    pub summary: String,
    /// All of it, with HTML.
    pub content: String,
    /// Where it can be read and changed, if the service says.
    pub url: Option<String>,
}

impl Wiki {
    /// The text in the member `name` of an object; nothing if nobody wrote any.
    pub(crate) fn of(object: &Object<'_>, name: &str) -> Option<Self> {
        let wiki = object.child(name);
        let (summary, content) = (wiki.text("summary"), wiki.text("content"));
        if summary.is_none() && content.is_none() {
            return None;
        }
        Some(Self {
            published: wiki.text("published"),
            summary: summary.unwrap_or_default(),
            content: content.unwrap_or_default(),
            url: wiki.child("links").child("link").text("href"),
        })
    }
}
