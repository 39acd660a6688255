//! `queue edit`: puts a play with other names in the place of one that was refused or waits.

use lastfm_core::NewPlay;
use lastfm_core::scrobble::{
    Change, PlayId, QueuedPlay, Refusal, Repeats, Selection, Standing, State, Submission, rules,
};
use lastfm_core::{IgnoredReason, PlayerTrack};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::{dates, show};

use crate::changes;
use crate::cli::Edit;
use crate::context::AccountQueue;
use crate::json::{self, Line, Play};
use crate::order::title;
use crate::queue;

/// A queued play never changes: the old one is dropped, and another one of the same moment queued.
/// These are several steps. Killed between two of them nothing is lost or sent twice, and the same
/// command goes on: what waits is paused first, and dropped once the other one is queued. Where both
/// are the same play to the queue (only the album is another one) it has to be dropped before: then
/// it stands in `queue list --all` meanwhile.
pub(crate) async fn run(mine: &AccountQueue, said: &Edit) -> Result<Exit, Trouble> {
    let id = PlayId(said.play);
    let now = dates::now();
    let Some(old) = mine.queue.play(&mine.account, id).await? else {
        return Err(changes::unknown(&format!("no play {}", said.play)));
    };
    if let Some(why) = hindrance(&old, old.state(now)) {
        return Err(cannot(Exit::Refused, "not_editable", format!("{}: {why}", title(&old.play))));
    }
    let played_at = old.play.played_at;
    let track = rules::repaired(edited(old.play.track.clone(), said));
    let play = NewPlay::new(track, played_at);
    if play == old.play {
        let what = format!("{} stands there like that already", title(&play));
        return Err(cannot(Exit::Failed, "nothing_to_change", what));
    }
    if let Err(refusal) = rules::check_track(&play.track) {
        let what = format!("{} would be refused, too: {refusal}", title(&play));
        return Err(cannot(Exit::Refused, "refused", what));
    }
    let new = if said.dry_run { None } else { Some(replace(mine, &old, play.clone()).await?) };
    let (from, to, at) = (title(&old.play), title(&play), mine.shown(played_at));
    match (mine.mode, new) {
        (Mode::Quiet, _) => {}
        (Mode::Json, new) => {
            if let Some(new) = &new {
                json::print(&Line::Play(Play::new(new, dates::now())));
            }
            let (user, exit_code) = (mine.account.user.as_str(), Exit::Complete.code());
            json::print(&Line::Changed { user, plays: 1, exit_code });
        }
        (_, None) => {
            output::line(&format!("{from} at {at} would become {to}; nothing was changed"));
        }
        (_, Some(new)) => {
            let (number, state) = (new.id.0, new.state(dates::now()));
            let stands = queue::words(state);
            output::line(&format!("  {from} is now {number}  {at}  {to} · {stands}"));
            if state == State::Ready {
                let db = show::db_option(mine.path.display());
                output::line(&format!("  To send it: {} queue send{db}", show::program()));
            }
        }
    }
    Ok(Exit::Complete)
}

/// Why other names would be wrong, or of no use.
fn hindrance(play: &QueuedPlay, state: State) -> Option<&'static str> {
    let of_time = "it was refused for its time, which is not edited";
    match (&play.standing, state) {
        (Standing::Accepted(_), _) => Some("Last.fm has it, and is where it can be changed"),
        (Standing::Sending { .. }, _) => Some("it is on its way to Last.fm"),
        (Standing::Unknown { .. }, _) => {
            Some("Last.fm has it perhaps: it is looked for in the history first")
        }
        (Standing::Refused(Refusal::TooOld | Refusal::TooNew), _) => Some(of_time),
        (Standing::Refused(Refusal::Ignored(ignored)), _)
            if matches!(ignored.reason, IgnoredReason::TooOld | IgnoredReason::TooNew) =>
        {
            Some(of_time)
        }
        _ => None,
    }
}

/// What was said in place of what stood there; said empty, an album is none.
fn edited(track: PlayerTrack, said: &Edit) -> PlayerTrack {
    let given = |said: &Option<String>, old: Option<String>| match said {
        Some(name) => Some(name.clone()).filter(|name| !name.trim().is_empty()),
        None => old,
    };
    let is_another = said.artist.is_some() || said.track.is_some();
    let mut edited = track;
    edited.artist = said.artist.clone().unwrap_or(edited.artist);
    edited.name = said.track.clone().unwrap_or(edited.name);
    edited.album = given(&said.album, edited.album);
    edited.album_artist = given(&said.album_artist, edited.album_artist);
    edited.duration = said.length.or(edited.duration);
    // That of a track of other names is another one.
    edited.mbid = edited.mbid.filter(|_| !is_another);
    edited
}

/// Queues a play in place of another one, which is dropped.
async fn replace(
    mine: &AccountQueue,
    old: &QueuedPlay,
    play: NewPlay,
) -> Result<QueuedPlay, Trouble> {
    let (queue, account) = (&mine.queue, &mine.account);
    let (now, this) = (dates::now(), Selection::Play(old.id));
    let was = old.state(now);
    if matches!(was, State::Ready | State::Scheduled)
        && queue.change(account, this, Change::Pause, now).await? == 0
    {
        return Err(gone(old));
    }
    let is_same = QueuedPlay::identity(&old.play) == QueuedPlay::identity(&play);
    if is_same {
        drop_it(mine, old, was).await?;
    }
    let submission = match old.due_at {
        due if due > now => Submission::new(play).due_at(due),
        _ => Submission::new(play),
    };
    let queued = queue.enqueue(account, vec![submission], Repeats::Same, now).await?;
    let Some(new) = queued.first().map(|queued| queued.id()) else { return Err(gone(old)) };
    if was == State::Paused {
        queue.change(account, Selection::Play(new), Change::Pause, now).await?;
    }
    if !is_same {
        drop_it(mine, old, was).await?;
    }
    queue.play(account, new).await?.ok_or_else(|| gone(old))
}

async fn drop_it(mine: &AccountQueue, old: &QueuedPlay, was: State) -> Result<(), Trouble> {
    let this = Selection::Play(old.id);
    let dropped = mine.queue.change(&mine.account, this, Change::Cancel, dates::now()).await?;
    if dropped == 0 && was != State::Cancelled { Err(gone(old)) } else { Ok(()) }
}

/// Another program was faster.
fn gone(old: &QueuedPlay) -> Trouble {
    let what = format!("{} has changed meanwhile", title(&old.play));
    let look = format!("Where it stands now: {} queue list --all", show::program());
    Trouble::new(Exit::Failed, "changed_meanwhile", what).advice(look)
}

fn cannot(exit: Exit, code: &'static str, what: String) -> Trouble {
    Trouble::new(exit, code, what).advice("Nothing was changed.")
}
