//! The questions of a source as searches and lookups, as few as will do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lastfm_core::Mbid;
use lastfm_core::library::fold;

use super::exchange::Exchange;
use super::query::{all, any, one_of, phrase};
use super::wire::{Artists, Group, Groups, LookedUp, Recordings};
use crate::memory::track_title;
use crate::names::{ArtistName, Title, is_various};
use crate::source::{Names, Tracks, Works};
use crate::{ReleaseGroup, SourceError};

/// As many as a search answers at once.
const MOST_FOUND: usize = 100;
const MOST: &str = "100";

/// Names in one question: they share what it can answer.
const MOST_NAMES: usize = 20;

/// Bytes of a question in an address: servers take 8 KiB in all.
const LONGEST: usize = 6_000;

/// The same of a question with so few parts that no search of it runs out of time.
const LIGHT: usize = 1_500;

/// Pages of an artist's groups.
const MOST_PAGES: usize = 3;

/// Finds out what identifiers stand for; what is known when it fails stays known.
pub(super) async fn identify(
    exchange: &Exchange,
    ids: &[Mbid],
    known: &mut HashMap<Mbid, Option<ReleaseGroup>>,
) -> Result<(), SourceError> {
    let mut open: Vec<&Mbid> = ids.iter().collect::<BTreeSet<_>>().into_iter().collect();
    for field in ["reid", "rgid"] {
        for batch in open.chunks(MOST_FOUND) {
            let question = one_of(field, batch.iter().map(|id| id.as_str()));
            // A search that runs out of time answers a part of it, and does not say so.
            for _ in 0..2 {
                let found = groups(exchange, &question, 0).await?;
                take_identified(found.release_groups, batch, known);
                let missing = batch.iter().filter(|id| !known.contains_key(**id)).count();
                if field == "rgid" || missing * 2 <= batch.len() {
                    break;
                }
            }
        }
        open.retain(|id| !known.contains_key(*id));
    }
    for id in open {
        let group = look_up(exchange, id).await?;
        known.insert(id.clone(), group);
    }
    Ok(())
}

fn take_identified(
    found: Vec<Group>,
    asked: &[&Mbid],
    known: &mut HashMap<Mbid, Option<ReleaseGroup>>,
) {
    for group in found {
        let releases: Vec<String> = group.releases().map(str::to_owned).collect();
        let Some(group) = group.group() else { continue };
        let stands_for = |id: &&&Mbid| {
            group.id.as_str().eq_ignore_ascii_case(id.as_str())
                || releases.iter().any(|release| release.eq_ignore_ascii_case(id.as_str()))
        };
        for id in asked.iter().filter(stands_for) {
            known.insert((**id).clone(), Some(group.clone()));
        }
    }
}

/// A release or a group by itself, whatever it was merged into.
async fn look_up(exchange: &Exchange, id: &Mbid) -> Result<Option<ReleaseGroup>, SourceError> {
    let path = format!("release/{id}");
    let params = [("inc", "release-groups artist-credits")];
    if let Some(release) = exchange.ask::<LookedUp>(&path, &params).await? {
        return Ok(release.group());
    }
    let path = format!("release-group/{id}");
    let params = [("inc", "artist-credits releases aliases")];
    Ok(exchange.ask::<Group>(&path, &params).await?.and_then(Group::group))
}

/// Groups by their artists' and their own names, several at a time.
///
/// A search of many parts that runs out of time answers some of them, and does not say so: where
/// nobody asks elsewhere, what has no answer is asked for once more, few at a time.
pub(super) async fn named(
    exchange: &Exchange,
    questions: &[Names],
    answers: &mut [Option<Vec<ReleaseGroup>>],
) -> Result<(), SourceError> {
    let mut again = Vec::new();
    named_in(LONGEST, exchange, questions, (0..questions.len()).collect(), answers, &mut again)
        .await?;
    named_in(LIGHT, exchange, questions, again, answers, &mut Vec::new()).await
}

/// The same in searches of at most so many bytes. What may have been cut off goes to `again`.
async fn named_in(
    longest: usize,
    exchange: &Exchange,
    questions: &[Names],
    mut open: Vec<usize>,
    answers: &mut [Option<Vec<ReleaseGroup>>],
    again: &mut Vec<usize>,
) -> Result<(), SourceError> {
    while !open.is_empty() {
        let lengths = open.iter().map(|place| weight(&by_name(&questions[*place])));
        let mut size = batch(longest, lengths);
        let found = loop {
            let asked = any(open[..size].iter().map(|place| by_name(&questions[*place])));
            let found = groups(exchange, &asked, 0).await?;
            // What is cut off may be what was asked for: each half by itself.
            if size == 1 || found.count <= found.release_groups.len() {
                break found;
            }
            size = size.div_ceil(2);
        };
        let found: Vec<ReleaseGroup> =
            found.release_groups.into_iter().filter_map(Group::group).collect();
        let may_be_cut = longest > LIGHT && size > 1;
        for place in open.drain(..size) {
            let Names { artist, title, is_last } = &questions[place];
            let is_theirs = |group: &&ReleaseGroup| {
                group.artist_names().any(|name| name.key() == artist.key())
                    && group.titles().any(|text| title.shares_a_key(&Title::new(text, artist)))
            };
            let theirs: Vec<ReleaseGroup> = found.iter().filter(is_theirs).cloned().collect();
            if theirs.is_empty() && may_be_cut && *is_last {
                again.push(place);
            } else {
                answers[place] = Some(theirs);
            }
        }
    }
    Ok(())
}

fn by_name(names: &Names) -> String {
    let title = &names.title;
    let spelled = [title.spelled(), title.bare()];
    let titles = if title.has_edition() { &spelled[..] } else { &spelled[..1] };
    let fields = ["releasegroup", "release", "alias"];
    let mut titles: Vec<String> =
        titles.iter().flat_map(|text| fields.map(|field| phrase(field, text))).collect();
    // Nobody reads all records of many artists later: theirs are found here, however the number
    // of a volume is written.
    let words = if is_various(names.artist.spelled()) { words(title) } else { BTreeSet::new() };
    if !words.is_empty() {
        titles.push(all(words.iter().map(|word| phrase("releasegroup", word))));
    }
    all([any(titles), by_artist(&names.artist)])
}

/// Words of a title that are the same in every way to write it.
fn words(title: &Title) -> BTreeSet<String> {
    const COUNTED: [&str; 5] = ["number", "part", "volume", "volumes", "chapter"];
    let is_lasting = |word: &&str| {
        word.chars().count() > 3 && word.chars().all(char::is_alphabetic) && !COUNTED.contains(word)
    };
    let words = fold(title.bare());
    // Numbers in letters are short, or one of these.
    let is_number =
        |word: &&str| matches!(*word, "three" | "four" | "five" | "seven" | "eight" | "nine");
    let lasting = words.split(' ').filter(|word| is_lasting(word) && !is_number(word));
    lasting.take(MOST_NAMES).map(str::to_owned).collect()
}

/// The first field is what stands on the record, in which one artist of several is a phrase.
fn by_artist(artist: &ArtistName) -> String {
    any(["artist", "artistname"].map(|field| phrase(field, artist.spelled())))
}

/// How many bytes a question takes in an address.
fn weight(question: &str) -> usize {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b' ';
    // Four more to join it to the next one.
    question.bytes().map(|byte| if plain(byte) { 1 } else { 3 }).sum::<usize>() + 4
}

/// How many questions of these lengths go into one of at most so many bytes.
fn batch(longest: usize, lengths: impl Iterator<Item = usize>) -> usize {
    let mut sum = 0;
    let fits = |length: &usize| {
        sum += length;
        sum <= longest
    };
    lengths.take(MOST_NAMES).take_while(fits).count().max(1)
}

/// Groups of artists. Where none has the name, it may be an alias.
pub(super) async fn works(
    exchange: &Exchange,
    questions: &[Works],
    answers: &mut [Option<Vec<ReleaseGroup>>],
) -> Result<(), SourceError> {
    let mut nameless = Vec::new();
    for (place, works) in questions.iter().enumerate() {
        let key = works.artist.key();
        let mut found = pages(exchange, &by_artist(&works.artist), &works.titles).await?;
        found.retain(|group| group.artist_names().any(|name| name.key() == key));
        if found.is_empty() {
            nameless.push(place);
        } else {
            answers[place] = Some(found);
        }
    }
    while !nameless.is_empty() {
        let by_alias = |place: &usize| {
            let name = questions[*place].artist.spelled();
            any(["artist", "alias", "sortname"].map(|field| phrase(field, name)))
        };
        let mut size = batch(LIGHT, nameless.iter().map(|place| weight(&by_alias(place))));
        let found = loop {
            let asked = any(nameless[..size].iter().map(by_alias));
            let params = [("query", asked.as_str()), ("limit", MOST)];
            let Some(found) = exchange.ask::<Artists>("artist", &params).await? else {
                break Vec::new();
            };
            // What is cut off may be who was asked for: each half by itself.
            if size == 1 || found.count <= found.artists.len() {
                break found.artists;
            }
            size = size.div_ceil(2);
        };
        let places: Vec<usize> = nameless.drain(..size).collect();
        let known: BTreeMap<String, Vec<String>> = found
            .into_iter()
            .map(|artist| {
                let id = artist.id.clone();
                let names = artist.names();
                (id, names.iter().map(|name| ArtistName::new(name).key().to_owned()).collect())
            })
            .collect();
        for place in places {
            let Works { artist, titles } = &questions[place];
            let is_called = |keys: &&Vec<String>| keys.iter().any(|key| key == artist.key());
            let ids: Vec<&str> = known
                .iter()
                .filter(|(_, keys)| is_called(keys))
                .map(|(id, _)| id.as_str())
                .take(MOST_NAMES)
                .collect();
            let mut found = Vec::new();
            if !ids.is_empty() {
                found = pages(exchange, &one_of("arid", ids.iter().copied()), titles).await?;
            }
            for credited in found.iter_mut().flat_map(|group| &mut group.artists) {
                if credited.id.as_ref().is_some_and(|id| ids.contains(&id.as_str())) {
                    credited.other_names.push(artist.spelled().to_owned());
                }
            }
            answers[place] = Some(found);
        }
    }
    Ok(())
}

/// All groups that answer a question; of very many those whose titles have words of these titles,
/// a few titles at a time.
async fn pages(
    exchange: &Exchange,
    question: &str,
    titles: &[Title],
) -> Result<Vec<ReleaseGroup>, SourceError> {
    let words: BTreeSet<String> = titles.iter().flat_map(words).collect();
    let words: Vec<String> = words.into_iter().collect();
    let mut found = Vec::new();
    for words in
        words.chunks(MOST_NAMES).take(MOST_PAGES).chain(words.is_empty().then_some(&[][..]))
    {
        if some_pages(exchange, question, words, &mut found).await? {
            break;
        }
    }
    Ok(found)
}

/// The first pages of what answers a question, those first whose titles have one of these words.
/// Returns whether that is all.
async fn some_pages(
    exchange: &Exchange,
    question: &str,
    words: &[String],
    found: &mut Vec<ReleaseGroup>,
) -> Result<bool, SourceError> {
    let preferred = any(words.iter().map(|word| phrase("releasegroup", word)));
    let asked = if words.is_empty() {
        question.to_owned()
    } else {
        any([all([question.to_owned(), preferred]), question.to_owned()])
    };
    let mut read = 0;
    for _ in 0..MOST_PAGES {
        let answer = groups(exchange, &asked, read).await?;
        let (count, some) = (answer.count, answer.release_groups.len());
        found.extend(answer.release_groups.into_iter().filter_map(Group::group));
        read += some;
        if some == 0 || read >= count {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn groups(exchange: &Exchange, query: &str, offset: usize) -> Result<Groups, SourceError> {
    let offset = offset.to_string();
    let mut params = vec![("query", query), ("limit", MOST)];
    if offset != "0" {
        params.push(("offset", &offset));
    }
    let found = exchange.ask::<Groups>("release-group", &params).await?;
    found.ok_or_else(|| SourceError::broken("MusicBrainz has no search at this address"))
}

/// Which groups hold one of some tracks.
pub(super) async fn holding(exchange: &Exchange, asked: &Tracks) -> Result<Vec<Mbid>, SourceError> {
    let ids: Vec<&str> = asked.groups.iter().take(MOST_FOUND).map(Mbid::as_str).collect();
    let tracks = asked.tracks.iter().filter(|track| track.keys().next().is_some());
    let tracks: Vec<String> = tracks.map(|track| phrase("recording", track.bare())).collect();
    if ids.is_empty() || tracks.is_empty() {
        return Ok(Vec::new());
    }
    let query = all([one_of("rgid", ids), any(tracks)]);
    let params = [("query", query.as_str()), ("limit", MOST)];
    let found = exchange.ask::<Recordings>("recording", &params).await?;
    let is_asked = |text: &str| {
        let title = track_title(text);
        asked.tracks.iter().any(|track| track.shares_a_key(&title))
    };
    let mut holding = BTreeSet::new();
    for recording in found.into_iter().flat_map(|found| found.recordings) {
        if recording.title.as_deref().is_some_and(is_asked) {
            holding.extend(recording.groups().map(str::to_owned));
        }
    }
    let holds = |id: &&Mbid| holding.contains(id.as_str());
    Ok(asked.groups.iter().filter(holds).cloned().collect())
}
