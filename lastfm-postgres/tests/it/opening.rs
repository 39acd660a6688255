//! Opening a database.

use std::thread;

use lastfm_postgres::testing::PrivateServer;
use lastfm_postgres::{OpenError, PostgresStore};
use tokio::runtime::Builder;

#[test]
fn programs_that_open_a_new_database_at_once_all_open_it() {
    for _ in 0..5 {
        let database = PrivateServer::shared().database();
        let open = || -> Result<(), OpenError> {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(PostgresStore::open(database.url())).map(drop)
        };
        let opened = thread::scope(|scope| {
            let programs: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            programs.into_iter().map(|program| program.join().unwrap()).collect::<Vec<_>>()
        });
        for opened in opened {
            opened.unwrap();
        }
    }
}

#[test]
fn the_size_is_that_of_all_tables() {
    let database = PrivateServer::shared().database();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let size = runtime.block_on(async {
        let store = PostgresStore::open(database.url()).await.unwrap();
        store.size().await.unwrap()
    });
    // The one row with the schema's number is nobody's archive.
    let tables = database.sql(
        "SELECT sum(pg_total_relation_size(oid)) FROM pg_class
         WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
             AND relname <> 'lastfm_schema'",
    );
    assert_eq!(tables, [[Some(size.to_string())]]);
    assert!(size > 0);
}
