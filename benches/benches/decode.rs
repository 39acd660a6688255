//! Reading a page: the whole of it, a play taken apart for keeping, a track with all its names.
#![allow(missing_docs)] // Criterion's macros make functions without.
#![allow(clippy::unwrap_used, reason = "it measures, or stops")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lastfm_core::methods::user::GetRecentTracks;
use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_core::transport::Request;
use lastfm_core::{Method as _, Timestamp};

/// A page of so many plays, as the service sends it.
fn page(plays: usize) -> String {
    let now = Timestamp::from_unix(1_780_000_000);
    let mut fake = FakeLastfm::new(2005, &Scenario::still(plays + 1), now);
    let form =
        format!("method=user.getRecentTracks&user=rj&api_key=bench&format=json&limit={plays}");
    let request = Request::post("http://localhost/2.0/".parse().unwrap(), form);
    let answer = fake.answer(&request, now).unwrap();
    String::from_utf8(answer.body.to_vec()).unwrap()
}

fn pages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for plays in [200, 1000] {
        let body = page(plays);
        group.throughput(Throughput::Elements(plays as u64));
        group.bench_function(format!("page of {plays}"), |bencher| {
            bencher.iter(|| GetRecentTracks::decode(black_box(&body)).unwrap());
        });
    }
    let plays = GetRecentTracks::decode(&page(200)).unwrap().plays;
    group.throughput(Throughput::Elements(200));
    group.bench_function("parts of 200 plays", |bencher| {
        bencher.iter(|| plays.iter().filter(|play| black_box(play).parts().date.is_some()).count());
    });
    group.bench_function("tracks of 200 plays", |bencher| {
        bencher.iter(|| plays.iter().map(|play| black_box(play).track().name.len()).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, pages);
criterion_main!(benches);
