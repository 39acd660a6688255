//! Keeps a complete copy of Last.fm listening histories in one place: see README.md.
#![allow(clippy::print_stdout, clippy::print_stderr)] // What a person reads who started it.

mod albums;
mod archive;
mod audit;
#[cfg(feature = "jobs")]
mod board;
mod chart;
mod cli;
mod correct;
mod decades;
mod demo;
mod discover;
mod enrich;
mod export;
mod forget;
mod job;
mod journal;
mod json;
#[cfg(feature = "jobs")]
mod logbook;
mod looking;
mod made_up;
#[cfg(feature = "jobs")]
mod metrics;
mod moving;
mod musicbrainz;
#[cfg(feature = "jobs")]
mod orders;
mod progress;
mod removed;
mod rounds;
mod schedule;
mod service;
mod signing;
mod status;
mod summary;
mod sync;
mod taste;
#[cfg(feature = "jobs")]
mod watching;
#[cfg(feature = "jobs")]
mod worker;
mod years;
mod years_beside;

use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ErrorKind};
use terminal::exit::{Exit, Trouble};
use terminal::output::Mode;
use terminal::program::Program;
use terminal::settings::Environment;
use terminal::{login, logout, show, whoami};

use crate::cli::{Cli, Command};

const PROGRAM: Program = Program {
    name: "archiver",
    version: env!("CARGO_PKG_VERSION"),
    sessions_variable: "ARCHIVER_SESSIONS",
    demo: "sync --demo",
    store: "the archive",
    is_safe: "What is archived is safe",
    after_login: |user| {
        let program = show::program();
        format!("hidden plays of {user} can now be archived: {program} sync {user}")
    },
};

// One thread fetches and reads, another writes (the store's): more would only wait for these.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    PROGRAM.introduce();
    let said = match Cli::try_parse() {
        Ok(said) => said,
        Err(mut answer) => {
            // It would name what has a value of its own as if it had to be said.
            if answer.kind() == ErrorKind::ArgumentConflict {
                answer.remove(ContextKind::Usage);
            }
            // Help and the version are answers too, and no failure.
            let exit = if answer.use_stderr() { Exit::Failed } else { Exit::Complete };
            let _ = answer.print();
            return exit.into();
        }
    };
    let mode = Mode::new(said.common.json, said.common.quiet);
    let exit = run(said, mode).await.unwrap_or_else(|trouble| trouble.tell(mode));
    exit.into()
}

async fn run(said: Cli, mode: Mode) -> Result<Exit, Trouble> {
    let environment = Environment::read()?;
    let db = said.common.db;
    match said.command {
        Command::Sync(said) => sync::run(said, db, mode, &environment).await,
        Command::Audit(said) => audit::run(said, db, mode, &environment).await,
        Command::Years(said) => years::run(said, db, mode, &environment).await,
        Command::Status(said) => status::run(said, db, mode, &environment).await,
        Command::Export(said) => export::run(said, db, &environment).await,
        Command::Removed(said) => removed::run(said, db, mode, &environment).await,
        Command::Enrich(said) => enrich::run(said, db, mode, &environment).await,
        Command::Decades(said) => decades::run(said, db, mode, &environment).await,
        Command::Albums(said) => albums::run(said, db, mode, &environment).await,
        Command::Correct(said) => correct::run(said, db, mode, &environment).await,
        Command::Discover(said) => discover::run(said, db, mode, &environment).await,
        Command::Login(said) => login::run(said.no_browser, mode, &environment).await,
        Command::Whoami(said) => whoami::run(said.user.as_ref(), mode, &environment).await,
        Command::Logout(said) => logout::run(said.user.as_ref(), mode, &environment),
        Command::Forget(said) => forget::run(said, db, mode, &environment).await,
        Command::Move(said) => moving::run(said, db, mode, &environment).await,
        #[cfg(feature = "jobs")]
        Command::Worker(said) => worker::run(said, db, mode, &environment).await,
        #[cfg(feature = "jobs")]
        Command::Jobs(said) => orders::run(said, db, mode, &environment).await,
    }
}
