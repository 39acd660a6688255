//! What a program costs: time, processor, memory. Each measured program tells it of itself.

use std::time::{Duration, Instant};

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

use crate::Trouble;

/// What a measured program prints as its last line, as JSON. The rivals print the same.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Plays that it read.
    pub(crate) plays: u64,
    /// Plays that it kept, of those that were new to it.
    #[serde(default)]
    pub(crate) kept: u64,
    /// From before the first request until everything is written and the file is closed.
    pub(crate) seconds: f64,
    /// The processor's work within that time, of all threads, the system's part included.
    pub(crate) cpu_seconds: f64,
    /// The most memory that the process ever had, in KiB.
    pub(crate) peak_kib: u64,
}

/// What a process has spent from now on.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    started: Instant,
    worked: Duration,
}

impl Stopwatch {
    pub(crate) fn start() -> Result<Self, Trouble> {
        Ok(Self { worked: worked()?, started: Instant::now() })
    }

    /// The outcome of what was done since the start.
    pub(crate) fn stop(self, plays: u64, kept: u64) -> Result<Outcome, Trouble> {
        let seconds = self.started.elapsed().as_secs_f64();
        let cpu_seconds = worked()?.saturating_sub(self.worked).as_secs_f64();
        Ok(Outcome { plays, kept, seconds, cpu_seconds, peak_kib: peak_kib()? })
    }
}

/// What all threads of this process have worked so far.
fn worked() -> Result<Duration, Trouble> {
    let usage: Usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok(duration(usage.user_time())? + duration(usage.system_time())?)
}

fn duration(time: TimeVal) -> Result<Duration, Trouble> {
    let micros = u64::try_from(time.tv_usec())?;
    Ok(Duration::from_secs(u64::try_from(time.tv_sec())?) + Duration::from_micros(micros))
}

/// The peak of this program alone: what `getrusage` says can be that of the one that started it.
fn peak_kib() -> Result<u64, Trouble> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    Ok(peak.ok_or("the system does not tell the peak of memory")?.trim().parse()?)
}

/// What the first thread of another process has worked so far.
pub(crate) fn worked_by(process: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}
