//! Starts processes and hears what they say.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::Trouble;
use crate::measure;

/// The service, in a process that ends with this value.
#[derive(Debug)]
pub(crate) struct Service {
    process: Child,
    pub(crate) url: String,
}

impl Service {
    pub(crate) fn start(plays: usize) -> Result<Self, Trouble> {
        let mut command = ourselves("service")?;
        command.arg("--plays").arg(plays.to_string());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        let says = process.stdout.take().ok_or("the service has no output")?;
        BufReader::new(says).read_line(&mut url)?;
        let url = url.trim().to_owned();
        if url.is_empty() {
            return Err("the service did not start".into());
        }
        Ok(Self { process, url })
    }

    /// What it has worked so far.
    pub(crate) fn worked(&self) -> Duration {
        measure::worked_by(self.process.id()).unwrap_or_default()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// This program in another role.
pub(crate) fn ourselves(role: &str) -> Result<Command, Trouble> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["child", role]);
    Ok(command)
}

/// This program, at work on a file.
pub(crate) fn engine(
    role: &str,
    service: &Service,
    db: &Path,
    page_size: u32,
) -> Result<Command, Trouble> {
    let mut command = ourselves(role)?;
    command.args(["--url", &service.url, "--page-size", &page_size.to_string()]);
    command.arg("--db").arg(db);
    Ok(command)
}

/// Runs a program to its end; gives its last line.
pub(crate) fn hear<T: DeserializeOwned>(mut command: Command) -> Result<T, Trouble> {
    // Nothing between them and the service.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    let said = command.stderr(Stdio::inherit()).output()?;
    if !said.status.success() {
        return Err(format!("{command:?} failed: {}", said.status).into());
    }
    let said = String::from_utf8(said.stdout)?;
    Ok(serde_json::from_str(said.lines().last().unwrap_or_default())?)
}
