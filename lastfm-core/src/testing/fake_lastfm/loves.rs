//! Loved tracks: those that the history came with, and those that an app loves or unloves.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::FakeLastfm;
use super::answers::{Answer, Outcome};
use super::calls::Call;
use super::catalogue::Tune;
use super::charts::user;
use super::life::World;
use super::names::{Key, key};
use super::paging::{Paging, list};
use super::spelling::{STAR, images, write_date};

/// What an app said of tracks, against what the history came with.
#[derive(Debug, Default)]
pub(super) struct Loves {
    /// When, and the number of the track's description.
    loved: BTreeMap<Key, (i64, u32)>,
    unloved: BTreeSet<Key>,
}

impl World {
    /// Whether the track of this description is loved.
    pub(super) fn loves(&self, tune: &Tune) -> bool {
        let Loves { loved, unloved } = &self.owner.loves;
        if loved.is_empty() && unloved.is_empty() {
            return tune.loved;
        }
        let key = tune.track_key();
        loved.contains_key(&key) || tune.loved && !unloved.contains(&key)
    }

    /// All loved tracks: when, and which. What the history came with was loved when it was first
    /// played.
    pub(super) fn loved(&self) -> BTreeMap<Key, (i64, u32)> {
        let mut loved = self.owner.loves.loved.clone();
        for entry in self.history.shown() {
            let tune = self.history.tune(entry);
            if !tune.loved {
                continue;
            }
            let key = tune.track_key();
            if !self.owner.loves.unloved.contains(&key) {
                let at = entry.at.max(self.registered);
                loved.entry(key).or_insert_with(|| (at, self.history.tune_number(entry)));
            }
        }
        loved
    }
}

impl FakeLastfm {
    /// `user.getLovedTracks`: what was loved last comes first.
    pub(super) fn loved_tracks(&self, call: &Call<'_>) -> Outcome {
        let paging = Paging::read(call.sent, 50, 1_000)?;
        let account = self.account(call.account);
        let mut loved: Vec<_> = account.loved().into_iter().collect();
        loved.sort_by(|(key, (at, _)), (other_key, (other, _))| {
            (Reverse(at), key).cmp(&(Reverse(other), other_key))
        });
        let items = loved[paging.places(loved.len())].iter().map(|(_, (at, tune))| {
            let tune = &account.history.tunes[*tune as usize];
            let (artist, name, mbid) = (tune.artist_object(), &tune.track.json, &tune.track_mbid);
            let (star, url) = (images(STAR, 4), tune.url());
            let mut item = format!(r#"{{"artist":{artist}"#);
            write_date(*at, &mut item);
            item + &format!(
                r##","mbid":"{mbid}","url":"{url}","name":{name},"image":{star},"streamable":{{"fulltrack":"0","#text":"0"}}}}"##
            )
        });
        let items = list(&items.collect::<Vec<_>>(), self.service.single_as_object);
        let attributes = paging.attributes(&user(account), loved.len());
        Ok(Answer::json(format!(r#"{{"lovedtracks":{{"track":{items},{attributes}}}}}"#)))
    }

    /// `track.love`: any track can be loved, heard or not. Loving again changes nothing.
    pub(super) fn love(&mut self, call: &Call<'_>) -> Outcome {
        let (artist, track) = (call.required("artist")?, call.required("track")?);
        let now = self.now().as_unix();
        let key = (key(artist), key(track));
        if !self.account(call.account).loved().contains_key(&key) {
            self.study();
            let known = self.discography.artist(artist).and_then(|known| known.track(track));
            let album = known.and_then(|tune| tune.album.as_ref()).map(|album| album.shown.clone());
            let tune = self.described(call.account, artist, track, album.as_deref());
            let loves = &mut self.account_mut(call.account).owner.loves;
            loves.unloved.remove(&key);
            loves.loved.insert(key, (now, tune));
        }
        Ok(Answer::json("{}".to_owned()))
    }

    /// `track.unlove`.
    pub(super) fn unlove(&mut self, call: &Call<'_>) -> Outcome {
        let key = (key(call.required("artist")?), key(call.required("track")?));
        let loves = &mut self.account_mut(call.account).owner.loves;
        loves.loved.remove(&key);
        loves.unloved.insert(key);
        Ok(Answer::json("{}".to_owned()))
    }
}
