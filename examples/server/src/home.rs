//! `/`: whose history?

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use lastfm_core::Username;
use serde::Deserialize;

use crate::failure::Failure;
use crate::layout::{Layout, Page, segment};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    layout: Layout,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    user: Option<String>,
}

/// Asks for a name; with one, goes to whoever has it.
pub(crate) async fn home(
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let Some(name) = asked.user else {
        return Ok(Page(Home { layout: Layout::new(visitor) }).into_response());
    };
    let name = name_in(&name)?;
    Ok(Redirect::to(&format!("/user/{}", segment(name.as_str()))).into_response())
}

/// The name that somebody wrote: it may be the address of a profile.
fn name_in(text: &str) -> Result<Username, Failure> {
    let text = text.trim();
    let name = match text.split_once("last.fm/user/") {
        Some((_, rest)) => rest.split(['/', '?', '#']).next().unwrap_or_default(),
        None => text.trim_start_matches('@'),
    };
    name.parse().map_err(|_| Failure::BadName(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_written_as_the_address_of_a_profile() {
        for text in ["rj", " @rj ", "https://www.last.fm/user/rj/library?page=2", "last.fm/user/rj"]
        {
            assert_eq!(name_in(text).unwrap().as_str(), "rj", "{text}");
        }
        assert!(name_in("  ").is_err() && name_in(&"x".repeat(65)).is_err());
    }
}
