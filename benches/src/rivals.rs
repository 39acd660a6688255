//! Gets the rivals ready: what they need is fetched when they are asked for, into the target
//! folder, so that neither the workspace nor its tests depend on them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Trouble;

/// The plain Python loop.
#[derive(Debug)]
pub(crate) struct Python {
    pub(crate) program: PathBuf,
    pub(crate) script: PathBuf,
    /// Versions, for the reader of the table.
    pub(crate) version: String,
}

impl Python {
    /// Python with `requests`, in an environment of its own.
    pub(crate) fn get_ready(folder: &Path) -> Result<Self, Trouble> {
        let environment = folder.join("venv");
        let python = environment.join("bin/python");
        if version(&python).is_err() {
            run(Command::new("python3").arg("-m").arg("venv").arg(&environment))?;
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "requests"]))?;
        }
        let script = sources().join("ingest.py");
        Ok(Self { version: version(&python)?, program: python, script })
    }
}

fn version(python: &Path) -> Result<String, Trouble> {
    const ASK: &str = "import platform, requests, sqlite3; print('Python', \
        platform.python_version(), '+ requests', requests.__version__, \
        '+ SQLite', sqlite3.sqlite_version)";
    run(Command::new(python).args(["-c", ASK]))
}

/// The plain loop over a table of plays to be sent, and which Python runs it. It needs nothing else.
pub(crate) fn queue_loop() -> Result<(PathBuf, String), Trouble> {
    const ASK: &str = "import platform, sqlite3; \
        print('Python', platform.python_version(), '+ SQLite', sqlite3.sqlite_version)";
    Ok((sources().join("queue.py"), run(Command::new("python3").args(["-c", ASK]))?))
}

/// The program that reads with the published crate `lastfm`.
pub(crate) fn lastfm_reader(folder: &Path) -> Result<PathBuf, Trouble> {
    Ok(built(folder, "lastfm")?.join("lastfm-reader"))
}

/// The program that decodes with published crates.
pub(crate) fn decoders(folder: &Path) -> Result<PathBuf, Trouble> {
    Ok(built(folder, "decode")?.join("decode-rivals"))
}

/// Builds the rival of this name; gives the folder in which its program is.
fn built(folder: &Path, name: &str) -> Result<PathBuf, Trouble> {
    let target = folder.join(name);
    let manifest = sources().join(name).join("Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--release", "--locked", "--manifest-path"]).arg(manifest);
    run(build.arg("--target-dir").arg(&target))?;
    Ok(target.join("release"))
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rivals")
}

/// Runs a command; gives what it prints, or why it failed.
fn run(command: &mut Command) -> Result<String, Trouble> {
    let done = command.output()?;
    if !done.status.success() {
        let words = String::from_utf8_lossy(&done.stderr);
        return Err(words.lines().last().unwrap_or("it failed without a word").into());
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}
