//! Whose archive it is: an account is a name with a registration time.

use super::progress::SyncError;
use super::reader::{Failure, Reader};
use super::store::ArchivedUser;
use super::walk::Walker;
use crate::Username;

/// Finds the user in the store, or adds it; notices a rename.
pub(super) async fn identify(reader: &mut Reader) -> Result<ArchivedUser, Failure> {
    if let Some(user) = reader.store.user(&reader.name).await? {
        reader.name = user.name.clone();
        return Ok(user);
    }
    let asked = reader.name.clone();
    let profile = reader.profile(&asked).await?;
    let name: Username = profile.name;
    reader.name = name.clone();
    if let Some(registered_at) = profile.registered_at {
        let users = reader.store.users().await?;
        let same_moment = |user: &ArchivedUser| user.registered_at == Some(registered_at);
        for user in users.into_iter().filter(same_moment) {
            // Two accounts can be made in one second: a rename leaves no account behind.
            match reader.profile(&user.name).await {
                Ok(_) => {}
                Err(Failure::Ends(SyncError::UnknownUser { .. })) => {
                    reader.store.rename_user(user.id, &name, Some(registered_at)).await?;
                    return Ok(ArchivedUser { name, ..user });
                }
                Err(failure) => return Err(failure),
            }
        }
    }
    Ok(reader.store.add_user(&name, profile.registered_at).await?)
}

/// Makes sure that the name still belongs to the account whose plays are archived; tells how many
/// plays its profile counts.
pub(super) async fn same_account(walker: &mut Walker, user: &ArchivedUser) -> Result<u64, Failure> {
    let profile = walker.reader.profile(&user.name).await?;
    match (user.registered_at, profile.registered_at) {
        (Some(known), Some(registered_at)) if known != registered_at => {
            let name = user.name.clone();
            Err(Failure::Ends(SyncError::AnotherAccount { name, registered_at }))
        }
        _ => Ok(profile.play_count),
    }
}
