//! `artist.getInfo`, `artist.getSimilar`, `artist.getTopAlbums` and `artist.getTopTracks`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::FakeLastfm;
use super::answers::{Answer, Outcome, Refusal};
use super::calls::Call;
use super::catalogue::known_mbid;
use super::corrections;
use super::discography::{GENRES, Known};
use super::life::World;
use super::names::{Key, lot};
use super::paging::{Paging, list, within};
use super::spelling::{STAR, images, tags};

impl FakeLastfm {
    /// `artist.getInfo`.
    pub(super) fn artist_info(&self, call: &Call<'_>) -> Outcome {
        let known = self.artist_asked_for(call)?;
        let tune = known.name();
        let (name, url, mbid) =
            (&tune.artist.json, tune.artist_url(), known_mbid(&tune.artist_mbid));
        let star = images(STAR, 6);
        let own: u64 = plays_of(known, self.accounts()).values().sum();
        let (listeners, plays) = (known.listeners, known.plays() + own);
        let mut stats = format!(r#""listeners":"{listeners}","playcount":"{plays}""#);
        if let Some(account) = self.listener(call)? {
            let own: u64 = plays_of(known, std::iter::once(account)).values().sum();
            let _ = write!(stats, r#","userplaycount":"{own}""#);
        }
        let similar = self.discography.similar(known).into_iter().take(5).map(|(other, _)| {
            let (name, url) = (&other.name().artist.json, other.name().artist_url());
            format!(r#"{{"name":{name},"url":"{url}","image":{star}}}"#)
        });
        let similar = list(&similar.collect::<Vec<_>>(), false);
        let tags = tags(&genres_of(known));
        Ok(Answer::json(format!(
            r##"{{"artist":{{"name":{name},{mbid}"url":"{url}","image":{star},"streamable":"0","ontour":"0","stats":{{{stats}}},"similar":{{"artist":{similar}}},"tags":{tags},"bio":{{"links":{{"link":{{"#text":"","rel":"original","href":"{url}\/+wiki"}}}},"published":"01 Jan 1970, 00:00","summary":" <a href=\"{url}\">Read more on Last.fm<\/a>","content":""}}}}}}"##
        )))
    }

    /// `artist.getSimilar`: the most similar first.
    pub(super) fn similar_artists(&self, call: &Call<'_>) -> Outcome {
        let known = self.artist_asked_for(call)?;
        let most = within(call.sent, "limit", 100, 1_000)?;
        let star = images(STAR, 6);
        let mut items = Vec::new();
        for ((other, likeness), _) in self.discography.similar(known).into_iter().zip(0..most) {
            let tune = other.name();
            let (name, url) = (&tune.artist.json, tune.artist_url());
            let mbid = known_mbid(&tune.artist_mbid);
            let likeness = format!("{likeness:.6}");
            let likeness = likeness.trim_end_matches('0').trim_end_matches('.');
            items.push(format!(
                r#"{{"name":{name},{mbid}"match":"{likeness}","url":"{url}","image":{star},"streamable":"0"}}"#
            ));
        }
        let (items, name) =
            (list(&items, self.service.single_as_object), &known.name().artist.json);
        Ok(Answer::json(format!(
            r#"{{"similarartists":{{"artist":{items},"@attr":{{"artist":{name}}}}}}}"#
        )))
    }

    /// `artist.getTopAlbums`: what is played most first.
    pub(super) fn artist_top_albums(&self, call: &Call<'_>) -> Outcome {
        let known = self.artist_asked_for(call)?;
        let paging = Paging::read(call.sent, 50, 1_000)?;
        let mut own: HashMap<String, u64> = HashMap::new();
        for ((_, album), plays) in plays_of(known, self.accounts()) {
            *own.entry(album).or_default() += plays;
        }
        let mut albums = BTreeMap::new();
        for tune in known.tunes() {
            if let Some((_, album)) = tune.album_key() {
                albums.entry(album).or_insert(tune);
            }
        }
        let albums = albums
            .into_iter()
            .map(|(key, tune)| (known.plays_of(&key) + own.get(&key).unwrap_or(&0), key, tune));
        let mut albums: Vec<_> = albums.collect();
        albums.sort_by(|(plays, key, _), (other_plays, other_key, _)| {
            (Reverse(plays), key).cmp(&(Reverse(other_plays), other_key))
        });
        let items = albums[paging.places(albums.len())].iter().map(|(plays, _, tune)| {
            let (name, url, mbid) = (tune.album_name(), tune.album_url(), known_mbid(&tune.album_mbid));
            let (artist, images) = (tune.artist_entry(), images(&tune.image, 4));
            format!(
                r#"{{"name":{name},"playcount":{plays},{mbid}"url":"{url}","artist":{artist},"image":{images}}}"#
            )
        });
        let items = list(&items.collect::<Vec<_>>(), self.service.single_as_object);
        let whose = format!(r#""artist":{}"#, known.name().artist.json);
        let attributes = paging.attributes(&whose, albums.len());
        Ok(Answer::json(format!(r#"{{"topalbums":{{"album":{items},{attributes}}}}}"#)))
    }

    /// `artist.getTopTracks`: a limit that is out of bounds is moved into them.
    pub(super) fn artist_top_tracks(&self, call: &Call<'_>) -> Outcome {
        let known = self.artist_asked_for(call)?;
        let limit: Option<u64> = call.param("limit").and_then(|limit| limit.parse().ok());
        let per_page = limit.unwrap_or(50).clamp(1, 1_000);
        let paging = Paging { page: within(call.sent, "page", 1, 1_000_000)?, per_page };
        let mut own: HashMap<String, u64> = HashMap::new();
        for ((track, _), plays) in plays_of(known, self.accounts()) {
            *own.entry(track).or_default() += plays;
        }
        let mut tracks: Vec<_> = known
            .tracks()
            .map(|tune| {
                let key = tune.track.key();
                (known.plays_of(&key) + own.get(&key).unwrap_or(&0), key, tune)
            })
            .collect();
        tracks.sort_by(|(plays, key, _), (other_plays, other_key, _)| {
            (Reverse(plays), key).cmp(&(Reverse(other_plays), other_key))
        });
        let places = paging.places(tracks.len());
        let ranked = tracks[places.clone()].iter().zip(places.start + 1..);
        let items = ranked.map(|((plays, key, tune), rank)| {
            let (name, url, mbid) = (&tune.track.json, tune.url(), known_mbid(&tune.track_mbid));
            let (listeners, artist) = (known.listeners_of(key), tune.artist_entry());
            let star = images(STAR, 4);
            format!(
                r#"{{"name":{name},"playcount":"{plays}","listeners":"{listeners}",{mbid}"url":"{url}","streamable":"0","artist":{artist},"image":{star},"@attr":{{"rank":"{rank}"}}}}"#
            )
        });
        let items = list(&items.collect::<Vec<_>>(), self.service.single_as_object);
        let whose = format!(r#""artist":{}"#, known.name().artist.json);
        let attributes = paging.attributes(&whose, tracks.len());
        Ok(Answer::json(format!(r#"{{"toptracks":{{"track":{items},{attributes}}}}}"#)))
    }

    /// The artist of the parameters.
    pub(super) fn artist_asked_for(&self, call: &Call<'_>) -> Result<&Known, Refusal> {
        let known = match call.param("mbid") {
            Some(mbid) => self.discography.artist_by_mbid(mbid),
            None => self.artist_named(call)?,
        };
        known.ok_or_else(|| Answer::not_found("The artist you supplied could not be found"))
    }

    /// The artist of the parameter `artist`, its name corrected if that is asked for.
    pub(super) fn artist_named(&self, call: &Call<'_>) -> Result<Option<&Known>, Refusal> {
        let name = call.name("artist")?;
        let right = corrections::artist(&name).filter(|_| call.corrects());
        Ok(self.discography.artist(right.unwrap_or(&name)))
    }

    /// The user whose own figures are asked for beside everybody's.
    pub(super) fn listener(&self, call: &Call<'_>) -> Result<Option<&World>, Refusal> {
        let Some(user) = call.param("username") else {
            return Ok(None);
        };
        let number = self.numbered(user)?;
        Ok(Some(self.account(number)))
    }
}

/// How often these accounts have played an artist, by the keys of track and album.
pub(super) fn plays_of<'a>(
    known: &Known,
    accounts: impl Iterator<Item = &'a World>,
) -> HashMap<Key, u64> {
    let mut all = HashMap::new();
    for account in accounts {
        let history = &account.history;
        for (tune, plays) in history.tunes.iter().zip(history.tally(&(i64::MIN..i64::MAX))) {
            if plays > 0 && tune.artist.key() == known.key {
                let album = tune.album_key().map(|(_, album)| album).unwrap_or_default();
                *all.entry((tune.track.key(), album)).or_default() += plays;
            }
        }
    }
    all
}

/// What an artist is tagged with: its kind, and another one.
pub(super) fn genres_of(known: &Known) -> [&'static str; 2] {
    let other = 1 + lot(&[&known.key, "tag"]).index(GENRES.len() - 1);
    [GENRES[known.genre], GENRES[(known.genre + other) % GENRES.len()]]
}
