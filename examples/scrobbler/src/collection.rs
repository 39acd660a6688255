//! `collection`: scrobbles a list of albums and tracks as one job, over days if need be.

use std::fmt::Write as _;

use lastfm_core::methods::album::GetInfo;
use lastfm_core::scrobble::{self, Album, JobId, NewJob, Pace, State, Submission};
use lastfm_core::{NewPlay, PlayerTrack, Timestamp};
use sha2::{Digest as _, Sha256};
use terminal::exit::{Exit, Trouble};
use terminal::list_file::{self, Item, List};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::waiting::Waiting;
use terminal::{album, dates, moments, show};

use crate::album::of_call;
use crate::cli::{self, Common};
use crate::context::SendContext;
use crate::json::{self, Line};
use crate::order::Order;
use crate::outcome::{Affected, Outcome};
use crate::repeats::{self, LATELY};
use crate::{ask, import, sending};

/// An album of which Last.fm shows no tracks.
struct Unknown {
    artist: String,
    album: String,
}

/// Entries that are told one by one.
const TOLD: usize = 5;

pub(crate) async fn run(
    said: cli::Collection,
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let bytes = import::read(&said.file)?;
    let zone = common.zone.clone().unwrap_or_else(jiff::tz::TimeZone::system);
    let moment = |text: &str| Some(moments::said(text).ok()?.moment(dates::now(), &zone));
    let list = list_file::read(&bytes, moment).map_err(|what| {
        let what = format!("{} is no list: {what}", said.file.display());
        Trouble::new(Exit::Failed, "bad_list", what).advice(format!(
            "Nothing was queued. What it may be: {} collection --help",
            show::program()
        ))
    })?;
    let title = said.file.file_name().unwrap_or(said.file.as_os_str()).to_string_lossy();
    let title = title.into_owned();
    let context = SendContext::open(common, mode, environment).await?;
    let key = key(&bytes);
    let again = format!("{key}:again");
    let known_by = if said.again { vec![&again] } else { vec![&key, &again] };
    if let Some(job) = known(&context, &known_by).await? {
        return go_on(&context, job, &said).await;
    }
    tell_damaged(&list, mode);
    let (mut tracks, dated, unknown) = resolve(&context, list).await?;
    let mut is_queued = false;
    if !said.again {
        let now = dates::now();
        let play = |track: &PlayerTrack| NewPlay::new(track.clone(), now);
        let may_ask = said.queueing.may_ask();
        let left = repeats::leave_out(tracks, play, LATELY, &context, may_ask).await?;
        (tracks, is_queued) = (left.items, left.is_queued);
    }
    let used =
        today(&context).await?.saturating_add(u32::try_from(dated.len()).unwrap_or(u32::MAX));
    let pace = Pace::default().limit(said.per_day).used(used);
    let now = dates::now();
    let plan = scrobble::Collection::new(&*title).tracks(tracks).plan(pace, now);
    let NewJob { plays, .. } = plan.job;
    let key = if said.again { again } else { key };
    let mut order = Order::new(title, Some(key), plays).beside(dated);
    order.is_queued = is_queued;
    if mode.is_for_people() && order.len() > 0 {
        let mut words = show::count(order.len() as u64, "play");
        if plan.forecast.days > 0 {
            let days = show::count(plan.forecast.days, "day");
            let _ = write!(words, ", about {days}: Last.fm takes some {} a day", said.per_day);
        }
        output::line(&words);
    }
    tell_unknown(&unknown, mode);
    if !unknown.is_empty() && !said.queueing.dry_run && !said.skip_unknown {
        without(unknown.len(), &said, &context).await?;
    }
    order.place(&context, &said.queueing).await
}

/// The job of this list, if it was queued before: the newest one.
async fn known(context: &SendContext, keys: &[&String]) -> Result<Option<scrobble::Job>, Trouble> {
    let mine = &context.mine;
    let jobs = mine.queue.jobs(&mine.account, dates::now()).await?;
    Ok(jobs.into_iter().find(|job| keys.contains(&&job.key)))
}

/// Sends more of a job that is there.
async fn go_on(
    context: &SendContext,
    job: scrobble::Job,
    said: &cli::Collection,
) -> Result<Exit, Trouble> {
    let JobId(number) = job.id;
    if context.mode().is_for_people() {
        let done = show::number(job.counts.of(State::Accepted));
        let plays = show::count(job.counts.total(), "play");
        let title = &job.title;
        output::line(&format!("job {number}, {title}: {done} of {plays} accepted so far"));
    } else if context.mode() == Mode::Json {
        json::print(&Line::job(&job));
    }
    let concerned = Affected { plays: Vec::new(), job: Some(job.id) };
    if !said.queueing.dry_run {
        sending::send(context, said.queueing.patience, &concerned).await?;
    }
    Ok(Outcome::of(context, &concerned).await?.tell(context))
}

/// All tracks without a time of their own, plays that have one, and albums that nobody knows.
async fn resolve(
    context: &SendContext,
    list: List,
) -> Result<(Vec<PlayerTrack>, Vec<Submission>, Vec<Unknown>), Trouble> {
    let (mut tracks, mut dated, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    let albums = list.items.iter().filter(|item| matches!(item, Item::Album { .. })).count();
    let waiting = Waiting::new(context.mode());
    let mut asked = 0;
    for item in list.items {
        match item {
            Item::Track(track, None) => tracks.push(track),
            Item::Track(track, Some(at)) => dated.push(Submission::new(NewPlay::new(track, at))),
            Item::Album { artist, album } => {
                asked += 1;
                waiting.say(format!("asking Last.fm for tracks · album {asked} of {albums}"));
                let asked = GetInfo::new(&artist, &album);
                let asked = album::look_up(&context.client, &asked);
                let info = context.unless_stopped(asked).await?.map_err(of_call)?;
                match info.filter(|info| !info.tracks.is_empty()) {
                    Some(info) => tracks.extend(Album::from_info(&info).tracks().iter().cloned()),
                    None => unknown.push(Unknown { artist, album }),
                }
            }
        }
    }
    Ok((tracks, dated, unknown))
}

/// Asks whether the list may be queued without so many albums: once it is, they are never added.
async fn without(
    many: usize,
    said: &cli::Collection,
    context: &SendContext,
) -> Result<(), Trouble> {
    let albums = show::count(many as u64, "album");
    let may_ask = ask::is_attended(context.mode()) && !said.queueing.yes;
    let question = format!("Last.fm shows no tracks of {albums} · leave out for good?");
    if may_ask && ask::yes(&question, false, Some(&context.stop)).await? {
        return Ok(());
    }
    let what = format!("Last.fm shows no tracks of {albums} of this list");
    Err(Trouble::new(Exit::NeedsPerson, "unknown_albums", what)
        .advice("Nothing was queued. Mend their names, or try again later.")
        .advice("To leave them out for good: --skip-unknown"))
}

fn tell_unknown(unknown: &[Unknown], mode: Mode) {
    for Unknown { artist, album } in unknown {
        if mode == Mode::Json {
            json::print(&Line::UnknownAlbum { artist, album });
        } else if mode.is_for_people() {
            output::note(&format!("  ✗ no tracks on Last.fm: {artist} – {album}"));
        }
    }
}

/// Plays that were sent today, and all that are promised.
async fn today(context: &SendContext) -> Result<u32, Trouble> {
    let mine = &context.mine;
    let now = dates::now();
    let midnight = Timestamp::from_unix(now.as_unix().div_euclid(86_400) * 86_400);
    let sent = mine.queue.accepted_since(&mine.account, midnight).await?;
    let open = crate::queue::open_count(mine).await? as u64;
    Ok(u32::try_from(sent + open).unwrap_or(u32::MAX))
}

/// Tells lists apart by what is in them: the same one is never queued twice.
fn key(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("list:".to_owned(), |mut key, byte| {
        // Writing to a string does not fail.
        let _ = write!(key, "{byte:02x}");
        key
    })
}

fn tell_damaged(list: &List, mode: Mode) {
    for (entry, reason) in &list.damaged {
        if mode == Mode::Json {
            json::print(&Line::Damaged { entry: *entry, reason });
        }
    }
    if mode.is_for_people() {
        for (entry, reason) in list.damaged.iter().take(TOLD) {
            output::note(&format!("  ✗ entry {entry} is left out: {reason}"));
        }
        if list.damaged.len() > TOLD {
            output::note(&format!("    and {} more", list.damaged.len() - TOLD));
        }
    }
}
