//! `loved`: what is loved on Last.fm, kept in the file and found in a local library.

use std::sync::Arc;

use futures_util::StreamExt as _;
use lastfm_core::loved::{
    self, ImportProgress, ImportReport, LovedError, LovedId, LovedStore, LovedTracks, Which,
};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::show;
use terminal::trouble::{self, OnBehalfOf};
use terminal::waiting::Waiting;

use crate::cli::{self, Common, Loved};
use crate::context::SendContext;
use crate::json::{self, Line};
use crate::library_file;

/// Tracks read at once.
const AT_ONCE: usize = 1000;

pub(crate) async fn run(
    said: Loved,
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    // What is wrong with the file is told before anybody is asked.
    let library = match &said {
        Loved::Match(said) => Some(library_file::read(&said.library)?),
        _ => None,
    };
    let context = SendContext::open(common, mode, environment).await?;
    let store: Arc<dyn LovedStore> = context.store.clone();
    let tracks =
        LovedTracks::new(context.client.clone(), context.user().clone(), Arc::clone(&store));
    match said {
        Loved::Import => import(&context, &tracks).await,
        Loved::List => list(&context, &tracks, &*store).await,
        Loved::Love(said) => love(&context, &tracks, &said, true).await,
        Loved::Unlove(said) => love(&context, &tracks, &said, false).await,
        Loved::Match(said) => {
            let library = library.unwrap_or_default();
            let near = said.near;
            let matching =
                tracks.match_library(&library).await.map_err(|error| of(&context, error))?;
            let missing =
                tracks.unmatched(&library, near).await.map_err(|error| of(&context, error))?;
            each(&tracks, &*store, |loved| tell_matched(loved, mode)).await?;
            for missing in &missing {
                let near: Vec<&str> = missing.near.iter().map(|near| &*near.track.id).collect();
                let (artist, track) = (&missing.loved.artist, &missing.loved.track);
                match mode {
                    Mode::Json => json::print(&Line::NotInLibrary { artist, track, near }),
                    Mode::Quiet => {}
                    Mode::Terminal | Mode::Log => {
                        output::line(&format!("  ✗ {artist} – {track}"));
                        for near in &missing.near {
                            let local = near.track;
                            let (artist, track) = (&local.artist, &local.track);
                            output::line(&format!("      ? {artist} – {track}  {}", local.id));
                        }
                    }
                }
            }
            let (matched, unmatched) = (matching.matched_count, matching.unmatched_count);
            match mode {
                Mode::Json => json::print(&Line::LovedMatched {
                    user: context.user().as_str(),
                    matched,
                    unmatched,
                    exit_code: Exit::Complete.code(),
                }),
                Mode::Quiet => {}
                Mode::Terminal | Mode::Log => {
                    let [matched, not] = [matched, unmatched].map(show::number);
                    output::line(&format!("  ♥ {matched} are in the library · {not} are not"));
                }
            }
            Ok(Exit::Complete)
        }
    }
}

/// A loved track, and what it is in the library; people are told of what is not there by itself.
fn tell_matched(loved: &loved::Loved, mode: Mode) {
    match (mode, loved.local_ids()) {
        (Mode::Json, _) => json::print(&Line::loved(loved)),
        (Mode::Terminal | Mode::Log, ids) if !ids.is_empty() => {
            output::line(&format!("  ♥ {} – {}  {}", loved.artist, loved.track, ids.join(", ")));
        }
        _ => {}
    }
}

async fn import(context: &SendContext, tracks: &LovedTracks) -> Result<Exit, Trouble> {
    let waiting = Waiting::new(context.mode());
    waiting.say("fetching what is loved");
    let mut import = tracks.import();
    let report: ImportReport = loop {
        let step = tokio::select! {
            step = import.next() => step,
            () = context.stop.asked() => {
                let trouble = Trouble::new(Exit::NotNow, "stopped", "stopped before its end");
                return Err(trouble.advice("What was read is kept; the same command goes on."));
            }
        };
        match step.transpose().map_err(|error| of(context, error))? {
            Some(ImportProgress::Finished(report)) => break report,
            Some(ImportProgress::Read { read_count, total, .. }) => {
                let of = total.map(|total| format!(" of {}", show::number(total)));
                let of = of.unwrap_or_default();
                waiting.say(format!("fetching what is loved · {}{of}", show::number(read_count)));
            }
            Some(ImportProgress::Again { reason, wait, .. }) => {
                waiting.say(format!("{reason}, reading again in {}", show::time(wait)));
            }
            _ => {}
        }
    };
    drop(waiting);
    let exit = if report.is_whole { Exit::Complete } else { Exit::NotNow };
    match context.mode() {
        Mode::Json => json::print(&Line::LovedImported {
            user: context.user().as_str(),
            loved: report.loved_count,
            added: report.added + report.revived,
            unloved: report.unloved.len(),
            whole: report.is_whole,
            exit_code: exit.code(),
        }),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log => {
            let loved = show::count(report.loved_count, "track");
            let new = show::number(report.added + report.revived);
            let gone = show::number(report.unloved.len() as u64);
            output::line(&format!("  ♥ {loved} loved · {new} new · {gone} no longer"));
            if !report.is_whole {
                output::line("  The list changed while it was read: nothing was taken for gone.");
            }
        }
    }
    Ok(exit)
}

async fn list(
    context: &SendContext,
    tracks: &LovedTracks,
    store: &dyn LovedStore,
) -> Result<Exit, Trouble> {
    let mut many = 0;
    each(tracks, store, |loved| {
        many += 1;
        match context.mode() {
            Mode::Json => json::print(&Line::loved(loved)),
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log => {
                let at = show::day(loved.loved_at);
                let ids = loved.local_ids();
                let local =
                    if ids.is_empty() { String::new() } else { format!("  {}", ids.join(", ")) };
                output::line(&format!("  {at:>11}  {} – {}{local}", loved.artist, loved.track));
            }
        }
    })
    .await?;
    if many == 0 && context.mode().is_for_people() {
        output::line(&format!("nothing here yet: {} loved import", show::program()));
    }
    Ok(Exit::Complete)
}

async fn each(
    tracks: &LovedTracks,
    store: &dyn LovedStore,
    mut act: impl FnMut(&loved::Loved),
) -> Result<(), Trouble> {
    let mut after = None::<LovedId>;
    loop {
        let some = store.tracks(tracks.account(), Which::Loved, after, AT_ONCE).await?;
        some.iter().for_each(&mut act);
        match some.last() {
            Some(last) if some.len() == AT_ONCE => after = Some(last.id),
            _ => return Ok(()),
        }
    }
}

async fn love(
    context: &SendContext,
    tracks: &LovedTracks,
    said: &cli::Song,
    is_loved: bool,
) -> Result<Exit, Trouble> {
    let (artist, track) = (&*said.artist, &*said.track);
    if !said.dry_run {
        let done = async {
            if is_loved {
                tracks.love(artist, track).await.map(|_| ())
            } else {
                tracks.unlove(artist, track).await.map(|_| ())
            }
        };
        context.unless_stopped(done).await?.map_err(|error| of_change(context, error))?;
    }
    match context.mode() {
        Mode::Json => json::print(&Line::Loved {
            artist,
            track,
            loved: is_loved,
            loved_at: None,
            local: Vec::new(),
        }),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log => {
            let done = match (is_loved, said.dry_run) {
                (true, false) => "♥ loved",
                (false, false) => "♡ no longer loved",
                (true, true) => "would be loved",
                (false, true) => "would no longer be loved",
            };
            output::line(&format!("  {done}: {artist} – {track}"));
        }
    }
    Ok(Exit::Complete)
}

/// What is read is kept, also if the rest cannot be read.
fn of(context: &SendContext, error: LovedError) -> Trouble {
    trouble_of(context, error, "What is here is safe.")
}

/// Last.fm comes first: what it was not told is not written down either.
fn of_change(context: &SendContext, error: LovedError) -> Trouble {
    trouble_of(context, error, "Nothing was changed here.")
}

fn trouble_of(context: &SendContext, error: LovedError, safe: &str) -> Trouble {
    match error {
        LovedError::Service { source, .. } => {
            trouble::of_call(source, safe, OnBehalfOf::Kept(context.user()))
        }
        LovedError::Store { source, .. } => source.into(),
        other => Trouble::new(Exit::Failed, "failed", other.to_string()),
    }
}

impl<'a> Line<'a> {
    fn loved(loved: &'a loved::Loved) -> Self {
        Self::Loved {
            artist: &loved.artist,
            track: &loved.track,
            loved: true,
            loved_at: Some(loved.loved_at.as_unix()),
            local: loved.local_ids().iter().map(String::as_str).collect(),
        }
    }
}
