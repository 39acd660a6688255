//! Where a request comes from: what changes anything is taken from pages of this server, of those
//! that it allows, and from programs that act in nobody's name.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

use crate::app::App;
use crate::failure::Failure;

/// Origins that are believed, each as a browser writes it.
#[derive(Debug)]
pub(crate) struct Allowed {
    own: HeaderValue,
    others: Vec<HeaderValue>,
}

impl Allowed {
    pub(crate) fn new(own: &Url, others: &[Url]) -> Self {
        let written = |url: &Url| HeaderValue::from_str(&url.origin().ascii_serialization()).ok();
        // An address without an origin of its own would be written `null`, as many are.
        let others = others.iter().filter(|url| url.origin().is_tuple()).filter_map(written);
        Self {
            own: written(own).unwrap_or(HeaderValue::from_static("null")),
            others: others.collect(),
        }
    }

    /// Tells browsers which pages of others may use the API.
    pub(crate) fn cors(&self) -> CorsLayer {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(self.others.clone()))
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([header::CONTENT_TYPE, HeaderName::from_static("last-event-id")])
            .expose_headers([header::ETAG, header::RETRY_AFTER, header::LOCATION])
    }

    /// Whether what changes something may come from there.
    pub(crate) fn takes(&self, headers: &HeaderMap, has_login: bool) -> bool {
        let origin = headers.get(header::ORIGIN);
        if origin.is_some_and(|origin| self.others.contains(origin)) {
            return true;
        }
        // No page can write this one. Browsers leave it out where they do not trust the address.
        if let Some(site) = headers.get("sec-fetch-site") {
            return site == "same-origin";
        }
        match origin {
            Some(origin) => *origin == self.own,
            // No browser, or a very old one: in nobody's name.
            None => !has_login,
        }
    }
}

/// Refuses what changes something and comes from elsewhere.
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    if !is_read && !app.allowed.takes(headers, headers.contains_key(header::COOKIE)) {
        let why = "It was sent by a page of somebody else's. Nothing was changed.";
        return Failure::Forbidden(why.to_owned()).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(headers: &[(&'static str, &'static str)]) -> bool {
        let own = "https://app.example/".parse().unwrap();
        let other = "https://front.example:8443".parse().unwrap();
        let opaque = "data:text/html,x".parse().unwrap();
        let allowed = Allowed::new(&own, &[other, opaque]);
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        allowed.takes(&headers, headers.contains_key("cookie"))
    }

    #[test]
    fn a_page_of_somebody_elses_changes_nothing() {
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!takes(&[("sec-fetch-site", site)]), "{site}");
            let ours = [("sec-fetch-site", site), ("origin", "https://app.example")];
            assert!(!takes(&ours), "{site}");
        }
        for origin in [
            "https://evil.example",
            "https://app.example.evil",
            "https://evil-app.example",
            "https://app.example:444",
            "http://app.example",
            "https://front.example",
        ] {
            assert!(!takes(&[("origin", origin)]), "{origin}");
        }
        assert!(!takes(&[("origin", "null"), ("cookie", "a=b")]));
        assert!(!takes(&[("cookie", "a=b")]));
    }

    #[test]
    fn pages_of_ours_those_that_are_allowed_and_programs_without_a_login_do() {
        assert!(takes(&[("sec-fetch-site", "same-origin"), ("origin", "null"), ("cookie", "a=b")]));
        assert!(takes(&[("origin", "https://app.example"), ("cookie", "a=b")]));
        assert!(takes(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://front.example:8443")
        ]));
        assert!(takes(&[]));
    }
}
