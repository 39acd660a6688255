//! The style, the script and what robots read: files that are part of the program.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use xxhash_rust::xxh3::xxh3_64;

use crate::failure::Failure;

/// A file that is part of the program. Its address has a part that changes with it, so that browsers
/// may keep it for ever.
#[derive(Debug)]
pub(crate) struct Asset {
    name: String,
    address: String,
    kind: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, text: &'static str) -> Self {
        let name = format!("{stem}-{:016x}.{ending}", xxh3_64(text.as_bytes()));
        Self { address: format!("/assets/{name}"), name, kind, text }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("style", "css", "text/css; charset=utf-8", include_str!("../static/style.css"))
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("live", "js", "text/javascript; charset=utf-8", include_str!("../static/live.js"))
});

pub(crate) fn style() -> &'static Asset {
    &STYLE
}

pub(crate) fn script() -> &'static Asset {
    &SCRIPT
}

pub(crate) async fn serve(Path(name): Path<String>) -> Result<Response, Failure> {
    let asset = [style(), script()].into_iter().find(|asset| asset.name == name);
    let asset = asset.ok_or(Failure::NotFound)?;
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    let kind = HeaderValue::from_static(asset.kind);
    Ok(([(header::CACHE_CONTROL, kept), (header::CONTENT_TYPE, kind)], asset.text).into_response())
}

pub(crate) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

/// A bar chart of four bars.
pub(crate) async fn icon() -> Response {
    const ICON: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#c2410c" d="M1 10h3v5H1zm4-4h3v9H5zm4-4h3v13H9zm4 6h3v7h-3z"/></svg>"##;
    let kind = HeaderValue::from_static("image/svg+xml");
    let kept = HeaderValue::from_static("public, max-age=86400");
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], ICON).into_response()
}
