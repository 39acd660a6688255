//! Shows what a user is listening to, as it happens.
//!
//!     LASTFM_API_KEY=… cargo run -p lastfm-core --example live -- RJ

#![allow(clippy::print_stdout)] // What a person reads who started it.

use std::env::args;
use std::error::Error;

use lastfm_core::LiveEvent;
use lastfm_core::methods::user::Playing;

#[path = "support/client.rs"]
mod client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let user = args().nth(1).ok_or("whom? Say a user's name")?.parse()?;
    let mut live = client::from_environment()?.live(user);
    loop {
        match live.next().await? {
            LiveEvent::Started(Playing { track, .. })
            | LiveEvent::Changed { to: Playing { track, .. }, .. } => {
                println!("now    {} – {}", track.artist, track.name);
            }
            LiveEvent::Repeated(Playing { track, .. }) => {
                println!("again  {} – {}", track.artist, track.name);
            }
            LiveEvent::Stopped(_) => println!("quiet"),
            LiveEvent::Scrobbled(play) => {
                let track = play.track();
                println!("played {} – {} ({})", track.artist, track.name, play.played_at());
            }
            _ => {}
        }
    }
}
