//! The program under `strace`, which can let a system call fail, or kill the program at one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::stage::{Stage, end};

/// What SQLite calls to write, and to have written things reach the disk.
pub(crate) const WRITE: &str = "pwrite64";
pub(crate) const REACH_THE_DISK: &str = "fdatasync,fsync";

/// Whether there is an `strace` that may do this; says so loudly if not.
pub(crate) fn is_there() -> bool {
    let trial = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=none", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let is_there = trial.is_ok_and(|status| status.success());
    if !is_there {
        eprintln!("SKIPPED: there is no strace here, or it may not trace (apt install strace)");
    }
    is_there
}

/// The program with these arguments, to whose system calls `calls` something happens: `what` as in
/// `signal=KILL:when=3`. The calls of each name in each thread are counted by themselves.
pub(crate) fn command(stage: &Stage, arguments: &[&str], calls: &str, what: &str) -> Command {
    traced(stage, arguments, calls, Path::new("/dev/null"), Some(what))
}

/// How many of these calls one thread makes in a whole run, at most.
pub(crate) fn count(stage: &Stage, arguments: &[&str], calls: &str) -> u64 {
    let log = stage.path("strace.log");
    end(traced(stage, arguments, calls, &log, None).spawn().unwrap()).ok();
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let mut threads = BTreeMap::<&str, u64>::new();
    for line in text.lines().filter(|line| !line.contains("resumed")) {
        *threads.entry(line.split(' ').next().unwrap_or_default()).or_default() += 1;
    }
    threads.into_values().max().unwrap_or(0)
}

fn traced(
    stage: &Stage,
    arguments: &[&str],
    calls: &str,
    log: &Path,
    what: Option<&str>,
) -> Command {
    let program = stage.command(arguments);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "--seccomp-bpf", "-o"]).arg(log);
    command.arg("-e").arg(format!("trace={calls}"));
    if let Some(what) = what {
        command.arg("-e").arg(format!("inject={calls}:{what}"));
    }
    command.arg("--").arg(program.get_program()).args(program.get_args());
    command.current_dir(stage.folder.path());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
