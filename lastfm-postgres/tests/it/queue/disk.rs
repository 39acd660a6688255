//! A server that crashes: what has not reached its disk is gone.
//!
//! `QUEUE_CRASHES=50 cargo test -p lastfm-postgres --test it queue::disk -- --nocapture`

use std::time::Duration;

use lastfm_core::testing::Dice;
use lastfm_core::testing::queue_worker::Kept;
use lastfm_postgres::testing::{PrivateServer, Shutdown};

use super::child::{Role, start};
use super::kills::settled;
use super::{Scratch, rj, setting};

/// The database is set to acknowledge before anything is written, and to write every ten seconds:
/// the queue has to ask for what it needs.
#[tokio::test]
async fn crashes_of_the_server_take_nothing_that_was_acknowledged() {
    let crashes = setting("QUEUE_CRASHES").unwrap_or(3);
    let server = PrivateServer::durable();
    server.sql("ALTER SYSTEM SET wal_writer_delay = '10s'");
    server.sql("ALTER SYSTEM SET synchronous_commit = off");
    server.restart(Shutdown::Fast);
    let scratch = Scratch { database: server.database() };
    let mut dice = Dice::stream(crashes, 0xC4);
    let mut kept = Kept::default();
    for seed in 0..crashes {
        let mut worker = start(Role::Work, scratch.database.url(), seed);
        worker.hear(Duration::from_millis(100 + dice.below(200)));
        server.stop(Shutdown::Immediate);
        let said = worker.kill();
        server.start();
        let queue = settled(scratch.queue().await).await;
        assert_eq!(kept.lost(&queue, &rj(), said).await, 0, "crash {seed}");
    }
    println!("{crashes} crashes: all of {} acknowledged steps are there", kept.step_count());
}
