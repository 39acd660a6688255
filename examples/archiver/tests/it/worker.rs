//! `worker` and `jobs`: what is ordered is done, whoever works; what people see of it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::crew::{Crew, on_both};
use crate::musicbrainz::{CONTACT, MusicBrainz};
use crate::stage::{Ended, end, send};

/// Ten users' pages of this size take some seconds, at this rate.
const SLOWLY: [&str; 4] = ["--page-size", "20", "--rate", "40"];

on_both! {
    what_is_ordered_is_done_and_told(1, 1200);
    two_workers_share_twenty_users(20, 150);
    what_is_cancelled_does_not_go_on(1, 4000);
    an_unknown_user_is_given_up_in_words(1, 50);
    a_worker_that_is_told_to_stop_gives_its_job_back_at_once(1, 4000);
    metrics_and_health_answer(1, 300);
    health_says_what_is_wrong(1, 50);
    nobody_waits_in_vain(1, 50);
    what_is_paused_waits(1, 50);
    release_years_are_found_when_they_are_ordered(1, 300);
    what_cannot_be_done_says_what_is_missing(1, 50);
    a_year_is_ordered_beside_everything_else(1, 1200);
}

fn stop(child: Child) -> Ended {
    send(&child, "-TERM");
    let began = Instant::now();
    let ended = end(child).ok();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    ended
}

fn all_are(status: &'static str) -> impl Fn(&[Value]) -> bool {
    move |jobs| !jobs.is_empty() && jobs.iter().all(|job| job["status"] == status)
}

fn what_is_ordered_is_done_and_told(crew: &Crew) {
    crew.run(&["jobs", "order", "sync", "rj"]).ok().says("sync rj: ordered");
    let worker = crew.worker(&[]);
    let watched = crew.run(&["jobs", "watch", "rj"]).ok();
    watched.says("sync rj: finished · 1,200 plays, complete");
    crew.assert_complete("rj");
    crew.run(&["jobs", "order", "audit", "RJ"]).ok();
    crew.run(&["jobs", "watch", "rj"]).ok();
    crew.run(&["jobs"]).ok().says("rj").says("1,200 plays, as Last.fm has them").says("just now");
    let history = crew.run(&["jobs", "history", "rj"]).ok();
    history.says("sync   finished: 1,200 plays, complete");
    let said = stop(worker);
    let lines = |words: &str| said.out.lines().filter(|line| line.contains(words)).count();
    assert_eq!(lines("sync rj: 1,200 plays, complete"), 1, "{}", said.out);
    assert_eq!(lines("audit RJ: "), 1, "{}", said.out);
    said.says("stopped; what is archived is safe");
    crew.stage.assert_no_secret_on_disk();
}

fn two_workers_share_twenty_users(crew: &Crew) {
    let names: Vec<String> = crew.stage.server.lastfm().users().map(str::to_owned).collect();
    let mut order = vec!["jobs", "order", "sync"];
    order.extend(names.iter().map(String::as_str));
    crew.run(&order).ok();
    let workers = [(); 2].map(|()| crew.worker(&[&SLOWLY[..], &["--jobs", "2"]].concat()));
    let jobs = crew.wait_for("all are done", all_are("finished"));
    assert_eq!(jobs.len(), 20);
    let mut at_work: Vec<_> = jobs.iter().map(|job| job["worker"].as_str().unwrap()).collect();
    at_work.sort_unstable();
    at_work.dedup();
    assert_eq!(at_work.len(), 2, "{at_work:?}");
    for worker in workers {
        stop(worker);
    }
    for name in &names {
        crew.assert_complete(name);
    }
    // One more may come late where one was sent in time.
    let busiest = crew.stage.server.lastfm().busiest(Duration::from_secs(1));
    assert!(busiest <= 50, "{busiest} requests a second");
}

fn what_is_cancelled_does_not_go_on(crew: &Crew) {
    crew.run(&["jobs", "order", "sync", "rj"]).ok();
    let worker = crew.worker(&SLOWLY);
    crew.stage.wait_for_requests(10);
    crew.run(&["jobs", "cancel", "sync", "rj"]).ok();
    crew.wait_for("it is cancelled", all_are("cancelled"));
    let requests = crew.stage.requests();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(crew.stage.requests(), requests, "asked although cancelled");
    crew.run(&["jobs", "history", "rj"]).ok().says("cancelled");
    crew.run(&["jobs", "retry", "sync", "rj"]).ok().says("sync rj: ordered again");
    crew.wait_for("it goes on", all_are("finished"));
    crew.assert_complete("rj");
    stop(worker).says("sync rj: cancelled");
}

fn an_unknown_user_is_given_up_in_words(crew: &Crew) {
    crew.run(&["jobs", "order", "sync", "nobody", "rj"]).ok();
    let worker = crew.worker(&[]);
    let words = "Last.fm knows no user nobody";
    crew.run(&["jobs", "watch", "nobody"]).with(5).says(&format!("failed · {words}"));
    crew.wait_for("rj is done", |jobs| {
        jobs.iter().any(|job| job["user"] == "rj" && job["status"] == "finished")
    });
    crew.run(&["jobs", "nobody"]).ok().says(words);
    stop(worker).says(&format!("! sync nobody: {words}"));
}

fn a_worker_that_is_told_to_stop_gives_its_job_back_at_once(crew: &Crew) {
    crew.run(&["jobs", "order", "sync", "rj"]).ok();
    let first = crew.worker(&SLOWLY);
    crew.stage.wait_for_requests(20);
    stop(first);
    let jobs = crew.jobs();
    assert_eq!((&jobs[0]["status"], &jobs[0]["failures"]), (&"waiting".into(), &0.into()));
    assert!(jobs[0]["slice_at"].is_null(), "{jobs:?}");
    let requests = crew.stage.requests();
    let second = crew.worker(&["--page-size", "200"]);
    let began = Instant::now();
    crew.stage.wait_for_requests(requests + 1);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    crew.run(&["jobs", "watch", "rj"]).ok();
    stop(second);
    crew.assert_complete("rj");
    let history = crew.run(&["jobs", "history", "rj"]).ok();
    assert!(!history.out.contains("rescued"), "{}", history.out);
}

/// The address in the first line of a worker, and the rest of what it says.
fn metrics_of(worker: &mut Child) -> (String, BufReader<std::process::ChildStdout>) {
    let mut out = BufReader::new(worker.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    let address = first.trim().rsplit_once("http://").expect(&first).1.to_owned();
    (address, out)
}

fn get(address: &str, path: &str) -> (u16, String) {
    let mut connection = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn metrics_and_health_answer(crew: &Crew) {
    crew.run(&["jobs", "order", "sync", "rj"]).ok();
    let mut worker = crew.worker(&["--metrics", "127.0.0.1:0"]);
    let (address, _out) = metrics_of(&mut worker);
    crew.wait_for("rj is done", all_are("finished"));
    let (status, metrics) = get(&address, "/metrics");
    assert_eq!(status, 200);
    for line in [
        "archiver_jobs{kind=\"sync\",status=\"finished\"} 1",
        "archiver_jobs{kind=\"audit\",status=\"running\"} 0",
        "archiver_plays_total{change=\"added\"} 300",
        "archiver_runs_total{kind=\"sync\",outcome=\"finished\"} 1",
        "archiver_jobs_abandoned 0",
        "archiver_outage 0",
    ] {
        assert!(metrics.lines().any(|said| said == line), "not said: {line}\n{metrics}");
    }
    let requests = metrics.lines().find_map(|line| line.strip_prefix("archiver_requests_total "));
    assert_eq!(requests.unwrap().parse::<usize>().unwrap(), crew.stage.requests());
    assert!(!metrics.contains("rj"), "{metrics}");
    let (status, health) = get(&address, "/health");
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!((status, &health["ok"]), (200, &true.into()), "{health}");
    assert_eq!(get(&address, "/").0, 404);
    send(&worker, "-TERM");
    end(worker).ok();
}

fn health_says_what_is_wrong(crew: &Crew) {
    crew.run(&["jobs", "order", "sync", "rj"]).ok();
    // Only this test knows when it is due.
    crew.sql("UPDATE river_job SET state = 'scheduled', scheduled_at = '2099-01-01 00:00:00.000'");
    let mut worker = crew.command(&["worker", "--no-schedule", "--metrics", "127.0.0.1:0"]);
    // Ten minutes are three seconds.
    let mut worker = worker.env("ARCHIVER_TEST_HURRY", "200").spawn().unwrap();
    let (address, _out) = metrics_of(&mut worker);
    let says = |status: u16, words: &str| {
        let began = Instant::now();
        loop {
            let (found, health) = get(&address, "/health");
            let said: Value = serde_json::from_str(&health).unwrap();
            if found == status && health.contains(words) {
                assert_eq!(said["ok"], status == 200, "{health}");
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{found} {health}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    crew.sql("UPDATE fetch_jobs SET status = 'running', slice_at = ordered_at - 100");
    says(503, "1 job abandoned by a dead worker");
    crew.sql(
        "UPDATE fetch_jobs SET status = 'waiting', slice_at = NULL, updated_at = ordered_at - 100",
    );
    says(503, "jobs are due, and nothing came to anything");
    crew.run(&["jobs", "pause"]).ok();
    says(200, "\"problems\":[]");
    crew.sql("ALTER TABLE fetch_history RENAME TO away");
    says(503, "fetch_history");
    assert_eq!(get(&address, "/metrics").0, 503);
    crew.sql("ALTER TABLE away RENAME TO fetch_history");
    says(200, "\"problems\":[]");
    stop(worker);
}

fn nobody_waits_in_vain(crew: &Crew) {
    let unheard = "no worker is heard of";
    crew.run(&["jobs", "order", "sync", "rj"]).ok().says(unheard);
    crew.run(&["jobs"]).ok().says("in line").says(unheard);
    let worker = crew.worker(&[]);
    crew.run(&["jobs", "watch", "rj"]).ok();
    crew.run(&["jobs", "order", "audit", "user1"]).ok();
    stop(worker);
}

fn what_is_paused_waits(crew: &Crew) {
    crew.run(&["jobs", "order", "sync", "rj"]).ok();
    crew.run(&["jobs", "pause"]).ok().says("paused");
    let worker = crew.worker(&[]);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(crew.stage.requests(), 0);
    crew.run(&["jobs"]).ok().says("paused");
    crew.run(&["jobs", "resume", "sync"]).ok();
    crew.wait_for("rj is done", all_are("finished"));
    stop(worker);
}

fn release_years_are_found_when_they_are_ordered(crew: &Crew) {
    let musicbrainz = MusicBrainz::serve([]);
    crew.run(&["jobs", "order", "sync", "rj"]).ok();
    let mut worker = crew.command(&["worker", "--no-schedule"]);
    worker
        .env("MUSICBRAINZ_URL", musicbrainz.url())
        .env("MUSICBRAINZ_CONTACT", CONTACT)
        .env("MUSICBRAINZ_RATE", "1000");
    let worker = worker.spawn().unwrap();
    crew.run(&["jobs", "watch", "rj"]).ok().says("sync rj: finished · 300 plays, complete");
    crew.run(&["jobs", "order", "enrich", "rj"]).ok().says("enrich rj: ordered");
    let watched = crew.run(&["jobs", "watch", "rj"]).ok();
    watched.says("albums looked up, 0 % of 300 plays have a year");
    assert!(musicbrainz.requests() > 0);
    let years = |jobs: &[Value]| {
        let job = jobs.iter().find(|job| job["kind"] == "enrich").unwrap();
        (job["progress"]["phase"].clone(), job["progress"]["done"] == job["progress"]["total"])
    };
    assert_eq!(years(&crew.jobs()), ("finding release years".into(), true));
    crew.run(&["jobs", "history", "rj"]).ok().says("enrich  finished: ");
    stop(worker).says("enrich rj: ");
}

fn what_cannot_be_done_says_what_is_missing(crew: &Crew) {
    crew.run(&["jobs", "order", "enrich", "rj"]).ok();
    crew.run(&["jobs", "order", "scrobble", "rj"]).ok();
    let worker = crew.worker(&[]);
    let watched = crew.run(&["jobs", "watch", "rj"]).with(5);
    watched.says("set MUSICBRAINZ_CONTACT").says("rj has not logged in");
    stop(worker);
}

fn a_year_is_ordered_beside_everything_else(crew: &Crew) {
    let truth = crew.stage.server.lastfm().truth_of("rj").unwrap();
    let year = terminal::show::day(truth[truth.len() / 2].at);
    let year = year.rsplit_once(' ').unwrap().1.to_owned();
    crew.run(&["jobs", "order", "sync", "rj", "--year", &year]).ok();
    crew.run(&["jobs", "order", "sync", "rj", "--year", &year]).ok().says("is ordered already");
    let named = format!("sync {year} rj: ");
    crew.run(&["jobs", "order", "sync", "rj"]).ok().says("sync rj: ordered");
    crew.run(&["jobs"]).ok().says(&format!("sync {year}"));
    let worker = crew.worker(&[]);
    crew.run(&["jobs", "watch", "rj"]).ok().says(&named).says(&format!(" of {year}, "));
    crew.assert_complete("rj");
    crew.run(&["jobs", "cancel", "sync", "rj", "--year", "1999"]).with(1);
    let retried = crew.run(&["jobs", "retry", "sync", "rj", "--year", &year]).ok();
    retried.says(&format!("{named}ordered again"));
    crew.run(&["jobs", "watch", "rj"]).ok();
    stop(worker).says(&named);
}
