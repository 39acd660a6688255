//! What kind of record a title says it is: the guard that keeps a live album from its studio one.

use std::fmt;

/// What a record can be beside, or instead of, an album of new recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Without amplifiers.
    Acoustic,
    /// Chosen from other records.
    Compilation,
    /// Not meant for release.
    Demo,
    /// An EP.
    Ep,
    /// Without voices, or for singing to.
    Instrumental,
    /// On a stage.
    Live,
    /// Recorded anew.
    Rerecorded,
    /// Mixed anew by others.
    Remix,
    /// A single.
    Single,
    /// The music of a film, a series, a game.
    Soundtrack,
    /// By others, in honour of somebody.
    Tribute,
}

/// The words that say so, folded. Two words count when they stand beside each other.
const WORDS: [(Kind, &[&str]); 10] = [
    (Kind::Acoustic, &["acoustic", "unplugged"]),
    (
        Kind::Compilation,
        &[
            "anthology",
            "best of",
            "b sides",
            "bsides",
            "collection",
            "compilation",
            "essential",
            "greatest",
            "hits",
            "rarities",
            "singles",
            "the definitive",
            "ultimate",
        ],
    ),
    (Kind::Demo, &["demo", "demos", "outtakes", "rehearsal", "rehearsals"]),
    (Kind::Ep, &["ep"]),
    (Kind::Instrumental, &["instrumental", "instrumentals", "karaoke"]),
    (Kind::Live, &["concert", "in person", "live"]),
    (Kind::Rerecorded, &["re recorded", "rerecorded", "re recordings", "rerecordings"]),
    (
        Kind::Remix,
        &["dub", "megamix", "mixes", "remix", "remixed", "remixes", "reworked", "reworks", "rmx"],
    ),
    (Kind::Soundtrack, &["motion picture", "ost", "o s t", "score", "soundtrack", "soundtracks"]),
    (Kind::Tribute, &["cover version", "cover versions", "tribute"]),
];

/// All words that are known here, kind by kind.
#[cfg(feature = "offline")]
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.into_iter().flat_map(|(_, said)| said.iter().copied().chain(["."]))
}

/// A set of [`Kind`]s.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Kinds(u16);

impl Kinds {
    /// None: an album like any other.
    pub const NONE: Self = Self(0);

    /// What these folded words say.
    pub(crate) fn of_words(words: &str) -> Self {
        let each: Vec<&str> = words.split(' ').collect();
        let says = |said: &&str| {
            each.contains(said) || {
                let count = said.split(' ').count();
                count > 1
                    && each.windows(count).any(|some| some.iter().copied().eq(said.split(' ')))
            }
        };
        let kinds = WORDS.iter().filter(|(_, said)| said.iter().any(says));
        kinds.map(|(kind, _)| *kind).collect()
    }

    /// Whether this kind is among them.
    pub fn contains(self, kind: Kind) -> bool {
        self.0 & bit(kind) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and those.
    pub fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These but not those.
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }
}

fn bit(kind: Kind) -> u16 {
    1 << kind as u16
}

impl From<Kind> for Kinds {
    fn from(kind: Kind) -> Self {
        Self(bit(kind))
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, |all, kind| all.with(kind.into()))
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = WORDS.iter().map(|(kind, _)| *kind).chain([Kind::Single]);
        f.debug_set().entries(kinds.filter(|kind| self.contains(*kind))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_kind_a_record_is() {
        for (words, kinds) in [
            ("live at leeds", Kinds::from(Kind::Live)),
            ("the very best of blondie", Kind::Compilation.into()),
            ("skin the remixes", Kind::Remix.into()),
            ("mtv unplugged live", [Kind::Acoustic, Kind::Live].into_iter().collect()),
            ("original motion picture soundtrack", Kind::Soundtrack.into()),
            ("alive", Kinds::NONE),
            ("the best", Kinds::NONE),
            ("episode", Kinds::NONE),
            ("", Kinds::NONE),
        ] {
            assert_eq!(Kinds::of_words(words), kinds, "{words}");
        }
    }
}
