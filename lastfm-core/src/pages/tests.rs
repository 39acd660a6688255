//! What is doubted, what is believed, and how a list ends.

use std::sync::Arc;

use futures_executor::block_on;
use futures_util::TryStreamExt as _;
use http::StatusCode;

use super::*;
use crate::Clock as _;
use crate::methods::user::GetTopArtists;
use crate::test_support::{Scripted, VirtualClock, client};
use crate::transport::Response;

/// A page with artists of these names; `None` for a number that the service does not say.
fn page(names: &str, number: Option<u64>, per_page: u64, pages: Option<u64>) -> String {
    let artists: Vec<String> =
        names.chars().map(|name| format!(r#"{{"name":"{name}"}}"#)).collect();
    let number = number.map(|number| format!(r#","page":"{number}""#)).unwrap_or_default();
    let pages = pages.map(|pages| format!(r#","totalPages":"{pages}""#)).unwrap_or_default();
    format!(
        r#"{{"topartists":{{"artist":[{}],"@attr":{{"perPage":"{per_page}"{number}{pages}}}}}}}"#,
        artists.join(",")
    )
}

/// What comes of these answers, the names in one word, and what was asked, as numbers of pages.
fn read(answers: &[String], first: u32) -> (Result<String, Error>, Vec<String>) {
    let clock = Arc::new(VirtualClock::default());
    let answers = answers.iter().map(|body| Ok(Response::new(StatusCode::OK, body.clone())));
    let service = Arc::new(Scripted::new(clock.clone(), answers));
    let method = GetTopArtists::new("RJ".parse().unwrap()).page(first);
    let mut pages = client(service.clone(), clock).pages(method);
    let names = pages.items().map_ok(|artist| artist.name);
    let names = block_on(names.try_collect::<String>());
    let number = |form: &String| {
        let page = url::form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "page");
        page.unwrap().1.into_owned()
    };
    (names, service.sent().iter().map(number).collect())
}

#[test]
fn a_list_is_read_to_its_last_page_whatever_length_was_asked_for() {
    let answers = [
        page("ab", Some(1), 2, Some(3)),
        page("cd", Some(2), 2, Some(3)),
        page("e", Some(3), 2, Some(3)),
    ];
    let (names, asked) = read(&answers, 1);
    assert_eq!((names.unwrap().as_str(), asked), ("abcde", ["1", "2", "3"].map(Into::into).into()));
}

#[test]
fn a_list_without_numbers_ends_with_an_empty_page_or_with_one_that_came_before() {
    let numbers = |names| page(names, None, 2, None);
    let (names, asked) = read(&[numbers("ab"), numbers("c"), numbers("")], 1);
    assert_eq!((names.unwrap().as_str(), asked.len()), ("abc", 3));
    let (names, asked) = read(&[numbers("ab"), numbers("c"), numbers("c")], 1);
    assert_eq!((names.unwrap().as_str(), asked.len()), ("abc", 3));
}

#[test]
fn a_page_that_shrinks_is_asked_for_once_more() {
    let answers = [
        page("a", Some(1), 2, Some(2)),
        page("ab", Some(1), 2, Some(2)),
        page("", Some(2), 2, Some(2)),
    ];
    let (names, asked) = read(&answers, 1);
    assert_eq!((names.unwrap().as_str(), asked.len()), ("ab", 3));
    // Short twice is believed, and the fuller answer counts.
    let answers = [
        page("ab", Some(1), 3, Some(2)),
        page("a", Some(1), 3, Some(2)),
        page("c", Some(2), 3, Some(2)),
    ];
    let (names, asked) = read(&answers, 1);
    assert_eq!((names.unwrap().as_str(), asked.len()), ("abc", 3));
}

#[test]
fn the_last_page_and_an_only_one_hold_what_the_count_promises() {
    let list = |names: &str| {
        let body = page(names, Some(1), 50, Some(1));
        body.replace(r#""@attr":{"#, r#""@attr":{"total":"3","#)
    };
    assert_eq!(read(&[list(""), list("abc")], 1).0.unwrap(), "abc");
    let clock = Arc::new(VirtualClock::default());
    let service = Scripted::answering(clock.clone(), StatusCode::OK, &list(""));
    let mut pages =
        client(Arc::new(service), clock.clone()).pages(GetTopArtists::new("RJ".parse().unwrap()));
    assert_eq!(block_on(pages.next_page()).unwrap(), None);
    assert_eq!((pages.seen(), pages.total()), (0, Some(3)));
    assert_eq!(clock.elapsed(), DOUBTED);
}

#[test]
fn a_list_that_is_gone_from_one_page_to_the_next_is_asked_for_once_more() {
    let gone = page("", Some(2), 2, Some(0));
    let [one, two] = [("ab", 1), ("c", 2)].map(|(names, n)| page(names, Some(n), 2, Some(2)));
    assert_eq!(read(&[one.clone(), gone.clone(), two], 1).0.unwrap(), "abc");
    let clock = Arc::new(VirtualClock::default());
    let answers = [one, gone].map(|body| Ok(Response::new(StatusCode::OK, body)));
    let service = Arc::new(Scripted::new(clock.clone(), answers));
    let mut pages = client(service.clone(), clock).pages(GetTopArtists::new("RJ".parse().unwrap()));
    assert_eq!(block_on(pages.items().try_collect::<Vec<_>>()).unwrap().len(), 2);
    assert_eq!((pages.seen(), pages.moved(), service.sent().len()), (2, true, 3));
}

#[test]
fn an_error_is_no_end_where_pages_are_counted() {
    let missing = r#"{"error":6,"message":"User not found"}"#.to_owned();
    let answers = [page("ab", Some(1), 2, Some(9)), missing.clone()];
    assert!(read(&answers, 1).0.is_err());
    let uncounted = page("ab", None, 2, None).replace(r#""perPage":"2""#, "");
    assert_eq!(read(&[uncounted, missing], 1).0.unwrap(), "ab");
}

#[test]
fn numbers_that_say_nothing_do_no_harm() {
    let zeros = page("abc", Some(0), 50, Some(0));
    assert_eq!(read(&[zeros], 1).0.unwrap(), "abc");
}

#[test]
fn the_right_page_counts_however_short_it_is() {
    let answers = [
        page("ab", Some(1), 2, Some(3)),
        page("cd", Some(2), 2, Some(3)),
        page("cd", Some(2), 2, Some(3)),
        page("e", Some(3), 2, Some(3)),
    ];
    assert_eq!(read(&answers, 1).0.unwrap(), "abcde");
}

#[test]
fn one_item_on_many_pages_is_many_items() {
    let answers: Vec<_> = (1..=3).map(|number| page("a", Some(number), 1, Some(3))).collect();
    assert_eq!(read(&answers, 1).0.unwrap(), "aaa");
}

#[test]
fn a_page_that_repeats_is_no_answer() {
    let answers = [page("ab", Some(1), 2, Some(3)), page("ab", Some(2), 2, Some(3))];
    let (names, asked) = read(&answers, 1);
    assert!(matches!(names, Err(Error::Contradiction { .. })), "{names:?}");
    assert_eq!(asked, ["1", "2", "2"]);
    let once = [
        page("ab", Some(1), 2, Some(2)),
        page("ab", Some(2), 2, Some(2)),
        page("cd", Some(2), 2, Some(2)),
    ];
    assert_eq!(read(&once, 1).0.unwrap(), "abcd");
}

#[test]
fn another_page_than_the_one_asked_for_is_no_answer() {
    let answers = [page("ab", Some(1), 2, Some(3)), page("ef", Some(3), 2, Some(3))];
    assert!(matches!(read(&answers, 1).0, Err(Error::Contradiction { .. })));
}

#[test]
fn beyond_the_end_there_is_nothing_even_if_the_last_page_comes_again() {
    let (names, asked) = read(&[page("ef", Some(3), 2, Some(3))], 7);
    assert_eq!((names.unwrap().as_str(), asked), ("", vec!["7".to_owned()]));
    let none = r#"{"error":6,"message":"no such page"}"#.to_owned();
    assert_eq!(read(&[none], 1).0.unwrap(), "");
}

#[test]
fn reading_stops_and_goes_on_where_it_was() {
    let clock = Arc::new(VirtualClock::default());
    let answers = [
        Ok(Response::new(StatusCode::OK, page("ab", Some(1), 2, Some(2)))),
        Ok(Response::new(StatusCode::OK, r#"{"error":10,"message":"no such key"}"#)),
        Ok(Response::new(StatusCode::OK, page("c", Some(2), 2, Some(2)))),
    ];
    let service = Arc::new(Scripted::new(clock.clone(), answers));
    let mut pages = client(service, clock).pages(GetTopArtists::new("RJ".parse().unwrap()));
    block_on(async {
        assert_eq!(pages.next_page().await.unwrap().unwrap().items.len(), 2);
        assert_eq!((pages.number(), pages.seen()), (2, 2));
        pages.next_page().await.expect_err("the key is wrong");
        assert_eq!(pages.next_page().await.unwrap().unwrap().items[0].name, "c");
        assert_eq!(pages.next_page().await.unwrap(), None);
        assert_eq!((pages.seen(), pages.moved()), (3, false));
    });
}
