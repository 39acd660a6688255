//! Release years in slices.

use std::time::Duration;

use crew::{SliceContext, Slices};
use jobs::{Done, Kind, Progress, Setback};
use lastfm_core::albums::{ReleaseYears, Status};
use lastfm_core::archive::Span;

use crate::musicbrainz::Fake;
use crate::stage::{LONG, Stage, on_both, rj, run, task};

on_both! {
    all_albums_are_looked_up_and_told_of(30);
    a_slice_that_is_killed_leaves_the_next_one_to_go_on(60);
    an_outage_is_waited_for_and_finds_nothing_missing(12);
    albums_of_one_year_are_looked_up_alone(900);
    who_is_not_archived_or_nobody_to_write_to_is_said(1);
    a_whole_sync_looks_up_identifiers_at_its_end(40);
}

async fn years(stage: &Stage) -> ReleaseYears {
    let user = stage.user().await;
    ReleaseYears::of(&stage.db.albums.played_albums(user.id, Span::EVER).await.unwrap())
}

fn waiting(years: &ReleaseYears) -> u64 {
    years.undated.get(&Status::Pending).map_or(0, |amount| amount.albums)
}

async fn all_albums_are_looked_up_and_told_of(stage: Stage) {
    stage.archive().await;
    let slices = stage.slices();
    let (done, told) = run(&slices, &task(Kind::Enrich, None), LONG).await;
    let words = "30 albums looked up, 100 % of 30 plays have a year";
    assert_eq!(done, Ok(Done::Finished(words.to_owned())));
    let Progress { phase, done, total, matched, fuzzy_matched, not_found, .. } = told;
    assert_eq!((phase.as_str(), done, total), ("finding release years", 30, Some(30)));
    assert_eq!((matched + fuzzy_matched, not_found), (30, 0));
    assert_eq!(years(&stage).await.years.len(), 30);
    assert!(stage.heard.lines().contains(&format!("enrich Finished {words}")));
    // There is nothing left to ask.
    let asked = stage.musicbrainz.requests();
    run(&slices, &task(Kind::Enrich, None), LONG).await.0.unwrap();
    assert_eq!(stage.musicbrainz.requests(), asked);
}

async fn a_slice_that_is_killed_leaves_the_next_one_to_go_on(stage: Stage) {
    stage.archive().await;
    stage.musicbrainz.set_delay(Duration::from_millis(30));
    let (mut task, mut slices_begun, mut last) = (task(Kind::Enrich, None), 0, 0);
    loop {
        slices_begun += 1;
        // A process that is killed takes everything along but what it has written down.
        let slice = jobs::Slice::alone(LONG);
        let slices = stage.slices();
        let working = jobs::Work::slice(&slices, &task, &slice);
        let done = tokio::time::timeout(Duration::from_secs(1), working).await;
        let told = slice.told();
        assert!(told.done >= last && told.total.is_none_or(|all| all == 60), "{told:?}");
        // What is told is written down; what is written down may not be told yet.
        assert!(told.done + waiting(&years(&stage).await) <= 60, "{told:?}");
        last = told.done;
        task = task.next(told);
        match done {
            Ok(done) => {
                assert!(matches!(done, Ok(Done::Finished(_))), "{done:?}");
                break;
            }
            Err(_) => assert!(slices_begun < 100, "it comes to no end: {task:?}"),
        }
    }
    assert!(slices_begun > 1, "nothing was killed");
    assert_eq!((last, waiting(&years(&stage).await)), (60, 0));
}

async fn an_outage_is_waited_for_and_finds_nothing_missing(stage: Stage) {
    stage.archive().await;
    stage.musicbrainz.set_down(true);
    let slices = stage.slices();
    let (done, told) = run(&slices, &task(Kind::Enrich, None), LONG).await;
    let Err(Setback::Wait { after, reason }) = done else { panic!("{done:?}") };
    assert!(after >= Duration::from_mins(1), "{after:?} {reason}");
    assert_eq!((told.done, told.not_found), (0, 0));
    let undated = years(&stage).await.undated;
    assert_eq!(undated.keys().collect::<Vec<_>>(), [&Status::Pending]);
    // Others do not ask either, until it is time to look.
    let asked = stage.musicbrainz.requests();
    let (done, _) = run(&slices, &task(Kind::Enrich, None), LONG).await;
    assert!(matches!(done, Err(Setback::Wait { .. })), "{done:?}");
    assert_eq!(stage.musicbrainz.requests(), asked);
    let down = |line: &String| line.starts_with("MusicBrainz down: ");
    assert_eq!(stage.heard.lines().iter().filter(|line| down(line)).count(), 1);
    // A sync does not mind.
    let (done, _) = run(&slices, &task(Kind::Sync, None), LONG).await;
    assert!(matches!(done, Ok(Done::Finished(_))), "{done:?}");
}

async fn albums_of_one_year_are_looked_up_alone(stage: Stage) {
    stage.archive().await;
    // Albums are played one a day, back from now.
    let (year, span) = stage.last_year();
    let user = stage.user().await.id;
    let of_year = stage.db.albums.played_albums(user, span).await.unwrap();
    let plays = stage.db.store.count(user, span).await.unwrap().plays;
    assert!(plays > 0 && of_year.albums.len() < 900, "{plays}");
    let (done, told) = run(&stage.slices(), &task(Kind::Enrich, Some(year)), LONG).await;
    assert!(matches!(done, Ok(Done::Finished(_))), "{done:?}");
    assert_eq!(told.total, Some(plays));
    assert_eq!(waiting(&years(&stage).await), 900 - plays);
}

async fn who_is_not_archived_or_nobody_to_write_to_is_said(stage: Stage) {
    let (done, _) = run(&stage.slices(), &task(Kind::Enrich, None), LONG).await;
    let words = format!("{} is not archived, so there are no albums to look up", rj());
    assert_eq!(done, Err(Setback::GiveUp(words)));
    stage.archive().await;
    let slices = Slices::new(SliceContext { musicbrainz: None, ..stage.means() });
    let (done, _) = run(&slices, &task(Kind::Enrich, None), LONG).await;
    assert!(matches!(&done, Err(Setback::GiveUp(words)) if words.contains("MUSICBRAINZ_CONTACT")));
}

async fn a_whole_sync_looks_up_identifiers_at_its_end(mut stage: Stage) {
    stage.archive().await;
    // What the plays say of their albums, with the years that nobody knows yet.
    let user = stage.user().await.id;
    lastfm_core::albums::collect(&*stage.db.albums, user).await.unwrap();
    let played = stage.db.albums.played_albums(user, Span::EVER).await.unwrap().albums;
    let ids: Vec<_> = played.iter().map(|album| album.id).collect();
    let questions = stage.db.albums.questions(user, &ids).await.unwrap();
    let known: Vec<_> = questions
        .into_iter()
        .filter_map(|(_, album)| Some((album.artist, album.title, album.mbids.first()?.clone())))
        .collect();
    assert!(!known.is_empty() && known.len() < 40, "{} of 40 came with identifiers", known.len());
    stage.musicbrainz = Fake::with_releases(&known);
    let slices = stage.slices();
    let (done, told) = run(&slices, &task(Kind::Sync, None), LONG).await;
    assert!(matches!(done, Ok(Done::Finished(_))), "{done:?}");
    assert_eq!((told.done, told.total), (40, Some(40)), "of plays: {told:?}");
    let years = years(&stage).await;
    assert_eq!(years.years.values().map(|amount| amount.albums).sum::<u64>(), known.len() as u64);
    // Names are for a job of their own.
    assert_eq!(waiting(&years), 40 - known.len() as u64);
}
