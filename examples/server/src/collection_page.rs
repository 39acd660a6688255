//! `/collection`: somebody gives a list, sees what would become of it, and has it queued.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use terminal::show;

use crate::address::ClientAddress;
use crate::app;
use crate::collection::{AskedList, Collected};
use crate::failure::Failure;
use crate::layout::{Layout, Moment, Page, Told};
use crate::plan::{DAILY, LeftOut, When};
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
    /// What is wrong with the list that was sent.
    wrong: Option<String>,
    title: String,
    text: String,
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
    plays: Vec<Heard>,
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

/// A play, and when it is heard.
struct Heard {
    what: String,
    at: Moment,
}

struct Row {
    what: String,
    note: String,
}

/// Where a list is given.
pub(crate) async fn show(member: Member) -> Response {
    let (layout, wrong) = (Layout::new(member.visitor), None);
    let (title, text) = (String::new(), String::new());
    Page(ListPage { layout, wrong, title, text, per_day: DAILY }).into_response()
}

/// The same after a list that cannot be taken, for these reasons: nothing has to be given twice.
pub(crate) fn refused(member: Member, asked: &AskedList, wrong: String) -> Response {
    // What was no text is of no use in a field of one.
    let text = Some(asked.text.clone()).filter(|text| !text.contains('\u{fffd}'));
    let page = ListPage {
        layout: Layout::new(member.visitor),
        wrong: Some(wrong),
        title: asked.title.clone(),
        text: text.unwrap_or_default(),
        per_day: asked.per_day,
    };
    (StatusCode::BAD_REQUEST, Extension(Told), Page(page)).into_response()
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
    match app.collect(&sender, &asked).await {
        Err(Failure::BadRequest(why)) => Ok(refused(member, &asked, why)),
        collected => planned(member, asked, collected?),
    }
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
    let plays = collected.plays.iter().take(SHOWN).map(|submission| Heard {
        what: name(&submission.play.track.artist, &submission.play.track.name),
        at: Moment(submission.play.played_at),
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
        days => format!("about {} until all of it is sent, {done} UTC", show::count(days, "day")),
    };
    let per_day = show::number(u64::from(asked.per_day));
    let mut summary = vec![format!("{plays}, the first of {began} UTC: {days}.")];
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
