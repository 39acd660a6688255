//! The fake behind a client: it takes time, and can be left at any point.

use std::sync::{Arc, Mutex};

use futures_executor::block_on;
use futures_util::FutureExt;

use super::*;
use crate::Clock;
use crate::testing::VirtualClock;
use crate::transport::{Transport, TransportErrorKind};

fn transport(clock: &VirtualClock) -> FakeLastfmTransport {
    let fake = Arc::new(Mutex::new(still(10)));
    FakeLastfmTransport::new(fake, Arc::new(clock.clone()))
}

#[test]
fn an_answer_takes_its_time_and_silence_takes_all_patience() {
    let clock = VirtualClock::new(START);
    let transport = transport(&clock).latency(Duration::from_millis(300));
    let send = || block_on(transport.send(request("method=user.getInfo")));
    assert_eq!(send().unwrap().status, 200);
    assert_eq!(clock.elapsed(), Duration::from_millis(300));
    assert_eq!(transport.lastfm().log()[0].at_ms, 150);
    transport.lastfm().fail_next(Fault::Timeout);
    assert_eq!(send().unwrap_err().kind, TransportErrorKind::Timeout);
    assert_eq!(clock.elapsed(), Duration::from_millis(30_450));
}

#[test]
fn a_request_can_be_dropped_before_and_after_it_is_seen() {
    let clock = VirtualClock::new(START);
    let transport = transport(&clock);
    let mut seen = Vec::new();
    for polls in 1..20 {
        let before = transport.lastfm().log().len();
        let mut sending = transport.send(request("method=user.getInfo"));
        let done = (0..polls).any(|_| (&mut sending).now_or_never().is_some());
        drop(sending);
        seen.push(transport.lastfm().log().len() - before);
        if done {
            break;
        }
    }
    assert_eq!(seen, [0, 0, 1, 1, 1]);
}

#[test]
fn the_wall_has_no_part_in_what_the_service_says() {
    let clock = VirtualClock::new(START);
    clock.set_wall_error(-48 * 3_600);
    let answer = block_on(transport(&clock).send(request("method=user.getInfo"))).unwrap();
    let date = Timestamp::from_http_date(answer.headers["date"].to_str().unwrap());
    assert_eq!(date, Some(START));
}
