//! Writing batches into the SQLite store: new plays, and the same ones again.
#![allow(missing_docs)] // Criterion's macros make functions without.
#![allow(clippy::unwrap_used, reason = "it measures, or stops")]

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_executor::block_on;
use lastfm_core::archive::{ArchiveStore as _, Observation, Removals, Span, UserId};
use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_core::{Play, Timestamp};
use lastfm_sqlite::SqliteStore;

const PLAYS: usize = 20_000;
const BATCH: usize = 2_000;
const NOW: Timestamp = Timestamp::from_unix(1_780_000_000);

type Batch = (Span, Vec<Play>);

/// A history in batches, newest first, each play's text its own.
fn batches() -> Vec<Batch> {
    let fake = FakeLastfm::new(2005, &Scenario::still(PLAYS), NOW);
    let mut rest = fake.truth();
    let mut batches = Vec::new();
    let mut end = NOW;
    while !rest.is_empty() {
        // A second is never cut.
        let first = rest[rest.len().saturating_sub(BATCH)].at;
        let batch = rest.split_off(rest.partition_point(|play| play.at < first));
        let plays = batch.iter().rev().map(|play| Play::from_json(fake.object(play)).unwrap());
        batches.push((Span::new(first, end), plays.collect()));
        end = first;
    }
    batches
}

fn replace(store: &SqliteStore, user: UserId, batches: &[Batch]) -> Duration {
    let batches = batches.to_vec();
    let started = Instant::now();
    for (span, plays) in batches {
        let revision = block_on(store.revision(user)).unwrap();
        let observation = Observation { revision, at: NOW, removals: Removals::Confirm };
        block_on(store.replace(user, span, plays, observation)).unwrap();
    }
    started.elapsed()
}

fn replacing(criterion: &mut Criterion) {
    let batches = batches();
    let mut group = criterion.benchmark_group("replace");
    group.throughput(Throughput::Elements(PLAYS as u64)).sample_size(10);
    for again in [false, true] {
        let name = if again { "the same plays again" } else { "new plays" };
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let mut spent = Duration::ZERO;
                for _ in 0..times {
                    let folder = tempfile::tempdir().unwrap();
                    let file = folder.path().join("plays.db");
                    let store = block_on(SqliteStore::open(file)).unwrap();
                    let user = block_on(store.add_user(&"rj".parse().unwrap(), None)).unwrap().id;
                    let first = replace(&store, user, &batches);
                    spent += if again { replace(&store, user, &batches) } else { first };
                }
                spent
            });
        });
    }
    group.finish();
}

criterion_group!(benches, replacing);
criterion_main!(benches);
