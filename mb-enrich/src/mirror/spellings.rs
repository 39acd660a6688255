//! Under which spellings a name is looked for: an index of names holds one of each.

use std::collections::BTreeSet;

use crate::names::ArtistName;

/// How else catalogues and players write the "and" between two artists.
const ANDS: [&str; 6] = [" and ", " & ", " + ", " n ", " n' ", " 'n' "];

/// Of a long name only the first words are joined in different ways.
const MOST_GAPS: usize = 5;

/// How an artist's name may be spelled in a catalogue. Case and accents of Latin letters aside,
/// which the index has not.
pub(super) fn spellings(name: &ArtistName) -> BTreeSet<String> {
    let words: Vec<&str> = name.words().collect();
    let plain = words.join(" ");
    let mut all = BTreeSet::from([name.spelled().to_owned(), plain.clone()]);
    if words.len() > 1 {
        all.extend([words.concat(), words.join("-"), words.join("/")]);
        all.extend((1..words.len().min(MOST_GAPS)).flat_map(|gap| {
            let (before, behind) = (words[..gap].join(" "), words[gap..].join(" "));
            [
                format!("{before}-{behind}"),
                format!("{before}{behind}"),
                format!("{before}, {behind}"),
            ]
        }));
    }
    // R.E.M. is one word, "R. E. M." are three.
    let letters: Vec<String> = match words.as_slice() {
        [word] if (2..=5).contains(&word.len()) => word.chars().map(String::from).collect(),
        words if words.len() > 1 && words.iter().all(|word| word.len() == 1) => {
            words.iter().map(|&word| word.to_owned()).collect()
        }
        _ => Vec::new(),
    };
    if !letters.is_empty() {
        all.extend([letters.join("."), letters.join(".") + ".", letters.join(". ") + "."]);
    }
    for one in [name.spelled().to_owned(), plain] {
        let small = one.to_lowercase();
        for and in ANDS.iter().filter(|and| small.contains(*and)) {
            all.extend(ANDS.iter().map(|other| small.replace(and, other)));
        }
    }
    all.retain(|one| !one.trim().is_empty());
    for one in all.clone() {
        let small = one.to_lowercase();
        match small.strip_prefix("the ") {
            Some(rest) => all.extend([rest.to_owned()]),
            None => all.extend([format!("the {small}")]),
        }
        if !one.is_ascii() {
            // A database that knows no letters but Latin ones has no small ones of others.
            all.extend([one.to_uppercase(), capitalized(&small), small]);
        } else if one.contains(", ") {
            // A name for lists is looked for as it is.
            all.insert(capitalized(&small));
        }
    }
    all
}

/// Each word with a capital.
fn capitalized(small: &str) -> String {
    let mut before = ' ';
    let mut out = String::with_capacity(small.len());
    for letter in small.chars() {
        if before.is_whitespace() || before == '-' {
            out.extend(letter.to_uppercase());
        } else {
            out.push(letter);
        }
        before = letter;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_for_as_catalogues_write_it() {
        for (asked, known) in [
            ("beatles", "the beatles"),
            ("The Beatles", "beatles"),
            ("Beatles, The", "the beatles"),
            ("Simon and Garfunkel", "simon & garfunkel"),
            ("Florence & the Machine", "florence + the machine"),
            ("Guns and Roses", "guns n' roses"),
            ("Jay Z", "jay-z"),
            ("AC DC", "ac/dc"),
            ("AC/DC", "acdc"),
            ("Three 6 Mafia", "three-6 mafia"),
            ("Tyler the Creator", "tyler, the creator"),
            ("Black Pink", "blackpink"),
            ("NWA", "n.w.a."),
            ("N.W.A", "nwa"),
            ("R. E. M.", "r.e.m."),
            ("кино", "Кино"),
            ("КИНО", "кино"),
        ] {
            let spellings = spellings(&ArtistName::new(asked));
            let has = spellings.iter().any(|one| one == known || one.to_ascii_lowercase() == known);
            assert!(has, "{asked}: {spellings:?}");
        }
        assert!(spellings(&ArtistName::new(" ")).is_empty());
    }
}
