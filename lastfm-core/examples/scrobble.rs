//! Logs in through a browser, and scrobbles a track that has just been played.
//!
//!     LASTFM_API_KEY=… LASTFM_API_SECRET=… cargo run -p lastfm-core --example scrobble -- Low Words

#![allow(clippy::print_stdout)] // What a person reads who started it.

use std::env::args;
use std::error::Error;

use lastfm_core::auth_flow::DesktopLogin;
use lastfm_core::methods::track::Scrobble;
use lastfm_core::{NewPlay, PlayerTrack};

#[path = "support/client.rs"]
mod client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let said = "what? Say an artist and a track";
    let (artist, track) = args().nth(1).zip(args().nth(2)).ok_or(said)?;
    let client = client::from_environment()?;

    let mut login = DesktopLogin::begin(client.clone()).await?;
    println!("Please allow this app, then come back:\n{}", login.url());
    let client = client.with_session(login.wait().await?.key);

    // A play is told with the time at which it began.
    let began = client.clock().wall().plus(-240);
    let play = NewPlay::new(PlayerTrack::new(artist, track), began);
    for play in client.call(&Scrobble::new([play])).await?.plays {
        match play.ignored {
            None => println!("Last.fm has taken it."),
            Some(ignored) => println!("Last.fm has not taken it: {}.", ignored.reason),
        }
    }
    Ok(())
}
