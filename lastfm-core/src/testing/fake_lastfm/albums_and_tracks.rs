//! `album.getInfo` and `track.getInfo`.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::FakeLastfm;
use super::answers::{Answer, Outcome, Refusal};
use super::artists::{genres_of, plays_of};
use super::calls::Call;
use super::catalogue::{Tune, known_mbid};
use super::corrections;
use super::discography::Known;
use super::names::{Key, lot};
use super::paging::list;
use super::spelling::{address, images, tags};

impl FakeLastfm {
    /// `album.getInfo`. Numbers come as text and as numbers, tags as an object and as empty text,
    /// tracks as a list, as one object and not at all.
    pub(super) fn album_info(&self, call: &Call<'_>) -> Outcome {
        let (known, album) = self.album_asked_for(call)?;
        let tracks = known.album(&album);
        let Some(first) = tracks.first() else {
            return Err(Answer::not_found("Album not found"));
        };
        let key = first.album_key().map(|(_, album)| album).unwrap_or_default();
        let (artist, name, mbid) = (&first.artist.json, first.album_name(), &first.album_mbid);
        let (url, images) = (first.album_url(), images(&first.image, 6));
        let of_it = |plays: HashMap<Key, u64>| -> u64 {
            plays.into_iter().filter(|((_, album), _)| *album == key).map(|(_, plays)| plays).sum()
        };
        let (listeners, own) = (known.listeners_of(&key), of_it(plays_of(known, self.accounts())));
        let plays = known.plays_of(&key) + own;
        let mut oddity = lot(&[&known.key, &key, "album"]);
        let tags = if oddity.chance(0.25) { r#""""#.to_owned() } else { tags(&genres_of(known)) };
        let mut body = format!(
            r#"{{"album":{{"artist":{artist},"mbid":"{mbid}","tags":{tags},"name":{name},"image":{images}"#
        );
        if !oddity.chance(0.125) {
            let items: Vec<String> =
                tracks.iter().zip(1..).map(|(tune, rank)| track(tune, rank)).collect();
            let items = list(&items, true);
            let _ = write!(body, r#","tracks":{{"track":{items}}}"#);
        }
        if let Some(account) = self.listener(call)? {
            let own = of_it(plays_of(known, std::iter::once(account)));
            let _ = write!(body, r#","userplaycount":{own}"#);
        }
        let _ =
            write!(body, r#","listeners":"{listeners}","playcount":"{plays}","url":"{url}"}}}}"#);
        Ok(Answer::json(body))
    }

    /// The artist and the name of the album of the parameters.
    fn album_asked_for(&self, call: &Call<'_>) -> Result<(&Known, String), Refusal> {
        let not_found = || Answer::not_found("Album not found");
        if let Some(mbid) = call.param("mbid") {
            let tune = self.discography.tune_by_mbid(|tune| tune.album_mbid == mbid);
            let tune = tune.ok_or_else(not_found)?;
            let known = self.discography.artist(&tune.artist.shown).ok_or_else(not_found)?;
            let album = tune.album.as_ref().map(|album| album.shown.to_string());
            return Ok((known, album.unwrap_or_default()));
        }
        let album = call.name("album")?.into_owned();
        Ok((self.artist_named(call)?.ok_or_else(not_found)?, album))
    }

    /// `track.getInfo`.
    pub(super) fn track_info(&self, call: &Call<'_>) -> Outcome {
        let not_found = || Answer::not_found("Track not found");
        let tune = if let Some(mbid) = call.param("mbid") {
            self.discography.tune_by_mbid(|tune| tune.track_mbid == mbid)
        } else {
            let name = call.name("track")?;
            let known = self.artist_named(call)?.ok_or_else(not_found)?;
            let right = corrections::track(&known.name().artist.shown, &name);
            known.track(right.filter(|_| call.corrects()).unwrap_or(&name))
        };
        let tune = tune.ok_or_else(not_found)?;
        let known = self.discography.artist(&tune.artist.shown).ok_or_else(not_found)?;
        let key = tune.track.key();
        let of_it = |plays: HashMap<Key, u64>| -> u64 {
            plays.into_iter().filter(|((track, _), _)| *track == key).map(|(_, plays)| plays).sum()
        };
        let (listeners, own) = (known.listeners_of(&key), of_it(plays_of(known, self.accounts())));
        let (plays, milliseconds) =
            (known.plays_of(&key) + own, 1_000 * tune.length().unwrap_or(0));
        let (name, url, mbid) = (&tune.track.json, tune.url(), known_mbid(&tune.track_mbid));
        let artist = tune.artist_entry();
        let mut body = format!(
            r##"{{"track":{{"name":{name},{mbid}"url":"{url}","duration":"{milliseconds}","streamable":{{"#text":"0","fulltrack":"0"}},"listeners":"{listeners}","playcount":"{plays}","artist":{artist}"##
        );
        if let Some((_, album_key)) = tune.album_key() {
            let (title, mbid, url) =
                (tune.album_name(), known_mbid(&tune.album_mbid), tune.album_url());
            let (artist, images) = (&tune.artist.json, images(&tune.image, 4));
            let tracks = known.album(&album_key);
            let place = tracks.iter().position(|other| other.track.key() == key).unwrap_or(0) + 1;
            let _ = write!(
                body,
                r#","album":{{"artist":{artist},"title":{title},{mbid}"url":"{url}","image":{images},"@attr":{{"position":"{place}"}}}}"#
            );
        }
        if let Some(account) = self.listener(call)? {
            let own = of_it(plays_of(known, std::iter::once(account)));
            let loved = u8::from(account.loved().contains_key(&tune.track_key()));
            let _ = write!(body, r#","userplaycount":"{own}","userloved":"{loved}""#);
        }
        let tags = if lot(&[&known.key, &key, "tags"]).chance(0.5) {
            r#"{"tag":[]}"#.to_owned()
        } else {
            tags(&genres_of(known))
        };
        let _ = write!(body, r#","toptags":{tags}}}}}"#);
        Ok(Answer::json(body))
    }
}

/// A track of an album.
fn track(tune: &Tune, rank: usize) -> String {
    let album = tune.album_url();
    let track = address(&[&tune.track.shown]);
    let track = track.rsplit(r"\/").next().unwrap_or_default();
    let (name, artist) = (&tune.track.json, tune.artist_object());
    let length = tune.length().map_or("null".to_owned(), |length| length.to_string());
    format!(
        r##"{{"streamable":{{"fulltrack":"0","#text":"0"}},"duration":{length},"url":"{album}\/{track}","name":{name},"@attr":{{"rank":{rank}}},"artist":{artist}}}"##
    )
}
