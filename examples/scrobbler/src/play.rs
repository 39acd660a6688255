//! `play`: shows a track as playing now, and scrobbles it when enough of it was heard.

use std::time::{Duration, Instant};

use lastfm_core::scrobble::{Album, Refusal, Submission, Threshold, Timing};
use lastfm_core::{Error, NewPlay, PlayerTrack};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::trouble::{self, OnBehalfOf};
use terminal::waiting::Waiting;
use terminal::{dates, show};

use crate::cli::{self, Common};
use crate::context::SendContext;
use crate::json::{self, Line};
use crate::order::Order;

pub(crate) async fn run(
    said: cli::Play,
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let mut track = PlayerTrack::new(said.artist, said.track);
    (track.album, track.album_artist) = (said.album, said.album_artist);
    (track.track_number, track.duration) = (said.number, said.length);
    let Some(needed) = Threshold::default().needed(track.duration) else {
        let what = format!("it is never scrobbled: {}", Refusal::TooShort);
        return Err(Trouble::new(Exit::Refused, "too_short", what).advice("Nothing was queued."));
    };
    let context = SendContext::open(common, mode, environment).await?;
    let now = dates::now();
    if said.now {
        announce(&context, &track).await?;
        return Ok(Exit::Complete);
    }
    let name = format!("{} – {}", track.artist, track.name);
    let submissions = if let Some(at) = said.at {
        let at = at.moment(now, &context.mine.zone);
        if mode.is_for_people() {
            output::line(&format!("{name}, at {}", context.mine.shown(at)));
        }
        Album::new([track]).plays(Timing::StartingAt(at), now)
    } else {
        if !said.queueing.dry_run {
            // That it cannot be shown is no reason not to scrobble it.
            if let Err(trouble) = announce(&context, &track).await {
                trouble.tell(mode);
            }
            hear(&context, &name, needed).await?;
        }
        vec![Submission::new(NewPlay::new(track, now))]
    };
    let mut order = Order::new(name, None, submissions);
    if said.at.is_some() && !said.again {
        order.without_repeats(&context, &said.queueing).await?;
    }
    order.place(&context, &said.queueing).await
}

async fn announce(context: &SendContext, track: &PlayerTrack) -> Result<(), Trouble> {
    let announced =
        context.sender.now_playing(track).await.map_err(|error| not_shown(context, error))?;
    let (artist, name) = (&track.artist, &track.name);
    let ignored = announced.ignored.map(|ignored| ignored.reason.to_string());
    match context.mode() {
        Mode::Json => json::print(&Line::NowPlaying { artist, track: name, ignored }),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log => match ignored {
            None => output::line(&format!("  ♪ {artist} – {name} is shown as playing")),
            Some(why) => output::line(&format!("  ✗ {artist} – {name} is not shown: {why}")),
        },
    }
    Ok(())
}

fn not_shown(context: &SendContext, error: Error) -> Trouble {
    trouble::of_call(error, "It is not shown as playing.", OnBehalfOf::Kept(context.user()))
}

/// Waits until enough of the track was heard.
async fn hear(context: &SendContext, name: &str, needed: Duration) -> Result<(), Trouble> {
    let began = Instant::now();
    let waiting = Waiting::new(context.mode());
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        let left = needed.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        waiting.say(format!("{name} · scrobbled in {}", show::time(left)));
        tokio::select! {
            _ = second.tick() => {}
            () = tokio::time::sleep(left) => {}
            () = context.stop.asked() => {
                let what = format!("{name} was not heard for long enough: it is not scrobbled");
                return Err(Trouble::new(Exit::NotNow, "stopped", what).advice("Nothing was queued."));
            }
        }
    }
}
