//! What an archive is read from: that it is there, and who is in it.

use lastfm_core::Username;
use lastfm_core::archive::ArchivedUser;
use terminal::database::{Database, Place};
use terminal::exit::{Exit, Trouble};
use terminal::show;

/// Opens the archive in this place, which must be there: reading makes no files.
pub(crate) async fn open_existing(place: Place) -> Result<Database, Trouble> {
    must_exist(&place, "sync USER")?;
    Database::open(place).await
}

/// Says how to make the archive in this place, if there is none.
pub(crate) fn must_exist(place: &Place, command: &str) -> Result<(), Trouble> {
    if place.exists() {
        return Ok(());
    }
    let what = format!("there is no archive in {place}");
    let program = show::program();
    Err(Trouble::new(Exit::Failed, "no_archive", what)
        .advice(format!("To make one: {program} {command}. Another place: --db FILE|postgres://…")))
}

/// The archive of one user, who must be there.
pub(crate) async fn user(db: &Database, name: &Username) -> Result<ArchivedUser, Trouble> {
    match db.store.user(name).await? {
        Some(user) => Ok(user),
        None => Err(Trouble::new(
            Exit::NeedsPerson,
            "not_archived",
            format!("nothing of {name} is archived in this {}", db.place.kind()),
        )
        .about(name)
        .advice(format!("To archive it: {} sync {name}", show::program()))),
    }
}
