//! The service does not always do what it says, nor say what it did.

use super::scrobbling::{code, play, scrobble};
use super::*;

/// What becomes of a scrobble at so many seconds after the start: the status and the error, or
/// nothing if there is no answer.
fn send(lastfm: &mut FakeLastfm, after: i64) -> Option<(u16, Option<u64>)> {
    let key = lastfm.log_in("rj").unwrap();
    let params = format!("method=track.scrobble&{}&sk={key}&api_sig=any", play(after));
    let answer = lastfm.answer(&request(&params), lastfm.now()).ok()?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    Some((answer.status.as_u16(), body["error"].as_u64()))
}

#[test]
fn a_repeat_is_stored_twice_where_repeats_are_not_dropped() {
    let mut lastfm = still(0);
    lastfm.service_mut().drops_repeats = false;
    lastfm.service_mut().scrobbles_per_day = 2;
    assert_eq!(code(&scrobble(&mut lastfm, &play(0))), "0");
    assert_eq!(code(&scrobble(&mut lastfm, &play(0))), "0");
    assert_eq!(lastfm.truth().len(), 2);
    assert_eq!(page(&mut lastfm, "").1, 2);
    assert_eq!(code(&scrobble(&mut lastfm, &play(0))), "5", "and counts");
}

#[test]
fn a_scrobble_is_true_at_once_and_shown_after_a_time_of_its_own() {
    let mut lastfm = still(0);
    lastfm.service_mut().shown_after = 60;
    for number in 0..20 {
        scrobble(&mut lastfm, &play(-number));
    }
    assert_eq!(lastfm.truth().len(), 20);
    assert_eq!(lastfm.truth_of("rj").unwrap().len(), 20);
    let shown: Vec<usize> = [0, 20, 40, 59, 60]
        .into_iter()
        .map(|after| {
            lastfm.advance_to(START.plus(after));
            let (plays, total) = page(&mut lastfm, "");
            assert_eq!(plays.len() as u64, total);
            let plays = "method=user.getTrackScrobbles&artist=low&track=lullaby";
            let of_the_track = body(&mut lastfm, plays)["trackscrobbles"].take();
            assert_eq!(of_the_track["@attr"]["total"], total.to_string());
            usize::try_from(total).unwrap()
        })
        .collect();
    assert!(shown.is_sorted() && shown[0] < 5 && shown[1] > 2 && shown[2] > shown[1], "{shown:?}");
    assert_eq!(shown[4], 20);
    lastfm.fail_next(Fault::StalePage { seconds: 40 });
    assert_eq!(page(&mut lastfm, "").1, shown[1] as u64, "as it was told then");
}

#[test]
fn an_error_can_come_after_the_work_is_done() {
    let mut lastfm = still(0);
    for (fault, told) in [
        (Fault::ErrorAfter { code: 16, status: 503, body: ErrorBody::Json }, (503, Some(16))),
        (Fault::ErrorAfter { code: 8, status: 200, body: ErrorBody::Json }, (200, Some(8))),
        (Fault::ErrorAfter { code: 0, status: 500, body: ErrorBody::Html }, (500, None)),
    ] {
        let before = lastfm.truth().len();
        lastfm.fail_next(fault.clone());
        let after = i64::try_from(before).unwrap();
        assert_eq!(send(&mut lastfm, after), Some(told));
        assert_eq!(lastfm.truth().len(), before + 1, "{fault:?}");
        assert_eq!(lastfm.log().last().unwrap().fault, Some(fault));
    }
    lastfm.fail_next(Fault::error(16, 503, ErrorBody::Json));
    assert_eq!(send(&mut lastfm, 9), Some((503, Some(16))));
    assert_eq!(lastfm.truth().len(), 3, "one that is no more than an error did nothing");
}

#[test]
fn a_request_can_arrive_long_after_it_was_given_up() {
    let mut lastfm = still(0);
    lastfm.fail_next(Fault::LateAfter { seconds: 45 });
    lastfm.fail_next(Fault::LateAfter { seconds: 40 });
    assert_eq!(send(&mut lastfm, 0), None);
    assert_eq!(send(&mut lastfm, 1), None);
    lastfm.heal_all();
    let held = |lastfm: &mut FakeLastfm, after| lastfm.truth_at(START.plus(after)).len();
    assert_eq!([39, 40, 44, 45].map(|after| held(&mut lastfm, after)), [0, 1, 1, 2]);
    assert_eq!(lastfm.truth().iter().map(|play| play.appeared_ms).min(), Some(40_000));
    lastfm.fail_next(Fault::LateAfter { seconds: 45 });
    assert_eq!(send(&mut lastfm, 2), None);
    lastfm.revoke("rj");
    assert_eq!(held(&mut lastfm, 200), 2, "it is judged when it arrives");
}

#[test]
fn a_fault_can_be_about_some_methods_only() {
    let mut scenario = Scenario::still(0);
    let lost = RandomFault::new(1.0, Fault::ResetAfter).of("track.scrobble").of("user.getInfo");
    let failed = RandomFault::new(1.0, Fault::error(8, 500, ErrorBody::Json));
    scenario.faults.random = vec![lost, failed.of("USER.getRecentTracks")];
    let mut lastfm = FakeLastfm::new(1, &scenario, START);
    assert_eq!(send(&mut lastfm, 0), None);
    assert_eq!(lastfm.truth().len(), 1);
    assert_eq!(error(&mut lastfm, "method=user.getRecentTracks"), (500, 8));
    assert!(lastfm.answer(&request("method=user.getInfo"), START).is_err());
    body(&mut lastfm, "method=user.getLovedTracks");
    assert_eq!(lastfm.log().last().unwrap().fault, None);
}

#[test]
fn a_window_that_was_lied_about_can_be_told_truly_the_next_time() {
    let mut scenario = Scenario::still(0);
    let lie = RandomFault::new(1.0, Fault::EmptyList).of("user.getRecentTracks");
    scenario.faults.random = vec![lie];
    scenario.faults.lies_in_a_row = u32::MAX;
    scenario.faults.truth_after_lies = true;
    let mut lastfm = with_plays(&scenario, &[10, 20, 30]);
    let shown = |lastfm: &mut FakeLastfm, window: &str| seconds(lastfm, window).len();
    assert_eq!(shown(&mut lastfm, "from=10&to=21"), 0, "a lie");
    assert_eq!(shown(&mut lastfm, "from=30&to=31"), 0, "a lie about something else");
    body(&mut lastfm, "method=user.getInfo");
    assert_eq!(shown(&mut lastfm, "from=20&to=21"), 1, "the truth, but not about the other second");
    assert_eq!(shown(&mut lastfm, "from=10&to=11"), 1);
    assert_eq!(shown(&mut lastfm, "from=9&to=22"), 2, "the truth about all of it");
    assert_eq!(shown(&mut lastfm, "from=10&to=11"), 0, "and now it lies again");
}

#[test]
fn a_request_that_is_too_long_does_nothing() {
    let mut lastfm = still(0);
    for (too_long, told) in [
        (TooLong::Status413, (413, None)),
        (TooLong::Error6, (400, Some(6))),
        (TooLong::Error13, (403, Some(13))),
    ] {
        lastfm.service_mut().longest_request = Some(100);
        lastfm.service_mut().too_long = too_long;
        assert_eq!(send(&mut lastfm, 0), Some(told));
        lastfm.fail_next(Fault::LateAfter { seconds: 1 });
        assert_eq!(send(&mut lastfm, 0), None);
        let later = lastfm.now().plus(2);
        assert_eq!(lastfm.truth_at(later), []);
    }
    lastfm.service_mut().longest_request = Some(1_000);
    assert_eq!(send(&mut lastfm, 0), Some((200, None)));
}

#[test]
fn beyond_the_days_number_a_whole_request_can_be_refused() {
    let mut lastfm = still(0);
    lastfm.service_mut().scrobbles_per_day = 2;
    lastfm.service_mut().daily_limit = DailyLimit::Error29;
    let told: Vec<_> = (0..4).map(|after| send(&mut lastfm, after)).collect();
    let (taken, refused) = (Some((200, None)), Some((429, Some(29))));
    assert_eq!(told, [taken, taken, refused, refused]);
    assert_eq!(lastfm.truth().len(), 2);
    let answer = {
        let key = lastfm.log_in("rj").unwrap();
        body(&mut lastfm, &format!("method=track.scrobble&{}&sk={key}&api_sig=any", play(9)))
    };
    assert!(answer["message"].as_str().unwrap().contains("Too many scrobbles"), "{answer}");
    lastfm.advance_to(START.plus(86_400));
    assert_eq!(send(&mut lastfm, 2), taken);
}

#[test]
fn a_day_can_begin_some_hours_late() {
    let mut lastfm = still(0);
    lastfm.service_mut().scrobbles_per_day = 1;
    lastfm.service_mut().day_is_late = 3;
    let midnight = START.plus(86_400 - START.as_unix() % 86_400);
    let code_at = |lastfm: &mut FakeLastfm, at: Timestamp| {
        lastfm.advance_to(at);
        let params = format!("artist=Low&track=Words&timestamp={}", at.as_unix());
        code(&scrobble(lastfm, &params)).as_str().unwrap().to_owned()
    };
    assert_eq!(code_at(&mut lastfm, midnight.plus(-1)), "0");
    assert_eq!(code_at(&mut lastfm, midnight), "5");
    assert_eq!(code_at(&mut lastfm, midnight.plus(3 * 3_600 - 1)), "5");
    assert_eq!(code_at(&mut lastfm, midnight.plus(3 * 3_600)), "0");
}

#[test]
fn verdicts_can_come_in_another_order() {
    let mut lastfm = still(0);
    lastfm.service_mut().shuffles_verdicts = true;
    let item = |n: i64| {
        let at = START.plus(n).as_unix();
        format!("artist[{n}]=Low&track[{n}]={n}&timestamp[{n}]={at}")
    };
    let batch: Vec<_> = (0..9).map(item).collect();
    let answer = scrobble(&mut lastfm, &batch.join("&"));
    let told: Vec<_> = answer["scrobble"].as_array().unwrap().iter().collect();
    let mut seconds: Vec<_> = told.iter().map(|item| item["timestamp"].as_str().unwrap()).collect();
    assert!(!seconds.is_sorted(), "{seconds:?}");
    seconds.sort_unstable();
    assert_eq!(seconds, (0..9).map(|n| START.plus(n).as_unix().to_string()).collect::<Vec<_>>());
    for item in told {
        let at: i64 = item["timestamp"].as_str().unwrap().parse().unwrap();
        let number = at - START.as_unix();
        assert_eq!(item["track"]["#text"], number.to_string(), "each goes with its own second");
    }
}

#[test]
fn a_session_that_was_revoked_is_refused_until_the_next_login() {
    let mut lastfm = still(0);
    let old = lastfm.log_in("rj").unwrap();
    assert!(lastfm.revoke("rj"));
    let with = |key: &str| format!("method=track.scrobble&{}&sk={key}&api_sig=any", play(0));
    assert_eq!(error(&mut lastfm, &with(&old)), (403, 9));
    let new = lastfm.log_in("rj").unwrap();
    assert_ne!(old, new);
    assert_eq!(error(&mut lastfm, &with(&old)), (403, 9));
    assert_eq!(body(&mut lastfm, &with(&new))["scrobbles"]["@attr"]["accepted"], 1);
}
