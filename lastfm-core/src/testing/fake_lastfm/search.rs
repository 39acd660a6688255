//! `artist.search`, `album.search` and `track.search`: what holds the text, in any case of letters.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::FakeLastfm;
use super::answers::{Answer, Outcome};
use super::calls::Call;
use super::discography::Known;
use super::names::{Key, Name, key};
use super::paging::{Paging, list};
use super::spelling::{STAR, images};

/// What was found: how many listen to it, what it is sorted by then, and how it is written.
type Found = (u64, Key, String);

impl FakeLastfm {
    /// `artist.search`.
    pub(super) fn search_artists(&self, call: &Call<'_>) -> Outcome {
        let text = call.required("artist")?;
        let wanted = key(text);
        let found = self.discography.artists().filter(|known| known.key.contains(&wanted));
        let found = found.map(|known| {
            let (tune, listeners) = (known.name(), known.listeners);
            let (name, mbid, url) = (&tune.artist.json, &tune.artist_mbid, tune.artist_url());
            let star = images(STAR, 5);
            let item = format!(
                r#"{{"name":{name},"listeners":"{listeners}","mbid":"{mbid}","url":"{url}","streamable":"0","image":{star}}}"#
            );
            (listeners, tune.artist_key(), item)
        });
        self.matches(call, "artist", Some(text), found.collect())
    }

    /// `album.search`: it does not say how many listen.
    pub(super) fn search_albums(&self, call: &Call<'_>) -> Outcome {
        let text = call.required("album")?;
        let wanted = key(text);
        let mut found: BTreeMap<Key, Found> = BTreeMap::new();
        for known in self.discography.artists() {
            for tune in known.tunes() {
                let album = tune.album_key().filter(|(_, album)| album.contains(&wanted));
                let Some(album) = album.filter(|album| !found.contains_key(album)) else {
                    continue;
                };
                let (name, artist) = (tune.album_name(), &tune.artist.json);
                let (url, images, mbid) =
                    (tune.album_url(), images(&tune.image, 4), &tune.album_mbid);
                let item = format!(
                    r#"{{"name":{name},"artist":{artist},"url":"{url}","image":{images},"streamable":"0","mbid":"{mbid}"}}"#
                );
                let listeners = known.listeners_of(&album.1);
                found.insert(album.clone(), (listeners, album, item));
            }
        }
        self.matches(call, "album", Some(text), found.into_values().collect())
    }

    /// `track.search`: it does not repeat what was asked for.
    pub(super) fn search_tracks(&self, call: &Call<'_>) -> Outcome {
        let wanted = key(call.required("track")?);
        let by = call.param("artist").map(key).unwrap_or_default();
        let artists = self.discography.artists().filter(|known| known.key.contains(&by));
        let tracks = artists.flat_map(|known| known.tracks().map(move |tune| (known, tune)));
        let found = tracks.filter(|(_, tune)| tune.track.key().contains(&wanted));
        let found = found.map(|(known, tune): (&Known, _)| {
            let listeners = known.listeners_of(&tune.track.key());
            let (name, artist, url) = (&tune.track.json, &tune.artist.json, tune.url());
            let (star, mbid) = (images(STAR, 4), &tune.track_mbid);
            let item = format!(
                r#"{{"name":{name},"artist":{artist},"url":"{url}","streamable":"FIXME","listeners":"{listeners}","image":{star},"mbid":"{mbid}"}}"#
            );
            (listeners, tune.track_key(), item)
        });
        self.matches(call, "track", None, found.collect())
    }

    /// What was found, in pages: what most people listen to first.
    fn matches(
        &self,
        call: &Call<'_>,
        of: &str,
        text: Option<&str>,
        mut found: Vec<Found>,
    ) -> Outcome {
        let paging = Paging::read(call.sent, 30, 1_000)?;
        found.sort_by(|(listeners, key, _), (other_listeners, other_key, _)| {
            (Reverse(listeners), key).cmp(&(Reverse(other_listeners), other_key))
        });
        let places = paging.places(found.len());
        let items: Vec<String> = found[places].iter().map(|(.., item)| item.clone()).collect();
        let items = list(&items, self.service.single_as_object);
        let text = text.map(|text| Name::new(text).json);
        let terms = text.as_ref().map(|text| format!(r#""searchTerms":{text},"#));
        let asked = text.map(|text| format!(r#""for":{text}"#)).unwrap_or_default();
        let (terms, total) = (terms.unwrap_or_default(), found.len());
        let Paging { page, per_page } = paging;
        let before = (page - 1).saturating_mul(per_page);
        Ok(Answer::json(format!(
            r##"{{"results":{{"opensearch:Query":{{"#text":"","role":"request",{terms}"startPage":"{page}"}},"opensearch:totalResults":"{total}","opensearch:startIndex":"{before}","opensearch:itemsPerPage":"{per_page}","{of}matches":{{"{of}":{items}}},"@attr":{{{asked}}}}}}}"##
        )))
    }
}
