//! What an album is called.

use lastfm_core::library::fold;
use strsim::osa_distance;

use super::editions::{edition, trailing_edition};
use super::numbers::{in_digits, numbers};
use super::parts::{Part, parts};
use super::{ArtistName, Kinds};

/// The title of a record, taken apart: what spelling leaves of it, with and without its edition,
/// what kind of record it says it is, and its numbers.
///
/// ```
/// use mb_enrich::names::{ArtistName, Likeness, Title};
///
/// let artist = ArtistName::new("Queen");
/// let title = |text| Title::new(text, &artist);
/// let jazz = title("Jazz (2011 Remaster)");
/// assert_eq!(jazz.bare(), "Jazz");
/// assert_eq!(jazz.likeness(&title("Jazz")), Some(Likeness::Edition));
/// assert_eq!(title("Queen II").likeness(&title("Queen")), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    spelled: String,
    bare: String,
    exact: String,
    work: String,
    loose: String,
    numbers: Vec<u64>,
    said: Kinds,
    left_out: Kinds,
}

/// How two titles are alike, the closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likeness {
    /// But for case, accents and punctuation they are equal.
    Exact,
    /// They are, once the names of editions are left out.
    Edition,
    /// They are, once articles, nicknames and the artist's name are left out and numbers are in
    /// digits.
    Loose,
    /// So many letters differ.
    Spelling(u8),
}

impl Title {
    /// This title of a record by this artist.
    pub fn new(text: &str, artist: &ArtistName) -> Self {
        let spelled = text.trim().to_owned();
        let names: Vec<&str> = artist.words().collect();
        let (bare, left_out) = without_editions(&spelled, &names);
        let words = fold(&bare);
        let digits = in_digits(&fold(&without_nickname(&bare)));
        // Two records in one are neither of them.
        let names = if bare.contains('/') { &[] } else { &names[..] };
        let loose = loose(&digits, names);
        Self {
            exact: fold(&spelled).replace(' ', ""),
            work: words.replace(' ', ""),
            numbers: numbers(&loose),
            loose: loose.replace(' ', ""),
            said: Kinds::of_words(&words),
            left_out,
            spelled,
            bare,
        }
    }

    /// As it was written.
    pub fn spelled(&self) -> &str {
        &self.spelled
    }

    /// As it was written, without its edition; all of it if it is nothing else.
    pub fn bare(&self) -> &str {
        &self.bare
    }

    /// Whether it names an edition.
    pub fn has_edition(&self) -> bool {
        self.bare.len() != self.spelled.len()
    }

    /// What it comes down to, by which it is found: equal keys of any two of these make titles
    /// alike that a source has to tell of. May hold one key several times, and none for a blank
    /// title.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        [&self.exact, &self.work, &self.loose]
            .into_iter()
            .map(String::as_str)
            .filter(|key| !key.is_empty())
    }

    /// Whether one of the keys is a key of the other, too.
    pub fn shares_a_key(&self, other: &Self) -> bool {
        self.keys().any(|key| other.keys().any(|known| known == key))
    }

    /// What kind of record the title itself says it is.
    pub fn kinds(&self) -> Kinds {
        self.said
    }

    /// What kind of record its edition says it is: of a single, `Lover - Single`.
    pub fn edition_kinds(&self) -> Kinds {
        self.left_out
    }

    /// How alike the two are; nothing if they are titles of two records.
    ///
    /// Where letters differ, kinds and numbers must be the same, and only so many letters may
    /// differ as their length allows: none below 5, one below 10, two below 20, else three.
    pub fn likeness(&self, other: &Self) -> Option<Likeness> {
        if self.exact.is_empty() || other.exact.is_empty() {
            None
        } else if self.exact == other.exact {
            Some(Likeness::Exact)
        } else if self.work == other.work {
            Some(Likeness::Edition)
        } else if self.loose == other.loose && self.said == other.said {
            Some(Likeness::Loose)
        } else {
            self.spelling(other).map(Likeness::Spelling)
        }
    }

    fn spelling(&self, other: &Self) -> Option<u8> {
        if self.said != other.said || self.numbers != other.numbers {
            return None;
        }
        let length = |title: &Self| title.loose.chars().count();
        let (one, two) = (length(self), length(other));
        let most = match one.min(two) {
            0..5 => 0,
            5..10 => 1,
            10..20 => 2,
            _ => 3,
        };
        let (shorter, longer) =
            if one < two { (&self.loose, &other.loose) } else { (&other.loose, &self.loose) };
        // Worlds are no misspelled world.
        let is_plural = longer.strip_suffix('s') == Some(shorter);
        if one.abs_diff(two) > most || is_plural {
            return None;
        }
        let differ = osa_distance(&self.loose, &other.loose);
        u8::try_from(differ).ok().filter(|_| differ <= most)
    }

    /// Whether they share half of their words or more, and no number or kind sets them apart: too
    /// little to find a record by, enough to believe an identifier.
    pub fn resembles(&self, other: &Self) -> bool {
        let alike = self.said == other.said && self.numbers == other.numbers;
        self.likeness(other).is_some() || (alike && self.shares_words(other))
    }

    /// Whether they share half of their words or more.
    pub(crate) fn shares_words(&self, other: &Self) -> bool {
        let (one, two) = (fold(&self.bare), fold(&other.bare));
        let few: Vec<&str> = one.split(' ').collect();
        let shared = two.split(' ').filter(|word| few.contains(word)).count();
        let longer = few.len().max(two.split(' ').count());
        shared * 2 >= longer
    }

    /// Whether one is in Latin letters and the other is not, so that nothing can be said.
    pub fn is_in_another_script(&self, other: &Self) -> bool {
        let is_latin = |text: &str| text.chars().any(|letter| letter.is_ascii_alphabetic());
        let has_letters = |text: &str| text.chars().any(char::is_alphabetic);
        has_letters(&self.exact)
            && has_letters(&other.exact)
            && is_latin(&self.exact) != is_latin(&other.exact)
    }
}

/// A title without the names of editions, and what kinds of record these made of it.
fn without_editions(text: &str, artist: &[&str]) -> (String, Kinds) {
    let mut kinds = Kinds::NONE;
    let mut kept = Vec::new();
    for part in parts(text) {
        match part.beside.then(|| edition(part.inner, artist)).flatten() {
            Some(left_out) => kinds = kinds.with(left_out),
            None => kept.push(part.outer),
        }
    }
    if let Some(last) = kept.last_mut()
        && let Some(at) = trailing_edition(last)
    {
        *last = &last[..at];
    }
    let bare = kept.concat();
    let bare = bare.trim().trim_end_matches([':', '-', ',', '/']).trim_end();
    // What is nothing but an edition is a title.
    if fold(bare).is_empty() { (text.to_owned(), Kinds::NONE) } else { (bare.to_owned(), kinds) }
}

/// A title without a name that people gave the record, as in `Weezer (The Blue Album)`.
fn without_nickname(bare: &str) -> String {
    let is_nickname = |part: &Part<'_>| {
        // In brackets.
        if part.outer.len() != part.inner.len() + 2 {
            return false;
        }
        let words = fold(part.inner);
        let count = words.split(' ').count();
        words.ends_with(" album")
            && (2..=3).contains(&count)
            && Kinds::of_words(&words).is_empty()
            && numbers(&words).is_empty()
    };
    let kept: String =
        parts(bare).iter().filter(|part| !is_nickname(part)).map(|part| part.outer).collect();
    if fold(&kept).is_empty() { bare.to_owned() } else { kept }
}

/// Words without "the" before them and without the artist's name around them, as far as any word
/// is left.
fn loose(words: &str, artist: &[&str]) -> String {
    let mut list: Vec<&str> = words.split(' ').collect();
    let ends_the_name =
        |word: &str, name: &str| word == name || word.strip_suffix('s') == Some(name);
    let is_name = |list: &[&str]| {
        list.len() == artist.len()
            && list.iter().zip(artist).all(|(word, name)| ends_the_name(word, name))
    };
    if list.len() > 1 && list[0] == "the" {
        list.remove(0);
    }
    let count = artist.len();
    if count > 0 && list.len() > count && is_name(&list[..count]) {
        list.drain(..count);
    }
    if count > 0 && list.len() > count && is_name(&list[list.len() - count..]) {
        let mut end = list.len() - count;
        for small in ["the", "by"] {
            if end > 1 && list[end - 1] == small {
                end -= 1;
            }
        }
        list.truncate(end);
    }
    list.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Kind;
    use super::*;

    fn likeness(artist: &str, one: &str, other: &str) -> Option<Likeness> {
        let artist = ArtistName::new(artist);
        let (one, other) = (Title::new(one, &artist), Title::new(other, &artist));
        assert_eq!(one.likeness(&other), other.likeness(&one), "{one:?} {other:?}");
        one.likeness(&other)
    }

    #[test]
    fn spelling_does_not_count() {
        for (one, other) in [
            ("Emotion", "E·MO·TION"),
            ("W.A.S.P.", "WASP"),
            ("Layla And Other Songs", "Layla & Other Songs"),
            ("Déjà Vu", "Deja vu"),
            ("Part One (4th World War)", "Part One: 4th World War"),
            ("LP2", "LP 2"),
            ("÷", "÷"),
        ] {
            assert_eq!(likeness("X", one, other), Some(Likeness::Exact), "{one}");
        }
    }

    #[test]
    fn an_edition_is_the_same_work() {
        for (one, other) in [
            ("Jazz (2011 Remaster)", "Jazz"),
            ("Viva Hate [2011 - Remaster] (2011 Remastered Version)", "Viva Hate"),
            ("In Utero - 20th Anniversary - Deluxe Edition", "In Utero"),
            (
                "She's So Unusual: A 30th Anniversary Celebration (Deluxe Edition)",
                "She's So Unusual",
            ),
            ("B'Day Deluxe Edition", "B'Day"),
            ("÷ (Deluxe)", "÷"),
            ("1989 (Deluxe)", "1989"),
            ("Supermarket (Soundtrack)", "Supermarket"),
        ] {
            assert_eq!(likeness("X", one, other), Some(Likeness::Edition), "{one}");
        }
    }

    #[test]
    fn articles_numbers_and_the_artists_name_may_be_left_out() {
        for (artist, one, other) in [
            ("Red Hot Chili Peppers", "Red Hot Chili Peppers", "The Red Hot Chili Peppers"),
            ("TOTO", "Toto IV", "IV"),
            ("The Kinks", "Something Else (Deluxe Edition)", "Something Else by The Kinks"),
            ("The Pharcyde", "Bizarre Ride II", "Bizarre Ride II the Pharcyde"),
            ("Bauhaus", "Volume Two", "Vol. 2"),
            ("Santana", "Santana's Greatest Hits", "Greatest Hits"),
            ("Metallica", "Metallica (Remastered)", "Metallica [Black Album]"),
        ] {
            assert_eq!(likeness(artist, one, other), Some(Likeness::Loose), "{one}");
        }
    }

    #[test]
    fn letters_may_be_wrong_in_a_long_title() {
        for (one, other, differ) in [
            ("One In A Milllion", "One in a Million", 1),
            ("Outlandos D'Amor", "Outlandos d'Amour", 1),
            ("bIts Dark And Hell Is Hot", "It's Dark and Hell Is Hot", 1),
        ] {
            assert_eq!(likeness("X", one, other), Some(Likeness::Spelling(differ)), "{one}");
        }
    }

    #[test]
    fn two_records_stay_two() {
        for (artist, one, other) in [
            ("Queen", "Queen II", "Queen"),
            ("Lil Wayne", "Tha Carter", "Tha Carter V"),
            ("Eminem", "The Marshall Mathers LP2", "The Marshall Mathers LP"),
            ("X", "Part Two", "Part One"),
            ("X", "Vol. 1", "Vol. 2"),
            ("X", "Low (Live)", "Low"),
            ("X", "Low (Acoustic)", "Low"),
            ("X", "Low - The Remixes", "Low"),
            ("X", "Low (feat. Y)", "Low"),
            ("Cypress Hill", "The Essential Cypress Hill", "Cypress Hill"),
            ("X", "Bad / Dangerous", "Bad"),
            ("X", "Fearless (Taylor's Version)", "Fearless"),
            (
                "Scorpions",
                "Blackout (50th Anniversary Edition)",
                "Tokyo Tapes (50th Anniversary Edition)",
            ),
            ("X", "Lights", "Nights and Days"),
            ("X", "Rock", "Rook"),
            ("Kasabian", "Kasabian/Empire", "Empire"),
            ("Justin Bieber", "My Worlds", "My World"),
            ("X", "Low (The Live Album)", "Low"),
            ("X", "?", "!"),
            ("X", "", ""),
        ] {
            assert_eq!(likeness(artist, one, other), None, "{one} and {other}");
        }
    }

    #[test]
    fn what_an_edition_says_of_the_kind_is_kept() {
        let artist = ArtistName::new("NxWorries");
        let title = Title::new("Suede - Single", &artist);
        assert_eq!((title.bare(), title.edition_kinds()), ("Suede", Kind::Single.into()));
        assert_eq!(Title::new("EP", &artist).edition_kinds(), Kinds::NONE);
        assert_eq!(Title::new("Live at Leeds (Deluxe)", &artist).kinds(), Kind::Live.into());
    }

    #[test]
    fn a_title_that_is_nothing_but_an_edition_is_one() {
        for text in ["(Deluxe Edition)", "Remastered", "Deluxe", "EP", "( )", "…"] {
            let title = Title::new(text, &ArtistName::new("X"));
            assert_eq!((title.bare(), title.has_edition()), (text, false));
            assert!(title.keys().next().is_some(), "{text}");
        }
    }

    #[test]
    fn an_identifier_is_believed_if_half_of_the_words_agree() {
        let resembles = |one: &str, other: &str| {
            let artist = ArtistName::new("X");
            Title::new(one, &artist).resembles(&Title::new(other, &artist))
        };
        assert!(resembles("The E.N.D. (The Energy Never Dies)", "The E.N.D. World"));
        assert!(!resembles("Low", "A Lifetime of Temporary Relief"));
        assert!(!resembles("Low Tide Live", "Low Tide"));
        assert!(!resembles("Vol. 1", "Vol. 2"));
    }

    #[test]
    fn another_script_says_nothing() {
        let other = |one: &str, other: &str| {
            let artist = ArtistName::new("X");
            Title::new(one, &artist).is_in_another_script(&Title::new(other, &artist))
        };
        assert!(other("Gruppa krovi", "Группа крови") && !other("Low", "1984") && !other("a", "b"));
    }

    proptest! {
        #[test]
        fn any_title_is_like_itself(text in "\\PC{1,30}", artist in "\\PC{0,10}") {
            let title = Title::new(&text, &ArtistName::new(&artist));
            let blank = title.keys().next().is_none();
            let like = title.likeness(&title);
            prop_assert_eq!(like, if blank { None } else { Some(Likeness::Exact) });
        }

        #[test]
        fn keys_that_are_equal_make_titles_alike(
            one in "(the )?[a-c]{1,2}( ii| 2| live)?( \\(deluxe\\))?",
            other in "(the )?[a-c]{1,2}( ii| 2| live)?( \\(deluxe\\))?",
        ) {
            let artist = ArtistName::new("a");
            let (one, other) = (Title::new(&one, &artist), Title::new(&other, &artist));
            let strong = one.likeness(&other).is_some_and(|like| like <= Likeness::Loose);
            let shared = one.keys().any(|key| other.keys().any(|known| known == key));
            prop_assert!(shared || !strong);
        }
    }
}
