//! Opens what the settings name, and serves it until it is told to stop.
#![allow(clippy::print_stdout, clippy::print_stderr)] // What a person reads who started it.

mod demo;
mod open;

use std::process::ExitCode;

use server::{Command, Dependencies, Server, Settings, logging};
use terminal::exit::{Exit, Trouble};
use terminal::output::Mode;
use terminal::program::{self, Program};
use terminal::signals::Stop;

use crate::demo::Demo;
use crate::open::Opened;

const PROGRAM: Program = Program {
    name: "server",
    version: env!("CARGO_PKG_VERSION"),
    sessions_variable: "SERVER_SESSIONS",
    demo: "--demo",
    store: "the archive",
    is_safe: "What is archived is safe",
    after_login: |user| format!("{user} is logged in"),
};

#[tokio::main]
async fn main() -> ExitCode {
    PROGRAM.introduce();
    let settings: Settings = match program::said() {
        Ok(settings) => settings,
        Err(exit) => return exit.into(),
    };
    logging::begin(settings.log_format);
    let exit = run(settings).await.unwrap_or_else(|trouble| trouble.tell(Mode::Log));
    exit.into()
}

async fn run(settings: Settings) -> Result<Exit, Trouble> {
    let mut stop = Stop::new();
    stop.listen(|| {}, Exit::Complete);
    let Opened { dependencies, demo } = open::open(&settings, &stop).await?;
    if matches!(settings.command, Some(Command::Worker)) {
        return works(dependencies, &stop).await;
    }
    let shown = dependencies.public_url.clone();
    let mut server = Server::start(settings.listen, dependencies).await.map_err(|error| {
        let what = format!("nothing can be answered at {}: {error}", settings.listen);
        Trouble::new(Exit::Failed, "bad_setting", what)
            .advice("Another address: --listen 127.0.0.1:8081")
    })?;
    println!("listening on http://{}", server.address());
    if shown.port_or_known_default() != Some(server.address().port()) {
        println!("known to browsers as {shown}");
    }
    if demo.is_some() {
        println!("made-up listeners: {}", Demo::names().join(", "));
    }
    let failed = tokio::select! {
        () = stop.asked() => None,
        failed = server.failed() => Some(failed),
    };
    server.stop().await;
    match failed {
        Some(Err(error)) => Err(jobs_failed(&error)),
        Some(Ok(())) => Err(Trouble::new(Exit::Failed, "jobs_failed", "the worker has ended")
            .advice("What is archived is safe.")),
        None => Ok(Exit::Complete),
    }
}

/// Works on jobs, and answers nobody.
async fn works(dependencies: Dependencies, stop: &Stop) -> Result<Exit, Trouble> {
    let Some(work) = dependencies.work else {
        return Err(Trouble::new(Exit::Failed, "bad_setting", "a worker cannot be no worker"));
    };
    println!("works on the jobs of {}", dependencies.db.place);
    let worker = jobs::Worker::new(dependencies.jobs, work);
    worker.run(stop.asked()).await.map_err(|error| jobs_failed(&error))?;
    Ok(Exit::Complete)
}

fn jobs_failed(error: &jobs::Error) -> Trouble {
    Trouble::new(Exit::Failed, "jobs_failed", error.to_string()).advice("What is archived is safe.")
}
