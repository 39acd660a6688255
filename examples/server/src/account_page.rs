//! `/account`: what a person who has logged in can do with what is theirs.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use lastfm_core::archive::ArchiveStatus;

use crate::app;
use crate::failure::Failure;
use crate::layout::{Layout, Page, segment};
use crate::standing::this_year;
use crate::user_page::{Fact, facts};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    layout: Layout,
    home: String,
    /// How the archive stands, a fact each.
    facts: Vec<Fact>,
    /// Years that can be read again.
    years: Vec<i16>,
    /// Whether something is being archived.
    is_at_work: bool,
    is_archived: bool,
    is_paused: bool,
}

/// The page; for anybody else the way to log in.
pub(crate) async fn show(visitor: Visitor, State(app): app::State) -> Result<Response, Failure> {
    let home = format!("/user/{}", segment(visitor.name().unwrap_or_default()));
    let (mut standing, mut is_at_work, mut is_paused) = (None, false, false);
    if let Some(login) = visitor.login() {
        standing = app.standing(&login.user).await?;
        is_at_work = app.job_states(&login.user, None).await?.fetching().is_some();
        is_paused = app.logins.is_paused(&login.user).await?;
    }
    let status: Option<&ArchiveStatus> = standing.as_deref().map(|standing| &standing.status);
    let registered = status.and_then(|status| status.user.registered_at);
    let first = registered.and_then(lastfm_core::Timestamp::year).unwrap_or(2005);
    let page = AccountPage {
        layout: Layout::new(visitor),
        home,
        facts: status.map_or_else(Vec::new, facts),
        years: (first..=this_year()).rev().collect(),
        is_at_work,
        is_archived: status.is_some(),
        is_paused,
    };
    Ok(Page(page).into_response())
}
