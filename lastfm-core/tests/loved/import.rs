//! Reading the list: whole, in spite of faults and kills, and what is believed to be gone.

use futures_util::StreamExt as _;
use lastfm_core::ErrorClass;
use lastfm_core::loved::{ImportProgress, LovedError, LovedStore as _, Which};
use lastfm_core::testing::{ErrorBody, FakeTransport, Fault};

use crate::support::{START, Scene, name, scripted};

fn down() -> Fault {
    Fault::error(8, 500, ErrorBody::Json)
}

#[tokio::test]
async fn the_whole_list_is_read_with_the_moments_of_the_service() {
    let scene = Scene::loving(35).await;
    let mut import = scene.tracks.import();
    let mut read = Vec::new();
    let report = loop {
        match import.next().await.unwrap().unwrap() {
            ImportProgress::Read { read_count, total, .. } => read.push((read_count, total)),
            ImportProgress::Finished(report) => break report,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(read, [(10, Some(35)), (20, Some(35)), (30, Some(35)), (35, Some(35))]);
    assert!(import.next().await.is_none());
    assert!(report.is_whole);
    assert_eq!((report.added, report.loved_count, report.total), (35, 35, Some(35)));
    let all = scene.all(Which::Loved).await;
    assert!(all.iter().all(|loved| loved.loved_at >= START));
    assert!(all[0].loved_at > all[34].loved_at, "what was loved last comes first");
    // A list that did not change costs one reading.
    let before = scene.asked().len();
    let report = scene.tracks.import().finish().await.unwrap();
    assert_eq!((report.added, report.unloved.len(), scene.asked().len() - before), (0, 0, 4));
}

#[tokio::test]
async fn an_error_in_the_middle_loses_nothing_and_the_next_import_goes_on_there() {
    let scene = Scene::loving(35).await;
    let mut import = scene.tracks.import();
    for _ in 0..2 {
        import.next().await.unwrap().unwrap();
    }
    for _ in 0..20 {
        scene.lastfm().fail_next(down());
    }
    let error = import.next().await.unwrap().unwrap_err();
    let LovedError::Service { source, .. } = &error else { panic!("{error:?}") };
    assert_eq!(source.class(), ErrorClass::Transient);
    assert!(import.next().await.is_none());
    assert_eq!(scene.names(Which::Loved).await.len(), 20);
    scene.lastfm().heal_all();
    let before = scene.asked().len();
    let report = scene.tracks.import().finish().await.unwrap();
    assert!(report.is_whole);
    assert_eq!((report.added, report.loved_count), (15, 35));
    assert_eq!(scene.asked().len() - before, 3, "page 2 once more, then 3 and 4");
}

#[tokio::test]
async fn an_import_that_is_killed_at_any_poll_is_completed_by_the_next() {
    for polls in 1.. {
        let scene = Scene::loving(25).await;
        scene.tracks.import().finish().await.unwrap();
        scene.elsewhere().unlove("Low", &name(7)).await.unwrap();
        scene.elsewhere().love("Low", "New").await.unwrap();
        let is_over = {
            let mut import = std::pin::pin!(scene.tracks.import().finish());
            let mut left = polls;
            futures_util::future::poll_fn(|context| {
                left -= 1;
                let polled = import.as_mut().poll(context).is_ready();
                if polled || left == 0 {
                    std::task::Poll::Ready(polled)
                } else {
                    std::task::Poll::Pending
                }
            })
            .await
        };
        let report = scene.tracks.import().finish().await.unwrap();
        assert!(report.is_whole, "{polls}");
        assert_eq!(scene.names(Which::Unloved).await, [name(7)], "{polls}");
        let loved = scene.names(Which::Loved).await;
        assert_eq!((loved.len(), loved[0].as_str()), (25, "New"), "{polls}");
        if is_over {
            assert!(polls > 20, "the import was over after {polls} polls");
            return;
        }
    }
}

#[tokio::test]
async fn what_is_unloved_elsewhere_is_noticed_once_two_readings_agree() {
    let scene = Scene::loving(25).await;
    scene.tracks.import().finish().await.unwrap();
    scene.elsewhere().unlove("Low", &name(3)).await.unwrap();
    let progress: Vec<_> = scene.tracks.import().map(Result::unwrap).collect().await;
    let again = progress.iter().filter(|step| matches!(step, ImportProgress::Again { .. }));
    assert_eq!(again.count(), 1);
    let Some(ImportProgress::Finished(report)) = progress.last() else { panic!("{progress:?}") };
    assert!(report.is_whole);
    assert_eq!(report.unloved.iter().map(|loved| &loved.track).collect::<Vec<_>>(), [&name(3)]);
    assert_eq!(scene.names(Which::Unloved).await, [name(3)]);
    // And when it is loved again, it is the same one.
    let id = scene.all(Which::Unloved).await[0].id;
    scene.elsewhere().love("Low", &name(3)).await.unwrap();
    let report = scene.tracks.import().finish().await.unwrap();
    assert_eq!((report.revived, report.added), (1, 0));
    let back = scene.store.track(scene.tracks.account(), "Low", &name(3)).await.unwrap().unwrap();
    assert_eq!((back.id, back.unloved_at), (id, None));
}

#[tokio::test]
async fn an_unlove_while_the_list_is_read_takes_no_other_track_with_it() {
    let scene = Scene::loving(35).await;
    scene.tracks.import().finish().await.unwrap();
    let mut import = scene.tracks.import();
    import.next().await.unwrap().unwrap();
    // Everything behind it moves up: the first track of page 2 is now on page 1, which was read.
    scene.elsewhere().unlove("Low", &name(34)).await.unwrap();
    let report = import.finish().await.unwrap();
    assert!(report.is_whole);
    assert_eq!(scene.names(Which::Unloved).await, [name(34)]);
    assert_eq!(scene.names(Which::Loved).await.len(), 34);
}

#[tokio::test]
async fn a_list_that_never_stands_still_takes_nothing_for_unloved() {
    let scene = Scene::loving(35).await;
    scene.tracks.import().finish().await.unwrap();
    scene.elsewhere().unlove("Low", &name(0)).await.unwrap();
    let mut import = scene.tracks.import();
    let mut number = 1;
    let report = loop {
        match import.next().await.unwrap().unwrap() {
            ImportProgress::Finished(report) => break report,
            _ => scene.elsewhere().unlove("Low", &name(number)).await.unwrap(),
        };
        number += 1;
    };
    assert!(!report.is_whole);
    assert_eq!((report.unloved.len(), scene.names(Which::Loved).await.len()), (0, 35));
}

#[tokio::test]
async fn what_a_person_does_in_the_player_while_the_list_is_read_stays() {
    let scene = Scene::loving(35).await;
    scene.tracks.import().finish().await.unwrap();
    let mut import = scene.tracks.import();
    import.next().await.unwrap().unwrap();
    scene.tracks.love("Low", "New").await.unwrap();
    scene.tracks.unlove("Low", &name(2)).await.unwrap();
    import.finish().await.unwrap();
    assert_eq!(scene.names(Which::Unloved).await, [name(2)]);
    assert!(scene.names(Which::Loved).await.contains(&"New".to_owned()));
}

/// A page of a list of so many tracks.
fn answer(user: &str, names: &[&str], total: usize) -> String {
    let tracks = names.iter().map(|name| {
        format!(r#"{{"name":"{name}","artist":{{"name":"Low"}},"date":{{"uts":"5"}}}}"#)
    });
    let tracks: Vec<_> = tracks.collect();
    format!(
        r#"{{"lovedtracks":{{"track":[{}],"@attr":{{"user":"{user}","page":"1","perPage":"1000","totalPages":"1","total":"{total}"}}}}}}"#,
        tracks.join(",")
    )
}

#[tokio::test]
async fn an_empty_list_that_is_a_fault_unloves_nothing() {
    let words = answer("rj", &["Words"], 1);
    let transport =
        FakeTransport::new().json(&words).json(answer("rj", &[], 0)).json(&words).json(&words);
    let (tracks, store) = scripted(transport);
    tracks.import().finish().await.unwrap();
    let report = tracks.import().finish().await.unwrap();
    assert_eq!((report.unloved.len(), report.loved_count), (0, 1));
    assert_eq!(store.counts(tracks.account()).await.unwrap().unloved, 0);
}

#[tokio::test]
async fn an_empty_list_that_is_true_unloves_everything() {
    let transport = FakeTransport::new()
        .json(answer("rj", &["Words"], 1))
        .json(answer("rj", &[], 0))
        .json(answer("rj", &[], 0));
    let (tracks, _) = scripted(transport);
    tracks.import().finish().await.unwrap();
    let report = tracks.import().finish().await.unwrap();
    assert_eq!((report.unloved.len(), report.loved_count, report.is_whole), (1, 0, true));
}

#[tokio::test]
async fn a_service_that_counts_more_than_it_shows_is_believed_the_second_time() {
    // Pages asks twice for a page that is short.
    let short = answer("rj", &["Words"], 3);
    let transport = FakeTransport::new().json(&short).json(&short).json(&short).json(&short);
    let (tracks, _) = scripted(transport);
    let report = tracks.import().finish().await.unwrap();
    assert_eq!((report.is_whole, report.added, report.total), (true, 1, Some(3)));
}

#[tokio::test]
async fn the_list_of_another_user_is_refused() {
    let transport = FakeTransport::new().json(answer("other", &["Words"], 1));
    let (tracks, store) = scripted(transport);
    let error = tracks.import().finish().await.unwrap_err();
    assert!(matches!(error, LovedError::Service { .. }));
    assert_eq!(store.accounts().await.unwrap(), []);
}
