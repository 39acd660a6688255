//! A sync of one year, in slices, and what a whole sync looks up beside it.

use std::time::Duration;

use crew::{SliceContext, Slices};
use jobs::{Done, Kind, Setback};
use lastfm_core::archive::Span;
use lastfm_core::testing::{ErrorBody, Fault, Happening};

use crate::stage::{LONG, Stage, on_both, run, task};

on_both! {
    a_year_is_archived_and_archived_again(600);
    a_year_that_takes_many_slices_comes_to_its_end(800);
    what_is_never_about_a_year_is_given_up(1);
    a_first_import_that_begins_in_an_outage_is_made_when_it_is_over(20);
}

async fn held(stage: &Stage, span: Span) -> u64 {
    stage.db.store.count(stage.user().await.id, span).await.unwrap().plays
}

fn truth(stage: &Stage, span: Span) -> u64 {
    stage.lastfm().truth().iter().filter(|play| span.contains(play.at)).count() as u64
}

async fn a_year_is_archived_and_archived_again(stage: Stage) {
    let (year, span) = stage.last_year();
    let slices = Slices::new(SliceContext { musicbrainz: None, ..stage.means() });
    let (done, told) = run(&slices, &task(Kind::Sync, Some(year)), LONG).await;
    let plays = truth(&stage, span);
    assert_eq!(done, Ok(Done::Finished(format!("{plays} plays of {year}, {plays} new"))));
    assert_eq!((told.done, told.total), (plays, Some(plays)));
    assert_eq!(held(&stage, Span::EVER).await, plays, "nothing but the year");
    // No count tells of an edit: it is found because the year is read again.
    let old = span.start.plus(86_400 * 100);
    let edited =
        stage.lastfm().edit_where(|play| play.at < old && play.at > old.plus(-86_400 * 9), "Other");
    assert!(edited > 0);
    let (done, told) = run(&slices, &task(Kind::Sync, Some(year)), LONG).await;
    let words = format!("{plays} plays of {year}, {edited} changed");
    assert_eq!(done, Ok(Done::Finished(words)));
    assert_eq!(told.done, plays);
}

async fn a_year_that_takes_many_slices_comes_to_its_end(stage: Stage) {
    stage.archive().await;
    let (year, span) = stage.last_year();
    let plays = truth(&stage, span);
    let old = span.start.plus(86_400 * 30);
    let edited = stage.lastfm().edit_where(|play| play.at < old, "Other");
    assert!(edited > 0);
    // A page of ten a time, and room for few of them in a slice.
    let slices = Slices::new(SliceContext {
        musicbrainz: None,
        page_size: 10,
        rate: 100.0,
        ..stage.means()
    });
    let (mut task, mut begun, mut last) = (task(Kind::Sync, Some(year)), 0, 0);
    loop {
        begun += 1;
        let (done, told) = run(&slices, &task, Duration::from_millis(150)).await;
        assert!(told.done >= last && told.done <= plays + 20 * begun, "{told:?}");
        last = told.done;
        task = task.next(told);
        match done.unwrap() {
            Done::More { .. } => assert!(begun < 200, "it comes to no end: {task:?}"),
            Done::Finished(words) => {
                assert!(words.starts_with(&format!("{plays} plays of {year}, ")), "{words}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(begun > 2, "it took {begun} slices");
    // The oldest plays, which were read last.
    let user = stage.user().await.id;
    let oldest = Span::new(span.start, old);
    let plays = stage.db.store.plays(user, oldest, None, 1_000).await.unwrap();
    let seen = plays.iter().filter(|play| play.play.track().name == "Other").count();
    assert!(seen > 0, "the year's beginning was not read again");
}

async fn what_is_never_about_a_year_is_given_up(stage: Stage) {
    let (year, _) = stage.last_year();
    for kind in [Kind::Audit, Kind::Scrobble] {
        let (done, _) = run(&stage.slices(), &task(kind, Some(year)), LONG).await;
        assert_eq!(done, Err(Setback::GiveUp(format!("{kind} is never about one year"))));
    }
    let (done, _) = run(&stage.slices(), &task(Kind::Sync, Some(-32_000)), LONG).await;
    assert!(matches!(done, Err(Setback::GiveUp(_))), "{done:?}");
}

async fn a_first_import_that_begins_in_an_outage_is_made_when_it_is_over(stage: Stage) {
    let first = task(Kind::Sync, None);
    for _ in 0..2 {
        let fault = Fault::Error { code: 8, status: 500, body: ErrorBody::default() };
        stage.lastfm().fail_next(fault);
    }
    let slices = Slices::new(SliceContext { musicbrainz: None, ..stage.means() });
    let (done, told) = run(&slices, &first, Duration::from_millis(300)).await;
    assert!(!matches!(done, Ok(Done::Finished(_))), "{done:?}");
    assert_ne!(told, jobs::Progress::default(), "people are told of it");
    let slices = Slices::new(SliceContext { musicbrainz: None, ..stage.means() });
    let (done, _) = run(&slices, &first.next(told), LONG).await;
    assert!(matches!(done, Ok(Done::Finished(_))), "{done:?}");
    assert_eq!(held(&stage, Span::EVER).await, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_that_all_may_see_is_read_without_a_session_that_was_revoked() {
    let stage = Stage::sqlite(5).await;
    assert!(stage.lastfm().revoke("rj"));
    let (done, _) = run(&stage.slices(), &task(Kind::Sync, None), LONG).await;
    assert!(matches!(&done, Ok(Done::Finished(words)) if words.contains("5 plays")), "{done:?}");
    // What only the session shows is a matter of a login.
    stage.lastfm().happen(&Happening::Hide);
    let (done, _) = run(&stage.slices(), &task(Kind::Sync, None), LONG).await;
    assert!(matches!(&done, Err(Setback::GiveUp(words)) if words.contains("error 9")), "{done:?}");
}
