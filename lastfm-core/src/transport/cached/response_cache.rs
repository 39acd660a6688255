//! Where answers are kept: the contract.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::CacheKey;
use crate::transport::Response;

/// What a cache says that does not work. It is nobody's problem but the cache's: a call goes on
/// without it.
pub type CacheError = Box<dyn StdError + Send + Sync>;

/// Keeps answers for a [`Cached`](super::Cached).
///
/// It may forget any of them at any time, and needs not look at their times: what is too old is
/// not used. An answer can hold what only its user may see, so that it belongs into a place that
/// is as private as their session key.
///
/// # Cancel safety
///
/// Any of its futures may be dropped: then an answer is kept as a whole, or not at all.
#[async_trait]
pub trait ResponseCache: fmt::Debug + Send + Sync + 'static {
    /// What is kept under this key.
    ///
    /// # Errors
    ///
    /// [`CacheError`] if it cannot be read; then the service is asked.
    async fn get(&self, key: &CacheKey) -> Result<Option<Kept>, CacheError>;

    /// Keeps an answer, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`CacheError`] if it cannot be written; the caller gets the answer all the same.
    async fn put(&self, key: CacheKey, kept: Kept) -> Result<(), CacheError>;
}

/// An answer, and how long it holds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Kept {
    /// The answer, with those of its headers that say when it was given and what it is: `Date`
    /// and `Content-Type`.
    pub response: Response,
    /// When it came: time by the [`Clock`](crate::Clock) of the [`Cached`](super::Cached) that
    /// kept it. A cache that outlives that clock has to forget it, or to give it out as it is by
    /// the new one.
    pub stored_at: Duration,
    /// How long it is as good as a new one, from then on. During an outage it can be of use for
    /// longer.
    pub lifetime: Duration,
}

impl Kept {
    /// An answer that came at this time of the clock and holds for so long.
    pub fn new(response: Response, stored_at: Duration, lifetime: Duration) -> Self {
        Self { response, stored_at, lifetime }
    }
}
