//! `forget`: removes a user and everything that is kept about them, once a person has said so.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use lastfm_core::Username;
use lastfm_core::archive::{ArchiveStore, ArchivedUser, Claim, Span, WorkerId};
use terminal::database::{Database, Place};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::{process, show};

use crate::json::{self, Line};
use crate::{archive, cli};

/// How long the place is kept if this program dies.
const LEASE: Duration = Duration::from_secs(60);

/// Forgets the user.
pub(crate) async fn run(
    said: cli::Forget,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let db = archive::open_existing(environment.db(db)).await?;
    let user = archive::user(&db, &said.user).await?;
    forget(&db, &user, &process::this(), said.yes, mode).await
}

async fn forget(
    db: &Database,
    user: &ArchivedUser,
    me: &WorkerId,
    yes: bool,
    mode: Mode,
) -> Result<Exit, Trouble> {
    let Database { place, store, .. } = db;
    let held = store.count(user.id, Span::EVER).await?.plays;
    let removed = store.removed_count(user.id).await?;
    let mut what = show::count(held, "play");
    if let Some((first, last)) = store.bounds(user.id).await? {
        what = format!("{what} ({} – {})", show::day(first), show::day(last));
    }
    let what = format!("{what} and {} that Last.fm no longer has", show::number(removed));
    if !yes {
        confirm(user, &what, place, mode)?;
    }
    take(&**store, user, me).await?;
    store.remove_user(user.id).await?;
    match mode {
        Mode::Json => json::print(&Line::Forgotten {
            user: user.name.as_str(),
            held,
            removed,
            db: &place.to_string(),
            exit_code: Exit::Complete.code(),
        }),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log => {
            output::line(&format!("✓ {}: forgotten · {what}", user.name));
            if let Place::File(path) = place {
                output::line(&format!(
                    "  The file keeps its size and fills the room again. To get it back: sqlite3 {} VACUUM",
                    path.display()
                ));
            }
        }
    }
    Ok(Exit::Complete)
}

/// Takes the work on the user, unless another process has it.
async fn take(store: &dyn ArchiveStore, user: &ArchivedUser, me: &WorkerId) -> Result<(), Trouble> {
    let mut claim = store.claim(user.id, me, LEASE).await?;
    if let Claim::Taken { by, .. } = &claim
        && process::is_dead(by)
    {
        store.release(user.id, by).await?;
        claim = store.claim(user.id, me, LEASE).await?;
    }
    match claim {
        Claim::Yours => Ok(()),
        Claim::Taken { by, .. } => {
            let what = format!("{} is at work on {}", process::in_words(&by), user.name);
            let trouble = Trouble::new(Exit::NotNow, "not_now", what).about(&user.name);
            Err(trouble.advice("Nothing was forgotten. Stop it, or wait until it is done."))
        }
    }
}

/// Lets a person type the name.
fn confirm(user: &ArchivedUser, what: &str, place: &Place, mode: Mode) -> Result<(), Trouble> {
    let unsaid =
        |why: &str| Trouble::new(Exit::NeedsPerson, "not_confirmed", why).about(&user.name);
    if mode == Mode::Json || !io::stdin().is_terminal() {
        let why = format!("{} was not forgotten: nobody can be asked here", user.name);
        return Err(unsaid(&why).advice(format!("It would remove {what} from {place}.")).advice(
            format!(
                "If that is meant: {} forget {} --yes{}",
                show::program(),
                user.name,
                place.option()
            ),
        ));
    }
    output::note(&format!("This removes {what} from {place}. It cannot be undone."));
    let mut typed = String::new();
    let asked = write!(io::stderr(), "Type the user's name to forget it: ");
    let read = asked.and_then(|()| io::stdin().read_line(&mut typed));
    let named =
        read.is_ok() && typed.trim().parse::<Username>().is_ok_and(|name| name == user.name);
    if named { Ok(()) } else { Err(unsaid("that is not the name: nothing was forgotten")) }
}
