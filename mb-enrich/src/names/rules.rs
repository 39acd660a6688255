//! Which version of the rules made a key: keys that are kept are worth nothing under others.

use lastfm_core::library::fold;

use super::{ArtistName, Title, editions, kinds, numbers};

/// Names that meet one rule or another.
const SAMPLES: [(&str, &str); 12] = [
    ("Low", "Things We Lost in the Fire"),
    ("Low", "Low: The Best of Low [Deluxe] (2011 Remaster)"),
    ("The Beatles", "The Beatles (The White Album) - Super Deluxe"),
    ("Beatles, The", "The Beatles' Story, Part Two"),
    ("AC/DC", "AC/DC Live"),
    ("Peter Gabriel", "Peter Gabriel III / IV"),
    ("Sigur Rós", "( )"),
    ("Simon & Garfunkel", "Simon and Garfunkel's Greatest Hits + 1"),
    ("!!!", "!!! (Bonus Track Version)"),
    ("Motörhead feat. Ünal", "Ænima œuvre Straße Þór Øl Łódź đ ı"),
    ("Various Artists", "Now 44 – Original Soundtrack"),
    ("Guns N' Roses", "Mixes, Vol. X (EP) [Live] {Single}"),
];

/// The name of the rules, and a text that is another one whenever they make other keys of names: it
/// holds all words that they know, and what comes of some names and of many letters.
pub(crate) fn rules() -> (&'static str, String) {
    let mut text = String::new();
    let words = editions::words().chain(kinds::words()).chain(numbers::words());
    for word in words {
        text.push_str(word);
        text.push('\n');
    }
    for (artist, title) in SAMPLES {
        let artist = ArtistName::new(artist);
        let title = Title::new(title, &artist);
        for key in std::iter::once(artist.key()).chain(artist.words()).chain(title.keys()) {
            text.push_str(key);
            text.push('\n');
        }
    }
    // Letters with marks, those of other alphabets, what stands between words, and wide ones.
    let letters = ('\0'..'\u{3100}').chain('\u{FF00}'..'\u{FFF0}');
    let letters: String = letters.flat_map(|letter| [letter, ' ']).collect();
    text.push_str(&fold(&letters));
    ("fold", text)
}
