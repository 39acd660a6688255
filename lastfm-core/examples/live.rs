//! Shows what a user is listening to, as it happens.
//!
//!     LASTFM_API_KEY=… cargo run -p lastfm-core --example live -- RJ

#![allow(clippy::print_stdout)] // What a person reads who started it.

use std::env::{args, var};
use std::error::Error;

use lastfm_core::{ApiKey, Client, Credentials, LiveEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let user = args().nth(1).ok_or("whom? Say a user's name")?.parse()?;
    let credentials = Credentials::read_only(ApiKey::new(var("LASTFM_API_KEY")?)?);
    let mut live = Client::new(credentials)?.live(user);
    loop {
        match live.next().await? {
            LiveEvent::Started(track) | LiveEvent::Changed { to: track, .. } => {
                println!("now    {} – {}", track.artist, track.name);
            }
            LiveEvent::Repeated(track) => println!("again  {} – {}", track.artist, track.name),
            LiveEvent::Stopped(_) => println!("quiet"),
            LiveEvent::Scrobbled(play) => {
                let track = play.track();
                println!("played {} – {} ({})", track.artist, track.name, play.played_at());
            }
            _ => {}
        }
    }
}
