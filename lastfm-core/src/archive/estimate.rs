//! What a run will cost, told before it is made.

use super::status::ArchiveStatus;
use crate::{Span, Timestamp};

/// So many plays of a page come with its neighbours, too: only whole seconds are written down.
const OVERLAP: u32 = 3;
/// 2002: no play is older than the service but those that a player dated wrongly.
const FOUNDED: Timestamp = Timestamp::from_unix(1_009_843_200);

/// About what a run will cost that fetches what is missing.
///
/// It is for planning and for telling: what runs compare at their end, what fails and is asked for
/// again, and seconds denser than a page come on top.
///
/// ```
/// # #[cfg(feature = "testing")]
/// # futures_executor::block_on(async {
/// # use std::sync::{Arc, Mutex};
/// # use lastfm_core::archive::{ArchiveStore as _, MemoryStore, WorkerId};
/// # use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
/// # use lastfm_core::{ApiKey, Client, Credentials, Timestamp, Username};
/// # let start = Timestamp::from_unix(1_780_000_000);
/// # let clock = Arc::new(VirtualClock::new(start));
/// # let fake = Arc::new(Mutex::new(FakeLastfm::new(1, &Scenario::still(20_000), start)));
/// # let transport = Arc::new(FakeLastfmTransport::new(fake, clock.clone()));
/// # let client = Client::builder(
/// #     Credentials::read_only(ApiKey::new("key")?), transport, clock.clone()).build();
/// # let store = Arc::new(MemoryStore::new(clock));
/// # let name: Username = "rj".parse()?;
/// use lastfm_core::archive::{ArchiveStatus, Archiver, Estimate, Span};
/// use lastfm_core::methods::user::GetInfo;
///
/// // How long would a first import take, at one request a second?
/// let profile = client.call(&GetInfo::new(name.clone())).await?;
/// assert_eq!(Estimate::of_plays(profile.play_count, 1000).request_count, 22);
///
/// // And what is left once somebody has looked at one year?
/// let worker = WorkerId("this machine".to_owned());
/// let archiver = Archiver::new(client, store.clone(), worker);
/// archiver.sync_span(name.clone(), Span::year(2023).unwrap()).finish().await?;
/// let user = store.user(&name).await?.unwrap();
/// let status = ArchiveStatus::read(&*store, user).await?;
/// let left = Estimate::of_archive(&status, Some(profile.play_count), start, 1000);
/// assert_eq!(left.play_count, profile.play_count - status.count.plays);
///
/// let report = archiver.sync(name).finish().await?;
/// assert!(report.request_count.abs_diff(left.request_count) <= 3);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Estimate {
    /// Plays to read.
    pub play_count: u64,
    /// Requests to make, at least 1.
    pub request_count: u64,
}

impl Estimate {
    /// For so many plays in one stretch, up to now: a first import, or one year of it. `page_size`
    /// is how many plays are asked for at once
    /// ([`Archiver::with_page_size`](super::Archiver::with_page_size)).
    pub fn of_plays(play_count: u64, page_size: u32) -> Self {
        Self { play_count, request_count: play_count.div_ceil(gain(page_size)) + 1 }
    }

    /// For an archive that is brought up to `now`. `total` is how many plays the service counts in
    /// all (`user.getInfo`, or a page of `user.getRecentTracks`, tells); if it was not asked, what
    /// is missing is taken to be as dense as what is archived.
    pub fn of_archive(
        status: &ArchiveStatus,
        total: Option<u64>,
        now: Timestamp,
        page_size: u32,
    ) -> Self {
        let missing = missing(status, now);
        let first_played = status.bounds.map(|(first, _)| first.max(FOUNDED));
        let began = status.user.registered_at.or(first_played).unwrap_or(FOUNDED);
        // Plays are looked for where they can be: most often none is older than the account.
        let lived = Span::new(began.min(now), now);
        let seconds = |span: &Span| u128::from(span.intersection(lived).seconds());
        let missing_seconds: u128 = missing.iter().map(seconds).sum();
        let held = status.count.plays - status.count.doubted.min(status.count.plays);
        let play_count = if let Some(total) = total {
            let explained = total.saturating_add_signed(status.book.residual.saturating_neg());
            explained.saturating_sub(held)
        } else {
            let covered: u128 = status.covered.iter().map(seconds).sum();
            share(held, missing_seconds, covered)
        };
        let pages = |span: &Span| {
            let plays = share(play_count, seconds(span), missing_seconds);
            plays.div_ceil(gain(page_size)).max(1)
        };
        // The newest page is asked for in any case. It is the first one of what is missing at last.
        let newest = missing.last().is_none_or(|last| last.end < now);
        let request_count = missing.iter().map(pages).sum::<u64>() + u64::from(newest);
        Self { play_count, request_count: request_count.max(1) }
    }
}

/// What up to `now` is neither covered nor refused, oldest first.
fn missing(status: &ArchiveStatus, now: Timestamp) -> Vec<Span> {
    let mut known: Vec<Span> = status.covered.clone();
    known.extend(status.holes.iter().map(|hole| hole.span));
    known.sort_unstable();
    let mut missing = Vec::new();
    let mut from = Timestamp::MIN;
    for span in known {
        missing.push(Span::new(from, span.start.min(now)));
        from = from.max(span.end);
    }
    missing.push(Span::new(from, now));
    missing.retain(|gap| !gap.is_empty());
    missing
}

/// Plays that a page brings.
fn gain(page_size: u32) -> u64 {
    u64::from(page_size.saturating_sub(OVERLAP).max(1))
}

/// As large a part of `plays` as `part` is of `whole`; nothing of nothing.
fn share(plays: u64, part: u128, whole: u128) -> u64 {
    let share = (u128::from(plays) * part).checked_div(whole).unwrap_or_default();
    u64::try_from(share).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::store::{ArchivedUser, Book, Count, Hole, UserId};
    use super::*;

    const REGISTERED: Timestamp = Timestamp::from_unix(1_104_537_600);

    fn year(year: i16) -> Span {
        Span::year(year).unwrap()
    }

    /// Registered at the start of 2005, with these spans covered.
    fn status(plays: u64, covered: &[Span]) -> ArchiveStatus {
        let first = covered.first().map(|span| span.start.max(REGISTERED));
        let bounds = first.zip(covered.last().map(|span| span.end.plus(-1)));
        let count = Count { plays, ..Count::default() };
        ArchiveStatus {
            user: ArchivedUser {
                id: UserId(1),
                name: "rj".parse().unwrap(),
                registered_at: Some(REGISTERED),
            },
            count,
            bounds: bounds.filter(|_| plays > 0),
            covered: covered.to_vec(),
            missing: Vec::new(),
            holes: Vec::new(),
            removed_count: 0,
            is_half_copy: false,
            book: Book::default(),
        }
    }

    fn of(status: &ArchiveStatus, total: Option<u64>) -> (u64, u64) {
        let estimate = Estimate::of_archive(status, total, year(2025).start, 1000);
        (estimate.play_count, estimate.request_count)
    }

    #[test]
    fn what_comes_after_the_end_of_coverage_is_missing_too() {
        // Ten years before it and nine after it are left.
        let status = status(10_000, &[year(2015)]);
        let (plays, requests) = of(&status, None);
        assert!(plays.abs_diff(190_000) < 200, "{plays}");
        assert!(requests.abs_diff(191) <= 2, "{requests}");
        // What the service counts says more than any guess.
        assert_eq!(of(&status, Some(30_000)).0, 20_000);
        assert!(of(&status, Some(30_000)).1.abs_diff(21) <= 2);
    }

    #[test]
    fn an_archive_that_is_up_to_date_costs_one_request() {
        let all = Span::new(Timestamp::MIN, year(2025).start);
        assert_eq!(of(&status(200_000, &[all]), Some(200_000)), (0, 1));
        let up_to_an_hour_ago = Span::new(Timestamp::MIN, all.end.plus(-3600));
        assert_eq!(of(&status(200_000, &[up_to_an_hour_ago]), None), (1, 1));
        assert_eq!(of(&status(200_000, &[up_to_an_hour_ago]), Some(200_007)), (7, 1));
    }

    #[test]
    fn one_play_in_a_week_makes_no_listener_who_plays_one_a_second() {
        let week = Span::new(year(2020).start, year(2020).start.plus(7 * 24 * 60 * 60));
        let (plays, _) = of(&status(1, &[week]), None);
        assert!(plays.abs_diff(20 * 52) < 10, "{plays}");
    }

    #[test]
    fn of_an_empty_archive_nothing_is_known_but_what_the_service_counts() {
        let empty = status(0, &[]);
        assert_eq!(of(&empty, None), (0, 1));
        assert_eq!(of(&empty, Some(99_700)), (99_700, 100));
        assert_eq!(Estimate::of_plays(99_700, 1000).request_count, 101);
        assert_eq!(Estimate::of_plays(0, 1).request_count, 1);
    }

    #[test]
    fn a_hole_and_a_difference_that_nothing_explains_are_not_fetched() {
        let hole = Span::second(year(2012).start);
        let covered =
            [Span::new(Timestamp::MIN, hole.start), Span::new(hole.end, year(2025).start)];
        let mut status = status(1000, &covered);
        status.holes.push(Hole {
            span: hole,
            reason: "busy".to_owned(),
            tries: 1,
            since: hole.end,
            next_try_at: hole.end,
        });
        assert_eq!(of(&status, None), (0, 1));
        status.book.residual = 3;
        status.count.doubted = 2;
        assert_eq!(of(&status, Some(1003)), (2, 1));
    }
}
