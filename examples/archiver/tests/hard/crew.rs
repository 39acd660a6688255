//! Four processes of two workers each on the users of one PostgreSQL database. In each round plays
//! come or go, and two processes are frozen for longer than their leases, or one is killed and
//! started again.
//!
//! `CREW_ROUNDS=200 CREW_HURRY=8 cargo test -p archiver --features jobs,postgres --test hard crew
//! -- --nocapture`. `CREW_HURRY` makes slices, leases, retries and elections that many times shorter
//! than they are (30, 45 and 50 s, 30 s and more, 5 s); with 1 the times are the real ones. With more
//! than 10, a slice is as short as the 2 s after which an empty answer is asked for again, and on a
//! busy machine a job never comes beyond it. Every fourth round somebody is killed, or every
//! `CREW_KILL_EVERY`th; `CREW_FREEZE` says how many processes are frozen in the others.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lastfm_core::testing::{Dice, Happening, Scenario};
use lastfm_postgres::testing::{Database, PrivateServer};

use crate::setting;
use crate::stage::{Stage, end, send};

const USERS: u8 = 8;
const PROCESSES: usize = 4;
/// Requests a second, of all processes together.
const RATE: usize = 40;

/// Notes every write with the claim that was in force.
const WITNESS: &str = "
    CREATE TABLE witness (id bigserial, user_id bigint, app text, worker text, in_force boolean);
    CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO witness (user_id, app, worker, in_force)
        SELECT NEW.user_id, current_setting('application_name'), w.worker,
            coalesce(w.until_ms > extract(epoch FROM now()) * 1000, false)
        FROM (SELECT 1) AS one LEFT JOIN work w ON w.user_id = NEW.user_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER witness AFTER UPDATE OF revision ON listener FOR EACH ROW
        WHEN (OLD.revision IS DISTINCT FROM NEW.revision) EXECUTE FUNCTION witness();";

/// More than one live job of a user and kind.
const TWICE: &str = "SELECT args ->> 'kind', args ->> 'user', count(*) FROM river_job \
    WHERE kind = 'fetch' \
    AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled') \
    GROUP BY 1, 2 HAVING count(*) > 1";

/// River's leader is believed in for ten seconds more than it takes to say so again: these, too, pass
/// that many times faster.
const ELECTIONS: &str = "
    CREATE FUNCTION hurry() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.expires_at := now() + (NEW.expires_at - now()) / {hurry};
        RETURN NEW;
    END $$;
    CREATE TRIGGER hurry BEFORE INSERT OR UPDATE ON river_leader FOR EACH ROW
        EXECUTE FUNCTION hurry();";

/// What went another way than to the end, after this entry of the history.
const TROUBLE: &str = "SELECT id, kind, user_key, event, words FROM fetch_history \
    WHERE event <> 'finished' AND id > {id} ORDER BY id";

struct Crew {
    stage: Stage,
    database: Database,
    workers: Vec<Child>,
    /// How many were started.
    started: usize,
    hurry: u64,
    /// Which process had which name.
    processes: BTreeMap<String, u32>,
    slowest: Duration,
    /// The last entry of the history that was told.
    told: i64,
}

#[test]
fn crew_of_four_with_some_frozen_or_killed_each_round_loses_and_doubles_nothing() {
    let rounds = setting("CREW_ROUNDS", 4);
    let freeze = usize::try_from(setting("CREW_FREEZE", 2)).unwrap();
    let mut crew = Crew::new(setting("CREW_HURRY", 8));
    let mut dice = Dice::stream(setting("CREW_SEED", 1), 8);
    let [mut frozen, mut killed] = [0_usize, 0];
    crew.round();
    let whole = Instant::now();
    for round in 0..rounds {
        let began = Instant::now();
        crew.something_happens(round);
        let before = crew.stage.requests();
        crew.order(round);
        crew.wait_until("somebody works", |crew| crew.stage.requests() > before + 4);
        // Whoever is at most; of those that are equally busy, any.
        let first = dice.index(PROCESSES);
        let mut places: Vec<_> = (0..PROCESSES).map(|place| (first + place) % PROCESSES).collect();
        places.sort_by_cached_key(|place| std::cmp::Reverse(crew.at_work(*place).len()));
        let mut at_work = Vec::new();
        // Most are frozen: that is what a lease is for.
        if round.is_multiple_of(setting("CREW_KILL_EVERY", 4)) {
            let place = places[0];
            killed += 1;
            crew.workers[place].kill().unwrap();
            crew.workers[place].wait().unwrap();
            at_work.extend(crew.at_work(place));
            crew.workers[place] = crew.start();
            crew.recovers(&at_work);
        } else {
            let places = &places[..freeze.min(PROCESSES - 1)];
            for place in places {
                send(&crew.workers[*place], "-STOP");
            }
            let wakes = Instant::now() + Duration::from_millis(54_000 / crew.hurry);
            // Those that ended in the last moment are not frozen in the middle of anything.
            at_work.extend(places.iter().flat_map(|place| crew.at_work(*place)));
            frozen += at_work.len();
            crew.recovers(&at_work);
            std::thread::sleep(wakes.saturating_duration_since(Instant::now()));
            for place in places {
                send(&crew.workers[*place], "-CONT");
            }
        }
        let recovered = began.elapsed();
        crew.round();
        println!(
            "round {round}: {} slices were at work in it, {:.1} s, of which {:.1} s at last",
            at_work.len(),
            began.elapsed().as_secs_f64(),
            began.elapsed().saturating_sub(recovered).as_secs_f64(),
        );
        crew.tell_trouble();
    }
    let minutes = whole.elapsed().as_secs_f64() / 60.0;
    let (lost, doubled) = crew.compare();
    let stale = crew.stale_writes();
    let busiest = crew.stage.server.lastfm().busiest(Duration::from_secs(1));
    let writes = &crew.database.sql("SELECT count(*) FROM witness")[0][0];
    println!(
        "{rounds} rounds of 4 x 2 workers in {minutes:.1} min, {frozen} workers frozen, {killed} processes killed: \
         {lost} lost, {doubled} doubled, {} stale of {} writes, slowest recovery {:.1} s; \
         at most {busiest} requests a second, {RATE} allowed",
        stale.len(),
        writes.as_deref().unwrap_or("no"),
        crew.slowest.as_secs_f64()
    );
    assert_eq!((lost, doubled), (0, 0));
    assert_eq!(stale, [] as [String; 0]);
    // What is not hurried takes its ten seconds at most: processes that begin, and their first turn.
    let recovery = Duration::from_secs(if crew.hurry == 1 { 75 } else { 75 / crew.hurry + 10 });
    assert!(crew.slowest < recovery, "{:?}", crew.slowest);
    // One that was sent in time may come late, and so fall into a window with later ones.
    assert!(busiest <= RATE + RATE / 4, "{busiest} requests a second");
    for worker in crew.workers {
        send(&worker, "-TERM");
        end(worker).ok();
    }
}

/// A job, and the slice that a worker of it was at.
type AtWork = (String, String, i64);

impl Crew {
    fn new(hurry: u64) -> Self {
        let listener = |number: u8| {
            let mut scenario = Scenario::still(200);
            if number > 0 {
                scenario.user = format!("user{number}");
            }
            // An account that was made in the same second could be another one, renamed.
            scenario.history.years = f64::from(3 + number);
            scenario.history.hostile_names = 0.0;
            scenario
        };
        let stage = Stage::new(&listener(0));
        for number in 1..USERS {
            stage.server.lastfm().add_account(&listener(number));
        }
        let database = PrivateServer::shared().database();
        let mut crew = Self {
            stage,
            database,
            workers: Vec::new(),
            started: 0,
            hurry,
            processes: BTreeMap::new(),
            slowest: Duration::ZERO,
            told: 0,
        };
        crew.run(&["status"]);
        crew.database.sql(WITNESS);
        crew.order(0);
        crew.database.sql(&ELECTIONS.replace("{hurry}", &hurry.to_string()));
        crew.workers = (0..PROCESSES).map(|_| crew.start()).collect();
        crew
    }

    fn command(&self, arguments: &[&str], name: &str) -> Command {
        let mut command = self.stage.command(arguments);
        let mark = if self.database.url().contains('?') { '&' } else { '?' };
        let db = format!("{}{mark}application_name={name}", self.database.url());
        command.env("SCROBBLES_DB", db).env("ARCHIVER_TEST_HURRY", self.hurry.to_string());
        command
    }

    fn run(&self, arguments: &[&str]) {
        // Nobody is archived yet at the first one.
        end(self.command(arguments, "person").spawn().unwrap());
    }

    fn start(&mut self) -> Child {
        let name = format!("crew{}", self.started);
        self.started += 1;
        let rate = RATE.to_string();
        let arguments =
            ["worker", "--no-schedule", "--jobs", "2", "--rate", &rate, "--page-size", "20"];
        let mut command = self.command(&arguments, &name);
        let log = std::fs::File::options();
        let log = log.clone().append(true).create(true).open(self.stage.path("crew.log")).unwrap();
        let child =
            command.stdout(log.try_clone().unwrap()).stderr(Stdio::from(log)).spawn().unwrap();
        self.processes.insert(name, child.id());
        child
    }

    /// Plays come in one round and go in the next, so that a count that is the same means nothing
    /// else.
    fn something_happens(&self, round: u64) {
        let users = self.users();
        let mut lastfm = self.stage.server.lastfm();
        for user in &users {
            let happening = if round.is_multiple_of(2) {
                Happening::LateBatch { plays: 7, oldest_days: 300 }
            } else {
                Happening::DeleteRandom { plays: 3 }
            };
            assert!(lastfm.happen_to(user, &happening));
        }
    }

    fn users(&self) -> Vec<String> {
        self.stage.server.lastfm().users().map(str::to_owned).collect()
    }

    fn order(&self, round: u64) {
        let users = self.users();
        let users: Vec<_> = users.iter().map(String::as_str).collect();
        self.run(&[&["jobs", "order", "sync"], &users[..]].concat());
        if round % 5 == 4 {
            let some = &users[usize::try_from(round / 5).unwrap() % users.len()..];
            self.run(&[&["jobs", "order", "audit"], &some[..some.len().min(2)]].concat());
        }
    }

    #[track_caller]
    fn wait_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            if began.elapsed() > Duration::from_secs(300) {
                let log = std::fs::read_to_string(self.stage.path("crew.log")).unwrap();
                let jobs = self.database.sql("SELECT * FROM fetch_jobs");
                panic!("never: {what}\n{jobs:#?}\n{log}");
            }
            assert_eq!(self.database.sql(TWICE), Vec::<Vec<Option<String>>>::new());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until all jobs are over.
    fn round(&mut self) {
        self.wait_until("the round is over", |crew| {
            let live = "SELECT 1 FROM fetch_jobs WHERE finished_at IS NULL";
            crew.database.sql(live).is_empty()
        });
        let failed = self.database.sql("SELECT * FROM fetch_jobs WHERE status <> 'finished'");
        assert!(failed.is_empty(), "{failed:#?}");
    }

    /// Why a round took its time.
    fn tell_trouble(&mut self) {
        for row in self.database.sql(&TROUBLE.replace("{id}", &self.told.to_string())) {
            let [id, words @ ..] = &row[..] else { panic!("{row:?}") };
            self.told = id.as_ref().unwrap().parse().unwrap();
            let words: Vec<_> = words.iter().flatten().map(String::as_str).collect();
            println!("  {}", words.join(" "));
        }
    }

    /// What the process in this place is at work on.
    fn at_work(&self, place: usize) -> Vec<AtWork> {
        let process = self.workers[place].id();
        let rows = self.database.sql(&format!(
            "SELECT kind, user_key, slice FROM fetch_jobs \
             WHERE status = 'running' AND worker LIKE '%/{process}'"
        ));
        let text = |value: &Option<String>| value.clone().unwrap();
        let slice = |value: &Option<String>| text(value).parse().unwrap();
        rows.iter().map(|row| (text(&row[0]), text(&row[1]), slice(&row[2]))).collect()
    }

    /// Waits until somebody else is at work on all of this, or it is done.
    fn recovers(&mut self, at_work: &[AtWork]) {
        let began = Instant::now();
        for (kind, user, slice) in at_work {
            self.wait_until("somebody goes on", |crew| {
                let later = format!(
                    "SELECT 1 FROM fetch_jobs WHERE kind = '{kind}' AND user_key = '{user}' \
                     AND (slice > {slice} OR slice_at IS NULL)"
                );
                !crew.database.sql(&later).is_empty()
            });
        }
        if !at_work.is_empty() {
            self.slowest = self.slowest.max(began.elapsed());
            println!("  others went on after {:.1} s", began.elapsed().as_secs_f64());
        }
    }

    /// Plays that the archive lacks, and plays that it has too often. What is in doubt is gone from
    /// the service.
    fn compare(&self) -> (usize, usize) {
        let (mut lost, mut doubled) = (0, 0);
        for user in self.users() {
            let mut plays: BTreeMap<(String, String, String), i64> = BTreeMap::new();
            for play in self.stage.server.lastfm().truth_of(&user).unwrap() {
                let at = play.at.as_unix().to_string();
                *plays.entry((at, play.artist.to_string(), play.track.to_string())).or_default() +=
                    1;
            }
            let rows = self.database.sql(&format!(
                "SELECT p.played_at, s.artist, s.track FROM play p \
                 JOIN listener l ON l.user_id = p.user_id \
                 JOIN variant v ON v.user_id = p.user_id AND v.variant_id = p.variant_id \
                 JOIN song s ON s.user_id = v.user_id AND s.song_id = v.song_id \
                 WHERE p.doubted_at IS NULL AND lower(l.name) = lower('{user}')"
            ));
            for row in rows {
                let [at, artist, track] = &row[..] else { panic!("three columns") };
                let text = |value: &Option<String>| value.clone().unwrap();
                *plays.entry((text(at), text(artist), text(track))).or_default() -= 1;
            }
            for (play, left) in plays {
                if left != 0 {
                    println!("{user}: {left} of {play:?}");
                }
                lost += usize::try_from(left.max(0)).unwrap();
                doubled += usize::try_from((-left).max(0)).unwrap();
            }
        }
        (lost, doubled)
    }

    /// Writes without a claim in force of the process that wrote.
    fn stale_writes(&self) -> Vec<String> {
        let rows = self.database.sql("SELECT app, worker, in_force, id FROM witness ORDER BY id");
        let is_stale = |row: &Vec<Option<String>>| {
            let [Some(app), Some(worker), Some(in_force), _] = &row[..] else { return true };
            let process = self.processes.get(app).map(ToString::to_string);
            in_force != "t" || worker.split('/').nth(1) != process.as_deref()
        };
        rows.iter().filter(|row| is_stale(row)).map(|row| format!("{row:?}")).collect()
    }
}
