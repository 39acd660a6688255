//! Logs in through a browser, and shows whose session it is.
//!
//!     LASTFM_API_KEY=… LASTFM_API_SECRET=… cargo run -p lastfm-core --example login

#![allow(clippy::print_stdout)] // What a person reads who started it.

use std::error::Error;

use lastfm_core::auth_flow::DesktopLogin;
use lastfm_core::methods::user::GetInfo;

#[path = "support/client.rs"]
mod client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = client::from_environment()?;

    let mut login = DesktopLogin::begin(client.clone()).await?;
    println!("Please allow this app, then come back:\n{}", login.url());
    let session = login.wait().await?;

    // The key is what an app keeps, where only its user can read it: it does not expire.
    let client = client.with_session(session.key);
    let user = client.call(&GetInfo::session()).await?;
    println!("Welcome, {}: {} plays so far.", user.name, user.play_count);
    Ok(())
}
