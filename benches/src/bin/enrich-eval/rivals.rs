//! Simpler rules: equality of names, and a distance like that of beets.

use std::collections::HashMap;

use lastfm_core::library::fold;
use mb_enrich::names::ArtistName;
use strsim::levenshtein;

use crate::labels::{Candidate, Labels};

/// The year of the group that a rule answers, which may have none; nothing where it does not
/// answer.
pub(crate) type Answer = Option<Option<i16>>;

/// An answer for each album, in order.
pub(crate) type Years = Vec<Answer>;

pub(crate) fn lower_case(labels: &Labels) -> Years {
    by_key(labels, |artist, title| (artist.to_lowercase(), title.to_lowercase()))
}

pub(crate) fn normalised(labels: &Labels) -> Years {
    by_key(labels, |artist, title| {
        (ArtistName::new(artist).key().to_owned(), fold(title).replace(' ', ""))
    })
}

fn by_key(labels: &Labels, key: impl Fn(&str, &str) -> (String, String)) -> Years {
    let mut known = HashMap::new();
    for one in &labels.candidates {
        let year = known.entry(key(&one.artist, &one.title)).or_insert(one.year);
        *year = year.or(one.year);
    }
    labels.cases.iter().map(|case| known.get(&key(&case.artist, &case.title)).copied()).collect()
}

/// The group that is nearest by the mean of the distances of artist and title, for each album: the
/// part of beets' distance that knows no tracks and no year (`beets.autotag.distance`). None is
/// further than `MOST`.
pub(crate) fn nearest(labels: &Labels) -> Vec<Option<(f64, Option<i16>)>> {
    let mut by_artist: HashMap<&str, Vec<&Candidate>> = HashMap::new();
    for candidate in &labels.candidates {
        by_artist.entry(&candidate.artist).or_default().push(candidate);
    }
    let near_artists = |artist: &str| {
        let known = by_artist.iter().map(|(name, theirs)| (distance(artist, name), theirs));
        known.filter(|(artists, _)| *artists <= 2.0 * MOST).collect::<Vec<_>>()
    };
    let mut seen: HashMap<&str, Vec<(f64, &Vec<&Candidate>)>> = HashMap::new();
    let mut found = Vec::new();
    for case in &labels.cases {
        let mut nearest: Option<(f64, Option<i16>)> = None;
        let near = seen.entry(&case.artist).or_insert_with(|| near_artists(&case.artist));
        for (artists, theirs) in near {
            for candidate in *theirs {
                let mean = f64::midpoint(*artists, distance(&case.title, &candidate.title));
                if mean <= MOST && nearest.is_none_or(|(least, _)| mean < least) {
                    nearest = Some((mean, candidate.year));
                }
            }
        }
        found.push(nearest);
    }
    found
}

/// The nearest as answers, where they are near enough.
pub(crate) fn within(nearest: &[Option<(f64, Option<i16>)>], most: f64) -> Years {
    let near = |one: &Option<(f64, Option<i16>)>| one.filter(|one| one.0 <= most).map(|one| one.1);
    nearest.iter().map(near).collect()
}

/// What beets calls a match of medium strength.
const MOST: f64 = 0.25;

/// Leaves out what costs less.
type Shorten = fn(&str) -> String;

/// `string_dist`: the letters that differ, where what stands in brackets and the like costs less.
fn distance(one: &str, other: &str) -> f64 {
    let article = |text: &str| match text.to_lowercase().strip_suffix(", the") {
        Some(rest) => format!("the {rest}"),
        None => text.to_lowercase().replace('&', "and"),
    };
    let (mut one, mut other) = (article(one), article(other));
    let cheap: [(Shorten, f64); 5] = [
        (|text| text.strip_prefix("the ").unwrap_or(text).to_owned(), 0.1),
        (without_single, 0.0),
        (|text| until(text, &["feat. ", "feat ", "ft. ", "featuring "]), 0.1),
        (|text| without_brackets(text, '(', ')'), 0.3),
        (|text| without_brackets(text, '[', ']'), 0.3),
    ];
    let (mut base, mut penalty) = (letters(&one, &other), 0.0);
    for (shorten, weight) in cheap {
        let (shorter, other_shorter) = (shorten(&one), shorten(&other));
        let now = letters(&shorter, &other_shorter);
        if now < base {
            penalty += weight * (base - now);
            (one, other, base) = (shorter, other_shorter, now);
        }
    }
    base + penalty
}

fn letters(one: &str, other: &str) -> f64 {
    let plain = |text: &str| fold(text).replace(' ', "");
    let (one, other) = (plain(one), plain(other));
    let longer = one.chars().count().max(other.chars().count()).max(1);
    let number = |count| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(levenshtein(&one, &other)) / number(longer)
}

fn without_single(text: &str) -> String {
    let words = text.split(' ');
    let is_kind = |word: &&str| matches!(word.trim_matches(['(', ')', '[', ']']), "ep" | "single");
    words.filter(|word| !is_kind(word)).collect::<Vec<_>>().join(" ")
}

fn until(text: &str, marks: &[&str]) -> String {
    let at = marks.iter().filter_map(|mark| text.find(mark)).min();
    text[..at.unwrap_or(text.len())].to_owned()
}

fn without_brackets(text: &str, open: char, close: char) -> String {
    let mut out = text.to_owned();
    while let Some(start) = out.find(open)
        && let Some(length) = out[start..].find(close)
    {
        out.replace_range(start..=start + length, "");
    }
    out
}
