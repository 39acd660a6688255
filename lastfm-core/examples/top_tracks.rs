//! Shows what a user has played most in the last year.
//!
//!     LASTFM_API_KEY=… cargo run -p lastfm-core --example top_tracks -- RJ

#![allow(clippy::print_stdout)] // What a person reads who started it.

use std::env::args;
use std::error::Error;

use lastfm_core::Period;
use lastfm_core::methods::user::GetTopTracks;

#[path = "support/client.rs"]
mod client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let user = args().nth(1).ok_or("whose tracks? Say a user's name")?.parse()?;
    let client = client::from_environment()?;

    let top = GetTopTracks::new(user).period(Period::Year).limit(20);
    for track in client.call(&top).await?.items {
        let plays = track.play_count.unwrap_or(0);
        println!("{plays:>6}  {} – {}", track.artist.name, track.name);
    }
    Ok(())
}
