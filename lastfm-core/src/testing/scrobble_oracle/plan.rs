//! What a seed chooses: the service, its faults, and the plays that are handed over.

use crate::scrobble::{NewJob, Repeats, Submission};
use crate::testing::{
    DailyLimit, Dice, ErrorBody, Fault, OldScrobbles, Outage, RandomFault, Scenario, TooLong,
};
use crate::{NewPlay, PlayerTrack, Timestamp};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// How many plays one schedule hands over.
const PLAYS: usize = 500;

/// An artist whose plays the service ignores, and no app knows of it.
pub(super) const FILTERED_ARTIST: &str = "Filtered & Co.";
/// A track whose plays the service ignores.
pub(super) const FILTERED_TRACK: &str = "Hidden Track";

/// Late requests arrive within so many seconds, and plays are shown within another minute: a
/// sender that waits for two minutes after it gave up a request sees all that there will be.
const LATEST: [u64; 4] = [31, 45, 60, 80];

/// The service of this seed: with odd seeds today's, with even ones that of 2013.
pub(super) fn scenario(seed: u64) -> Scenario {
    let mut dice = Dice::stream(seed, 0x5C20_BB1E);
    let mut scenario = Scenario::still(60);
    scenario.history.hostile_names = 0.0;
    let service = &mut scenario.service;
    service.drops_repeats = seed % 2 == 1;
    service.shown_after = *dice.pick(&[0, 5, 60]);
    service.scrobbles_per_day = *dice.pick(&[150, 250, 669, 2_800]);
    service.daily_limit = *dice.pick(&[DailyLimit::Ignored, DailyLimit::Error29]);
    service.day_is_late = *dice.pick(&[0, 0, 0, 3]);
    service.shuffles_verdicts = dice.chance(0.3);
    if dice.chance(0.3) {
        service.longest_request = Some(*dice.pick(&[1_500, 3_000, 5_000]));
        service.too_long = *dice.pick(&[TooLong::Status413, TooLong::Error6, TooLong::Error13]);
    }
    service.filtered_artists.push(FILTERED_ARTIST.to_owned());
    service.filtered_tracks.push(FILTERED_TRACK.to_owned());
    let old = [OldScrobbles::Ignored, OldScrobbles::Filtered, OldScrobbles::Lost];
    service.old_scrobbles = *dice.pick(&old);
    service.date_error = *dice.pick(&[0, 0, 0, -300, 300]);
    service.max_per_second = dice.chance(0.2).then_some(5);
    service.retry_after = dice.chance(0.3).then_some(90);
    service.single_as_object = dice.chance(0.5);
    service.hidden = dice.chance(0.2);
    faults(&mut scenario, &mut dice);
    scenario
}

fn faults(scenario: &mut Scenario, dice: &mut Dice) {
    let factor = *dice.pick(&[1.0, 1.0, 4.0]);
    let faults = &mut scenario.faults;
    faults.truth_after_lies = true;
    let error = Fault::error;
    let after = |code, status, body| Fault::ErrorAfter { code, status, body };
    let mut scrobble = vec![
        (0.05, Fault::ResetAfter),
        (0.007, after(16, 503, ErrorBody::Json)),
        (0.007, after(8, 200, ErrorBody::Json)),
        (0.006, after(0, 500, ErrorBody::Html)),
        (0.01, Fault::ResetBefore),
        (0.005, Fault::Timeout),
        (0.01, error(8, 500, ErrorBody::Json)),
        (0.005, error(11, 503, ErrorBody::Json)),
        (0.005, error(16, 503, ErrorBody::Xml)),
        (0.005, error(29, 429, ErrorBody::Json)),
        (0.003, error(6, 400, ErrorBody::Json)),
        (0.005, error(0, 502, ErrorBody::Html)),
        (0.005, Fault::EmptyBody { status: 200 }),
        (0.01, Fault::Truncated { at: None }),
        (0.003, Fault::WrongCharset),
    ];
    scrobble.extend(LATEST.map(|seconds| (0.003, Fault::LateAfter { seconds })));
    let reads = vec![
        (0.03, Fault::EmptyList),
        (0.03, Fault::StalePage { seconds: 3_600 }),
        (0.01, Fault::FewerPlays),
        (0.01, Fault::OtherUser),
        (0.01, error(8, 500, ErrorBody::Json)),
        (0.005, Fault::UserNotFound),
        (0.005, Fault::Timeout),
        (0.005, Fault::ResetAfter),
        (0.005, Fault::Truncated { at: None }),
    ];
    let of = |method: &'static str, list: Vec<(f64, Fault)>| {
        list.into_iter().map(move |(rate, fault)| RandomFault::new(rate * factor, fault).of(method))
    };
    faults.random =
        of("track.scrobble", scrobble).chain(of("user.getRecentTracks", reads)).collect();
    let elsewhere = error(8, 500, ErrorBody::Json);
    let elsewhere = RandomFault::new(0.02, elsewhere).of("track.getCorrection").of("user.getInfo");
    faults.random.push(elsewhere);
    if dice.chance(0.4) {
        let from = dice.below(60 * 3_600);
        let to = from + 60 + dice.below(6 * 3_600);
        let down = error(11, 503, ErrorBody::Json);
        let fault = dice.pick(&[down, Fault::Timeout, Fault::ResetBefore]).clone();
        faults.outages.push(Outage { from, to, fault });
    }
}

/// What an app hands over at once.
#[derive(Debug, Clone)]
pub(super) enum Burst {
    Plays(Vec<Submission>, Repeats),
    Job(NewJob),
}

/// The plays of a schedule, one burst after the other.
#[derive(Debug)]
pub(super) struct Plan {
    dice: Dice,
    left: usize,
    jobs: usize,
    last: Option<Burst>,
}

impl Plan {
    pub(super) fn new(seed: u64) -> Self {
        Self { dice: Dice::stream(seed, 0x91A7), left: PLAYS, jobs: 0, last: None }
    }

    pub(super) fn is_over(&self) -> bool {
        self.left == 0
    }

    /// What is handed over now.
    pub(super) fn next(&mut self, now: Timestamp) -> Burst {
        if let Some(last) = self.last.clone().filter(|_| self.dice.chance(0.08)) {
            // The same told again, perhaps by a program that was killed before it knew.
            return last;
        }
        let count = (*self.dice.pick(&[1, 1, 1, 3, 12, 40, 80])).min(self.left);
        let is_job = count > 1 && self.dice.chance(0.3);
        let repeats = if self.dice.chance(0.15) { Repeats::Shift } else { Repeats::Same };
        // Old enough that none of them lies in the future.
        let mut at = now.plus(-self.dice.between(300 * 80, 3 * DAY));
        let plays: Vec<Submission> = (0..count)
            .map(|_| {
                at = if self.dice.chance(0.08) { at } else { at.plus(self.dice.between(30, 300)) };
                self.submission(at, now)
            })
            .collect();
        self.left -= count;
        let burst = if is_job {
            self.jobs += 1;
            let key = format!("job {}", self.jobs);
            Burst::Job(NewJob::new(key, "An album", plays))
        } else {
            Burst::Plays(self.with_repeats(plays), repeats)
        };
        self.last = Some(burst.clone());
        burst
    }

    /// Some of them are told twice.
    fn with_repeats(&mut self, plays: Vec<Submission>) -> Vec<Submission> {
        let mut told = Vec::new();
        for play in plays {
            if self.dice.chance(0.03) {
                told.push(play.clone());
            }
            told.push(play);
        }
        told
    }

    fn submission(&mut self, at: Timestamp, now: Timestamp) -> Submission {
        let track = self.track();
        let dice = &mut self.dice;
        let due = now.plus(dice.between(60, 40 * HOUR));
        match dice.below(100) {
            // No app can save these.
            0..=1 => {
                Submission::new(NewPlay::new(track, now.plus(-dice.between(15 * DAY, 20 * DAY))))
            }
            // These can get too old on their way.
            2..=4 => {
                let age = dice.between(12 * DAY, 14 * DAY);
                Submission::new(NewPlay::new(track, now.plus(-age)))
            }
            5..=11 => Submission::new(NewPlay::new(track, due)).due_at(due),
            12..=13 => Submission::new(NewPlay::new(track, at)).due_at(due),
            _ => Submission::new(NewPlay::new(track, at)),
        }
    }

    /// A track of its own name, so that nothing but the queue can have brought its play.
    fn track(&mut self) -> PlayerTrack {
        let dice = &mut self.dice;
        let number = dice.next_u64() % 1_000_000_000;
        let name = format!("Lullaby {number}");
        let track = match dice.below(100) {
            0..=7 => {
                let artists = ["acdc", "beyonce", "Sigur Ros", "MOTORHEAD", "guns and roses"];
                PlayerTrack::new(*dice.pick(&artists), name)
            }
            8..=9 => PlayerTrack::new(FILTERED_ARTIST, name),
            10 => PlayerTrack::new("Low", FILTERED_TRACK),
            11 => PlayerTrack::new("Unknown Artist", name),
            14 => PlayerTrack::new("acdc", "TNT"),
            12 => PlayerTrack::new(format!("  Ida {number} "), name),
            13 => PlayerTrack::new("Ólafur Arnalds & Nils Frahm", format!("{name}: 20:17 / +1 %")),
            _ => PlayerTrack::new(*dice.pick(&["Low", "Ida", "AC/DC", "Sigur Rós"]), name),
        };
        if dice.chance(0.5) { track.album("I Could Live in Hope") } else { track }
    }
}
