//! `album`: scrobbles an album, track by track.

use lastfm_core::Error;
use lastfm_core::methods::album::GetInfo;
use lastfm_core::scrobble::{Album, Timing};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::trouble::{self, OnBehalfOf};
use terminal::waiting::Waiting;
use terminal::{album, dates, show};

use crate::cli::{self, Common};
use crate::context::SendContext;
use crate::order::Order;

pub(crate) async fn run(
    said: cli::Album,
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let context = SendContext::open(common, mode, environment).await?;
    let info = {
        let waiting = Waiting::new(mode);
        waiting.say("asking Last.fm for the tracks");
        let asked = GetInfo::new(&said.artist, &said.title);
        let asked = album::look_up(&context.client, &asked);
        context.unless_stopped(asked).await?.map_err(of_call)?
    };
    let Some(info) = info.filter(|info| !info.tracks.is_empty()) else {
        return Err(unknown(&said, &context));
    };
    let (album, now) = (Album::from_info(&info), dates::now());
    let zone = &context.mine.zone;
    let timing = match (said.starting, said.ending) {
        (Some(start), _) => Timing::StartingAt(start.moment(now, zone)),
        (None, Some(end)) => Timing::EndingAt(end.moment(now, zone)),
        (None, None) => Timing::EndingNow,
    };
    let plays = album.plays(timing, now);
    if mode.is_for_people()
        && let Some(first) = plays.first()
    {
        let began = first.play.played_at;
        let length = album.length();
        let end = began.later(length);
        let guessed = album.tracks().iter().filter(|track| track.duration.is_none()).count();
        let guessed = match guessed {
            0 => String::new(),
            many => format!(" · {many} of unknown length, taken as 3 min"),
        };
        output::line(&format!(
            "{}, {}, from {} to {}{guessed}",
            show::count(album.tracks().len() as u64, "track"),
            show::time(length),
            context.mine.shown(began),
            context.mine.shown(end)
        ));
    }
    let title = format!("{} – {}", info.artist.name, info.name);
    let mut order = Order::new(title, None, plays);
    if !said.again {
        order.without_repeats(&context, &said.queueing).await?;
    }
    order.place(&context, &said.queueing).await
}

pub(crate) fn of_call(error: Error) -> Trouble {
    trouble::of_call(error, "Nothing was queued.", OnBehalfOf::Nobodys)
}

fn unknown(said: &cli::Album, context: &SendContext) -> Trouble {
    let what = format!("Last.fm knows no tracks of {} – {}", said.artist, said.title);
    let trouble = Trouble::new(Exit::Refused, "unknown_album", what);
    let program = show::program();
    match context.demo.as_ref().map(crate::demo::Demo::album) {
        Some(Some((artist, album))) => trouble
            .advice("Nothing was queued. One that it knows:")
            .advice(format!("{program} --demo album \"{artist}\" \"{album}\"")),
        _ => trouble
            .advice("Nothing was queued. Is it spelled as on Last.fm? A list of your own tracks")
            .advice(format!("can be scrobbled with {program} collection FILE")),
    }
}
