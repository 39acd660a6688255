//! Which part of a title names only an edition: the same work, pressed again.

use lastfm_core::library::fold;

use super::{Kind, Kinds};

/// Words of which one makes an edition.
const EDITIONS: [&str; 58] = [
    "amended",
    "anniversary",
    "archive",
    "bonus",
    "cd",
    "clean",
    "collector",
    "collectors",
    "complete",
    "deluxe",
    "deluxed",
    "digipack",
    "digipak",
    "digital",
    "disc",
    "disk",
    "edited",
    "edition",
    "editon",
    "enhanced",
    "expanded",
    "explicit",
    "extended",
    "international",
    "intl",
    "issue",
    "japan",
    "legacy",
    "limited",
    "lp",
    "ltd",
    "master",
    "mastered",
    "mono",
    "package",
    "platinum",
    "reedition",
    "reissue",
    "reissued",
    "release",
    "remaster",
    "remasterd",
    "remastered",
    "remastering",
    "remasters",
    "repress",
    "revised",
    "softpak",
    "special",
    "stereo",
    "super",
    "uk",
    "uncensored",
    "us",
    "usa",
    "version",
    "versions",
    "vinyl",
];

/// Words that may stand beside them, as may numbers and the artist's name.
const BESIDE: [&str; 101] = [
    "a",
    "advisory",
    "album",
    "and",
    "asia",
    "atmos",
    "au",
    "audio",
    "australia",
    "australian",
    "booklet",
    "box",
    "brazil",
    "by",
    "canada",
    "canadian",
    "case",
    "celebration",
    "collection",
    "content",
    "definitive",
    "digitally",
    "dolby",
    "domestic",
    "download",
    "dvd",
    "ecopak",
    "ed",
    "eea",
    "eu",
    "europe",
    "european",
    "exclusive",
    "extra",
    "extras",
    "fiftieth",
    "for",
    "fortieth",
    "france",
    "french",
    "from",
    "full",
    "german",
    "germany",
    "gold",
    "hd",
    "hi",
    "high",
    "hq",
    "in",
    "itunes",
    "japanese",
    "jewel",
    "latin",
    "length",
    "material",
    "mix",
    "mixes",
    "more",
    "new",
    "newly",
    "non",
    "north",
    "nz",
    "of",
    "on",
    "one",
    "only",
    "original",
    "pa",
    "parental",
    "plus",
    "re",
    "recording",
    "recordings",
    "res",
    "resolution",
    "row",
    "s",
    "sacd",
    "series",
    "sessions",
    "set",
    "standard",
    "surround",
    "tenth",
    "the",
    "thirtieth",
    "three",
    "tour",
    "track",
    "tracks",
    "twentieth",
    "two",
    "u",
    "w",
    "with",
    "world",
    "worldwide",
    "year",
    "years",
];

/// Words of which the name of a film's music consists.
const SOUNDTRACK: [&str; 30] = [
    "a",
    "album",
    "and",
    "by",
    "cast",
    "complete",
    "film",
    "for",
    "from",
    "game",
    "inspired",
    "motion",
    "movie",
    "music",
    "netflix",
    "o",
    "original",
    "ost",
    "picture",
    "recording",
    "s",
    "score",
    "series",
    "songs",
    "soundtrack",
    "t",
    "television",
    "the",
    "tv",
    "video",
];

/// Words that an edition can end in behind a title, without brackets or a dash. Alone they need
/// another word of an edition before them.
const ENDS: [&str; 8] =
    ["anniversary", "edition", "editon", "reissue", "release", "remaster", "remastered", "version"];

/// Words that are an edition behind a title, without brackets or a dash, all alone.
const ALONE: [&str; 3] = ["deluxe", "remaster", "remastered"];

/// What kind of record it is that a part beside a title makes of it without being another work:
/// nothing if the part says more than that.
///
/// `artist` tells the words of the artist's name.
pub(super) fn edition(part: &str, artist: &[&str]) -> Option<Kinds> {
    let words = fold(part);
    let each: Vec<&str> = words.split(' ').collect();
    match words.as_str() {
        "ep" => return Some(Kind::Ep.into()),
        "single" => return Some(Kind::Single.into()),
        _ => {}
    }
    if each.iter().all(|word| SOUNDTRACK.contains(word))
        && Kinds::of_words(&words).contains(Kind::Soundtrack)
    {
        return Some(Kind::Soundtrack.into());
    }
    let kinds = Kinds::of_words(&words);
    // A collector's or archive collection is an edition, a collection alone is none.
    let kinds = if each.iter().any(|word| matches!(*word, "archive" | "collector" | "collectors")) {
        kinds.without(Kind::Compilation.into())
    } else {
        kinds
    };
    if !kinds.is_empty() {
        return None;
    }
    // A mix of a later year is an edition as a remaster is.
    let mixed = each.iter().any(|word| is_year(word)) && each.contains(&"mix");
    let triggers = each.iter().filter(|word| EDITIONS.contains(word)).count() + usize::from(mixed);
    let unknown = each.iter().filter(|word| !is_known(word) && !artist.contains(word)).count();
    let last = each.last().copied().unwrap_or_default();
    let is_edition = match last {
        "edition" | "editon" | "exclusive" => true,
        // One word that is not known is a broadcaster, a shop, a feast.
        _ => triggers > unknown && unknown <= 1,
    };
    is_edition.then_some(Kinds::NONE)
}

/// Where an edition begins that a title ends in without any sign before it, as in "B'Day Deluxe
/// Edition": a place in bytes behind the first word.
pub(super) fn trailing_edition(text: &str) -> Option<usize> {
    let starts = text.char_indices().filter(|(at, letter)| {
        let before = text[..*at].chars().next_back();
        !letter.is_whitespace() && before.is_some_and(char::is_whitespace)
    });
    let mut found = starts.map(|(at, _)| at).filter(|at| {
        let words = fold(&text[*at..]);
        let each: Vec<&str> = words.split(' ').collect();
        let (first, last) = (each[0], each[each.len() - 1]);
        let remastered =
            |word: Option<&&str>| word.is_some_and(|word| word.starts_with("remaster"));
        let begins = EDITIONS.contains(&first)
            || is_ordinal(first)
            || (is_year(first) && remastered(each.get(1)));
        let before = each.iter().rev().nth(1);
        let ends = (ENDS.contains(&last) && before.is_some())
            || ALONE.contains(&last)
            || (is_year(last) && remastered(before));
        begins && ends && each.iter().all(|word| is_known(word))
    });
    found.next()
}

/// All words that are known here, list by list.
#[cfg(feature = "offline")]
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    let lists = [&EDITIONS[..], &BESIDE, &SOUNDTRACK, &ENDS, &ALONE];
    lists.into_iter().flat_map(|list| list.iter().copied().chain(["."]))
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_known(word: &str) -> bool {
    EDITIONS.contains(&word)
        || BESIDE.contains(&word)
        || word.starts_with(|letter: char| letter.is_ascii_digit())
        || matches!(word.trim_end_matches(|letter: char| letter.is_ascii_digit()), "cd" | "disc")
}

/// `25th`, which is no part of a title where "anniversary" follows.
fn is_ordinal(word: &str) -> bool {
    let digits = word.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(&word[digits.len()..], "st" | "nd" | "rd" | "th")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_is_the_same_work() {
        for part in [
            "Deluxe",
            "Deluxe Version",
            "25th Anniversary Edition",
            "40th Anniversary Deluxe Edition; 2016 Remaster",
            "Reissue - Remaster",
            "US Clean Version",
            "Deluxe Edition (US Version)",
            "UK-AU-NZ-Japan Version",
            "Int'l Version",
            "with Bonus Tracks",
            "Remastered & Expanded",
            "Collector's Edition",
            "Wembley Edition",
            "Original Mono & Stereo Mix Versions",
            "MTV Bonus Version",
            "Disc 2",
            "2019 Mix",
            "CD 1 of 2",
            "Parental Advisory Version",
            "40 Year Anniversary",
            "Holiday Edition Deluxe",
            "Remastered Deluxe Box Set",
            "Re-Issue",
            "US",
            "A 30th Anniversary Celebration",
        ] {
            assert_eq!(edition(part, &[]), Some(Kinds::NONE), "{part}");
        }
        assert_eq!(edition("Nick Drake Archive Collection", &["nick", "drake"]), Some(Kinds::NONE));
    }

    #[test]
    fn another_work_is_no_edition() {
        for part in [
            "Live",
            "Live Edition",
            "Acoustic Version",
            "The Remixes",
            "Remix",
            "Original Mix",
            "Mix 2",
            "Demo Version",
            "Re-Recorded Version",
            "Somebody's Version",
            "The Best Of",
            "Collection",
            "Ultimate Collector's Greatest Hits",
            "B-Sides",
            "Refill",
            "Part One",
            "Vol. 2",
            "feat. Somebody",
            "From a Distance",
            "1989",
            "",
        ] {
            assert_eq!(edition(part, &[]), None, "{part}");
        }
        assert_eq!(edition("Nick Drake Archive Collection", &[]), None);
    }

    #[test]
    fn some_say_what_kind_of_record_it_is() {
        assert_eq!(edition("EP", &[]), Some(Kind::Ep.into()));
        assert_eq!(edition("Single", &[]), Some(Kind::Single.into()));
        for part in ["O.S.T.", "Soundtrack", "Music From The Motion Picture", "Original Score"] {
            assert_eq!(edition(part, &[]), Some(Kind::Soundtrack.into()), "{part}");
        }
        assert_eq!(edition("Music From The Vault", &[]), None);
    }

    #[test]
    fn an_edition_at_the_end_needs_no_sign_before_it() {
        for (text, bare) in [
            ("B'Day Deluxe Edition", "B'Day "),
            ("Everything Must Go 10th Anniversary Edition", "Everything Must Go "),
            ("Thriller 25 Super Deluxe Edition", "Thriller 25 "),
            ("Dr. Feelgood 20th Anniversary", "Dr. Feelgood "),
            ("The Fame Deluxe", "The Fame "),
            ("Low Remastered 2009", "Low "),
            ("Low 2009 Remaster", "Low "),
        ] {
            assert_eq!(trailing_edition(text).map(|at| &text[..at]), Some(bare), "{text}");
        }
        for text in [
            "Deluxe",
            "My Version",
            "First Edition",
            "New Release",
            "Anniversary",
            "In 1989",
            "",
            "  ",
        ] {
            assert_eq!(trailing_edition(text), None, "{text}");
        }
    }
}
