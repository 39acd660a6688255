//! What looks as if it were scrobbled, or queued, already.

use std::collections::HashSet;
use std::time::Duration;

use lastfm_core::methods::user::GetRecentTracks;
use lastfm_core::scrobble::{KnownPlay, Near, QueuedPlay, State, near};
use lastfm_core::{NewPlay, PlayerTrack, Timestamp};
use terminal::exit::Trouble;
use terminal::output;
use terminal::waiting::Waiting;
use terminal::{dates, show};

use crate::ask;
use crate::context::SendContext;
use crate::sending;

/// How far from a planned play a known one may lie to look like it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    scrobbled: Duration,
    queued: Duration,
}

/// Of plays whose moments a person has said.
pub(crate) const AT_ITS_TIME: Window = Window { scrobbled: Near::WINDOW, queued: Near::WINDOW };

/// Of tracks whose moments are still to be chosen, planned for now: whatever was scrobbled within a
/// day, and whatever is queued, also for a day to come.
pub(crate) const LATELY: Window =
    Window { scrobbled: Duration::from_secs(24 * 60 * 60), queued: Duration::MAX };

/// Plays of the history that are looked at: more than a day has.
const HISTORY: u32 = 1000;
/// Tracks that are named.
const NAMED: usize = 3;

/// What is left of what was planned.
pub(crate) struct Left<T> {
    pub(crate) items: Vec<T>,
    /// Whether something like it is queued already.
    pub(crate) is_queued: bool,
}

/// Leaves out what looks as if it were scrobbled or queued already, if a person says so or nobody
/// can, or may, be asked. Looks in the queue, and in the history if Last.fm answers.
pub(crate) async fn leave_out<T>(
    items: Vec<T>,
    play: impl Fn(&T) -> NewPlay,
    window: Window,
    context: &SendContext,
    may_ask: bool,
) -> Result<Left<T>, Trouble> {
    let planned: Vec<NewPlay> = items.iter().map(&play).collect();
    let Some(first) = planned.iter().map(|play| play.played_at).min() else {
        return Ok(Left { items, is_queued: false });
    };
    let since = first.earlier(window.scrobbled);
    let accepted = sending::queued_since(context, since, &[State::Accepted]).await?;
    let recent = GetRecentTracks::new(context.user().clone()).from(since).limit(HISTORY);
    // Offline there is only what the queue knows.
    let history = {
        let waiting = Waiting::new(context.mode());
        waiting.say("looking for what was scrobbled already");
        match context.unless_stopped(context.client.call_once(&recent)).await? {
            Ok(page) => page.value.plays.iter().map(KnownPlay::from).collect(),
            Err(_) => Vec::new(),
        }
    };
    let known = together(history, accepted);
    let found = near(&planned, known, window.scrobbled);
    let items = without(items, &play, &found, "scrobbled", context, may_ask).await?;
    let planned: Vec<NewPlay> = items.iter().map(&play).collect();
    let open = sending::queued_since(context, first.earlier(window.queued), &State::OPEN).await?;
    let found = near(&planned, open, window.queued);
    let is_queued = !found.is_empty();
    let items = without(items, &play, &found, "queued for a moment", context, may_ask).await?;
    Ok(Left { items, is_queued })
}

/// What the history shows, and what else the queue knows as accepted: a play that both have is one
/// play, and stands for one that is planned.
fn together(history: Vec<KnownPlay>, accepted: Vec<KnownPlay>) -> Vec<KnownPlay> {
    let identity = |play: &KnownPlay| {
        let track = PlayerTrack::new(play.artist.clone(), play.name.clone());
        (play.played_at, QueuedPlay::identity(&NewPlay::new(track, play.played_at)))
    };
    let shown: HashSet<_> = history.iter().map(identity).collect();
    let others = accepted.into_iter().filter(|play| !shown.contains(&identity(play)));
    let others: Vec<_> = others.collect();
    [history, others].concat()
}

/// Without what was found, if a person says so or nobody can be asked.
async fn without<T>(
    items: Vec<T>,
    play: impl Fn(&T) -> NewPlay,
    found: &[Near],
    how: &str,
    context: &SendContext,
    may_ask: bool,
) -> Result<Vec<T>, Trouble> {
    let Some(newest) = found.iter().map(|near| near.played_at).max() else { return Ok(items) };
    let named = found.iter().take(NAMED).map(|near| play(&items[near.planned]).track.name);
    let named = named.collect::<Vec<_>>().join(", ");
    let more = if found.len() > NAMED { ", …" } else { "" };
    let which = if items.len() == 1 {
        "It".to_owned()
    } else {
        let all = show::count(items.len() as u64, "play");
        format!("{} of {all}", show::number(found.len() as u64))
    };
    let was = if found.len() == 1 { "was" } else { "were" };
    let when = when(how, newest, dates::now());
    let what = format!("{which} {was} {when} already: {named}{more}");
    let skips = if may_ask && ask::is_attended(context.mode()) {
        let them = if found.len() == 1 { "it" } else { "them" };
        ask::yes(&format!("{what} · skip {them}?"), true, Some(&context.stop)).await?
    } else {
        if context.mode().is_for_people() {
            output::note(&format!("{what} · left out (--again scrobbles it again)"));
        }
        true
    };
    if !skips {
        return Ok(items);
    }
    let left_out: HashSet<usize> = found.iter().map(|near| near.planned).collect();
    let kept = items.into_iter().enumerate().filter(|(number, _)| !left_out.contains(number));
    Ok(kept.map(|(_, item)| item).collect())
}

/// `scrobbled 10 min ago`; of a moment to come: `queued`
fn when(how: &str, at: Timestamp, now: Timestamp) -> String {
    if at > now { "queued".to_owned() } else { format!("{how} {}", show::ago(now.since(at))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str, at: i64) -> KnownPlay {
        let played_at = Timestamp::from_unix(1_776_024_459).plus(at);
        KnownPlay { artist: "Low".to_owned(), name: name.to_owned(), played_at }
    }

    #[test]
    fn a_play_that_queue_and_history_show_is_one_play() {
        let history = vec![known("words", 0), known("words", 0), known("Fear", 5)];
        let accepted = vec![known("Words", 0), known("Words", 600)];
        let known = together(history.clone(), accepted.clone());
        assert_eq!(known, [&history[..], &accepted[1..]].concat());
    }
}
