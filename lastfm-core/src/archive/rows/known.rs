//! Which objects are known without asking the database.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use xxhash_rust::xxh3::xxh3_128_with_secret;

use super::Body;
use crate::archive::UserId;

/// How many entries each of the two generations may hold: some 4 MiB together.
const GENERATION: usize = 57_000;

/// The rows of objects used lately, so that a repeat costs neither a query nor a decoding.
///
/// Two generations: when the younger one is full, the older one is forgotten. Whatever was used
/// in the meantime has moved to the younger one.
#[derive(Debug)]
pub struct Known<Row> {
    young: HashMap<Fingerprint, Row>,
    old: HashMap<Fingerprint, Row>,
    scratch: Vec<u8>,
    secret: Vec<u8>,
}

/// Stands for a user's object, whatever its date.
///
/// 128 bits under a secret that no sender of plays can know, so that two different objects have
/// the same one about as often as a disk forgets a bit unnoticed: never. (A database compares
/// byte for byte.) It means something only to the [`Known`] that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u128);

impl<Row> Default for Known<Row> {
    fn default() -> Self {
        let random = RandomState::new();
        let words = (0_u64..24).map(|number| random.hash_one(number).to_le_bytes());
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            scratch: Vec::new(),
            secret: words.flatten().collect(),
        }
    }
}

impl<Row: Copy> Known<Row> {
    /// What stands for this object of the user.
    pub fn fingerprint(&mut self, user: UserId, body: &Body<'_>) -> Fingerprint {
        let (head, tail, is_apart) = body.parts();
        let date_at = if is_apart { head.len() } else { usize::MAX };
        let scratch = &mut self.scratch;
        scratch.clear();
        scratch.extend_from_slice(head.as_bytes());
        scratch.extend_from_slice(tail.as_bytes());
        // No JSON text holds the character that stands between the body and the rest.
        scratch.push(0);
        scratch.extend_from_slice(&user.0.to_le_bytes());
        scratch.extend_from_slice(&date_at.to_le_bytes());
        scratch.extend_from_slice(body.date_form().unwrap_or_default().as_bytes());
        Fingerprint(xxh3_128_with_secret(scratch, &self.secret))
    }

    /// The row that was remembered for it, unless it was forgotten.
    pub fn recall(&mut self, fingerprint: Fingerprint) -> Option<Row> {
        if let Some(known) = self.young.get(&fingerprint) {
            return Some(*known);
        }
        let known = self.old.remove(&fingerprint)?;
        self.remember(fingerprint, known);
        Some(known)
    }

    /// Remembers a row that is in the database.
    pub fn remember(&mut self, fingerprint: Fingerprint, row: Row) {
        if self.young.len() >= GENERATION {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(fingerprint, row);
    }

    /// Forgets everything: what was added in a transaction that failed is not there.
    pub fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Play;

    #[test]
    fn two_plays_of_a_track_are_one_object_and_two_users_are_not() {
        let play = |object: &str| Play::from_json(object).unwrap();
        let one = play(r##"{"name":"a","date":{"uts":"61","#text":"01 Jan 1970, 00:01"},"x":1}"##);
        let two = play(r##"{"name":"a","date":{"uts":"0","#text":"01 Jan 1970, 00:00"},"x":1}"##);
        let odd = play(r##"{"name":"a","x":1,"date":{"uts":"0","#text":"01 Jan 1970, 00:00"}}"##);
        let mut known = Known::<i64>::default();
        let print = known.fingerprint(UserId(1), &Body::of(&one));
        known.remember(print, 7);
        let again = known.fingerprint(UserId(1), &Body::of(&two));
        assert_eq!(known.recall(again), Some(7));
        for (user, play) in [(2, &one), (1, &odd)] {
            let other = known.fingerprint(UserId(user), &Body::of(play));
            assert_eq!(known.recall(other), None);
        }
    }

    #[test]
    fn what_is_used_is_remembered_and_what_is_not_is_forgotten() {
        let mut known = Known::<u128>::default();
        let rows = GENERATION as u128 * 4;
        for row in 0..rows {
            known.remember(Fingerprint(row), row);
            known.recall(Fingerprint(0));
        }
        assert_eq!(known.recall(Fingerprint(0)), Some(0));
        assert_eq!(known.recall(Fingerprint(1)), None);
        assert_eq!(known.recall(Fingerprint(rows - 1)), Some(rows - 1));
        assert!(known.young.len() + known.old.len() <= 2 * GENERATION);
    }
}
