//! A cache in memory that stays within so many bytes.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use lru::LruCache;

use super::{CacheError, CacheKey, Kept, ResponseCache};

/// Keeps answers in memory, up to so many bytes: what was used least recently goes first.
///
/// An answer counts with its body, its headers and half a kibibyte for what goes with it. One that
/// is larger than everything allowed is not kept.
pub struct MemoryCache {
    most: usize,
    answers: Mutex<Answers>,
}

struct Answers {
    by_key: LruCache<CacheKey, Kept>,
    bytes: usize,
}

/// The bytes of an answer beside its body and headers: the key, the times, the maps.
const BESIDE: usize = 512;

impl MemoryCache {
    /// Keeps answers of so many bytes at most. `MemoryCache::default()`: 16 MiB.
    pub fn new(max_bytes: usize) -> Self {
        let answers = Answers { by_key: LruCache::unbounded(), bytes: 0 };
        Self { most: max_bytes, answers: Mutex::new(answers) }
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        // Nothing that holds the lock can panic.
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new(16 * 1024 * 1024)
    }
}

#[async_trait]
impl ResponseCache for MemoryCache {
    async fn get(&self, key: &CacheKey) -> Result<Option<Kept>, CacheError> {
        Ok(self.answers().by_key.get(key).cloned())
    }

    async fn put(&self, key: CacheKey, mut kept: Kept) -> Result<(), CacheError> {
        // A body can be a part of a larger buffer, which it would hold on to.
        kept.response.body = Bytes::copy_from_slice(&kept.response.body);
        let size = size(&kept);
        let mut answers = self.answers();
        if let Some(earlier) = answers.by_key.pop(&key) {
            answers.bytes -= self::size(&earlier);
        }
        if size > self.most {
            return Ok(());
        }
        answers.bytes += size;
        answers.by_key.put(key, kept);
        while answers.bytes > self.most
            && let Some((_, oldest)) = answers.by_key.pop_lru()
        {
            answers.bytes -= self::size(&oldest);
        }
        Ok(())
    }
}

fn size(kept: &Kept) -> usize {
    let headers = kept.response.headers.iter();
    let headers: usize = headers.map(|(name, value)| name.as_str().len() + value.len()).sum();
    kept.response.body.len() + headers + BESIDE
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers = self.answers();
        f.debug_struct("MemoryCache")
            .field("answers", &answers.by_key.len())
            .field("bytes", &answers.bytes)
            .field("most", &self.most)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_executor::block_on;
    use http::StatusCode;

    use super::super::key::Question;
    use super::*;
    use crate::transport::{Request, Response};

    fn key(number: usize) -> CacheKey {
        let url = format!("https://localhost/?method=tag.getInfo&format=json&tag={number}");
        Question::of(&Request::get(url.parse().unwrap())).unwrap().key
    }

    fn kept(bytes: usize) -> Kept {
        let response = Response::new(StatusCode::OK, vec![b'x'; bytes]);
        Kept::new(response, Duration::ZERO, Duration::ZERO)
    }

    fn holds(cache: &MemoryCache, number: usize) -> bool {
        block_on(cache.get(&key(number))).unwrap().is_some()
    }

    fn put(cache: &MemoryCache, number: usize, bytes: usize) {
        block_on(cache.put(key(number), kept(bytes))).unwrap();
    }

    #[test]
    fn the_bound_holds_whatever_comes() {
        let cache = MemoryCache::new(100_000);
        for number in 0..5_000 {
            put(&cache, number % 700, number * 7_919 % 30_000);
            let answers = cache.answers();
            let held: usize = answers.by_key.iter().map(|(_, kept)| size(kept)).sum();
            assert_eq!(answers.bytes, held);
            assert!(held <= 100_000, "{held}");
        }
        assert!(cache.answers().by_key.len() > 1);
    }

    #[test]
    fn what_was_used_least_recently_goes_first() {
        let cache = MemoryCache::new(3 * (1_000 + BESIDE));
        (0..3).for_each(|number| put(&cache, number, 1_000));
        assert!(holds(&cache, 0));
        put(&cache, 3, 1_000);
        assert!(!holds(&cache, 1));
        assert!([0, 2, 3].iter().all(|number| holds(&cache, *number)));
    }

    #[test]
    fn what_is_larger_than_everything_allowed_is_not_kept_and_drives_nothing_out() {
        let cache = MemoryCache::new(2 * (1_000 + BESIDE));
        put(&cache, 0, 1_000);
        put(&cache, 1, 1_000);
        put(&cache, 1, 10_000);
        // An earlier answer to the same question would be wrong now.
        assert!(holds(&cache, 0) && !holds(&cache, 1));
    }

    #[test]
    fn a_part_of_a_large_buffer_does_not_keep_the_buffer() {
        let cache = MemoryCache::new(10_000);
        let buffer = Bytes::from(vec![b'x'; 1_000_000]);
        let response = Response::new(StatusCode::OK, buffer.slice(..10));
        let kept = Kept::new(response, Duration::ZERO, Duration::ZERO);
        block_on(cache.put(key(0), kept)).unwrap();
        // Nobody else holds it.
        assert!(buffer.try_into_mut().is_ok());
    }
}
