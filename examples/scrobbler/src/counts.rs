//! `counts`: how often each track of a local library was played.

use lastfm_core::library::LocalTrack;
use lastfm_core::{PlayCounting, PlayCounts};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::show;
use terminal::trouble::{self, OnBehalfOf};
use terminal::waiting::Waiting;

use crate::cli::{self, Common};
use crate::context::SendContext;
use crate::json::{self, Line};
use crate::library_file;

pub(crate) async fn run(
    said: cli::Counts,
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let library = library_file::read(&said.library)?;
    let context = SendContext::open(common, mode, environment).await?;
    let counts = {
        let waiting = Waiting::new(mode);
        waiting.say("asking Last.fm for counts");
        let reading = async {
            let mut counting =
                PlayCounting::begin(&context.client, context.user().clone(), &library).await?;
            while counting.next_page().await? {
                let of = counting.total().map(|total| format!(" of {}", show::number(total)));
                let (read, of) = (show::number(counting.read_count()), of.unwrap_or_default());
                waiting.say(format!("asking Last.fm for counts · {read}{of} tracks"));
            }
            Ok(counting.finish())
        };
        context.unless_stopped(reading).await?.map_err(|error| {
            trouble::of_call(error, "Nothing was changed.", OnBehalfOf::Kept(context.user()))
        })?
    };
    Ok(tell(&counts, |id| library.get(id), mode))
}

fn tell<'a>(
    counts: &'a PlayCounts,
    local: impl Fn(&str) -> Option<&'a LocalTrack>,
    mode: Mode,
) -> Exit {
    let exit = if counts.is_whole { Exit::Complete } else { Exit::NotNow };
    for (id, plays) in &counts.by_local_id {
        let Some(track) = local(id) else { continue };
        let (artist, name) = (&*track.artist, &*track.track);
        match mode {
            Mode::Json => {
                json::print(&Line::Count { id, artist, track: name, plays: *plays });
            }
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log => {
                let plays = show::number(*plays);
                output::line(&format!("  {plays:>7}  {artist} – {name}  {id}"));
            }
        }
    }
    match mode {
        Mode::Json => json::print(&Line::Counted {
            in_library: counts.matched_count,
            elsewhere: counts.unmatched_count,
            all: counts.profile_count,
            whole: counts.is_whole,
            exit_code: exit.code(),
        }),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log => {
            let here = show::count(counts.matched_count, "play");
            let [elsewhere, all] = [counts.unmatched_count, counts.profile_count].map(show::number);
            let unlisted = match u64::try_from(counts.unlisted_count()).unwrap_or(0) {
                0 => String::new(),
                many => format!(", {} of them not in Last.fm's list of tracks", show::number(many)),
            };
            output::note(&format!(
                "{here} of this library · {elsewhere} of what is not in it · {all} in all{unlisted}"
            ));
        }
    }
    exit
}
