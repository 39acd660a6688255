//! What a source is asked, as statements: many questions of a kind in a handful of them.

use std::collections::{BTreeSet, HashMap, HashSet};

use lastfm_core::Mbid;
use tokio_postgres::types::Type;

use super::MirrorError;
use super::artists::{Those, those};
use super::groups::{Beginning, Made, Titled, beginning, details, of_artists, of_credits};
use super::read::{count, value};
use super::sessions::Session;
use super::shape::Shape;
use crate::ReleaseGroup;
use crate::memory::track_title;
use crate::names::{ArtistName, Title};
use crate::source::{Names, Tracks, Works, goes_by};

/// A read of a mirror whose shape is known.
pub(super) struct Reading<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) shape: &'a Shape,
    pub(super) most_groups: u32,
}

/// A question, of which many are asked at once.
pub(super) trait Question: Sync {
    type Answer: Send;

    /// How many are asked at once.
    const TOGETHER: usize;

    /// Whose groups it is about: questions about one artist are best asked at once.
    fn artist(&self) -> Option<&str> {
        None
    }

    /// An answer for each.
    fn ask(
        reading: &Reading<'_>,
        questions: &[&Self],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, MirrorError>> + Send;
}

impl Question for Mbid {
    type Answer = Option<ReleaseGroup>;
    const TOGETHER: usize = 1_000;

    async fn ask(
        reading: &Reading<'_>,
        ids: &[&Self],
    ) -> Result<Vec<Option<ReleaseGroup>>, MirrorError> {
        const GROUPS: &str = "
            SELECT asked.number, coalesce(
                own.release_group, release_group.id, merged.release_group, group_redirect.new_id)
            FROM unnest($1::integer[], $2::text[]::uuid[]) AS asked (number, gid)
                LEFT JOIN release AS own ON own.gid = asked.gid
                LEFT JOIN release_group ON release_group.gid = asked.gid
                LEFT JOIN release_gid_redirect AS redirect ON redirect.gid = asked.gid
                LEFT JOIN release AS merged ON merged.id = redirect.new_id
                LEFT JOIN release_group_gid_redirect AS group_redirect
                    ON group_redirect.gid = asked.gid";
        let asked = ids.iter().enumerate().filter(|(_, id)| id.to_u128().is_some());
        let (numbers, gids): (Vec<i32>, Vec<&str>) =
            asked.map(|(place, id)| (count(place), id.as_str())).unzip();
        if numbers.is_empty() {
            return Ok(vec![None; ids.len()]);
        }
        let values = [(&numbers as _, Type::INT4_ARRAY), (&gids as _, Type::TEXT_ARRAY)];
        let mut found: Vec<Option<i32>> = vec![None; ids.len()];
        for row in reading.session.rows(GROUPS, &values).await? {
            let number: i32 = value(reading.session, &row, 0)?;
            let place = usize::try_from(number).unwrap_or_default();
            found[place] = value(reading.session, &row, 1)?;
        }
        let groups = found.iter().flatten().copied().collect();
        let groups = details(reading.session, reading.shape, &groups).await?;
        Ok(found.iter().map(|found| groups.get(&(*found)?).cloned()).collect())
    }
}

impl Question for Names {
    type Answer = Vec<ReleaseGroup>;
    const TOGETHER: usize = 250;

    fn artist(&self) -> Option<&str> {
        Some(self.artist.key())
    }

    async fn ask(
        reading: &Reading<'_>,
        questions: &[&Self],
    ) -> Result<Vec<Vec<ReleaseGroup>>, MirrorError> {
        let made = reading.made(questions.iter().map(|names| &names.artist), true).await?;
        let mut beginnings = Vec::new();
        let mut found: Vec<BTreeSet<i32>> = Vec::with_capacity(questions.len());
        for (place, Names { artist, title, .. }) in questions.iter().enumerate() {
            let may_be = beginning_like(title, artist);
            let alike = made.titled(artist).filter(|one| {
                let titles = one.titles.iter().map(String::as_str).filter(|text| may_be(text));
                goes_by(titles, title, artist)
            });
            found.push(alike.map(|one| one.group).collect());
            beginnings.extend(made.beginnings(place, artist, title, 3));
        }
        for (question, one) in beginning(reading.session, reading.shape, &beginnings).await? {
            let place = usize::try_from(question).unwrap_or_default();
            let Names { artist, title, .. } = questions[place];
            if goes_by(one.titles.iter().map(String::as_str), title, artist) {
                found[place].insert(one.group);
            }
        }
        let all = found.iter().flatten().copied().collect();
        let groups = details(reading.session, reading.shape, &all).await?;
        let answer = |(names, found): (&&Self, BTreeSet<i32>)| {
            let theirs = found.iter().filter_map(|group| groups.get(group));
            theirs
                .filter(|group| names.artist.is_of(group))
                .filter(|group| names.are_of(group))
                .cloned()
                .collect()
        };
        Ok(questions.iter().zip(found).map(answer).collect())
    }
}

impl Question for Works {
    type Answer = Vec<ReleaseGroup>;
    const TOGETHER: usize = 50;

    fn artist(&self) -> Option<&str> {
        Some(self.artist.key())
    }

    async fn ask(
        reading: &Reading<'_>,
        questions: &[&Self],
    ) -> Result<Vec<Vec<ReleaseGroup>>, MirrorError> {
        let made = reading.made(questions.iter().map(|works| &works.artist), false).await?;
        let mut beginnings = Vec::new();
        let mut found: Vec<BTreeSet<i32>> = Vec::with_capacity(questions.len());
        for (place, Works { artist, titles }) in questions.iter().enumerate() {
            found.push(made.titled(artist).map(|one| one.group).collect());
            for title in titles {
                beginnings.extend(made.beginnings(place, artist, title, 2));
            }
        }
        for (question, one) in beginning(reading.session, reading.shape, &beginnings).await? {
            found[usize::try_from(question).unwrap_or_default()].insert(one.group);
        }
        let all = found.iter().flatten().copied().collect();
        let groups = details(reading.session, reading.shape, &all).await?;
        let answer = |(works, found): (&&Self, BTreeSet<i32>)| {
            let theirs = found.iter().filter_map(|group| groups.get(group));
            theirs.filter(|group| works.artist.is_of(group)).cloned().collect()
        };
        Ok(questions.iter().zip(found).map(answer).collect())
    }
}

impl Question for Tracks {
    type Answer = Vec<Mbid>;
    const TOGETHER: usize = 100;

    async fn ask(
        reading: &Reading<'_>,
        questions: &[&Self],
    ) -> Result<Vec<Vec<Mbid>>, MirrorError> {
        const TRACKS: &str = "
            SELECT DISTINCT asked.gid::text, track.name::text
            FROM unnest($1::text[]::uuid[]) AS asked (gid)
                JOIN release_group ON release_group.gid = asked.gid
                JOIN release ON release.release_group = release_group.id
                JOIN medium ON medium.release = release.id
                JOIN track ON track.medium = medium.id";
        let groups = questions.iter().flat_map(|asked| &asked.groups);
        let groups = groups.filter(|id| id.to_u128().is_some()).map(Mbid::as_str);
        let groups: Vec<&str> = groups.collect::<BTreeSet<_>>().into_iter().collect();
        let mut held: HashMap<String, HashSet<String>> = HashMap::new();
        for row in reading.session.rows(TRACKS, &[(&groups as _, Type::TEXT_ARRAY)]).await? {
            let track: String = value(reading.session, &row, 1)?;
            let keys = held.entry(value(reading.session, &row, 0)?).or_default();
            keys.extend(track_title(&track).keys().map(str::to_owned));
        }
        let answer = |asked: &&Self| {
            let holds = |id: &&Mbid| {
                let keys = held.get(&id.as_str().to_ascii_lowercase());
                let mut wanted = asked.tracks.iter().flat_map(Title::keys);
                keys.is_some_and(|keys| wanted.any(|key| keys.contains(key)))
            };
            asked.groups.iter().filter(holds).cloned().collect()
        };
        Ok(questions.iter().map(answer).collect())
    }
}

/// Whether a title may be one that is asked for, by its first letter: most of an artist's are not,
/// and to work out what each of them comes down to takes long.
fn beginning_like(title: &Title, artist: &ArtistName) -> impl Fn(&str) -> bool {
    let mut firsts: Vec<Option<char>> = title.keys().map(|key| key.chars().next()).collect();
    // Numbers are spelled in many ways, and what no letter begins is left out as it likes.
    let all = firsts.iter().flatten().any(|first| !first.is_ascii_lowercase());
    // An article and the artist's own name may stand before it.
    firsts.extend([Some('t'), artist.key().chars().next()]);
    move |text| {
        let first = text.trim_start().chars().next();
        let first = first.filter(char::is_ascii_alphabetic).map(|first| first.to_ascii_lowercase());
        all || first.is_none() || firsts.contains(&first)
    }
}

/// What goes by some names.
struct MadeBy<'a> {
    places: HashMap<&'a ArtistName, usize>,
    those: Vec<Those>,
    by_artist: HashMap<i32, Made>,
    by_credit: HashMap<i32, Vec<Titled>>,
}

impl Reading<'_> {
    /// What goes by each of these names, with titles or without.
    async fn made<'a>(
        &self,
        names: impl Iterator<Item = &'a ArtistName>,
        with_titles: bool,
    ) -> Result<MadeBy<'a>, MirrorError> {
        let mut places = HashMap::new();
        let mut distinct: Vec<&ArtistName> = Vec::new();
        for name in names {
            places.entry(name).or_insert_with(|| {
                distinct.push(name);
                distinct.len() - 1
            });
        }
        let Self { session, shape, .. } = self;
        let those = those(session, shape, &distinct).await?;
        let artists = those.iter().flat_map(|those| &those.artists).copied().collect();
        let credits = those.iter().flat_map(|those| &those.credits).copied().collect();
        // Without an order of titles there is no other way than to read them all.
        let most = if shape.title_order.is_some() { self.most_groups } else { u32::MAX };
        let by_artist = of_artists(session, &artists, most, with_titles).await?;
        let by_credit = of_credits(session, &credits).await?;
        Ok(MadeBy { places, those, by_artist, by_credit })
    }
}

impl MadeBy<'_> {
    fn those(&self, artist: &ArtistName) -> Option<&Those> {
        self.those.get(*self.places.get(artist)?)
    }

    /// The groups of who goes by this name, as far as they were read.
    fn titled(&self, artist: &ArtistName) -> impl Iterator<Item = &Titled> {
        let those = self.those(artist);
        let artists = those.into_iter().flat_map(|those| &those.artists);
        let credits = those.into_iter().flat_map(|those| &those.credits);
        let alone = artists.filter_map(|artist| match self.by_artist.get(artist)? {
            Made::All(all) => Some(all),
            Made::TooMuch => None,
        });
        alone.chain(credits.filter_map(|credit| self.by_credit.get(credit))).flatten()
    }

    /// How to find what is called like this among the many groups of who goes by this name, by so
    /// many words.
    fn beginnings(
        &self,
        question: usize,
        artist: &ArtistName,
        title: &Title,
        words: usize,
    ) -> Vec<Beginning> {
        let artists = self.those(artist).into_iter().flat_map(|those| &those.artists);
        let many = artists.filter(|one| matches!(self.by_artist.get(one), Some(Made::TooMuch)));
        many.flat_map(|artist| {
            beginnings(title, words).into_iter().map(|title| Beginning {
                question: count(question),
                artist: *artist,
                title,
            })
        })
        .collect()
    }
}

/// How a title like this begins, in small letters: so many words, up to the first letter that others
/// write differently, with and without an article.
fn beginnings(title: &Title, words: usize) -> BTreeSet<String> {
    let small = title.bare().to_lowercase();
    let plain = |letter: char| letter.is_alphanumeric() || letter == ' ';
    let end = small.find(|letter| !plain(letter)).unwrap_or(small.len());
    let begins = small[..end].strip_prefix("the ").unwrap_or(&small[..end]);
    let begins = begins.split_whitespace().take(words).collect::<Vec<_>>().join(" ");
    // One letter says nothing.
    let without = if begins.chars().count() > 1 { begins } else { small };
    BTreeSet::from([format!("the {without}"), without])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_begins_with_what_all_write_alike() {
        let begins = |title: &str, words| {
            let title = Title::new(title, &ArtistName::new("Various Artists"));
            Vec::from_iter(beginnings(&title, words))
        };
        assert_eq!(begins("Now That's What I Call", 3), ["now that", "the now that"]);
        assert_eq!(begins("The Best of (Deluxe)", 3), ["best of", "the best of"]);
        assert_eq!(begins("The Best of All", 2), ["best of", "the best of"]);
        assert_eq!(begins("÷", 3), ["the ÷", "÷"]);
    }
}
