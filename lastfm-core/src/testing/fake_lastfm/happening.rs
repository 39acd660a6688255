//! What can be done to an account at once, by its owner, a device or the service.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::accounts::Owner;
use super::catalogue::{image, mbid};
use super::history::Entry;
use super::life::World;
use super::{listener, names};

const DAY: i64 = 86_400;

/// Something that happens to the account at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Happening {
    /// A device that was offline delivers what it played: plays older than some minutes.
    LateBatch {
        /// How many.
        plays: usize,
        /// How old the oldest may be. Days.
        oldest_days: u32,
    },
    /// Random plays are deleted.
    DeleteRandom {
        /// How many.
        plays: usize,
    },
    /// The newest plays are deleted.
    DeleteNewest {
        /// How many.
        plays: usize,
    },
    /// All plays of a span are deleted.
    DeleteSpan {
        /// Its first second.
        from: i64,
        /// The second after it.
        to: i64,
    },
    /// Random plays get another track or album name, their second unchanged.
    Edit {
        /// How many.
        plays: usize,
    },
    /// The mbids and the image of random tracks change, for all their plays.
    Touch {
        /// How many.
        tracks: usize,
    },
    /// All plays are deleted; the account stays.
    EmptyHistory,
    /// The account has another name; the old one is unknown.
    Rename {
        /// The new name.
        to: String,
    },
    /// The account and its plays are gone; nobody listens any more.
    DeleteAccount,
    /// Somebody registers the name of the deleted account, and listens.
    Register,
    /// The history is hidden: it takes the user's own session to read it.
    Hide,
    /// The history is no longer hidden.
    Show,
}

impl World {
    /// Lets this happen now.
    pub(super) fn happen(&mut self, happening: &Happening) {
        let (now_ms, shown) = (self.now_ms, self.history.shown().len());
        match happening {
            Happening::LateBatch { plays, oldest_days } => self.late_batch(*plays, *oldest_days),
            Happening::DeleteRandom { plays } => {
                let goes = self.random_places(*plays);
                let mut place = 0;
                self.history.remove(now_ms, |_| {
                    place += 1;
                    goes.binary_search(&(place - 1)).is_ok()
                });
            }
            Happening::DeleteNewest { plays } => {
                let mut left = shown;
                self.history.remove(now_ms, |_| {
                    left -= 1;
                    left < *plays
                });
            }
            Happening::DeleteSpan { from, to } => {
                self.history.remove(now_ms, |entry| (*from..*to).contains(&entry.at));
            }
            Happening::Edit { plays } => {
                for place in self.random_places(*plays) {
                    self.edit(place);
                }
            }
            Happening::Touch { tracks } => {
                for place in self.random_places(*tracks) {
                    self.touch(place);
                }
            }
            Happening::EmptyHistory => {
                self.history.remove(now_ms, |_| true);
            }
            Happening::Rename { to } => self.user.clone_from(to),
            Happening::DeleteAccount => {
                self.history.remove(now_ms, |_| true);
                self.exists = false;
                self.owner = Owner::default();
                self.rest();
            }
            Happening::Register => {
                self.exists = true;
                self.hidden = false;
                self.registered = self.start + now_ms / 1_000;
                self.begin(now_ms);
            }
            Happening::Hide => self.hidden = true,
            Happening::Show => self.hidden = false,
        }
    }

    fn late_batch(&mut self, plays: usize, oldest_days: u32) {
        let now = self.start + self.now_ms / 1_000;
        let mut at = now - self.dice.between(3_600, (i64::from(oldest_days) * DAY).max(7_200));
        for _ in 0..plays {
            // What is not over yet cannot be delivered.
            at = at.min(now - 300);
            let tune = self.taste.next(&mut self.history.tunes);
            self.history.insert(at, tune, self.now_ms);
            if !self.dice.chance(0.05) {
                at += listener::length_of_a_track(&mut self.dice);
            }
        }
    }

    /// Distinct places of plays that are shown, in order.
    fn random_places(&mut self, count: usize) -> Vec<usize> {
        let shown = self.history.shown().len();
        let mut places = BTreeSet::new();
        while places.len() < count.min(shown) {
            places.insert(self.dice.index(shown));
        }
        places.into_iter().collect()
    }

    fn edit(&mut self, place: usize) {
        let entry = self.history.shown()[place];
        let number = self.history.tunes.len();
        let name = names::name(&mut self.dice, number, 0.1);
        let mut of_the_album = self.dice.chance(0.5);
        let old = self.history.tune(&entry);
        let new = old.changed(|tune| {
            of_the_album &= tune.album.is_some();
            if of_the_album {
                tune.album = Some(name);
            } else {
                tune.track = name;
            }
        });
        let tune = self.add(new);
        self.history.replace(place, tune, self.now_ms);
    }

    fn touch(&mut self, place: usize) {
        let number = self.history.tune_number(&self.history.shown()[place]);
        let (mbid, image) = (mbid(&mut self.dice), image(&mut self.dice));
        let new = self.history.tunes[number as usize].changed(|tune| {
            tune.track_mbid = mbid;
            tune.image = image;
        });
        let tune = self.add(new);
        for place in 0..self.history.shown().len() {
            let entry: Entry = self.history.shown()[place];
            if self.history.tune_number(&entry) == number {
                self.history.replace(place, tune, self.now_ms);
            }
        }
    }
}
