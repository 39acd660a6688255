//! Loved tracks: read whole from the service, matched to a local library, loved and unloved from a
//! player.
//!
//! ```
//! # #[cfg(feature = "testing")]
//! # futures_executor::block_on(async {
//! # use std::sync::{Arc, Mutex};
//! # use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
//! # use lastfm_core::{ApiKey, Client, Credentials, SessionKey, SharedSecret, Timestamp};
//! # let start = Timestamp::from_unix(1_780_000_000);
//! # let clock = Arc::new(VirtualClock::new(start));
//! # let mut scenario = Scenario::still(300);
//! # scenario.service.session_key = Some("sk".to_owned());
//! # let fake = Arc::new(Mutex::new(FakeLastfm::new(1, &scenario, start)));
//! # let transport = Arc::new(FakeLastfmTransport::new(fake, clock.clone()));
//! # let credentials = Credentials::read_only(ApiKey::new("key")?)
//! #     .with_secret(SharedSecret::new("secret")?).with_session(SessionKey::new("sk")?);
//! # let client = Client::builder(credentials, transport, clock).build();
//! use lastfm_core::library::{Library, LocalTrack};
//! use lastfm_core::loved::{LovedTracks, MemoryLoved};
//!
//! let loved = LovedTracks::new(client, "rj".parse()?, Arc::new(MemoryLoved::new()));
//! loved.love("Low", "Words").await?;
//! let report = loved.import().finish().await?;
//! assert!(report.is_whole);
//!
//! let library = Library::new([LocalTrack::new("/music/words.flac", "LOW", "Words (Remaster)")]);
//! let matching = loved.match_library(&library).await?;
//! assert_eq!(matching.new[0].local_ids(), ["/music/words.flac"]);
//! for missing in loved.unmatched(&library, 3).await? {
//!     println!("{} – {}: perhaps {:?}", missing.loved.artist, missing.loved.track, missing.near);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```

mod import;
mod matching;
mod memory;
mod store;

use std::sync::Arc;

pub use import::{Import, ImportProgress, ImportReport};
pub use matching::{Matching, Unmatched};
pub use memory::MemoryLoved;
pub use store::{
    How, LocalMatch, Loved, LovedCounts, LovedId, LovedPage, LovedStore, NewLove, Reading,
    ReadingId, Shown, Which, Written,
};

use crate::methods::track;
use crate::recent_tracks::LARGEST_PAGE;
use crate::store_error::StoreError;
use crate::{Account, Client, Error, Timestamp, Username};

/// The loved tracks of a user, on the service and in a store.
///
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct LovedTracks {
    client: Client,
    store: Arc<dyn LovedStore>,
    account: Account,
    page_size: u32,
}

/// Something could not be done with loved tracks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LovedError {
    /// The service did not do it, or could not be asked.
    #[error("Last.fm did not answer as it should")]
    #[non_exhaustive]
    Service {
        /// What it said.
        #[from]
        source: Error,
    },
    /// The store failed.
    #[error("the loved tracks cannot be read or written")]
    #[non_exhaustive]
    Store {
        /// What it said.
        #[from]
        source: StoreError,
    },
}

impl LovedTracks {
    /// The loved tracks of `user`, kept in `store`. To love and unlove, `client` needs a session of
    /// this user; to read, none.
    pub fn new(client: Client, user: Username, store: Arc<dyn LovedStore>) -> Self {
        let account = Account::new(client.service(), user);
        Self { client, store, account, page_size: LARGEST_PAGE }
    }

    /// Tracks asked for at once, 1 to 1000. Default: 1000. The service may send fewer.
    pub fn with_page_size(self, tracks: u32) -> Self {
        Self { page_size: tracks.clamp(1, LARGEST_PAGE), ..self }
    }

    /// Whose they are: the account in the store.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Reads all loved tracks of the service into the store; see [`Import`].
    pub fn import(&self) -> Import {
        Import::new(self.clone())
    }

    /// Loves a track: on the service, then in the store.
    ///
    /// The store has it under these names. Should the service correct them, the next import adds
    /// it as the service calls it, and marks this one as no longer loved.
    ///
    /// # Errors
    ///
    /// [`LovedError::Service`], and nothing was written; [`LovedError::Store`], and the service
    /// has it: the next import brings it.
    ///
    /// # Cancel safety
    ///
    /// Dropped halfway, it may have been done on the service alone, or not at all. To do it again
    /// does no harm.
    pub async fn love(&self, artist: &str, track: &str) -> Result<Loved, LovedError> {
        self.client.call(&track::Love::new(artist, track)).await?;
        let now = self.now();
        Ok(self.store.love(&self.account, NewLove::new(artist, track, now)).await?)
    }

    /// Ends the love of a track: on the service, then in the store, if that has it at all. Whether
    /// it has a local track does not matter.
    ///
    /// # Errors
    ///
    /// As [`love`](Self::love).
    ///
    /// # Cancel safety
    ///
    /// As [`love`](Self::love).
    pub async fn unlove(&self, artist: &str, track: &str) -> Result<Option<Loved>, LovedError> {
        self.client.call(&track::Unlove::new(artist, track)).await?;
        Ok(self.store.unlove(&self.account, artist, track, self.now()).await?)
    }

    /// The same for a local track: ends the love of all that matches it, by the names that the
    /// service knows. Returns what was unloved, which is nothing if nothing matches.
    ///
    /// # Errors
    ///
    /// As [`love`](Self::love). Of several, some may have been done.
    ///
    /// # Cancel safety
    ///
    /// As [`love`](Self::love).
    pub async fn unlove_local(&self, id: &str) -> Result<Vec<Loved>, LovedError> {
        let mut unloved = Vec::new();
        for loved in self.store.of_local(&self.account, id).await? {
            unloved.extend(self.unlove(&loved.artist, &loved.track).await?);
        }
        Ok(unloved)
    }

    fn now(&self) -> Timestamp {
        self.client.clock().wall()
    }
}
