//! A user who is removed while somebody begins to work on them.

use std::time::Duration;

use lastfm_core::archive::{ArchiveStore as _, StoreErrorKind, WorkerId};
use tokio_postgres::NoTls;

use crate::support::{Scratch, user};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_claims_a_user_who_is_being_removed_hears_that_there_is_none() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    let (other, connection) = tokio_postgres::connect(scratch.database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    other.batch_execute("BEGIN; DELETE FROM listener").await.unwrap();
    let claim = tokio::spawn(async move {
        let worker = WorkerId("worker".to_owned());
        store.claim(user, &worker, Duration::from_secs(50)).await
    });
    let waiting = "SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while scratch.column(waiting).is_empty() {
        assert!(!claim.is_finished(), "nothing was waited for");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(claim.await.unwrap().unwrap_err().kind, StoreErrorKind::UnknownUser);
}
