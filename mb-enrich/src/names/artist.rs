//! What an artist is called, and who else may be meant.

use lastfm_core::library::fold;

/// How catalogues and players call the artist of a record with many artists, folded.
const VARIOUS: [&str; 8] = [
    "artistes divers",
    "diverse",
    "soundtrack",
    "va",
    "various",
    "various artist",
    "various artists",
    "verschiedene interpreten",
];

/// What stands between the artists of a credit.
const JOINS: [&str; 11] =
    [" & ", " + ", " and ", " x ", " vs. ", " vs ", " with ", " / ", ", ", "; ", "/"];

/// What stands before a guest.
const GUESTS: [&str; 8] =
    [" feat. ", " feat ", " ft. ", " ft ", " featuring ", " (feat. ", " (ft. ", " (featuring "];

/// The name of an artist, or of several.
///
/// ```
/// use mb_enrich::names::ArtistName;
///
/// let name = ArtistName::new("The Black Keys");
/// assert_eq!(name.key(), ArtistName::new("Black Keys, The").key());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArtistName {
    spelled: String,
    words: String,
    key: String,
}

impl ArtistName {
    /// This name.
    pub fn new(name: &str) -> Self {
        let spelled = name.trim().to_owned();
        let trailing = spelled.len().checked_sub(5).and_then(|at| spelled.split_at_checked(at));
        let folded = match trailing {
            Some((name, the)) if the.eq_ignore_ascii_case(", the") => fold(name),
            _ => fold(&spelled),
        };
        let words = folded.strip_prefix("the ").unwrap_or(&folded).to_owned();
        Self { spelled, key: words.replace(' ', ""), words }
    }

    /// As it was written.
    pub fn spelled(&self) -> &str {
        &self.spelled
    }

    /// What spelling leaves of it, without "the" before it and without blanks; empty only for a
    /// blank name.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The same in words.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.split(' ')
    }

    /// Whether a group goes by it.
    #[cfg(any(feature = "mirror", feature = "offline"))]
    pub(crate) fn is_of(&self, group: &crate::ReleaseGroup) -> bool {
        group.artist_names().any(|name| name.key == self.key)
    }

    /// Who may be meant by this name where nobody is called so: the artist without guests, then
    /// the one who is named first.
    pub fn others(&self) -> Vec<Self> {
        let small = self.spelled.to_ascii_lowercase();
        let before = |marks: &[&str]| {
            let at = marks.iter().filter_map(|mark| small.find(mark)).min();
            at.map(|at| Self::new(&self.spelled[..at]))
        };
        let mut others: Vec<Self> = Vec::new();
        for other in [before(&GUESTS), before(&[&GUESTS[..], &JOINS[..]].concat())] {
            others.extend(other.filter(|other| !other.key.is_empty() && other.key != self.key));
        }
        others.dedup();
        others
    }
}

/// Whether this is no artist, but says that there are many.
pub fn is_various(name: &str) -> bool {
    VARIOUS.contains(&fold(name).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artist_is_the_same_in_any_spelling() {
        for (one, other) in [
            ("Sigur Rós", "SIGUR ROS"),
            ("The Beatles", "Beatles, The"),
            ("Sex Pistols", "The Sex Pistols"),
            ("AC/DC", "ACDC"),
            ("Derek & The Dominos", "Derek and the Dominos"),
            ("Crosby, Stills, Nash & Young", "Crosby Stills Nash and Young"),
        ] {
            assert_eq!(ArtistName::new(one).key(), ArtistName::new(other).key(), "{one}");
        }
    }

    #[test]
    fn other_artists_stay_others() {
        for (one, other) in [
            ("Queen", "Ivy Queen"),
            ("Kanye West", "Lil West"),
            ("!!!", "???"),
            ("The The", "Them"),
            ("M", "MØ"),
        ] {
            assert_ne!(ArtistName::new(one).key(), ArtistName::new(other).key(), "{one}");
        }
        assert_eq!(ArtistName::new(" ").key(), "");
    }

    #[test]
    fn guests_and_those_named_later_may_be_left_out() {
        let others = |name: &str| {
            let others = ArtistName::new(name).others();
            others.iter().map(|other| other.spelled().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(others("JAY-Z feat. Alicia Keys"), ["JAY-Z"]);
        assert_eq!(others("A & B feat. C"), ["A & B", "A"]);
        assert_eq!(others("Simon & Garfunkel"), ["Simon"]);
        assert_eq!(others("Sunn O))) / Boris"), ["Sunn O)))"]);
        assert_eq!(others("Low"), [] as [&str; 0]);
        assert_eq!(others(" & Low"), [] as [&str; 0]);
        assert_eq!(others("Ünal & Ölçer Ft. Ä"), ["Ünal & Ölçer", "Ünal"]);
    }

    #[test]
    fn many_artists_are_told_from_one() {
        for name in ["Various Artists", "VARIOUS", "VA", "Various"] {
            assert!(is_various(name), "{name}");
        }
        assert!(!is_various("Various Cruelties") && !is_various(""));
    }
}
