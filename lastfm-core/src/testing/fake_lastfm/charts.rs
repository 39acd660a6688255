//! What an account has listened to most: over a period, in a week, in its whole library.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use super::FakeLastfm;
use super::answers::{Answer, Outcome};
use super::calls::Call;
use super::catalogue::Tune;
use super::life::World;
use super::names::{Key, Name};
use super::paging::{Paging, list, within};
use super::profile::{FIRST_WEEK, WEEK};
use super::spelling::{STAR, images};

const DAY: i64 = 86_400;

/// What a chart is of: its name in answers, and what makes two plays one line of it.
#[derive(Debug, Clone, Copy)]
struct Of {
    name: &'static str,
    key: fn(&Tune) -> Option<Key>,
}

const ARTISTS: Of = Of { name: "artist", key: |tune| Some(tune.artist_key()) };
const ALBUMS: Of = Of { name: "album", key: Tune::album_key };
const TRACKS: Of = Of { name: "track", key: |tune| Some(tune.track_key()) };

/// A line of a chart: its newest description, and how often it was played.
type Line<'a> = (&'a Tune, u64);

/// Writes a line of this place, counted from 1.
type Written = fn(&Tune, u64, usize) -> String;

impl FakeLastfm {
    /// `user.getTopArtists`.
    pub(super) fn top_artists(&self, call: &Call<'_>) -> Outcome {
        self.top(call, ARTISTS, |tune, plays, rank| {
            let (name, mbid) = (&tune.artist.json, &tune.artist_mbid);
            let (star, url) = (images(STAR, 5), tune.artist_url());
            format!(
                r#"{{"streamable":"0","image":{star},"mbid":"{mbid}","url":"{url}","playcount":"{plays}","@attr":{{"rank":"{rank}"}},"name":{name}}}"#
            )
        })
    }

    /// `user.getTopAlbums`.
    pub(super) fn top_albums(&self, call: &Call<'_>) -> Outcome {
        self.top(call, ALBUMS, |tune, plays, rank| {
            let (artist, name, mbid) = (tune.artist_object(), tune.album_name(), &tune.album_mbid);
            let (images, url) = (images(&tune.image, 4), tune.album_url());
            format!(
                r#"{{"artist":{artist},"image":{images},"mbid":"{mbid}","url":"{url}","playcount":"{plays}","@attr":{{"rank":"{rank}"}},"name":{name}}}"#
            )
        })
    }

    /// `user.getTopTracks`.
    pub(super) fn top_tracks(&self, call: &Call<'_>) -> Outcome {
        self.top(call, TRACKS, |tune, plays, rank| {
            let (artist, name, mbid) = (tune.artist_object(), &tune.track.json, &tune.track_mbid);
            let (star, url, length) = (images(STAR, 4), tune.url(), tune.length().unwrap_or(0));
            format!(
                r##"{{"streamable":{{"fulltrack":"0","#text":"0"}},"mbid":"{mbid}","name":{name},"image":{star},"artist":{artist},"url":"{url}","duration":"{length}","@attr":{{"rank":"{rank}"}},"playcount":"{plays}"}}"##
            )
        })
    }

    /// `library.getArtists`: its bounds are its own.
    pub(super) fn library_artists(&self, call: &Call<'_>) -> Outcome {
        if call.param("limit") == Some("0") {
            return Err(Answer::refused(8));
        }
        let paging = Paging::read(call.sent, 50, 2_000)?;
        let account = self.account(call.account);
        let lines = ranking(account, &(i64::MIN..i64::MAX), ARTISTS);
        let items = lines[paging.places(lines.len())].iter().map(|(tune, plays)| {
            let (name, mbid) = (&tune.artist.json, &tune.artist_mbid);
            let (star, url) = (images(STAR, 5), tune.artist_url());
            format!(
                r#"{{"tagcount":"0","image":{star},"mbid":"{mbid}","url":"{url}","playcount":"{plays}","name":{name},"streamable":"0"}}"#
            )
        });
        let items = list(&items.collect::<Vec<_>>(), self.service.single_as_object);
        let attributes = paging.attributes(&user(account), lines.len());
        Ok(Answer::json(format!(r#"{{"artists":{{"artist":{items},{attributes}}}}}"#)))
    }

    /// `user.getWeeklyArtistChart`.
    pub(super) fn weekly_artists(&self, call: &Call<'_>) -> Outcome {
        self.weekly(call, ARTISTS, |tune, plays, rank| {
            let (name, mbid) = (&tune.artist.json, &tune.artist_mbid);
            let url = tune.artist_url();
            format!(
                r#"{{"mbid":"{mbid}","url":"{url}","name":{name},"@attr":{{"rank":"{rank}"}},"playcount":"{plays}"}}"#
            )
        })
    }

    /// `user.getWeeklyAlbumChart`.
    pub(super) fn weekly_albums(&self, call: &Call<'_>) -> Outcome {
        self.weekly(call, ALBUMS, |tune, plays, rank| {
            let (artist, name, mbid) = (tune.artist_text(), tune.album_name(), &tune.album_mbid);
            let url = tune.album_url();
            format!(
                r#"{{"artist":{artist},"mbid":"{mbid}","url":"{url}","name":{name},"@attr":{{"rank":"{rank}"}},"playcount":"{plays}"}}"#
            )
        })
    }

    /// `user.getWeeklyTrackChart`.
    pub(super) fn weekly_tracks(&self, call: &Call<'_>) -> Outcome {
        self.weekly(call, TRACKS, |tune, plays, rank| {
            let (artist, name, mbid) = (tune.artist_text(), &tune.track.json, &tune.track_mbid);
            let (images, url) = (images(&tune.image, 3), tune.url());
            format!(
                r#"{{"artist":{artist},"image":{images},"mbid":"{mbid}","url":"{url}","name":{name},"@attr":{{"rank":"{rank}"}},"playcount":"{plays}"}}"#
            )
        })
    }

    /// A chart of the `period` that ends now.
    fn top(&self, call: &Call<'_>, of: Of, written: Written) -> Outcome {
        let paging = Paging::read(call.sent, 50, 1_000)?;
        let days = match call.param("period") {
            None | Some("overall") => None,
            Some("7day") => Some(7),
            Some("1month") => Some(30),
            Some("3month") => Some(90),
            Some("6month") => Some(180),
            Some("12month") => Some(365),
            Some(_) => return Err(Answer::refused(6)),
        };
        let from = days.map_or(i64::MIN, |days| self.now().as_unix() - days * DAY);
        let account = self.account(call.account);
        let lines = ranking(account, &(from..i64::MAX), of);
        let places = paging.places(lines.len());
        let ranked = lines[places.clone()].iter().zip(places.start + 1..);
        let items = ranked.map(|((tune, plays), rank)| written(tune, *plays, rank));
        let items = list(&items.collect::<Vec<_>>(), self.service.single_as_object);
        let attributes = paging.attributes(&user(account), lines.len());
        let name = of.name;
        Ok(Answer::json(format!(r#"{{"top{name}s":{{"{name}":{items},{attributes}}}}}"#)))
    }

    /// A chart of the seconds `from` up to, but without, `to`; of the last whole week if they are
    /// not given.
    fn weekly(&self, call: &Call<'_>, of: Of, written: Written) -> Outcome {
        let most = within(call.sent, "limit", 1_000, 1_000)?;
        let second = |name: &str| call.param(name).and_then(|text| text.parse::<i64>().ok());
        let weeks = (self.now().as_unix() - FIRST_WEEK).div_euclid(WEEK);
        let last = FIRST_WEEK + (weeks - 1) * WEEK;
        let (from, to) = second("from").zip(second("to")).unwrap_or((last, last + WEEK));
        let account = self.account(call.account);
        let mut lines = ranking(account, &(from..to), of);
        lines.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        let ranked = lines.iter().zip(1..);
        let items = ranked.map(|((tune, plays), rank)| written(tune, *plays, rank));
        let items = list(&items.collect::<Vec<_>>(), self.service.single_as_object);
        let (name, user) = (of.name, user(account));
        Ok(Answer::json(format!(
            r#"{{"weekly{name}chart":{{"{name}":{items},"@attr":{{"from":"{from}",{user},"to":"{to}"}}}}}}"#
        )))
    }
}

/// The member that says whose a list is.
pub(super) fn user(account: &World) -> String {
    format!(r#""user":{}"#, Name::new(&account.user).json)
}

/// What was played in these seconds, most often first; what was played equally often, in the order
/// of the alphabet.
fn ranking<'a>(account: &'a World, seconds: &Range<i64>, of: Of) -> Vec<Line<'a>> {
    let history = &account.history;
    let mut lines: HashMap<Key, Line<'a>> = HashMap::new();
    for (tune, plays) in history.tunes.iter().zip(history.tally(seconds)) {
        let key = if plays > 0 { (of.key)(tune) } else { None };
        if let Some(key) = key {
            let line = lines.entry(key).or_insert((tune, 0));
            *line = (tune, line.1 + plays);
        }
    }
    let mut lines: Vec<(Key, Line<'a>)> = lines.into_iter().collect();
    lines.sort_unstable_by(|(key, line), (other_key, other)| {
        (Reverse(line.1), key).cmp(&(Reverse(other.1), other_key))
    });
    lines.into_iter().map(|(_, line)| line).collect()
}
