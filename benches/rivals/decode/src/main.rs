//! Decodes one page again and again as a published crate does, with that crate's own types.
//!
//! `decode-rivals CRATE FILE TIMES` prints as its last line what it cost, as JSON.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use lastfm::recent_tracks_page::RecentTracksResponse;
use lastfm::track::Track;
use lastfm_client::types::UserRecentTracks;
use lastfm_rust::APIResponse;
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().ok_or("CRATE FILE TIMES");
    let read = match argument()?.as_str() {
        "lastfm" => by_lastfm,
        "lastfm-client" => by_lastfm_client,
        "lastfm-rust" => by_lastfm_rust,
        other => return Err(format!("no such crate: {other}").into()),
    };
    let body = std::fs::read(argument()?)?;
    let times: u32 = argument()?.parse()?;
    let (started, worked_before) = (Instant::now(), worked()?);
    let (mut plays, mut letters) = (0, 0);
    for _ in 0..times {
        let (read, names) = read(black_box(&body))?;
        plays += read;
        letters += names;
    }
    let seconds = started.elapsed().as_secs_f64();
    let cpu_seconds = worked()? - worked_before;
    let peak_kib = peak_kib()?;
    println!(
        r#"{{"plays":{plays},"kept":{letters},"seconds":{seconds},"cpu_seconds":{cpu_seconds},"peak_kib":{peak_kib}}}"#
    );
    Ok(())
}

/// Plays with a date, and the bytes of their names.
type Read = Result<(usize, usize), Box<dyn Error>>;

/// As its `client.rs`: `response.json()`, which is this.
fn by_lastfm(body: &[u8]) -> Read {
    let RecentTracksResponse::RecentTracksPage(page) = serde_json::from_slice(body)? else {
        return Err("an error".into());
    };
    let dated = page.tracks.iter().filter_map(|track| match track {
        Track::Recorded(track) => Some(track.name.len()),
        Track::NowPlaying(_) => None,
    });
    Ok(dated.fold((0, 0), |(plays, letters), name| (plays + 1, letters + name)))
}

/// As its `client/http.rs` and `api/fetch_utils.rs`: text, a tree, the error looked for, the types.
fn by_lastfm_client(body: &[u8]) -> Read {
    let text = String::from_utf8(body.to_vec())?;
    let tree: Value = serde_json::from_str(&text)?;
    if tree.get("error").is_some() {
        return Err("an error".into());
    }
    let page: UserRecentTracks = serde_json::from_value(tree)?;
    let dated = page.recenttracks.track.iter().filter(|track| track.date.is_some());
    let names = dated.map(|track| track.name.as_ref().map_or(0, String::len));
    Ok(names.fold((0, 0), |(plays, letters), name| (plays + 1, letters + name)))
}

/// As its `lastfm.rs`: `response.json()`, the error looked for, and a tree out of the tree: it has
/// no types for this method.
fn by_lastfm_rust(body: &[u8]) -> Read {
    let tree: Value = serde_json::from_slice(body)?;
    if tree.get("error").is_some() {
        return Err("an error".into());
    }
    let answer: APIResponse<Value> = APIResponse::Success(serde_json::from_value(tree)?);
    let APIResponse::Success(tree) = answer else { return Err("an error".into()) };
    let tracks = tree["recenttracks"]["track"].as_array().ok_or("no plays")?;
    let dated = tracks.iter().filter(|track| track["date"]["uts"].is_string());
    let names = dated.map(|track| track["name"].as_str().map_or(0, str::len));
    Ok(names.fold((0, 0), |(plays, letters), name| (plays + 1, letters + name)))
}

fn worked() -> Result<f64, Box<dyn Error>> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let times = [usage.user_time(), usage.system_time()];
    Ok(times.iter().map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6).sum())
}

fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    Ok(peak.ok_or("no peak")?.trim().parse()?)
}
