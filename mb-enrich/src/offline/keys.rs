//! What names and identifiers come down to in an index: numbers, by which records are sorted.
//!
//! Two names may come down to one number. What is found by names is held against them afterwards;
//! for identifiers and tracks the numbers are long enough to be believed.

use lastfm_core::library::fold;
use xxhash_rust::xxh3::xxh3_64;

use crate::names::{ArtistName, Title};

/// A key of a title, or of an artist.
pub(super) fn name(key: &str) -> u64 {
    xxh3_64(key.as_bytes()) >> 24
}

/// An identifier of which nothing else is kept: of some seven million, two come down to one number
/// with a chance of one in a million.
pub(super) fn id(id: u128) -> u64 {
    xxh3_64(&id.to_be_bytes())
}

/// The identifier of a group, which is kept with the group.
pub(super) fn group_id(number: u128) -> u64 {
    id(number) >> 24
}

/// An artist's name in words: by them its titles are taken apart.
pub(super) fn words(artist: &ArtistName) -> [u8; 2] {
    let words: Vec<&str> = artist.words().collect();
    let [first, second, ..] = xxh3_64(words.join(" ").as_bytes()).to_be_bytes();
    [first, second]
}

/// The keys of a title of a record by any of these names, each once.
pub(super) fn titles(text: &str, names: &[ArtistName]) -> Vec<u64> {
    let letters = fold(text).replace(' ', "");
    // A name that has no word in common with the title changes nothing, and some artists have a
    // hundred names.
    let matters = |name: &&ArtistName| name.words().any(|word| may_be_in(word, &letters));
    let titles = names.iter().filter(matters).map(|name| Title::new(text, name));
    let plain = Title::new(text, &ArtistName::new(""));
    let titles: Vec<Title> = titles.chain([plain]).collect();
    let mut keys: Vec<u64> = titles.iter().flat_map(Title::keys).map(name).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Whether a word may be one of a title's, as it is or in other signs.
fn may_be_in(word: &str, letters: &str) -> bool {
    let stands_for_others = matches!(word, "and" | "n" | "no" | "pt" | "vol")
        || word.bytes().all(|byte| byte.is_ascii_digit())
        || !word.chars().all(char::is_alphanumeric);
    stands_for_others || letters.contains(word)
}

/// How long a track's key is. A key that is none of a record's is taken for one of them with a chance
/// of one in 1.4 million where the record has 12 keys, one in 33,000 where it has 500.
pub(super) const TRACK: usize = 3;

/// The keys of a track, each once.
pub(super) fn track(title: &Title) -> Vec<[u8; TRACK]> {
    let key = |key: &str| {
        let [first, second, third, ..] = xxh3_64(key.as_bytes()).to_be_bytes();
        [first, second, third]
    };
    let mut keys: Vec<_> = title.keys().map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ARTISTS: [&str; 12] = [
        "Low",
        "AC/DC",
        "!!!",
        "Guns N' Roses",
        "N",
        "2 Chainz",
        "The Vol.",
        "Pt. 2",
        "U2",
        "Simon & Garfunkel",
        "Nick Drake",
        "Beatles",
    ];

    proptest! {
        #[test]
        fn names_that_are_passed_over_change_no_key(
            artist in prop::sample::select(&ARTISTS[..]),
            parts in prop::collection::vec(prop::sample::select(vec![
                "Low", "AC/DC", "ACDC", "!!!", "N", "n'", "and", "&", "Two", "II", "2", "Part", "Vol.",
                "Volume", "(", ")", "[", "]", " - ", ": ", "/", "Deluxe", "Edition", "Archive", "Nick",
                "Drake", "Collection", "The", "Beatles", "Roses", "Guns", "Remaster", "U", "No.", "by",
            ]), 0..8),
            glue in prop::sample::select(vec!["", " "]),
        ) {
            let (artist, text) = (ArtistName::new(artist), parts.join(glue));
            let found = titles(&text, std::slice::from_ref(&artist));
            for key in Title::new(&text, &artist).keys() {
                prop_assert!(found.contains(&name(key)), "{text}: {key}");
            }
        }
    }
}
