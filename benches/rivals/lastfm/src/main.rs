//! Reads a whole history with the published crate `lastfm`, and keeps nothing.
//!
//! Prints as its last line what it cost, as JSON.

use std::error::Error;
use std::pin::pin;
use std::time::Instant;

use futures_util::StreamExt as _;
use lastfm::Client;
use nix::sys::resource::{UsageWho, getrusage};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("which service?")?.parse()?;
    let (started, worked_before) = (Instant::now(), worked()?);
    let client = Client::builder().api_key("bench").username("rj").base_url(url).build();
    let mut tracks = pin!(client.all_tracks().await?.into_stream());
    let mut plays = 0_u64;
    while let Some(track) = tracks.next().await {
        track?;
        plays += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    let cpu_seconds = worked()? - worked_before;
    let peak_kib = peak_kib()?;
    println!(
        r#"{{"plays":{plays},"seconds":{seconds},"cpu_seconds":{cpu_seconds},"peak_kib":{peak_kib}}}"#
    );
    Ok(())
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
