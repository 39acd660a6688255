//! A list of albums and tracks that somebody wants scrobbled: what it names, what of it is left out
//! and why, and when the rest is played.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use lastfm_core::scrobble::{
    Album, Collection, KnownPlay, Near, Pace, QueuedPlay, Sender, Submission, Timing, rules,
};
use lastfm_core::{NewPlay, PlayerTrack, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use terminal::list_file::{self, Item, List};
use terminal::{dates, moments, show};
use utoipa::ToSchema;

use crate::app::App;
use crate::failure::Failure;
use crate::plan::{AHEAD, DAILY, LeftOut, RECENTLY, When, has_room, moment};
use crate::tracklists::Named;

/// How long a list may be, bytes.
const LONGEST_LIST: usize = 64 * 1024;
/// Albums that are looked up for a list.
const MOST_ALBUMS: usize = 200;
/// Plays of a list.
const MOST_PLAYS: usize = 5_000;
/// Plays a day that may be asked for.
const PER_DAY: std::ops::RangeInclusive<u32> = 1..=3_000;
/// Characters of a title.
const LONGEST_TITLE: usize = 200;
/// Plays of the history that are looked at for repeats.
const HISTORY: u32 = 1000;

/// A list of albums and tracks that somebody wants scrobbled as one job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct AskedList {
    /// What the job is called.
    pub(crate) title: String,
    /// The list as text, as `scrobbler collection` reads it: CSV with a column `artist`, or JSON.
    pub(crate) text: String,
    /// The same as objects, in place of `text`.
    #[schema(value_type = Vec<Entry>)]
    pub(crate) items: Vec<Value>,
    /// When it is played: as if what fits into today `ended` now, or beginning `now`, `from` or
    /// `until` a moment. What does not fit into a day is spread over the days to come.
    pub(crate) when: When,
    /// The moment: `2026-11-20T20:14` (UTC), with a zone, or seconds since 1970.
    pub(crate) at: String,
    /// How many plays Last.fm takes a day; 100 of them are left to what is listened to meanwhile.
    pub(crate) per_day: u32,
    /// Also those that look as if they were scrobbled already.
    pub(crate) again: bool,
    /// Tells one order from another: the same one is queued once.
    pub(crate) once: String,
    /// Only says what would be queued.
    pub(crate) dry_run: bool,
}

impl Default for AskedList {
    fn default() -> Self {
        Self {
            title: String::new(),
            text: String::new(),
            items: Vec::new(),
            when: When::default(),
            at: String::new(),
            per_day: DAILY,
            again: false,
            once: String::new(),
            dry_run: false,
        }
    }
}

/// An album, or a track.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description: the reader of lists takes more than this")]
pub(crate) struct Entry {
    artist: String,
    /// The album; without a track all of it.
    album: Option<String>,
    /// One track.
    track: Option<String>,
    /// When the track was, or will be, played, as in `at` of the order; without it that is planned.
    at: Option<String>,
    /// Its length, such as `3:45`.
    length: Option<String>,
}

/// What becomes of a list.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) title: String,
    /// What is queued, by when it is played.
    pub(crate) plays: Vec<Submission>,
    pub(crate) left_out: Vec<LeftOut>,
    /// Entries that name nothing, by number, and why.
    pub(crate) damaged: Vec<(usize, String)>,
    /// Albums of which Last.fm shows no tracks.
    pub(crate) unknown: Vec<Named>,
    /// Albums that the list names.
    pub(crate) album_count: usize,
    /// How many of them are still being looked up.
    pub(crate) open_count: usize,
    /// Plays of today, those that wait included.
    pub(crate) today: u64,
    /// When the first one begins.
    pub(crate) begins_at: Timestamp,
    /// When the last one is sent, if nothing holds it up.
    pub(crate) finished_at: Timestamp,
    /// In how many days that is, by days from midnight UTC; 0 for today.
    pub(crate) days: u64,
}

impl AskedList {
    /// What it is called, in one line.
    pub(crate) fn name(&self) -> String {
        let title = self.title.trim();
        let title: String =
            title.chars().filter(|letter| !letter.is_control()).take(LONGEST_TITLE).collect();
        if title.is_empty() { "A list".to_owned() } else { title }
    }

    /// Its text, whether it was given as that or as items.
    pub(crate) fn text_of_all(&self) -> Result<String, Failure> {
        match (self.items.is_empty(), self.text.is_empty()) {
            // Browsers send the ends of lines of a form as two letters.
            (true, _) => Ok(self.text.replace("\r\n", "\n")),
            (false, true) => serde_json::to_string(&self.items).map_err(Failure::inside),
            (false, false) => {
                let why = "It has both a text and items: one list at a time. Nothing was queued.";
                Err(Failure::BadRequest(why.to_owned()))
            }
        }
    }

    fn list(&self, now: Timestamp) -> Result<List, Failure> {
        let refused = |why: String| Failure::BadRequest(format!("{why} Nothing was queued."));
        let text = self.text_of_all()?;
        if text.len() > LONGEST_LIST {
            return Err(refused(too_much("A list may have 64 kB here.")));
        }
        // What was no UTF-8 when it was sent.
        if text.contains('\u{fffd}') {
            return Err(refused(unreadable("its text is not UTF-8: save it so")));
        }
        let read_moment = |text: &str| {
            let at = moments::said(text).ok()?.moment(now, &TimeZone::UTC);
            (at.since(now) <= AHEAD).then_some(at)
        };
        let list = list_file::read(text.as_bytes(), read_moment);
        list.map_err(|what| refused(unreadable(&what)))
    }
}

fn unreadable(what: &str) -> String {
    format!("The list cannot be read: {what}.")
}

fn too_much(what: &str) -> String {
    format!("{what} For longer ones there is the program \"scrobbler collection\".")
}

impl App {
    /// What becomes of a list, as far as its albums are known.
    pub(crate) async fn collect(
        self: &Arc<Self>,
        sender: &Sender,
        asked: &AskedList,
    ) -> Result<Collected, Failure> {
        if !PER_DAY.contains(&asked.per_day) {
            let why = "Plays a day are 1 to 3,000. Nothing was queued.";
            return Err(Failure::BadRequest(why.to_owned()));
        }
        let now = dates::now();
        let at = match asked.when {
            When::Ended | When::Now => now,
            When::From | When::Until => moment(&asked.at)?,
        };
        let List { items, damaged } = asked.list(now)?;
        let albums: Vec<Named> = items.iter().filter_map(album_of).collect();
        if albums.len() > MOST_ALBUMS {
            let why = too_much(&format!("A list may name {MOST_ALBUMS} albums here."));
            return Err(Failure::BadRequest(format!("{why} Nothing was queued.")));
        }
        let first = items.iter().filter_map(moment_of).min().unwrap_or(now);
        let first = first.min(now.earlier(RECENTLY));
        let (tracklists, known, today) = tokio::join!(
            self.tracklists(&sender.account().user, &albums),
            self.known(sender, first, Near::WINDOW, HISTORY),
            self.promised(sender),
        );
        let (tracklists, mut known, today) = (tracklists?, Known::new(known?), today?);
        has_room(today)?;
        let mut sorted = Sorted::default();
        for item in items {
            match item {
                Item::Track(track, at) => sorted.add(track, at),
                Item::Album { artist, album } => {
                    let named = Named { artist, album };
                    match tracklists.get(&named) {
                        None => sorted.open_count += 1,
                        Some(tracks) if tracks.is_empty() => sorted.unknown.push(named),
                        Some(tracks) => {
                            for track in tracks.iter() {
                                sorted.add(track.clone(), None);
                            }
                        }
                    }
                }
            }
        }
        if sorted.dated.len() + sorted.undated.len() > MOST_PLAYS {
            let plays = show::number(MOST_PLAYS as u64);
            let why = too_much(&format!("A list may have {plays} plays here."));
            return Err(Failure::BadRequest(format!("{why} Nothing was queued.")));
        }
        sorted.leave_out_repeats(&mut known, asked.again, now);
        let title = asked.name();
        let plays = sorted.plays(&title, asked, at, today, now)?;
        let plays = sorted.without_refused(plays, now);
        let sent_at = |play: &Submission| play.due_at.unwrap_or(now);
        let finished_at = plays.iter().map(sent_at).max().unwrap_or(now);
        let day = |at: Timestamp| at.as_unix().div_euclid(86_400);
        Ok(Collected {
            title,
            left_out: sorted.left_out,
            damaged,
            unknown: sorted.unknown,
            album_count: albums.len(),
            open_count: sorted.open_count,
            today,
            begins_at: plays.iter().map(|play| play.play.played_at).min().unwrap_or(now),
            finished_at,
            days: u64::try_from(day(finished_at) - day(now)).unwrap_or(0),
            plays,
        })
    }
}

fn album_of(item: &Item) -> Option<Named> {
    match item {
        Item::Album { artist, album } => {
            Some(Named { artist: artist.clone(), album: album.clone() })
        }
        Item::Track(..) => None,
    }
}

fn moment_of(item: &Item) -> Option<Timestamp> {
    match item {
        Item::Track(_, at) => *at,
        Item::Album { .. } => None,
    }
}

/// Plays that are there, each of which stands for one of a list.
struct Known(HashMap<(String, String), Vec<Timestamp>>);

impl Known {
    fn new(plays: Vec<KnownPlay>) -> Self {
        let mut times: HashMap<_, Vec<Timestamp>> = HashMap::new();
        for KnownPlay { artist, name, played_at } in plays {
            let play = NewPlay::new(PlayerTrack::new(artist, name), played_at);
            times.entry(QueuedPlay::identity(&play)).or_default().push(played_at);
        }
        for times in times.values_mut() {
            times.sort_unstable();
        }
        Self(times)
    }

    /// The nearest one of this track that began in this stretch, both ends included.
    fn take(
        &mut self,
        track: &PlayerTrack,
        at: Timestamp,
        stretch: [Timestamp; 2],
    ) -> Option<Timestamp> {
        let play = NewPlay::new(track.clone(), at);
        let times = self.0.get_mut(&QueuedPlay::identity(&play))?;
        let next = times.partition_point(|known| *known < at);
        let apart = |place: &usize| times[*place].as_unix().abs_diff(at.as_unix());
        let sides = next.checked_sub(1).into_iter().chain(Some(next));
        let sides = sides.filter(|place| {
            times.get(*place).is_some_and(|known| (stretch[0]..=stretch[1]).contains(known))
        });
        let nearest = sides.min_by_key(apart)?;
        Some(times.remove(nearest))
    }
}

/// What a list names, sorted by what becomes of it.
#[derive(Default)]
struct Sorted {
    /// Plays whose moments are said.
    dated: Vec<(PlayerTrack, Timestamp)>,
    undated: Vec<PlayerTrack>,
    unknown: Vec<Named>,
    open_count: usize,
    left_out: Vec<LeftOut>,
    seen: HashSet<(Timestamp, (String, String))>,
}

impl Sorted {
    fn add(&mut self, track: PlayerTrack, at: Option<Timestamp>) {
        let track = rules::repaired(track);
        if let Err(refusal) = rules::check_track(&track) {
            return self.left_out.push(LeftOut::refused(&track, &refusal));
        }
        let Some(at) = at else { return self.undated.push(track) };
        // Told twice, it is the same play.
        let play = NewPlay::new(track, at);
        if self.seen.insert((at, QueuedPlay::identity(&play))) {
            self.dated.push((play.track, at));
        } else {
            let why = "it is in the list twice".to_owned();
            self.left_out.push(LeftOut::new(&play.track, why, false));
        }
    }

    /// Plays with a moment are compared by that; others are repeats of what was scrobbled lately, or
    /// waits.
    fn leave_out_repeats(&mut self, known: &mut Known, again: bool, now: Timestamp) {
        let dated = std::mem::take(&mut self.dated);
        for (track, at) in dated {
            // The very same play is never queued twice.
            let around = if again { Duration::ZERO } else { Near::WINDOW };
            match known.take(&track, at, [at.earlier(around), at.later(around)]) {
                Some(there) => {
                    let left_out = LeftOut::repeat(&track, there, now);
                    self.left_out.push(LeftOut { is_repeat: !again, ..left_out });
                }
                None => self.dated.push((track, at)),
            }
        }
        if again {
            return;
        }
        let recently = now.earlier(RECENTLY);
        let undated = std::mem::take(&mut self.undated);
        for track in undated {
            match known.take(&track, now, [recently, Timestamp::MAX]) {
                Some(there) => self.left_out.push(LeftOut::repeat(&track, there, now)),
                None => self.undated.push(track),
            }
        }
    }

    /// When what is left is played.
    fn plays(
        &self,
        title: &str,
        asked: &AskedList,
        at: Timestamp,
        today: u64,
        now: Timestamp,
    ) -> Result<Vec<Submission>, Failure> {
        let one_after_another =
            |tracks: &[PlayerTrack], timing| Album::new(tracks.iter().cloned()).plays(timing, now);
        let dated = self.dated.iter().flat_map(|(track, at)| {
            one_after_another(std::slice::from_ref(track), Timing::StartingAt(*at))
        });
        let mut plays: Vec<Submission> = dated.collect();
        let used = u32::try_from(today).unwrap_or(u32::MAX);
        let used = used.saturating_add(u32::try_from(plays.len()).unwrap_or(u32::MAX));
        let pace = Pace::default().limit(asked.per_day).used(used);
        let collection = Collection::new(title).tracks(self.undated.iter().cloned());
        let plan = collection.plan(pace, now);
        let fits = plan.forecast.days == 0;
        plays.extend(match asked.when {
            When::Ended => plan.job.plays,
            When::Now if fits => one_after_another(&self.undated, Timing::StartingNow),
            When::From if fits => one_after_another(&self.undated, Timing::StartingAt(at)),
            When::Until if fits => one_after_another(&self.undated, Timing::EndingAt(at)),
            When::Now => collection.plan_from(pace, now, now).job.plays,
            When::From if at > now => collection.plan_from(pace, at, now).job.plays,
            When::From | When::Until => {
                let why = "It does not fit into what Last.fm takes today: such a list can end now, \
                    begin now, or begin at a moment to come. Nothing was queued.";
                return Err(Failure::BadRequest(why.to_owned()));
            }
        });
        plays.sort_by_key(|play| play.play.played_at);
        Ok(plays)
    }

    /// Without plays that Last.fm would refuse for their moments.
    fn without_refused(&mut self, plays: Vec<Submission>, now: Timestamp) -> Vec<Submission> {
        let mut kept = Vec::with_capacity(plays.len());
        for play in plays {
            match rules::checked(play.clone(), now).refusal {
                Some(refusal) => {
                    self.left_out.push(LeftOut::refused(&play.play.track, &refusal));
                }
                None => kept.push(play),
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_776_024_459);

    fn known(name: &str, at: i64) -> KnownPlay {
        KnownPlay { artist: "low".to_owned(), name: name.to_owned(), played_at: NOW.plus(at) }
    }

    fn words() -> PlayerTrack {
        PlayerTrack::new("Low", "Words")
    }

    #[test]
    fn a_play_that_is_there_stands_for_one_of_a_list() {
        let plays = vec![known("words", -90_000), known("Words", -600), known("WORDS", 300_000)];
        let mut sorted = Sorted::default();
        (0..3).for_each(|_| sorted.add(words(), None));
        sorted.leave_out_repeats(&mut Known::new(plays), false, NOW);
        assert_eq!((sorted.undated.len(), sorted.left_out.len()), (1, 2));
        let why: Vec<&str> = sorted.left_out.iter().map(|left| &*left.why).collect();
        assert_eq!(why, ["scrobbled 10 min ago", "planned already"]);
    }

    #[test]
    fn a_play_with_a_moment_is_known_by_that_even_if_all_is_wanted_again() {
        for (again, left) in [(false, 1), (true, 2)] {
            let mut sorted = Sorted::default();
            for at in [-7_200, -5_000, -5_000, -60] {
                sorted.add(words(), Some(NOW.plus(at)));
            }
            assert_eq!(sorted.left_out.len(), 1, "told twice");
            let plays = vec![known("Words", -7_200), known("Words", -4_000)];
            sorted.leave_out_repeats(&mut Known::new(plays), again, NOW);
            assert_eq!(sorted.dated.len(), left, "{again}");
        }
    }

    #[test]
    fn what_a_list_is_called_is_one_line() {
        let title = format!(" My\u{7}\n records{} ", "!".repeat(300));
        let list = AskedList { title, ..AskedList::default() };
        assert_eq!((list.name().len(), &list.name()[..10]), (200, "My records"));
        assert_eq!(AskedList::default().name(), "A list");
    }
}
