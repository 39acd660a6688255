//! Every public future, dropped at every poll: what was acknowledged is there, and the next one
//! works.

use std::collections::BTreeMap;

use futures_executor::block_on;
use lastfm_core::archive::{ArchiveStore, Observation, Removals, Revision, Span};
use lastfm_core::methods::user::GetInfo;
use lastfm_core::testing::stories::polled;
use lastfm_core::testing::{ErrorBody, Fault};
use lastfm_core::{Play, Timestamp};

use crate::support::{START, World};

/// Tries `work` with one poll, two and so on, until it comes to its end; says how many it took.
fn at_every_poll(mut work: impl AsyncFnMut(usize) -> bool) -> usize {
    (1..10_000).find(|polls| block_on(work(*polls))).unwrap()
}

#[test]
fn a_call_can_be_dropped_at_every_poll() {
    let world = World::still(10);
    let method = GetInfo::new("rj".parse().unwrap());
    let client = world.client_over(world.transport());
    let polls = at_every_poll(async |polls| {
        world.fake().fail_next(Fault::error(8, 500, ErrorBody::Json));
        world.fake().fail_next(Fault::ResetAfter);
        let done = polled(client.call(&method), polls).await;
        // What faults it did not meet are met by these.
        for _ in 0..3 {
            assert_eq!(client.call(&method).await.unwrap().play_count, 10);
        }
        done.is_some_and(|user| user.unwrap().play_count == 10)
    });
    assert!(polls > 10, "{polls}");
    let polls = at_every_poll(async |polls| {
        let done = polled(client.call_once(&method), polls).await;
        assert_eq!(client.call_once(&method).await.unwrap().value.play_count, 10);
        done.is_some()
    });
    assert!(polls > 3, "{polls}");
}

#[test]
fn a_stretch_of_a_history_can_be_dropped_at_every_poll() {
    let world = World::still(2_500);
    let client = world.client_over(world.transport());
    let mut expected: Vec<Timestamp> = world.truth().iter().map(|key| key.0).collect();
    expected.reverse();
    for polls in 1..12 {
        let mut history = client.recent_tracks("rj".parse().unwrap());
        let mut found = Vec::new();
        loop {
            match block_on(polled(history.next_page(), polls)) {
                None => {}
                Some(Ok(Some(stretch))) => found.extend(stretch.plays),
                Some(Ok(None)) => break,
                Some(Err(error)) => panic!("{error}"),
            }
        }
        let found: Vec<Timestamp> = found.iter().map(Play::played_at).collect();
        assert_eq!(found, expected, "{polls} polls at a time");
    }
}

#[test]
fn what_a_store_acknowledged_is_there_after_writes_that_were_dropped() {
    acknowledged_is_there(&*World::still(0).store).unwrap();
}

/// Writes, drops every other write somewhere, and looks for those that were acknowledged.
pub(crate) fn acknowledged_is_there(store: &dyn ArchiveStore) -> Result<(), String> {
    let user = block_on(store.add_user(&"rj".parse().unwrap(), None)).unwrap().id;
    let revision = Revision(i64::MAX);
    let observation = Observation { revision, at: START, removals: Removals::Confirm };
    let mut acknowledged = BTreeMap::new();
    for number in 0..100 {
        let (span, plays) = second(2 * number);
        let written = store.replace(user, span, plays.clone(), observation);
        // Not begun, begun, or done.
        if block_on(polled(written, usize::try_from(number % 3).unwrap())).is_some() {
            acknowledged.insert(span.start, plays);
        }
        let (span, plays) = second(2 * number + 1);
        block_on(store.replace(user, span, plays.clone(), observation)).unwrap();
        acknowledged.insert(span.start, plays);
    }
    assert!(acknowledged.len() > 100);
    let held = block_on(store.plays(user, Span::EVER, None, 1_000)).unwrap();
    let held: BTreeMap<_, _> =
        held.into_iter().map(|stored| (stored.place.at, vec![stored.play])).collect();
    let lost = acknowledged.iter().filter(|(at, plays)| held.get(*at) != Some(*plays)).count();
    let covered = block_on(store.coverage(user)).unwrap().len();
    if lost > 0 || covered != held.len() {
        let (acknowledged, held) = (acknowledged.len(), held.len());
        return Err(format!("{lost} of {acknowledged} lost; {held} held, {covered} covered"));
    }
    Ok(())
}

fn second(number: i64) -> (Span, Vec<Play>) {
    let at = Timestamp::from_unix(1_000 + number);
    let object = format!(r#"{{"name":"{number}","date":{{"uts":"{}"}}}}"#, at.as_unix());
    (Span::second(at), vec![Play::from_json(object).unwrap()])
}
