//! Shows what a user has played most in the last year.
//!
//!     LASTFM_API_KEY=… cargo run -p lastfm-core --example top_tracks -- RJ
//!
//! `LASTFM_SERVICE` can name another service, such as `http://127.0.0.1:8080/2.0/`, which is where
//! `cargo run -p fake-lastfm` answers.

#![allow(clippy::print_stdout, clippy::print_stderr)] // What a person reads who started it.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, iter};

use lastfm_core::methods::user::GetTopTracks;
use lastfm_core::transport::ReqwestTransport;
use lastfm_core::{ApiKey, Client, Credentials, Period, TokioClock};
use url::Url;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match show().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            for cause in iter::successors(error.source(), |&cause| cause.source()) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn show() -> Result<(), Box<dyn Error>> {
    let user = env::args().nth(1).ok_or("Whose tracks? Give the name of a user.")?.parse()?;
    let top = GetTopTracks::new(user).period(Period::Year).limit(20);
    for track in client()?.call(&top).await?.items {
        let plays = track.play_count.unwrap_or(0);
        println!("{plays:>6}  {} – {}", track.artist.name, track.name);
    }
    Ok(())
}

fn client() -> Result<Client, Box<dyn Error>> {
    let key = env::var("LASTFM_API_KEY").map_err(
        |_| "LASTFM_API_KEY is not set. https://www.last.fm/api/account/create gives you a key.",
    )?;
    let credentials = Credentials::read_only(ApiKey::new(key)?);
    let Ok(service) = env::var("LASTFM_SERVICE") else {
        return Ok(Client::new(credentials)?);
    };
    let (network, clock) = (ReqwestTransport::new()?, TokioClock::default());
    let client = Client::builder(credentials, Arc::new(network), Arc::new(clock));
    Ok(client.service(service.parse::<Url>()?).build())
}
