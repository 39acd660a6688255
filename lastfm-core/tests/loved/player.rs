//! What a player does with loved tracks: match them, love and unlove, count plays.

use lastfm_core::PlayCounting;
use lastfm_core::library::{Library, LocalTrack};
use lastfm_core::loved::{How, LovedError, LovedStore as _, Which};
use lastfm_core::testing::{ErrorBody, Fault};

use crate::support::{START, Scene, library, name};

#[tokio::test]
async fn unmatched_tracks_are_listed_with_near_ones_and_matched_when_files_appear() {
    let scene = Scene::loving(3).await;
    scene.tracks.import().finish().await.unwrap();
    let first = library(&["Song 000 (Remastered)", "Song 001 (Live)", "Other"]);
    let matching = scene.tracks.match_library(&first).await.unwrap();
    assert_eq!((matching.matched_count, matching.unmatched_count), (1, 2));
    assert_eq!(matching.new[0].local_ids(), ["Song 000 (Remastered)"]);
    assert_eq!(matching.new[0].local.as_ref().unwrap().how, How::Name);

    let unmatched = scene.tracks.unmatched(&first, 1).await.unwrap();
    let live = unmatched.iter().find(|missing| missing.loved.track == name(1)).unwrap();
    assert_eq!(live.near[0].track.id, "Song 001 (Live)");
    assert_eq!((unmatched.len(), live.near.len()), (2, 1));
    assert!(unmatched.iter().all(|missing| missing.loved.local.is_some()), "it was looked for");

    // Nothing is new while nothing has changed.
    let matching = scene.tracks.match_library(&first).await.unwrap();
    assert_eq!((matching.new.len(), matching.lost.len()), (0, 0));

    let later = library(&["Song 001", "Song 002"]);
    let matching = scene.tracks.match_library(&later).await.unwrap();
    let mut new: Vec<_> = matching.new.iter().map(|loved| loved.track.clone()).collect();
    new.sort();
    assert_eq!(new, [name(1), name(2)]);
    assert_eq!(matching.lost.iter().map(|loved| &loved.track).collect::<Vec<_>>(), [&name(0)]);
    assert_eq!((matching.matched_count, matching.unmatched_count), (2, 1));
}

#[tokio::test]
async fn what_a_person_chose_outlasts_every_match() {
    let scene = Scene::loving(2).await;
    scene.tracks.import().finish().await.unwrap();
    let all = scene.all(Which::Loved).await;
    let mine = Some(vec!["my own".to_owned()]);
    scene.tracks.choose(all[0].id, mine).await.unwrap().unwrap();
    scene.tracks.choose(all[1].id, Some(Vec::new())).await.unwrap().unwrap();
    let both = library(&["Song 000", "Song 001"]);
    let matching = scene.tracks.match_library(&both).await.unwrap();
    assert_eq!((matching.new.len(), matching.matched_count, matching.unmatched_count), (0, 1, 0));
    assert!(scene.tracks.unmatched(&both, 3).await.unwrap().is_empty());
    assert_eq!(scene.all(Which::Matched).await[0].local_ids(), ["my own"]);
    // Until it is taken back.
    scene.tracks.choose(all[0].id, None).await.unwrap();
    let matching = scene.tracks.match_library(&both).await.unwrap();
    assert_eq!(matching.new[0].local_ids(), [all[0].track.clone()]);
}

#[tokio::test]
async fn loving_and_unloving_reach_the_service_and_the_store() {
    let scene = Scene::loving(0).await;
    let loved = scene.tracks.love("Low", "Words").await.unwrap();
    assert_eq!(scene.all(Which::Loved).await, [loved]);
    let report = scene.tracks.import().finish().await.unwrap();
    assert_eq!((report.total, report.added, report.loved_count), (Some(1), 0, 1));
    let unloved = scene.tracks.unlove("LOW", "words").await.unwrap().unwrap();
    assert_eq!(unloved.unloved_at, Some(START), "the clock stands within its first second");
    let report = scene.tracks.import().finish().await.unwrap();
    assert_eq!((report.total, report.loved_count, report.revived), (Some(0), 0, 0));
}

#[tokio::test]
async fn a_track_that_the_store_does_not_know_can_be_unloved() {
    let scene = Scene::loving(1).await;
    assert_eq!(scene.tracks.unlove("Low", &name(0)).await.unwrap(), None);
    let report = scene.tracks.import().finish().await.unwrap();
    assert_eq!((report.total, report.loved_count), (Some(0), 0));
}

#[tokio::test]
async fn a_local_track_is_unloved_by_the_name_that_the_service_knows() {
    let scene = Scene::loving(2).await;
    scene.tracks.import().finish().await.unwrap();
    scene.tracks.match_library(&library(&["SONG 001 (Remastered 2011)"])).await.unwrap();
    let unloved = scene.tracks.unlove_local("SONG 001 (Remastered 2011)").await.unwrap();
    assert_eq!(unloved.iter().map(|loved| &loved.track).collect::<Vec<_>>(), [&name(1)]);
    assert!(scene.tracks.unlove_local("nothing").await.unwrap().is_empty());
    let report = scene.tracks.import().finish().await.unwrap();
    assert_eq!((report.total, report.loved_count), (Some(1), 1));
}

#[tokio::test]
async fn what_the_service_refuses_is_not_written_down() {
    let scene = Scene::loving(1).await;
    scene.tracks.import().finish().await.unwrap();
    for _ in 0..20 {
        scene.lastfm().fail_next(Fault::error(11, 503, ErrorBody::Json));
    }
    let refused = scene.tracks.love("Low", "Words").await.unwrap_err();
    assert!(matches!(refused, LovedError::Service { .. }));
    scene.tracks.unlove("Low", &name(0)).await.unwrap_err();
    assert_eq!(scene.names(Which::Loved).await, [name(0)]);
    let account = scene.tracks.account();
    assert_eq!(scene.store.track(account, "Low", "Words").await.unwrap(), None);
}

#[tokio::test]
async fn plays_of_all_spellings_are_added_up_and_held_against_the_profile() {
    let scene = Scene::loving(0).await;
    for (plays, track) in
        [(5, "Words"), (3, "Words (Remastered)"), (2, "Words (Live)"), (4, "Fear")]
    {
        for play in 0..plays {
            scene.lastfm().insert(START.plus(-1_000 - play), "Low", track, None);
        }
    }
    scene.lastfm().service_mut().playcount_error = 6;
    let library = Library::new([
        LocalTrack::new("a", "LOW", "Words"),
        LocalTrack::new("copy", "Low", "words"),
        LocalTrack::new("fear", "Low", "Fear"),
        LocalTrack::new("unplayed", "Low", "Lullaby"),
    ]);
    let user = "rj".parse().unwrap();
    let mut counting = PlayCounting::begin(&scene.client, user, &library).await.unwrap();
    assert!(counting.next_page().await.unwrap());
    assert_eq!((counting.read_count(), counting.total()), (4, Some(4)));
    assert!(!counting.next_page().await.unwrap());
    let counts = counting.finish();
    assert!(counts.is_whole);
    let by_id: Vec<_> = counts.by_local_id.iter().map(|(id, count)| (&**id, *count)).collect();
    assert_eq!(by_id, [("a", 8), ("copy", 8), ("fear", 4)]);
    assert_eq!((counts.matched_count, counts.unmatched_count), (12, 2));
    assert_eq!(counts.unmatched[0].name, "Words (Live)");
    assert_eq!((counts.profile_count, counts.unlisted_count()), (20, 6));
}

#[tokio::test]
async fn counting_that_was_not_read_to_its_end_says_so() {
    let scene = Scene::loving(0).await;
    scene.lastfm().insert(START.plus(-1_000), "Low", "Words", None);
    let library = library(&["Words"]);
    let user = "rj".parse().unwrap();
    let counting = PlayCounting::begin(&scene.client, user, &library).await.unwrap();
    assert!(!counting.finish().is_whole);
}
