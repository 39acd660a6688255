//! Writes how often a user has played each track, as CSV: what a music library wants to know.
//!
//!     LASTFM_API_KEY=… cargo run -p lastfm-core --example play_counts -- RJ > plays.csv
//!
//! The service counts by the name that a track has today. A complete history, with every play
//! under the name that it was scrobbled with, is what the archive is for.

#![allow(clippy::print_stdout, clippy::print_stderr)] // What a person reads who started it.

use std::env::args;
use std::error::Error;

use lastfm_core::methods::user::GetTopTracks;

#[path = "support/client.rs"]
mod client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let user = args().nth(1).ok_or("whose? Say a user's name")?.parse()?;
    let mut pages = client::from_environment()?.pages(GetTopTracks::new(user).limit(1000));

    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    println!("plays,artist,track,mbid");
    while let Some(page) = pages.next_page().await? {
        for track in page.items {
            let mbid = track.mbid.as_ref().map_or("", |mbid| mbid.as_str());
            let plays = track.play_count.unwrap_or(0);
            println!("{plays},{},{},{mbid}", quoted(&track.artist.name), quoted(&track.name));
        }
        eprintln!("{} of {}", pages.seen(), pages.total().unwrap_or(pages.seen()));
    }
    Ok(())
}
