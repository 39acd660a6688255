//! `user.getRecentTracks`: windows, pages, totals, and the lies that can be told about them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use super::answers::{Answer, Outcome, Refusal};
use super::calls::Call;
use super::history::{Entry, window};
use super::life::World;
use super::log::Digest;
use super::names::Name;
use super::paging::Paging;
use super::{Edge, EmptyPage, FakeLastfm, Fault, PoisonScope, Ties};
use crate::testing::{Dice, SentRequest};

/// What a request asks for.
struct Asked {
    /// The seconds of the window, the second after them excluded.
    seconds: Range<i64>,
    page: u64,
    per_page: u64,
    extended: bool,
}

/// A page, before it is written.
struct Page<'a> {
    user: &'a str,
    /// Newest first: the second, and the number of the tune.
    items: Vec<(i64, u32)>,
    total: u64,
    digest: u64,
}

impl FakeLastfm {
    /// `user.getRecentTracks`.
    pub(super) fn recent_tracks(&self, call: &Call<'_>) -> Outcome {
        let (world, fault) = (self.account(call.account), call.fault);
        if world.hidden && !call.is_own {
            return Err(Answer::refused(17));
        }
        let asked = self.read(call.sent)?;
        let failed = || Err(Answer::refused(8));
        let faults_on = self.faults.is_on(self.world.now_ms);
        let too_long = self.service.pages_fail_above.is_some_and(|most| asked.per_page > most);
        if faults_on && too_long {
            return failed();
        }
        let history = &world.history;
        let shown = match fault {
            Some(Fault::StalePage { seconds }) => {
                let then = self.world.now_ms.saturating_sub(super::milliseconds(*seconds));
                Cow::Owned(history.told_at(then))
            }
            _ => history.told(self.world.now_ms),
        };
        let window = window(&shown, &asked.seconds);
        if faults_on && self.poison_scope == PoisonScope::Window && self.holds_poison(window) {
            return failed();
        }
        let entries = self.page_of(window, &asked);
        let on_page = |entry: &Entry| self.poisoned.contains(&entry.at);
        if faults_on && self.poison_scope == PoisonScope::Page && entries.iter().any(on_page) {
            return failed();
        }
        let page = self.tell(world, window.len(), &entries, &asked, fault);
        Ok(self.write(world, &page, &asked))
    }

    fn read(&self, sent: &SentRequest) -> Result<Asked, Refusal> {
        let second = |name: &str| {
            let given: Option<i64> = sent.param(name).and_then(|text| text.parse().ok());
            given.filter(|second| *second != 0 || !self.service.zero_is_unset)
        };
        let after = |edge: Edge, second: i64, on: Edge| second.saturating_add((edge == on).into());
        let (service, inclusive, exclusive) = (&self.service, Edge::Inclusive, Edge::Exclusive);
        let from = second("from").map(|from| after(service.from_edge, from, exclusive));
        let to = second("to").map(|to| after(service.to_edge, to, inclusive));
        let Paging { page, per_page } = Paging::read(sent, 50, 1_000)?;
        Ok(Asked {
            seconds: from.unwrap_or(i64::MIN)..to.unwrap_or(i64::MAX),
            page,
            per_page: per_page.min(self.service.max_per_page.max(1)),
            extended: sent.param("extended") == Some("1"),
        })
    }

    fn holds_poison(&self, window: &[Entry]) -> bool {
        let holds = |second: &i64| {
            let place = window.partition_point(|entry| entry.at < *second);
            window.get(place).is_some_and(|entry| entry.at == *second)
        };
        self.poisoned.iter().any(holds)
    }

    /// The plays of the page, newest first.
    fn page_of(&self, window: &[Entry], asked: &Asked) -> Vec<Entry> {
        let len = window.len() as u64;
        let before = (asked.page - 1).saturating_mul(asked.per_page).min(len);
        let end = len - before;
        let start = end.saturating_sub(asked.per_page);
        // Both are at most the length of a slice.
        #[allow(clippy::cast_possible_truncation)]
        let (start, end) = (start as usize, end as usize);
        let mut entries: Vec<Entry> = match self.service.ties {
            Ties::Stable => window[start..end].to_vec(),
            Ties::Random => self.shuffled(window, start..end),
        };
        entries.reverse();
        entries
    }

    /// These places of the window, after each second was put in an order of this request's own.
    fn shuffled(&self, window: &[Entry], places: Range<usize>) -> Vec<Entry> {
        let Some(last) = window[places.clone()].last() else {
            return Vec::new();
        };
        let first = window[places.start].at;
        let low = window.partition_point(|entry| entry.at < first);
        let high = window.partition_point(|entry| entry.at <= last.at);
        let mut whole = window[low..high].to_vec();
        let mut dice = Dice::stream(self.seed ^ 0x71E5, self.log.len() as u64);
        for second in whole.chunk_by_mut(|one, other| one.at == other.at) {
            dice.shuffle(second);
        }
        whole[places.start - low..places.end - low].to_vec()
    }

    /// The page as the service tells it: the truth, unless a fault says otherwise.
    fn tell<'a>(
        &self,
        world: &'a World,
        in_window: usize,
        entries: &[Entry],
        asked: &Asked,
        fault: Option<&Fault>,
    ) -> Page<'a> {
        let mut dice = Dice::stream(self.seed ^ 0x11E5, self.log.len() as u64);
        let history = &world.history;
        let item = |entry: &Entry| (entry.at, history.tune_number(entry));
        let mut page = Page {
            user: &world.user,
            items: entries.iter().map(item).collect(),
            total: self.total(world, in_window, asked),
            digest: digest(entries),
        };
        match fault {
            Some(Fault::StalePage { .. }) => page.total = in_window as u64,
            Some(Fault::EmptyList) => {
                page.items.clear();
                page.total = 0;
            }
            Some(Fault::FewerPlays) => {
                let most = (page.items.len() / 2).max(1);
                for _ in 0..=dice.index(most) {
                    if !page.items.is_empty() {
                        page.items.remove(dice.index(page.items.len()));
                    }
                }
            }
            Some(Fault::OtherUser) => {
                page.user = "somebody-else";
                let now = self.now().as_unix();
                let (low, high) = (asked.seconds.start.max(0), asked.seconds.end.min(now));
                let tunes = history.tunes.len();
                let count = dice.below(asked.per_page).min(20 * tunes as u64);
                let theirs = (0..count).map(|_| {
                    let tune = u32::try_from(dice.index(tunes)).unwrap_or(0);
                    (dice.between(low, high), tune)
                });
                page.items = theirs.collect();
                page.items.sort_unstable_by(|one, other| other.cmp(one));
                page.total = count;
            }
            _ => {}
        }
        page
    }

    /// How many plays the window holds, as the service counts them.
    fn total(&self, world: &World, in_window: usize, asked: &Asked) -> u64 {
        let total = in_window as u64;
        if self.service.total_lag == 0 {
            return total;
        }
        let counted = self.world.now_ms.saturating_sub(super::milliseconds(self.service.total_lag));
        let shift = world.history.shift_since(counted, &asked.seconds);
        total.saturating_add_signed(shift.saturating_neg())
    }

    fn write(&self, world: &World, page: &Page<'_>, asked: &Asked) -> Answer {
        let user = Name::new(page.user).json;
        let pages = page.total.div_ceil(asked.per_page);
        let (number, per_page, total) = (asked.page, asked.per_page, page.total);
        let playing = world.now_playing(self.service.now_playing);
        let items = page.items.len() + usize::from(playing.is_some());
        if items == 0 && self.service.empty_page == EmptyPage::Text2014 {
            return Answer::json(format!(
                r##"{{"recenttracks":{{"#text":"\n","user":{user},"page":"0","perPage":"{per_page}","totalPages":"{pages}","total":"{total}"}}}}"##
            ));
        }
        let mut body = String::with_capacity(900 * items + 300);
        let alone = items == 1 && self.service.single_as_object;
        body.push_str(r#"{"recenttracks":{"track":"#);
        if !alone {
            body.push('[');
        }
        if let Some(tune) = playing {
            if asked.extended {
                tune.write_extended(None, world.loves(tune), &mut body);
            } else {
                tune.write_now_playing(&mut body);
            }
        }
        for (place, (at, tune)) in page.items.iter().enumerate() {
            if place > 0 || playing.is_some() {
                body.push(',');
            }
            let tune = &world.history.tunes[*tune as usize];
            if asked.extended {
                tune.write_extended(Some(*at), world.loves(tune), &mut body);
            } else {
                tune.write_play(*at, &mut body);
            }
        }
        if !alone {
            body.push(']');
        }
        // Writing to a string cannot fail.
        let _ = write!(
            body,
            r#","@attr":{{"user":{user},"totalPages":"{pages}","page":"{number}","perPage":"{per_page}","total":"{total}"}}}}}}"#
        );
        Answer { plays: page.items.len(), digest: page.digest, ..Answer::json(body) }
    }
}

fn digest(entries: &[Entry]) -> u64 {
    let mut digest = Digest::new();
    for entry in entries {
        digest.add(&entry.version.to_le_bytes());
    }
    digest.value()
}
