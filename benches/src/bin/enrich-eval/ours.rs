//! What the rules of `mb-enrich` answer, over a catalogue in memory and over an index of it.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use lastfm_core::{Mbid, TokioClock};
use mb_enrich::offline::IndexBuilder;
use mb_enrich::testing::{FakeDump, FakeGroup};
use mb_enrich::{
    Album, Enricher, MemorySource, OfflineSource, Outcome, PartialDate, ReleaseGroup, Source,
};

use crate::labels::{Candidate, Case, Labels};

/// An outcome for each album, in order.
///
/// # Errors
///
/// An index cannot be built, or answers otherwise than the catalogue in memory.
pub(crate) fn answers(labels: &Labels) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let mut source = MemorySource::new();
    let groups = labels.candidates.iter().zip(0_u64..);
    for group in groups.filter_map(|(candidate, number)| group(candidate, number)) {
        source.add(group);
    }
    let dump = FakeDump::new(source.groups().iter().cloned().map(FakeGroup::new));
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("candidates.index");
    IndexBuilder::new(&path).build(dump.tar()?.as_slice())?;
    let album = |case: &Case| {
        let album = Album::new(&case.artist, &case.title);
        if case.track.is_empty() { album } else { album.track(&case.track) }
    };
    let albums: Vec<Album> = labels.cases.iter().map(album).collect();
    let outcomes = ask(source, &albums, "the catalogue in memory");
    let offline = ask(OfflineSource::open(&path)?, &albums, "an index of it");
    let said = |outcomes: &[Outcome]| {
        // But for the time of day.
        let what = |one: &Outcome| format!("{:?}", (one.status, &one.found, &one.near));
        outcomes.iter().map(what).collect::<Vec<_>>()
    };
    if said(&outcomes) != said(&offline) {
        return Err("the index gives other outcomes than the catalogue in memory".into());
    }
    println!("all {} outcomes are the same", outcomes.len());
    Ok(outcomes)
}

fn group(candidate: &Candidate, number: u64) -> Option<ReleaseGroup> {
    let id = Mbid::new(&format!("00000000-0000-4000-8000-{number:012x}"))?;
    let group = ReleaseGroup::new(id, &candidate.artist, &candidate.title);
    let date = candidate.year.and_then(|year| PartialDate::new(year, None, None));
    Some(match date {
        Some(date) => group.first_release(date),
        None => group,
    })
}

fn ask(source: impl Source, albums: &[Album], of: &str) -> Vec<Outcome> {
    let enricher = Enricher::new(Arc::new(source), Arc::new(TokioClock::default()));
    let began = Instant::now();
    let outcomes = futures_executor::block_on(enricher.enrich(albums));
    let each = began.elapsed() / u32::try_from(outcomes.len().max(1)).unwrap_or(u32::MAX);
    println!("our rules take {each:?} an album with {of}");
    outcomes
}
