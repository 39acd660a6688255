//! `/collection`: somebody gives a list, sees what would become of it, and has it queued.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use terminal::show;

use crate::address::ClientAddress;
use crate::app;
use crate::collection::{AskedList, Collected, LeftOut};
use crate::failure::Failure;
use crate::layout::{Layout, Page};
use crate::plan::{DAILY, When};
use crate::secret::Secret;
use crate::tracklists::Named;
use crate::uploaded::Uploaded;
use crate::visitor::Member;

/// Lines of each kind that are shown.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "collection.html")]
struct ListPage {
    layout: Layout,
    per_day: u32,
}

#[derive(Template)]
#[template(path = "collection_plan.html")]
struct PlanPage {
    layout: Layout,
    asked: AskedList,
    title: String,
    /// How far albums are looked up, if they are not all.
    looked_up: Option<String>,
    summary: Vec<String>,
    play_count: usize,
    has_repeats: bool,
    whens: Vec<Choice>,
    plays: Vec<Row>,
    damaged: Vec<Row>,
    unknown: Vec<Row>,
    left_out: Vec<Row>,
    /// How many of each are not shown.
    more: More,
}

/// A way to say when.
struct Choice {
    value: &'static str,
    words: &'static str,
    is_chosen: bool,
}

struct More {
    plays: usize,
    damaged: usize,
    unknown: usize,
    left_out: usize,
}

struct Row {
    what: String,
    note: String,
}

/// Where a list is given.
pub(crate) async fn show(member: Member) -> Response {
    Page(ListPage { layout: Layout::new(member.visitor), per_day: DAILY }).into_response()
}

/// What would become of a list: nothing is queued by looking at it.
pub(crate) async fn plan(
    member: Member,
    client: ClientAddress,
    State(app): app::State,
    Uploaded(mut asked): Uploaded,
) -> Result<Response, Failure> {
    app.limits.order(client)?;
    if asked.once.is_empty() {
        // From here on it is this order, however often it is sent.
        Secret::new()?.expose().clone_into(&mut asked.once);
    }
    let sender = app.sender(&member.user).await?;
    let collected = app.collect(&sender, &asked).await?;
    planned(member, asked, collected)
}

/// The page of a list that is planned.
pub(crate) fn planned(
    member: Member,
    asked: AskedList,
    collected: Collected,
) -> Result<Response, Failure> {
    let Collected { open_count, album_count, .. } = collected;
    let looked_up = (open_count > 0).then(|| {
        format!(
            "Last.fm has been asked about {} of {} so far, and is being asked about the rest.",
            show::number((album_count - open_count.min(album_count)) as u64),
            show::count(album_count as u64, "album")
        )
    });
    let summary = if collected.plays.is_empty() {
        vec!["Nothing of it is left to be scrobbled.".to_owned()]
    } else {
        summary(&collected, &asked)
    };
    let more = More {
        plays: collected.plays.len().saturating_sub(SHOWN),
        damaged: collected.damaged.len().saturating_sub(SHOWN),
        unknown: collected.unknown.len().saturating_sub(SHOWN),
        left_out: collected.left_out.len().saturating_sub(SHOWN),
    };
    let plays = collected.plays.iter().take(SHOWN).map(|submission| Row {
        what: name(&submission.play.track.artist, &submission.play.track.name),
        note: show::minute(submission.play.played_at),
    });
    let damaged = collected.damaged.into_iter().take(SHOWN);
    let damaged = damaged.map(|(entry, why)| Row { what: format!("Entry {entry}"), note: why });
    let unknown = collected.unknown.into_iter().take(SHOWN);
    let unknown = unknown.map(|Named { artist, album }| Row {
        what: name(&artist, &album),
        note: "no tracks at Last.fm".to_owned(),
    });
    let has_repeats = collected.left_out.iter().any(|left| left.is_repeat);
    let left_out = collected.left_out.into_iter().take(SHOWN);
    let left_out = left_out.map(|LeftOut { name, why, .. }| Row { what: name, note: why });
    let page = PlanPage {
        layout: Layout::new(member.visitor),
        looked_up,
        summary,
        play_count: collected.plays.len(),
        has_repeats: has_repeats || asked.again,
        whens: whens(asked.when),
        plays: plays.collect(),
        damaged: damaged.collect(),
        unknown: unknown.collect(),
        left_out: left_out.collect(),
        more,
        title: collected.title,
        // In one spelling, whatever was sent.
        asked: AskedList { text: asked.text_of_all()?, items: Vec::new(), ..asked },
    };
    Ok(Page(page).into_response())
}

fn summary(collected: &Collected, asked: &AskedList) -> Vec<String> {
    let plays = show::count(collected.plays.len() as u64, "play");
    let began = show::minute(collected.begins_at);
    let done = show::minute(collected.finished_at);
    let days = match collected.days {
        0 => "all of it is sent today".to_owned(),
        days => format!("about {} until all of it is sent, {done}", show::count(days, "day")),
    };
    let per_day = show::number(u64::from(asked.per_day));
    let mut summary = vec![format!("{plays}, the first of {began}: {days}.")];
    summary.push(format!(
        "Last.fm takes some {per_day} a day. {} of today, those that wait included, come first.",
        show::count(collected.today, "play")
    ));
    summary
}

fn name(artist: &str, title: &str) -> String {
    format!("{artist} – {title}")
}

fn whens(chosen: When) -> Vec<Choice> {
    let choices = [
        (When::Ended, "ended", "Now: what fits into today as if it ended just now"),
        (When::Now, "now", "It begins now"),
        (When::From, "from", "It begins, or began, at …"),
        (When::Until, "until", "It ends, or ended, at …"),
    ];
    let choice = |(when, value, words)| Choice { value, words, is_chosen: when == chosen };
    choices.map(choice).into()
}
