//! Why a run could not go on, in words for a person: what happened, what it means for the plays,
//! what to do.

use lastfm_core::Username;
use lastfm_core::archive::SyncError;
use terminal::exit::{Exit, Trouble};
use terminal::file::chain;
use terminal::show;
use terminal::trouble::{InName, of_call};

/// `held` counts the plays that are in the archive after the run; `is_set` says whether it read
/// with the session in the environment.
pub(crate) fn of_run(error: SyncError, asked: &Username, held: u64, is_set: bool) -> Trouble {
    let safe = match held {
        0 => "Nothing was changed.".to_owned(),
        held => format!("{} safe.", are(held)),
    };
    let exit = if error.needs_a_person() { Exit::NeedsPerson } else { Exit::NotNow };
    let trouble = |code, what: String| Trouble::new(exit, code, what).about(asked);
    match error {
        SyncError::AnotherAccount { name, registered_at, .. } => {
            let made = show::day(registered_at);
            trouble(
                "another_account",
                format!("the name {name} belongs to another account now, made on {made}"),
            )
            .advice(format!("{safe} Nothing was changed, so that two listeners are not mixed."))
            .advice("To archive the new account, use another file: --db FILE")
        }
        SyncError::Hidden { user, source, .. } => {
            trouble("hidden", format!("{user} hides the listening history (error 17)"))
                .advice(safe)
                .advice(source.advice().unwrap_or_default())
                .advice(format!("To log in as {user}: {} login", show::program()))
        }
        SyncError::NotNow { reason, .. } => {
            trouble("not_now", format!("gave up for now: {}", show::complaint(&reason)))
                .advice(format!("{safe} The same command goes on from there."))
        }
        SyncError::Refused { source, .. } => {
            let safe = match held {
                0 => safe,
                held => format!("{} safe; nothing was changed by this.", are(held)),
            };
            let name = if is_set { InName::Set } else { InName::Kept(asked) };
            of_call(source, &safe, name).about(asked)
        }
        SyncError::Store { source, .. } => Trouble::from(source).about(asked),
        SyncError::UnknownUser { user, source, .. } => {
            trouble("unknown_user", format!("Last.fm knows no user {user}"))
                .advice(safe)
                .advice(source.advice().unwrap_or_default())
        }
        other => Trouble::new(Exit::Failed, "failed", chain(&other)).about(asked).advice(safe),
    }
}

/// `112,000 plays are`
fn are(held: u64) -> String {
    let verb = if held == 1 { "is" } else { "are" };
    format!("{} {verb}", show::count(held, "play"))
}
