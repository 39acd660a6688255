//! What all pages have: head, header, footer; and how they become an answer.

use std::fmt::{self, Write as _};

use askama::Template;
use askama::filters::HtmlSafe;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use lastfm_core::Timestamp;
use terminal::show;
use url::form_urlencoded::Serializer;

use crate::assets;
use crate::failure::{Action, Failure};
use crate::visitor::Visitor;

/// What the template `base.html` asks of each page.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// Where the style is.
    pub(crate) style: &'static str,
    /// Where the script is.
    pub(crate) script: &'static str,
    /// The page at Last.fm about the same.
    pub(crate) at_lastfm: String,
    /// Seconds after which a browser without scripts looks again.
    pub(crate) refresh: Option<u32>,
    /// Who looks at it.
    pub(crate) visitor: Visitor,
}

impl Layout {
    pub(crate) fn new(visitor: Visitor) -> Self {
        Self {
            style: assets::style().address(),
            script: assets::script().address(),
            at_lastfm: "https://www.last.fm/".to_owned(),
            refresh: None,
            visitor,
        }
    }

    /// It is about this page at Last.fm.
    pub(crate) fn at_lastfm(self, address: String) -> Self {
        Self { at_lastfm: address, ..self }
    }

    /// It changes by and by.
    pub(crate) fn refresh(self, seconds: u32) -> Self {
        Self { refresh: Some(seconds), ..self }
    }
}

/// A page as an answer.
pub(crate) struct Page<T>(pub(crate) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(text) => {
                // What it shows may have changed by the next time.
                let kept = HeaderValue::from_static("private, no-cache");
                ([(header::CACHE_CONTROL, kept)], Html(text)).into_response()
            }
            Err(error) => Failure::inside(error).into_response(),
        }
    }
}

/// Beside the status of a failure: the page says by itself what is wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told;

/// A moment on a page: UTC, as the script of pages writes it in the zone of whoever reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stamp, words) = (show::stamp(self.0).replace(' ', "T"), show::minute(self.0));
        write!(f, "<time data-local datetime=\"{stamp}\">{words}</time>")
    }
}

/// Digits, and names of months.
impl HtmlSafe for Moment {}

/// The page of a failure.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    layout: Layout,
    title: String,
    detail: String,
    action: Action,
}

/// Tells a person of a failure.
pub(crate) fn failure_page(failure: &Failure, visitor: Visitor) -> Response {
    let status: StatusCode = failure.status();
    let page = FailurePage {
        layout: Layout::new(visitor),
        title: failure.title(),
        detail: failure.detail(),
        action: failure.action(),
    };
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "failed").into_response(),
    }
}

/// A name as a segment of a path.
pub(crate) fn segment(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            // Writing to a text does not fail.
            _ => _ = write!(text, "%{byte:02X}"),
        }
    }
    text
}

/// The address of an artist's page at Last.fm, where blanks are plus signs.
pub(crate) fn music_segment(name: &str) -> String {
    segment(name).replace("%20", "+")
}

/// A path with a query.
pub(crate) fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("{path}?{}", query.finish())
}

/// The page of an album here.
pub(crate) fn album_address(artist: &str, album: &str) -> String {
    address("/album", &[("artist", artist), ("album", album)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment_of_a_path() {
        assert_eq!(segment("a/b?c#d é"), "a%2Fb%3Fc%23d%20%C3%A9");
        assert_eq!(music_segment("Sigur Rós + 1"), "Sigur+R%C3%B3s+%2B+1");
    }
}
