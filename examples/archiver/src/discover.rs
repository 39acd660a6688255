//! `discover`: tracks that are not in an archive, by artists who are like those played most.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use lastfm_core::methods::artist::{GetSimilar, GetTopTracks};
use lastfm_core::{ErrorClass, Method, TrackEntry, Username};
use terminal::database::Place;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::show;
use terminal::trouble::{self, OnBehalfOf};
use terminal::waiting::Waiting;
use url::Url;

use crate::demo::Demo;
use crate::job::Job;
use crate::json::{self, Line};
use crate::taste::{Artist, Taste};
use crate::{archive, cli};

/// Whoever was played this often is no discovery.
const WELL_KNOWN: u64 = 20;
/// Tracks of one artist that are told of.
const EACH: usize = 2;
/// Artists who are like one, and tracks of one artist, that Last.fm is asked for.
const LIKE_ONE: u32 = 50;
const TRACKS_OF_ONE: u32 = 10;
/// Artists who are named as the reason.
const NAMED: usize = 3;

/// Asks, and tells what it finds as it finds it.
pub(crate) async fn run(
    said: cli::Discover,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let reading = cli::Reading { rate: said.rate, page_size: 1, patience: Duration::ZERO };
    let (job, name) = if let Some(name) = said.user {
        let place = environment.db(db);
        archive::must_exist(&place, &format!("sync {name}"))?;
        (Job::open(&reading, place, mode, environment, Exit::NotNow).await?, name)
    } else {
        let place = db.unwrap_or_else(|| Place::File("demo.db".into()));
        archive::must_exist(&place, "sync --demo")?;
        (Job::demo(&reading, place, mode, environment, Exit::NotNow).await?, Demo::user())
    };
    let user = archive::user(&job.db, &name).await?;
    let waiting = Waiting::new(mode);
    waiting.say("reading the archive");
    let taste = Taste::read(&*job.db.store, &user).await?;
    let limit = usize::from(said.limit);
    let mut search = Search {
        job: &job,
        user: &user.name,
        taste: &taste,
        limit,
        waiting,
        request_count: 0,
        found: 0,
    };
    let top = taste.top(usize::from(said.artists));
    search.announce(&top);
    let outcome = tokio::select! {
        outcome = search.search(&top) => Some(outcome),
        () = job.stop.asked() => None,
    };
    search.conclude(outcome)
}

struct Search<'a> {
    job: &'a Job,
    user: &'a Username,
    taste: &'a Taste,
    /// Tracks to find.
    limit: usize,
    waiting: Waiting,
    request_count: u64,
    found: usize,
}

/// An artist who is like some that are played.
struct Candidate<'a> {
    name: String,
    score: f64,
    /// Whom they are like, and how much that counts.
    because: Vec<(&'a str, f64)>,
}

impl Search<'_> {
    /// Says what is about to happen.
    fn announce(&self, top: &[&Artist]) {
        if !self.job.mode.is_for_people() || top.is_empty() {
            return;
        }
        let requests = (top.len() + self.limit.div_ceil(EACH)) as u64;
        let mut words = format!(
            "{} · from the {} played most, lately above all · about {}",
            self.user,
            show::count(top.len() as u64, "artist"),
            show::count(requests, "request")
        );
        if let Some(rate) = self.job.plan.rate {
            // Some hundreds at most.
            #[allow(clippy::cast_precision_loss)]
            let length = Duration::try_from_secs_f64(requests as f64 / rate);
            words = format!("{words}, {}", show::about(length.unwrap_or(Duration::MAX)));
        }
        self.waiting.note(&words);
    }

    async fn search(&mut self, top: &[&Artist]) -> Result<(), Trouble> {
        let candidates = self.candidates(top).await?;
        // Each costs a request: of no more than tracks are wanted.
        for candidate in candidates.iter().take(self.limit) {
            self.waiting.say(format!("what is played most of {}", candidate.name));
            let tracks = GetTopTracks::new(&candidate.name).limit(TRACKS_OF_ONE);
            let tracks = self.ask(&tracks).await?.map(|page| page.items).unwrap_or_default();
            let tracks = self.unheard(candidate, tracks);
            if !tracks.is_empty() {
                self.tell(candidate, &tracks);
                self.found += tracks.len();
            }
            if self.found >= self.limit {
                break;
            }
        }
        Ok(())
    }

    /// Who is like these artists, whoever is like several of them first.
    async fn candidates<'t>(&mut self, top: &[&'t Artist]) -> Result<Vec<Candidate<'t>>, Trouble> {
        let mut candidates: HashMap<String, Candidate<'t>> = HashMap::new();
        for (number, artist) in top.iter().enumerate() {
            let (number, all) = (number + 1, top.len());
            self.waiting.say(format!("who is like {} · {number} of {all}", artist.name));
            let similar = GetSimilar::new(&artist.name).limit(LIKE_ONE);
            let similar = self.ask(&similar).await?.map(|list| list.items).unwrap_or_default();
            for one in similar {
                let is_new = !one.name.is_empty() && self.taste.plays_of(&one.name) < WELL_KNOWN;
                if !is_new {
                    continue;
                }
                let candidate = candidates.entry(one.name.to_lowercase());
                let candidate = candidate.or_insert_with(|| Candidate {
                    name: one.name.clone(),
                    score: 0.0,
                    because: Vec::new(),
                });
                // The root, so that one favourite does not choose everybody.
                let score = artist.weight.sqrt() * one.similarity.unwrap_or(0.5);
                candidate.score += score;
                candidate.because.push((&artist.name, score));
            }
        }
        let mut candidates: Vec<_> = candidates.into_values().collect();
        for candidate in &mut candidates {
            candidate.because.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        }
        candidates.sort_by(|one, other| {
            other.score.total_cmp(&one.score).then_with(|| one.name.cmp(&other.name))
        });
        Ok(candidates)
    }

    /// The answer; nothing if Last.fm does not know what was asked about.
    async fn ask<M: Method>(&mut self, method: &M) -> Result<Option<M::Response>, Trouble> {
        self.request_count += 1;
        match self.job.client.call(method).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if matches!(error.class(), ErrorClass::NotFound | ErrorClass::Invalid) => {
                Ok(None)
            }
            Err(error) => {
                let safe = "The archive was not changed; what was found until then is told.";
                // The client itself has a session only if one is set.
                Err(trouble::of_call(error, safe, OnBehalfOf::Set))
            }
        }
    }

    /// The tracks that were never played, as many as are still wanted.
    fn unheard(&self, candidate: &Candidate<'_>, tracks: Vec<TrackEntry>) -> Vec<TrackEntry> {
        let mut seen = HashSet::new();
        let is_new = |track: &TrackEntry| {
            !track.name.is_empty()
                && !self.taste.has(&candidate.name, &track.name)
                && seen.insert(track.name.to_lowercase())
        };
        let wanted = EACH.min(self.limit - self.found);
        tracks.into_iter().filter(is_new).take(wanted).collect()
    }

    fn tell(&self, candidate: &Candidate<'_>, tracks: &[TrackEntry]) {
        let artist_plays = self.taste.plays_of(&candidate.name);
        let because: Vec<&str> = candidate.because.iter().map(|(name, _)| *name).collect();
        if self.job.mode == Mode::Json {
            for track in tracks {
                json::print(&Line::Discovery {
                    user: self.user.as_str(),
                    artist: &candidate.name,
                    track: &track.name,
                    url: &link(&candidate.name, track),
                    because: because.clone(),
                    artist_plays,
                });
            }
        }
        if !self.job.mode.is_for_people() {
            return;
        }
        let known = match artist_plays {
            0 => String::new(),
            1 => " · played once so far".to_owned(),
            plays => format!(" · played {plays} times so far"),
        };
        let because = names(&because);
        self.waiting.line(&format!("{} · because you play {because}{known}", candidate.name));
        let widest = tracks.iter().map(|track| track.name.chars().count()).max();
        let widest = widest.unwrap_or_default();
        for track in tracks {
            let (name, link) = (&track.name, link(&candidate.name, track));
            self.waiting.line(&format!("  {name:widest$}  {link}"));
        }
    }

    /// Says what it came to; without an outcome it was stopped.
    fn conclude(self, outcome: Option<Result<(), Trouble>>) -> Result<Exit, Trouble> {
        let Self { job, user, waiting, request_count, found, .. } = self;
        drop(waiting);
        let stopped = outcome.is_none();
        let outcome = outcome.unwrap_or(Ok(()));
        let exit = if stopped { Exit::NotNow } else { Exit::Complete };
        outcome.map_err(|trouble| trouble.about(user))?;
        match job.mode {
            Mode::Json => json::print(&Line::Discovered {
                user: user.as_str(),
                tracks: found,
                request_count,
                stopped,
                exit_code: exit.code(),
            }),
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log => {
                let tracks = show::count(found as u64, "track");
                output::note(&match (stopped, found) {
                    (true, 0) => "■ stopped before a track was found".to_owned(),
                    (true, _) => format!("■ stopped; {tracks} found until then"),
                    (false, 0) => format!("nothing found that {user} has not played already"),
                    (false, _) => format!("{tracks} that {user} has never played"),
                });
            }
        }
        Ok(exit)
    }
}

/// `Low`, `Low and Ida`, `Low, Ida, Codeine and 2 more`
fn names(all: &[&str]) -> String {
    let (named, more) = all.split_at(all.len().min(NAMED));
    match (named, more.len()) {
        ([], _) => String::new(),
        ([one], 0) => (*one).to_owned(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (named, more) => format!("{} and {more} more", named.join(", ")),
    }
}

/// The page of a track.
fn link(artist: &str, track: &TrackEntry) -> String {
    if let Some(url) = &track.url {
        return url.clone();
    }
    let mut url: Url = "https://www.last.fm/music".parse().expect("it is an address");
    if let Ok(mut path) = url.path_segments_mut() {
        path.extend([artist, "_", &track.name]);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_three_artists_at_most() {
        assert_eq!(names(&["Low"]), "Low");
        assert_eq!(names(&["Low", "Ida"]), "Low and Ida");
        assert_eq!(names(&["Low", "Ida", "Codeine"]), "Low, Ida and Codeine");
        assert_eq!(names(&["Low", "Ida", "Codeine", "Bedhead"]), "Low, Ida, Codeine and 1 more");
    }

    #[test]
    fn a_track_without_an_address_has_one_all_the_same() {
        let mut track = TrackEntry::default();
        track.name = "Who? What/When".to_owned();
        assert_eq!(
            link("AC/DC", &track),
            "https://www.last.fm/music/AC%2FDC/_/Who%3F%20What%2FWhen"
        );
        track.url = Some("https://www.last.fm/music/x/_/y".to_owned());
        assert_eq!(link("AC/DC", &track), "https://www.last.fm/music/x/_/y");
    }
}
