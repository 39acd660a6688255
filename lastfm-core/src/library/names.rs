//! What a name comes down to when spelling does not count.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// What a track is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Title {
    /// All of it but guests, without blanks.
    pub(super) name: String,
    /// The same without editions.
    pub(super) work: String,
    /// The same, in words.
    pub(super) words: String,
    /// Which version it is: live, a remix. Bits in the order of [`VERSIONS`].
    pub(super) versions: u32,
}

/// Words that make another track of a title when they stand beside it.
const VERSIONS: [&str; 24] = [
    "live",
    "acoustic",
    "remix",
    "rmx",
    "mix",
    "edit",
    "demo",
    "instrumental",
    "karaoke",
    "unplugged",
    "dub",
    "reprise",
    "session",
    "sessions",
    "rehearsal",
    "cover",
    "cappella",
    "acapella",
    "orchestral",
    "piano",
    "extended",
    "bootleg",
    "outtake",
    "alternate",
];

/// Words of which one makes an edition.
const EDITIONS: [&str; 13] = [
    "remaster",
    "remastered",
    "remastering",
    "remasterd",
    "explicit",
    "mono",
    "stereo",
    "bonus",
    "deluxe",
    "album",
    "lp",
    "official",
    "anniversary",
];

/// Words that may stand beside them, as may years and other numbers.
const BESIDE_EDITIONS: [&str; 17] = [
    "digital",
    "digitally",
    "version",
    "edition",
    "expanded",
    "super",
    "track",
    "original",
    "hd",
    "hq",
    "audio",
    "video",
    "music",
    "the",
    "in",
    "from",
    "of",
];

impl Title {
    pub(super) fn of(text: &str) -> Self {
        let (base, beside) = parts(text);
        let guests_gone: Vec<&str> =
            beside.iter().copied().filter(|part| !is_guest(part)).collect();
        let lasting: Vec<&str> =
            guests_gone.iter().copied().filter(|part| !is_edition(part)).collect();
        let joined = |beside: &[&str]| fold(&format!("{base} {}", beside.join(" ")));
        let words = joined(&lasting);
        let has = |version: &&str| {
            lasting.iter().any(|part| fold(part).split(' ').any(|word| word == *version))
        };
        let bits = VERSIONS.iter().zip(0..).filter(|(version, _)| has(version));
        let versions = bits.fold(0, |versions, (_, bit)| versions | 1 << bit);
        Self { name: key(&joined(&guests_gone)), work: key(&words), words, versions }
    }
}

/// What an artist is called, in words: without guests, and without a leading "The".
pub(super) fn artist(name: &str) -> String {
    let (base, beside) = parts(name);
    let beside: Vec<&str> = beside.into_iter().filter(|part| !is_guest(part)).collect();
    let name = format!("{base} {}", beside.join(" "));
    let name = name.trim();
    let trailing = name.len().checked_sub(5).and_then(|at| name.split_at_checked(at));
    let words = match trailing {
        Some((name, the)) if the.eq_ignore_ascii_case(", the") => fold(name),
        _ => fold(name),
    };
    match words.strip_prefix("the ") {
        Some(rest) => rest.to_owned(),
        None => words,
    }
}

/// Words without the blanks between them: "AC/DC" is "ACDC".
pub(super) fn key(words: &str) -> String {
    words.replace(' ', "")
}

/// A name without what stands in brackets or after a dash or "feat.", and those parts.
fn parts(text: &str) -> (String, Vec<&str>) {
    let mut base = String::new();
    let mut beside = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' | '{' => {
                if depth == 0 {
                    base.push_str(&text[start..at]);
                    start = at + 1;
                }
                depth += 1;
            }
            ')' | ']' | '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    beside.push(&text[start..at]);
                    base.push(' ');
                    start = at + 1;
                }
            }
            _ => {}
        }
    }
    // A bracket that is never closed is a letter like any other.
    base.push_str(&text[start..]);
    if base.trim().is_empty() {
        return (text.to_owned(), Vec::new());
    }
    let (base, behind) = without_dashes(text, &base);
    beside.extend(behind);
    (without_guests(&base).to_owned(), beside)
}

/// What stands before the first dash that has blanks around it, and the parts of `text` after it.
fn without_dashes<'a>(text: &'a str, base: &str) -> (String, Vec<&'a str>) {
    const DASHES: [&str; 3] = [" - ", " – ", " — "];
    let first = |text: &str| DASHES.iter().filter_map(|dash| text.find(dash)).min();
    let Some(at) = first(base).filter(|at| !base[..*at].trim().is_empty()) else {
        return (base.to_owned(), Vec::new());
    };
    let mut behind = Vec::new();
    let mut rest = first(text).map_or("", |at| &text[at..]);
    while let Some(part) = DASHES.iter().find_map(|dash| rest.strip_prefix(dash)) {
        let end = first(part).unwrap_or(part.len());
        let before_brackets = part[..end].find(['(', '[', '{']).unwrap_or(end);
        behind.push(&part[..before_brackets]);
        rest = &part[end..];
    }
    (base[..at].to_owned(), behind)
}

/// What stands before "feat. …".
fn without_guests(text: &str) -> &str {
    let small = text.to_ascii_lowercase();
    let marks = [" feat. ", " feat ", " ft. ", " featuring "];
    let at = marks.iter().filter_map(|mark| small.find(mark)).min();
    at.map_or(text, |at| &text[..at])
}

fn is_guest(part: &str) -> bool {
    let words = fold(part);
    matches!(words.split(' ').next(), Some("feat" | "ft" | "featuring"))
}

fn is_edition(part: &str) -> bool {
    let words = fold(part);
    let is_number = |word: &str| word.starts_with(|letter: char| letter.is_ascii_digit());
    words.split(' ').any(|word| EDITIONS.contains(&word))
        && words.split(' ').all(|word| {
            EDITIONS.contains(&word) || BESIDE_EDITIONS.contains(&word) || is_number(word)
        })
        || words == "original mix"
}

/// A name in words of small letters and digits, one blank between them, without accents and
/// punctuation; as it is, in small letters and without blanks, if it has nothing else.
///
/// ```
/// use lastfm_core::library::fold;
///
/// assert_eq!(fold("Sigur Rós – ( )"), "sigur ros");
/// assert_eq!(fold("Simon & Garfunkel"), "simon and garfunkel");
/// assert_eq!(fold("!!!"), "!!!");
/// ```
pub fn fold(text: &str) -> String {
    let plain: String = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
        let letters = decomposed.chars().filter(|letter| !is_accent(*letter));
        let small: String = letters.flat_map(char::to_lowercase).collect();
        // What is left of marks belongs to its letter, as in が.
        ComposingNormalizerBorrowed::new_nfc().normalize(&small).into_owned()
    };
    let mut words = String::with_capacity(plain.len());
    for word in plain.split(is_between) {
        // "+" between names is an "and", in a name it is a sign.
        if word == "+" {
            push(&mut words, "and");
            continue;
        }
        for (place, part) in word.split('&').enumerate() {
            if place > 0 {
                push(&mut words, "and");
            }
            let letters = letters_of(part);
            let is_and = letters == "n" && !words.is_empty();
            push(&mut words, if is_and { "and" } else { &letters });
        }
    }
    if words.is_empty() || words == "and" {
        return plain.split_whitespace().collect();
    }
    words
}

/// Whether words end here.
fn is_between(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '/' | '_' | ',' | ';' | '.' | ':' | '·')
}

/// A word without its signs; most have none.
fn letters_of(word: &str) -> Cow<'_, str> {
    if word.chars().all(char::is_alphanumeric) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(word.chars().filter(|letter| letter.is_alphanumeric()).collect())
    }
}

/// Adds a word, its foreign letters as they are usually written without them.
fn push(words: &mut String, word: &str) {
    if !words.is_empty() && !word.is_empty() {
        words.push(' ');
    }
    for letter in word.chars() {
        match letter {
            'ß' => words.push_str("ss"),
            'æ' => words.push_str("ae"),
            'œ' => words.push_str("oe"),
            'þ' => words.push_str("th"),
            'ø' => words.push('o'),
            'ł' => words.push('l'),
            'đ' | 'ð' => words.push('d'),
            'ı' => words.push('i'),
            _ => words.push(letter),
        }
    }
}

/// Marks over and under letters. Not those of scripts in which they tell words apart.
fn is_accent(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_artist(one: &str, other: &str) -> bool {
        key(&artist(one)) == key(&artist(other))
    }

    #[test]
    fn an_artist_is_the_same_in_any_spelling() {
        for (one, other) in [
            ("Sigur Rós", "SIGUR ROS"),
            ("The Beatles", "Beatles, The"),
            ("AC/DC", "ACDC"),
            ("Simon & Garfunkel", "Simon and Garfunkel"),
            ("Florence + the Machine", "Florence and The Machine"),
            ("Guns N' Roses", "Guns and Roses"),
            ("Jay-Z", "JAY Z"),
            ("JAY-Z feat. Alicia Keys", "Jay‐Z"),
            ("Röyksopp", "Ro\u{308}yksopp"),
            ("Mø", "MO"),
            ("Ｐｅｒｆｕｍｅ", "Perfume"),
            ("Motörhead", "Motorhead"),
            ("P.J. Harvey", "PJ Harvey"),
            ("The The", "The The"),
        ] {
            assert!(
                same_artist(one, other),
                "{one} and {other}: {:?}",
                (artist(one), artist(other))
            );
        }
    }

    #[test]
    fn other_artists_stay_others() {
        for (one, other) in
            [("!!!", "???"), ("+44", "44 Magnum"), ("が", "か"), ("M", "MØ"), ("", "!!!")]
        {
            assert!(!same_artist(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn guests_and_editions_make_no_other_work() {
        let words = Title::of("Words");
        for text in [
            "Words (Remastered 2011)",
            "Words - 2011 Remaster",
            "Words [Remastered]",
            "words (feat. Mimi Parker)",
            "Words feat. Mimi Parker - Remastered 2009 / Mono",
            "Words (Album Version)",
            "Words (2002 Digital Remaster) [feat. X (of Y)]",
            "Words (20th Anniversary Edition)",
            "Words - Original Mix",
        ] {
            let title = Title::of(text);
            assert_eq!((&title.work, title.versions), (&words.work, 0), "{text}");
        }
        assert_eq!(Title::of("Words (feat. Mimi Parker)"), words);
        assert_ne!(Title::of("Words (Remastered 2011)").name, words.name);
    }

    #[test]
    fn another_version_is_another_work() {
        let words = Title::of("Words");
        for text in [
            "Words (Live)",
            "Words - Live at the BBC",
            "Words (Remastered Live Version)",
            "Words (Acoustic)",
            "Words [X Remix]",
            "Words (Demo)",
            "Words - Instrumental",
            "Words (Radio Edit)",
            "Words (Remastered) [Live]",
            "Words - Remastered 2011 - Live",
        ] {
            let title = Title::of(text);
            assert!(title.work != words.work && title.versions != 0, "{text}: {title:?}");
        }
        for text in ["Words (Part 2)", "Words (Taylor's Version)", "Words II", "(Don't) Words"] {
            assert_ne!(Title::of(text).work, words.work, "{text}");
        }
        let live = Title::of("Words (Live)");
        assert_eq!(live, Title::of("words - live"));
        assert_eq!(live.work, Title::of("Words (Live) (Remastered)").work);
    }

    #[test]
    fn a_title_that_is_nothing_but_an_edition_or_signs_is_kept() {
        for text in ["(Remastered)", "Remastered", "[Untitled]", "( )", "★", "…", "Live", "(", "- "]
        {
            let title = Title::of(text);
            assert!(!title.work.is_empty(), "{text}");
        }
        assert_eq!(Title::of("Live and Let Die").versions, 0);
        assert_ne!(Title::of("★").work, Title::of("…").work);
    }

    #[test]
    fn punctuation_and_accents_do_not_count() {
        for (one, other) in [
            ("Don’t Stop", "Dont stop"),
            ("Help!", "HELP"),
            ("Straße", "strasse"),
            ("A/B", "A B"),
            ("Song 2", "song  2"),
            ("Rock 'n' Roll", "Rock & Roll"),
        ] {
            assert_eq!(Title::of(one).work, Title::of(other).work, "{one} and {other}");
        }
    }
}
