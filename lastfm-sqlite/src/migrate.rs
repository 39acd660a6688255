//! Brings a file's schema to the newest version, and refuses files that are not ours.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::{OpenError, open_error};

/// Marks a file as an archive of this library: "LFMA".
const APPLICATION_ID: i64 = 0x4C46_4D41;

/// The steps from one schema to the next, each with the version that a file has afterwards.
const MIGRATIONS: [(i64, &str); 5] = [
    (1, include_str!("../migrations/001_init.sql")),
    (2, include_str!("../migrations/002_removing_users.sql")),
    (3, include_str!("../migrations/003_scrobble_queue.sql")),
    (4, include_str!("../migrations/004_loved.sql")),
    (5, include_str!("../migrations/005_albums.sql")),
];

/// The version after the last step.
const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Bytes in a page: objects of a kilobyte leave less of it unused than of the default.
const PAGE_SIZE: i64 = 8_192;

/// Takes all steps that the file has not taken yet, in one transaction.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error| open_error(path, error);
    // Counts only before the first table is made.
    connection.pragma_update(None, "page_size", PAGE_SIZE).map_err(failed)?;
    if version(connection, path)? < NEWEST {
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        // Another program may have been faster.
        let version = version(&transaction, path)?;
        take_steps(&transaction, version).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}

fn take_steps(transaction: &Transaction<'_>, version: i64) -> rusqlite::Result<()> {
    for (_, step) in MIGRATIONS.iter().filter(|(after, _)| *after > version) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", NEWEST)
}

/// The version of the file's schema; 0 if it is empty.
fn version(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    // One statement sees one state of the file: another program may be making it right now.
    let marks = "SELECT (SELECT count(*) FROM sqlite_schema), application_id, user_version
                 FROM pragma_application_id, pragma_user_version";
    let (tables, application_id, version): (i64, i64, i64) = connection
        .query_row(marks, [], |row| row.try_into())
        .map_err(|error| open_error(path, error))?;
    if (tables, application_id, version) == (0, 0, 0) {
        return Ok(0);
    }
    if application_id != APPLICATION_ID {
        let path = path.to_owned();
        return Err(OpenError::ForeignFile { path });
    }
    if version > NEWEST {
        return Err(OpenError::SchemaTooNew {
            path: path.to_owned(),
            found: version,
            supported: NEWEST,
        });
    }
    Ok(version)
}
