//! The albums of listening histories, and when each was first released.
//!
//! A history names an album by artist and title. An [`AlbumStore`] keeps each of them once, however
//! many plays it has and whoever played it, with what is known of it: the [`Outcome`] of looking it
//! up, and what a person says instead ([`Correction`]). No play is ever changed: a year that is
//! found or corrected shows in every play of the album.
//!
//! The crate `mb-enrich` looks albums up. [`ReleaseYears`] is what comes of it: which years the
//! music of a span is from.
//!
//! ```
//! # #[cfg(feature = "testing")]
//! # futures_executor::block_on(async {
//! # use std::sync::Arc;
//! # use lastfm_core::Timestamp;
//! # use lastfm_core::archive::MemoryStore;
//! # use lastfm_core::testing::VirtualClock;
//! # use lastfm_core::testing::conformance::{Given, of_album};
//! # let store = MemoryStore::new(Arc::new(VirtualClock::new(Timestamp::from_unix(0))));
//! # let given = Given::user(&store, "rj").await;
//! # given.replace(0, 99, &[of_album(5, "Low", "Hex", ""), of_album(7, "Low", "Hex", "")], 100).await;
//! # let user = given.user;
//! use lastfm_core::albums::{AlbumStore, Correction, ReleaseYears, collect};
//! use lastfm_core::archive::Span;
//!
//! collect(&store, user).await?;
//! let played = store.played_albums(user, Span::EVER).await?;
//! let hex = played.albums[0].id;
//! store.correct_album(hex, Some(Correction::dated("1995-09".parse()?, Timestamp::from_unix(9)))).await?;
//!
//! let years = ReleaseYears::of(&store.played_albums(user, Span::EVER).await?);
//! assert_eq!(years.decades().next(), Some((1990, years.years[&1995])));
//! assert_eq!((years.dated().plays, years.plays), (2, 2));
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```

mod album;
mod copy;
mod outcome;
mod partial_date;
mod release_years;
mod store;

pub use album::Album;
pub use copy::copy_albums;
pub use outcome::{Because, Found, GroupName, Method, Near, Outcome, Status};
pub use partial_date::{MalformedDate, PartialDate};
pub use release_years::{Amount, ReleaseYears};
pub use store::{
    AlbumId, AlbumStore, Collected, Correction, KnownAlbum, PlayedAlbum, PlayedAlbums, collect,
};
