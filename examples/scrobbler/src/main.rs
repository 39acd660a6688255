//! Scrobbles plays, albums and collections, and keeps what cannot be sent yet: see README.md.
#![allow(clippy::print_stdout, clippy::print_stderr)] // What a person reads who started it.

mod album;
mod ask;
mod changes;
mod cli;
mod collection;
mod context;
mod counts;
mod demo;
mod edit;
mod hearing;
mod import;
mod json;
mod library_file;
mod lines;
mod log_file;
mod loved;
mod order;
mod outcome;
mod play;
mod player;
mod queue;
mod repeats;
mod run;
mod sending;
mod watch;

use std::process::ExitCode;

use terminal::exit::{Exit, Trouble};
use terminal::output::Mode;
use terminal::program::{self, Program};
use terminal::settings::Environment;
use terminal::{login, logout, show, whoami};

use crate::cli::{Cli, Command, Queue};

const PROGRAM: Program = Program {
    name: "scrobbler",
    version: env!("CARGO_PKG_VERSION"),
    sessions_variable: "SCROBBLER_SESSIONS",
    demo: "--demo play Low Words --at \"5min ago\"",
    store: "the queue",
    is_safe: "What is in the queue is safe",
    after_login: |user| format!("to send what {user} has in the queue: {} run", show::program()),
};

// One thread asks Last.fm, others write and read the file: more would only wait for these.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    PROGRAM.introduce();
    let said: Cli = match program::said() {
        Ok(said) => said,
        Err(exit) => return exit.into(),
    };
    let mode = Mode::new(said.common.json, said.common.quiet);
    let exit = run(said, mode).await.unwrap_or_else(|trouble| in_the_end(trouble).tell(mode));
    exit.into()
}

/// "Not now" promises that what was said is safe in the queue. What ended in trouble is not.
fn in_the_end(trouble: Trouble) -> Trouble {
    match trouble.exit {
        Exit::NotNow => Trouble { exit: Exit::Failed, ..trouble },
        _ => trouble,
    }
}

async fn run(said: Cli, mode: Mode) -> Result<Exit, Trouble> {
    let environment = Environment::read()?;
    let common = said.common;
    match said.command {
        Command::Play(said) => play::run(said, common, mode, &environment).await,
        Command::Album(said) => album::run(said, common, mode, &environment).await,
        Command::Collection(said) => collection::run(said, common, mode, &environment).await,
        Command::Import(said) => import::run(said, common, mode, &environment).await,
        Command::Watch(said) => watch::run(said, common, mode, &environment).await,
        Command::Run => run::forever(common, mode, &environment).await,
        Command::Queue(Queue::Send(said)) => run::once(said, common, mode, &environment).await,
        Command::Queue(said) => queue::run(said, common, mode, &environment).await,
        Command::Loved(said) => loved::run(said, common, mode, &environment).await,
        Command::Counts(said) => counts::run(said, common, mode, &environment).await,
        Command::Login(said) => login::run(said.no_browser, mode, &environment).await,
        Command::Whoami(said) => whoami::run(said.whose.as_ref(), mode, &environment).await,
        Command::Logout(said) => logout::run(said.whose.as_ref(), mode, &environment),
    }
}
