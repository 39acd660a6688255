//! Charts and other lists, read to their end.
//!
//! For everything that the service gives out in pages: a user's top artists, loved tracks and friends,
//! charts, searches. A listening history is not such a list: it changes while it is read, and
//! [`Client::recent_tracks`](crate::Client::recent_tracks) or an [archive](crate::archive) reads it.
//!
//! # The program
//!
//! ```
//! use lastfm_core::methods::user::GetTopAlbums;
//! use lastfm_core::{ApiKey, Client, Credentials, Period};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let client = Client::new(Credentials::read_only(ApiKey::new("your API key")?))?;
//! #     use std::sync::{Arc, Mutex};
//! #     use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
//! #     let start = lastfm_core::Timestamp::from_unix(1_780_000_000);
//! #     let clock = Arc::new(VirtualClock::new(start));
//! #     let fake = Arc::new(Mutex::new(FakeLastfm::new(1, &Scenario::still(3_000), start)));
//! #     let transport = Arc::new(FakeLastfmTransport::new(fake.clone(), clock.clone()));
//! #     let client = Client::builder(
//! #         Credentials::read_only(ApiKey::new("key")?), transport, clock).build();
//!     let year = GetTopAlbums::new("rj".parse()?).period(Period::Year).limit(500);
//!     let mut albums = client.pages(year);
//!     while let Some(page) = albums.next_page().await? {
//!         for album in page.items {
//!             println!("{:>5}  {} – {}", album.play_count.unwrap_or(0), album.artist.name, album.name);
//!         }
//!     }
//!     println!("{} albums of {:?}", albums.seen(), albums.total());
//! #     assert!(albums.seen() > 10 && Some(albums.seen()) == albums.total());
//!     Ok(())
//! }
//! ```
//!
//! Who wants items rather than pages takes them from [`Pages::items`](crate::Pages::items), a stream. A
//! call that has no pages is made with [`Client::call`](crate::Client::call).
//!
//! # What can go wrong
//!
//! | what happens | what to do |
//! |---|---|
//! | `next_page` fails | [`Client::call`](crate::Client::call) has tried six times already. The position stays: call it again later. To go on in another process, keep [`number`](crate::Pages::number). |
//! | [`moved`](crate::Pages::moved) is true | The list changed meanwhile: something may be missing, or be there twice. Where that matters, read it again. |
//! | [`seen`](crate::Pages::seen) is below [`total`](crate::Pages::total) | The service counts more than it shows. It was asked twice; believe what came. |
//! | [`ErrorClass::NotFound`](crate::ErrorClass::NotFound) | There is no such user, artist or tag. |
//! | [`ErrorClass::LoginRequired`](crate::ErrorClass::LoginRequired) | The user hides it: only a client [with the user's session](crate::Client::with_session) sees it. |
//!
//! # What it costs
//!
//! A request a page. Pages are 50 items if nothing is said, and up to 1,000 for a user's charts, though
//! some methods send fewer than were asked for. An app that asks for the same again and again puts a
//! [`Cached`](crate::transport::Cached) around its transport.
//!
//! # What the terms ask
//!
//! Where a chart is shown, say that it is Last.fm's, and link each entry to its `url`. See
//! [all of them](super#what-the-terms-ask).
