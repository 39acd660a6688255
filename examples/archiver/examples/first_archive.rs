//! The example of the repository's README.
#![allow(clippy::print_stdout)]

use std::sync::Arc;

use lastfm_core::archive::{Archiver, WorkerId};
use lastfm_core::{ApiKey, Client, Credentials};
use lastfm_sqlite::SqliteStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = ApiKey::new(std::env::var("LASTFM_API_KEY")?)?;
    let client = Client::new(Credentials::read_only(key))?;
    let store = Arc::new(SqliteStore::open("scrobbles.db").await?);
    let archiver = Archiver::new(client, store, WorkerId("my-app".to_owned()));
    let report = archiver.sync("rj".parse()?).finish().await?;
    println!("{} plays, {} of them new", report.held, report.replaced.added);
    Ok(())
}
