//! `import`: scrobbles what a portable player wrote into its .scrobbler.log.

use std::path::Path;

use lastfm_core::scrobble::Submission;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::show;

use crate::cli::{self, Common};
use crate::context::SendContext;
use crate::log_file::{self, NoLog};
use crate::order::Order;

pub(crate) async fn run(
    said: cli::Import,
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let log = log_file::read(&read(&said.file)?, common.zone.as_ref()).map_err(|error| {
        let what = format!("{} cannot be imported: {error}", said.file.display());
        let trouble = Trouble::new(Exit::Failed, "bad_log", what);
        let file = said.file.display();
        match error {
            NoLog::NoZone => trouble
                .advice("Nothing was queued. If the player showed the time of your home:")
                .advice(format!("{} import {file} --zone Europe/Berlin", show::program())),
            NoLog::Foreign | NoLog::OtherText => trouble.advice("Nothing was queued."),
        }
    })?;
    let context = SendContext::open(common, mode, environment).await?;
    if mode.is_for_people() {
        let heard = show::count(log.plays.len() as u64, "play");
        let mut words = format!("{}: {heard}", said.file.display());
        for (many, what) in [
            (log.skipped, "skipped"),
            (log.undated, "without a time (the player has no clock)"),
            (log.damaged.len(), "unreadable lines"),
        ] {
            if many > 0 {
                words = format!("{words} · {many} {what}");
            }
        }
        output::line(&words);
    }
    let plays = log.plays.into_iter().map(Submission::new);
    let order = Order::new(said.file.display().to_string(), None, plays);
    order.place(&context, &said.queueing).await
}

/// All of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path).map_err(|error| {
        let what = format!("{} cannot be read: {error}", path.display());
        Trouble::new(Exit::Failed, "cannot_read", what).advice("Nothing was changed.")
    })
}
