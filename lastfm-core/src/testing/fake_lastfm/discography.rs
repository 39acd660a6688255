//! What the service knows of music: all that anybody has played, and some that nobody has.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::FakeLastfm;
use super::catalogue::{Album, Artist, Tune};
use super::life::World;
use super::names::{self, Key, Name, lot};
use crate::testing::Dice;

/// What artists are tagged with. Those of one kind are similar to each other.
#[rustfmt::skip]
pub(super) const GENRES: [&str; 24] = [
    "rock", "indie", "electronic", "ambient", "jazz", "folk", "metal", "pop", "hip-hop", "soul",
    "classical", "punk", "post-rock", "shoegaze", "house", "techno", "blues", "country", "reggae",
    "singer-songwriter", "dream pop", "krautrock", "afrobeat", "trip-hop",
];

/// How many artists of each kind nobody has played.
const UNHEARD_OF_A_KIND: usize = 8;

/// Everything that has a page on the service, by name.
#[derive(Debug, Default)]
pub(super) struct Discography {
    artists: BTreeMap<String, Known>,
    /// How many descriptions of each account are in here already.
    taken_in: Vec<usize>,
}

/// An artist that the service knows.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) key: String,
    pub(super) genre: usize,
    /// How many people listen to it.
    pub(super) listeners: u64,
    /// The newest description of each track, on each album that has it, by the keys of both.
    tunes: BTreeMap<Key, Tune>,
    newest: Tune,
}

impl Discography {
    /// Takes in what accounts have played since the last time.
    pub(super) fn take_in<'a>(&mut self, seed: u64, accounts: impl Iterator<Item = &'a World>) {
        let first = self.taken_in.is_empty();
        for (number, account) in accounts.enumerate() {
            if number == self.taken_in.len() {
                self.taken_in.push(0);
            }
            let tunes = &account.history.tunes;
            for tune in &tunes[self.taken_in[number]..] {
                self.know(tune, seed);
            }
            self.taken_in[number] = tunes.len();
        }
        if first {
            self.invent_artists(seed);
        }
    }

    fn know(&mut self, tune: &Tune, seed: u64) {
        let key = tune.artist.key();
        let known = self.artists.entry(key).or_insert_with_key(|key| {
            let mut known = Known::new(key, tune);
            // Even of what one has listened to for years there is more.
            let mut dice = lot(&[key, "more", &seed.to_string()]);
            let more = 2 + dice.index(3);
            known.invent(more, &mut dice);
            known
        });
        known.add(tune);
    }

    fn invent_artists(&mut self, seed: u64) {
        let mut dice = Dice::stream(seed, 8);
        for number in 0..GENRES.len() * UNHEARD_OF_A_KIND {
            let name = loop {
                let name = names::name(&mut dice, number, 0.0);
                if !self.artists.contains_key(&name.key()) {
                    break name;
                }
            };
            let key = name.key();
            let artist = Artist::new(name, &mut dice);
            let first = tune(artist, number, None, &mut dice);
            let mut known = Known { genre: number % GENRES.len(), ..Known::new(&key, &first) };
            known.add(&first);
            let tracks = 5 + dice.index(5);
            known.invent(tracks, &mut dice);
            self.artists.insert(key, known);
        }
    }

    pub(super) fn artist(&self, name: &str) -> Option<&Known> {
        self.artists.get(&names::key(name))
    }

    pub(super) fn artist_by_mbid(&self, mbid: &str) -> Option<&Known> {
        self.artists.values().find(|known| known.tunes().any(|tune| tune.artist_mbid == mbid))
    }

    pub(super) fn tune_by_mbid(&self, is_meant: impl Fn(&Tune) -> bool) -> Option<&Tune> {
        self.artists.values().flat_map(Known::tunes).find(|tune| is_meant(tune))
    }

    pub(super) fn artists(&self) -> impl Iterator<Item = &Known> {
        self.artists.values()
    }

    /// Those of the same kind, the most similar first, with a likeness of 1 for it and less for
    /// others. Two artists are as similar from either side before that.
    pub(super) fn similar(&self, to: &Known) -> Vec<(&Known, f64)> {
        let others = self.artists.values();
        let others = others.filter(|other| other.genre == to.genre && other.key != to.key);
        let mut similar: Vec<(&Known, u64)> = others
            .map(|other| {
                let (one, two) = (to.key.as_str().min(&other.key), to.key.as_str().max(&other.key));
                (other, 1 + lot(&[one, two, "similar"]).below(1_000_000))
            })
            .collect();
        similar.sort_by_key(|(other, likeness)| (Reverse(*likeness), &other.key));
        let most = similar.first().map_or(1, |(_, most)| *most);
        #[allow(clippy::cast_precision_loss)] // A million is far from the end of a float.
        let share = |likeness: u64| likeness as f64 / most as f64;
        similar.into_iter().map(|(other, likeness)| (other, share(likeness))).collect()
    }
}

impl Known {
    fn new(key: &str, newest: &Tune) -> Self {
        let mut dice = lot(&[key, "artist"]);
        let genre = dice.index(GENRES.len());
        let most = 1 << (4 + dice.below(18));
        let listeners = 1 + dice.below(most);
        Self {
            key: key.to_owned(),
            genre,
            listeners,
            tunes: BTreeMap::new(),
            newest: newest.clone(),
        }
    }

    fn add(&mut self, tune: &Tune) {
        let album = tune.album_key().map(|(_, album)| album).unwrap_or_default();
        self.tunes.insert((tune.track.key(), album), tune.clone());
        self.newest = tune.clone();
    }

    /// Adds tracks that nobody has played, all but one of them on one album.
    fn invent(&mut self, tracks: usize, dice: &mut Dice) {
        let name = names::name(dice, tracks, 0.0);
        let album = Album::new(name, dice);
        for number in 0..tracks {
            let album = (number > 0).then(|| album.clone());
            let new = tune(Artist::of(&self.newest), number, album, dice);
            let album = new.album_key().map(|(_, album)| album).unwrap_or_default();
            self.tunes.entry((new.track.key(), album)).or_insert(new);
        }
    }

    /// A track of this artist, to say who it is.
    pub(super) fn name(&self) -> &Tune {
        &self.newest
    }

    /// All descriptions, a track once for each album that has it.
    pub(super) fn tunes(&self) -> impl Iterator<Item = &Tune> {
        self.tunes.values()
    }

    /// The tracks, each once.
    pub(super) fn tracks(&self) -> impl Iterator<Item = &Tune> {
        let mut last: Option<&str> = None;
        self.tunes.iter().filter_map(move |((track, _), tune)| {
            let is_new = last != Some(track.as_str());
            last = Some(track);
            is_new.then_some(tune)
        })
    }

    /// The track of this name, with its album if it is on any.
    pub(super) fn track(&self, name: &str) -> Option<&Tune> {
        let key = names::key(name);
        let mut same = self.tunes().filter(|tune| tune.track.key() == key);
        let first = same.next()?;
        Some(if first.album_key().is_some() { first } else { same.next().unwrap_or(first) })
    }

    /// The tracks of the album of this name, in its order.
    pub(super) fn album(&self, name: &str) -> Vec<&Tune> {
        let wanted = names::key(name);
        self.tunes.iter().filter(|((_, album), _)| *album == wanted).map(|(_, tune)| tune).collect()
    }

    /// How many people listen to a track or album of this artist.
    pub(super) fn listeners_of(&self, key: &str) -> u64 {
        let share = 1 + lot(&[&self.key, key, "listeners"]).below(1_000);
        (self.listeners * share / 1_000).max(1)
    }

    /// How often it was played, by everybody but the accounts of the fake.
    pub(super) fn plays_of(&self, key: &str) -> u64 {
        let each = 1 + lot(&[&self.key, key, "plays"]).below(30);
        self.listeners_of(key) * each
    }

    /// How often all its tracks were played, by everybody but the accounts of the fake.
    pub(super) fn plays(&self) -> u64 {
        self.listeners * (10 + lot(&[&self.key, "plays"]).below(300))
    }
}

/// A track that nobody has played.
fn tune(artist: Artist, number: usize, album: Option<Album>, dice: &mut Dice) -> Tune {
    let name = names::name(dice, number, 0.0);
    let mut tune = Tune::new(artist, name, album, dice);
    tune.loved = false;
    tune
}

impl FakeLastfm {
    /// Lets the service know of everything that was played until now.
    pub(super) fn study(&mut self) {
        let accounts = std::iter::once(&self.world).chain(&self.others);
        self.discography.take_in(self.seed, accounts);
    }

    /// The number of the description that a play of this track has in an account: as the service
    /// knows it, or a new one.
    pub(super) fn described(
        &mut self,
        account: usize,
        artist: &str,
        track: &str,
        album: Option<&str>,
    ) -> u32 {
        let is_same = |tune: &Tune| {
            let (one, other) = (&*tune.artist.shown, &*tune.track.shown);
            let on = tune.album.as_ref().map(|album| &*album.shown);
            (one, other, on) == (artist, track, album)
        };
        let own = self.account(account).history.tunes.iter();
        if let Some((number, _)) = (0..).zip(own).filter(|(_, tune)| is_same(tune)).last() {
            return number;
        }
        self.study();
        let known = self.discography.artist(artist);
        let tunes = || known.into_iter().flat_map(Known::tunes);
        let mut tune = tunes().find(|tune| is_same(tune)).cloned().unwrap_or_else(|| {
            let mut dice = lot(&[artist, track, "new"]);
            let by = known.filter(|known| *known.name().artist.shown == *artist);
            let new = || Artist::new(Name::new(artist), &mut lot(&[artist, "new"]));
            let on = album.map(|name| {
                let mut same = tunes().filter_map(Album::of).filter(|album| *album.name() == *name);
                same.next().unwrap_or_else(|| Album::new(Name::new(name), &mut dice))
            });
            let by = by.map_or_else(new, |known| Artist::of(known.name()));
            Tune::new(by, Name::new(track), on, &mut dice)
        });
        tune.loved = false;
        self.account_mut(account).add(tune)
    }
}
