//! Serves a [`FakeLastfm`] over HTTP, for any program that can be pointed at another address than
//! Last.fm's.
//!
//! [`FakeLastfm`]: lastfm_core::testing::FakeLastfm
//!
//! ```
//! use lastfm_core::Timestamp;
//! use lastfm_core::testing::{FakeLastfm, Scenario};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let fake = FakeLastfm::new(7, &Scenario::calm(), Timestamp::from_unix(1_780_000_000));
//! let server = fake_lastfm::serve(fake, 0).await?;
//! assert!(server.url().as_str().ends_with("/2.0/"));
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod bodies;
mod control;
mod login_page;
mod server;

pub use server::{Server, serve};
