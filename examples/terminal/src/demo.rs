//! A made-up Last.fm in this process, for those without a key.

use std::io;

use fake_lastfm::Server;
use lastfm_core::testing::FakeLastfm;
use tokio::runtime::Builder;

use crate::exit::{Exit, Trouble};

/// Serves what `make` makes on a thread of its own, beside the one that asks. Ends with the process.
///
/// # Errors
///
/// If this machine lets no server begin.
pub async fn serve<T: Send + 'static>(
    make: impl FnOnce() -> (FakeLastfm, T) + Send + 'static,
) -> Result<(Server, T), Trouble> {
    // Making a long history takes a moment.
    let begun = tokio::task::spawn_blocking(move || begin(make));
    let begun = begun.await.map_err(|error| not_served(&error))?;
    begun.map_err(|error| not_served(&error))
}

fn begin<T>(make: impl FnOnce() -> (FakeLastfm, T)) -> io::Result<(Server, T)> {
    let (fake, about) = make();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let server = runtime.block_on(fake_lastfm::serve(fake, 0))?;
    std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    Ok((server, about))
}

fn not_served(error: &dyn std::error::Error) -> Trouble {
    Trouble::new(Exit::Failed, "no_demo", format!("the made-up Last.fm cannot be served: {error}"))
        .advice("Nothing was changed.")
}
