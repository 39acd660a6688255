//! What is about to be scrobbled: which plays, when, which of them look like ones that are there.

use std::collections::HashSet;
use std::time::Duration;

use lastfm_core::archive::Span;
use lastfm_core::methods::album::{AlbumInfo, GetInfo};
use lastfm_core::methods::user::GetRecentTracks;
use lastfm_core::scrobble::{
    Album, Filter, KnownPlay, Near, Refusal, Sender, State, Submission, Timing, near, rules,
};
use lastfm_core::{ErrorClass, NewPlay, PlayerTrack, Timestamp, Username};
use serde::{Deserialize, Serialize};
use terminal::{album, dates, show};
use utoipa::ToSchema;

use crate::app::App;
use crate::failure::Failure;

/// Plays of an archive, and of a queue, that are read at a time.
const MOST: usize = 1000;
/// How often each of them is read on for repeats.
const PAGES: usize = 20;
/// How long a page waits for Last.fm.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long ago a play is called recent.
pub(crate) const RECENTLY: Duration = Duration::from_hours(24);
/// Plays that may wait in a queue before more are taken: a month of what Last.fm takes a day.
const MOST_OPEN: u64 = 20_000;
/// Plays that Last.fm was seen to take a day, at least.
pub(crate) const DAILY: u32 = 600;
/// How far ahead something can be planned.
pub(crate) const AHEAD: Duration = Duration::from_hours(366 * 24);
/// Plays of the history that are looked at for repeats of an album.
const HISTORY: u32 = 200;

/// When it was, or is, heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    /// It ends now.
    #[default]
    Ended,
    /// It begins now.
    Now,
    /// It begins, or began, at a moment.
    From,
    /// It ends, or ended, at a moment.
    Until,
}

/// Music that somebody wants scrobbled.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Asked {
    pub(crate) artist: String,
    /// The album.
    #[serde(default)]
    pub(crate) album: String,
    /// One track of it, or of none; without it all tracks of the album.
    #[serde(default)]
    pub(crate) track: String,
    #[serde(default)]
    pub(crate) when: When,
    /// The moment: `2026-11-20T20:14` (UTC), with a zone, or seconds since 1970.
    #[serde(default)]
    pub(crate) at: String,
    /// Also those that look as if they were scrobbled already.
    #[serde(default)]
    pub(crate) again: bool,
    /// Tells one order from another: the same one is queued once.
    #[serde(default)]
    pub(crate) once: String,
}

/// A play that is not queued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LeftOut {
    /// `Low – Words`
    pub(crate) name: String,
    /// Why, in words for a person.
    pub(crate) why: String,
    /// Whether it is because it looks like one that is there.
    #[serde(skip)]
    pub(crate) is_repeat: bool,
}

impl LeftOut {
    pub(crate) fn new(track: &PlayerTrack, why: String, is_repeat: bool) -> Self {
        Self { name: format!("{} – {}", track.artist, track.name), why, is_repeat }
    }

    /// Last.fm would not have it.
    pub(crate) fn refused(track: &PlayerTrack, refusal: &Refusal) -> Self {
        Self::new(track, format!("Last.fm would refuse it: {refusal}"), false)
    }

    /// It looks like a play of this moment.
    pub(crate) fn repeat(track: &PlayerTrack, there: Timestamp, now: Timestamp) -> Self {
        let why = if there > now {
            "planned already".to_owned()
        } else {
            format!("scrobbled {}", show::ago(now.since(there)))
        };
        Self::new(track, why, true)
    }
}

/// What will be scrobbled.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) title: String,
    pub(crate) plays: Vec<Submission>,
    /// Which of them look like plays that are there.
    pub(crate) repeats: Vec<Near>,
    /// What Last.fm would refuse, by number, and why.
    pub(crate) refused: Vec<(usize, Refusal)>,
    /// Plays of today, those that wait included.
    pub(crate) today: u64,
}

impl Plan {
    /// Each play, and why it is left out, unless somebody wants it again.
    pub(crate) fn judged(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (&Submission, Option<LeftOut>)> {
        self.plays.iter().enumerate().map(move |(number, submission)| {
            let track = &submission.play.track;
            let refused = self.refused.iter().find(|(refused, _)| *refused == number);
            let repeat = || self.repeats.iter().find(|near| near.planned == number);
            let out = match refused {
                Some((_, refusal)) => Some(LeftOut::refused(track, refusal)),
                None => repeat().map(|near| LeftOut::repeat(track, near.played_at, now)),
            };
            (submission, out)
        })
    }

    /// What is queued, and what is left out: what would be refused, and repeats unless they are wanted.
    pub(crate) fn chosen(&self, again: bool) -> (Vec<Submission>, Vec<LeftOut>) {
        let (mut chosen, mut left_out) = (Vec::new(), Vec::new());
        for (submission, out) in self.judged(dates::now()) {
            match out.filter(|out| !(again && out.is_repeat)) {
                Some(out) => left_out.push(out),
                None => chosen.push(submission.clone()),
            }
        }
        (chosen, left_out)
    }
}

impl App {
    /// What Last.fm knows of an album; `user` may have played it.
    pub(crate) async fn album(
        &self,
        artist: &str,
        album: &str,
        user: Option<&Username>,
    ) -> Result<Option<AlbumInfo>, Failure> {
        let asked = GetInfo::new(artist, album);
        let asked = match user {
            Some(user) => asked.username(user.clone()),
            None => asked,
        };
        match tokio::time::timeout(PATIENCE, album::look_up(&self.lastfm, &asked)).await {
            Ok(known) => known.map_err(|error| outage(&error)),
            Err(_) => Err(Failure::Outage { retry_after: PATIENCE }),
        }
    }

    /// Plans what is asked for.
    pub(crate) async fn plan(&self, sender: &Sender, asked: &Asked) -> Result<Plan, Failure> {
        let user = &sender.account().user;
        let now = dates::now();
        let timing = match asked.when {
            When::Ended => Timing::EndingNow,
            When::Now => Timing::StartingNow,
            When::From => Timing::StartingAt(moment(&asked.at)?),
            When::Until => Timing::EndingAt(moment(&asked.at)?),
        };
        let info = match asked.album.trim() {
            "" => None,
            album => self.album(&asked.artist, album, Some(user)).await?,
        };
        let of_album = info.as_ref().map(Album::from_info).unwrap_or_default();
        let tracks: Vec<PlayerTrack> = match asked.track.trim() {
            "" => of_album.tracks().to_vec(),
            name => {
                let known = of_album.tracks().iter().find(|track| track.name == name).cloned();
                vec![known.unwrap_or_else(|| {
                    let track = PlayerTrack::new(asked.artist.trim(), name);
                    match asked.album.trim() {
                        "" => track,
                        album => track.album(album),
                    }
                })]
            }
        };
        if tracks.is_empty() {
            if info.is_none() {
                return Err(Failure::unknown_album(&asked.artist, &asked.album));
            }
            let why = "Last.fm shows no tracks of this album.";
            return Err(Failure::NothingToQueue { why, left_out: Vec::new() });
        }
        let name = if asked.track.trim().is_empty() { &asked.album } else { &asked.track };
        let title = format!("{} – {}", asked.artist.trim(), name.trim());
        let plays = Album::new(tracks).plays(timing, now);
        self.planned(sender, title, plays, Near::WINDOW).await
    }

    /// The same with the plays known.
    pub(crate) async fn planned(
        &self,
        sender: &Sender,
        title: String,
        plays: Vec<Submission>,
        window: Duration,
    ) -> Result<Plan, Failure> {
        let now = dates::now();
        let planned: Vec<NewPlay> = plays.iter().map(|play| play.play.clone()).collect();
        let first = planned.iter().map(|play| play.played_at).min().unwrap_or(now);
        let known = self.known(sender, first, window, HISTORY).await?;
        let refused = plays.iter().enumerate().filter_map(|(number, play)| {
            Some((number, rules::checked(play.clone(), now).refusal?))
        });
        Ok(Plan {
            title,
            repeats: near(&planned, known, window),
            refused: refused.collect(),
            plays,
            today: self.promised(sender).await?,
        })
    }

    /// Plays that were accepted today, and all that wait.
    pub(crate) async fn promised(&self, sender: &Sender) -> Result<u64, Failure> {
        let (queue, account, now) = (sender.queue(), sender.account(), dates::now());
        let midnight = Timestamp::from_unix(now.as_unix().div_euclid(86_400) * 86_400);
        let accepted = queue.accepted_since(account, midnight).await?;
        Ok(accepted + queue.counts(account, now).await?.open())
    }

    /// Plays that the first of a plan and those after it are compared with: of the queue, and so many
    /// of the history, from a window before it on. If Last.fm does not say, all that are archived
    /// stand for the history. What is too old to be scrobbled is compared with nothing.
    pub(crate) async fn known(
        &self,
        sender: &Sender,
        first: Timestamp,
        window: Duration,
        limit: u32,
    ) -> Result<Vec<KnownPlay>, Failure> {
        let (queue, account) = (sender.queue(), sender.account());
        let since = first.max(rules::oldest(dates::now())).earlier(window);
        let span = Span::new(since, Timestamp::MAX);
        let states = State::OPEN.into_iter().chain([State::Accepted]);
        let filter = Filter::states(states).played(span);
        let (mut known, mut after) = (Vec::new(), None);
        for _ in 0..PAGES {
            let queued = queue.plays(account, filter.clone(), after, MOST, dates::now()).await?;
            known.extend(queued.iter().map(|play| KnownPlay::from(&play.play)));
            after = queued.last().map(|play| play.id);
            if queued.len() < MOST {
                break;
            }
        }
        let of_queue: HashSet<_> = known.iter().map(identity).collect();
        let mut add = |play: KnownPlay| {
            // What was sent from the queue is in the history too.
            if !of_queue.contains(&identity(&play)) {
                known.push(play);
            }
        };
        let recent = GetRecentTracks::new(account.user.clone()).from(since).limit(limit);
        if let Ok(Ok(page)) = tokio::time::timeout(PATIENCE, self.lastfm.call(&recent)).await {
            page.plays.iter().map(KnownPlay::from).for_each(&mut add);
        } else if let Some(standing) = self.standing(&account.user).await? {
            let (store, user) = (&self.db.store, standing.status.user.id);
            let mut after = None;
            for _ in 0..PAGES {
                let plays = store.plays(user, span, after, MOST).await?;
                plays.iter().map(|stored| KnownPlay::from(&stored.play)).for_each(&mut add);
                after = plays.last().map(|last| last.place);
                if plays.len() < MOST {
                    break;
                }
            }
        }
        Ok(known)
    }
}

/// What two plays have in common that are one, told twice; Last.fm may have other letters.
fn identity(play: &KnownPlay) -> (Timestamp, String, String) {
    (play.played_at, play.artist.to_lowercase(), play.name.to_lowercase())
}

/// Whether so many plays of a day, those that wait included, leave room for more.
pub(crate) fn has_room(today: u64) -> Result<(), Failure> {
    if today <= MOST_OPEN {
        return Ok(());
    }
    let plays = show::count(today, "play");
    let why = format!("{plays} wait in your queue already. Nothing was queued.");
    Err(Failure::BadRequest(why))
}

/// A moment as a form, a program or a person writes it, up to a year ahead; without a zone it is UTC.
pub(crate) fn moment(text: &str) -> Result<Timestamp, Failure> {
    let text = text.trim();
    let unix = text.parse::<i64>().ok();
    let zoned = || Some(text.parse::<jiff::Timestamp>().ok()?.as_second());
    let civil = || {
        let at = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
    };
    let read = unix.or_else(zoned).or_else(civil).map(Timestamp::from_unix);
    let refused = |why: &str| Failure::BadRequest(why.to_owned());
    match read {
        None => Err(refused("That is no date with a time.")),
        // What waits so long is a year with a digit too many.
        Some(at) if at.since(dates::now()) > AHEAD => Err(refused("That is over a year ahead.")),
        Some(at) => Ok(at),
    }
}

/// Last.fm cannot be asked about music.
pub(crate) fn outage(error: &lastfm_core::Error) -> Failure {
    match error.class() {
        ErrorClass::RateLimited | ErrorClass::Transient => {
            let wait = error.retry_after().unwrap_or(Duration::from_mins(1));
            Failure::Outage { retry_after: wait }
        }
        _ => Failure::Inside(terminal::file::chain(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_may_be_written_by_a_form_a_program_or_a_person() {
        for text in
            ["1763582400", "2025-11-19T20:00", "2025-11-19 20:00:00", "2025-11-19T21:00:00+01:00"]
        {
            assert_eq!(moment(text).unwrap(), Timestamp::from_unix(1_763_582_400), "{text}");
        }
        for text in ["", "yesterday", "99999999999", "2999-01-01T00:00"] {
            assert!(moment(text).is_err(), "{text:?}");
        }
    }
}
