//! A list that comes in pages, read to its end.

use std::fmt;
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream;

use crate::{Client, Error, ErrorClass, Method, Page};

/// A method whose answers are pages of one list.
pub trait Paged: Method<Response = Page<Self::Item>> + Clone + 'static {
    /// What the list consists of.
    type Item: Clone + PartialEq + Send + Sync;

    /// The number of the page that this call asks for, from 1.
    fn number(&self) -> u32;

    /// The same call for another page.
    #[must_use]
    fn at(&self, number: u32) -> Self;
}

/// Reads a list page by page, from the one that its call asks for to the last.
///
/// How many items a page holds is the service's word, not what was asked for. A page that cannot
/// be right is asked for once more, 2 seconds later: one that holds fewer items than the list's
/// own count promises, one that repeats the page before, one with another number. What holds too
/// few twice is believed, and a list can end before its own count: [`seen`](Self::seen) and
/// [`total`](Self::total) tell.
///
/// A service that counts neither pages nor items ends a list with a page that is empty, or that came
/// before; if it never does, neither does this.
///
/// A list can change while it is read: items then come twice, or not at all, and
/// [`moved`](Self::moved) says so. A listening history changes all the time, and is read with
/// [`RecentTracks`](crate::RecentTracks) instead.
///
/// To stop and go on later, even in another process, keep [`number`](Self::number), and begin with
/// a call for that page.
///
/// # Cancel safety
///
/// Dropping the future of [`next_page`](Self::next_page) loses nothing: called again, it asks for
/// the same page.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use lastfm_core::testing::FakeTransport;
/// # let clock = std::sync::Arc::new(lastfm_core::testing::VirtualClock::new(lastfm_core::Timestamp::MIN));
/// # let transport = std::sync::Arc::new(FakeTransport::new().json(r#"{"topartists":{"artist":[
/// #     {"name":"Low","playcount":"812"}],"@attr":{"page":"1","totalPages":"1"}}}"#));
/// # futures_executor::block_on(async {
/// # let credentials = lastfm_core::Credentials::read_only(lastfm_core::ApiKey::new("k")?);
/// # let client = lastfm_core::Client::builder(credentials, transport, clock).build();
/// use lastfm_core::methods::user::GetTopArtists;
///
/// let mut pages = client.pages(GetTopArtists::new("RJ".parse()?).limit(1000));
/// while let Some(page) = pages.next_page().await? {
///     for artist in page.items {
///         println!("{} {}", artist.play_count.unwrap_or(0), artist.name);
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap() }
/// ```
#[must_use = "nothing is asked before the first page is"]
pub struct Pages<M: Paged> {
    client: Client,
    method: M,
    last: Option<Last<M::Item>>,
    total: Option<u64>,
    seen: u64,
    moved: bool,
    over: bool,
}

/// What is remembered of the page before.
struct Last<Item> {
    /// How many items it had, its first and its last one.
    items: (usize, Item, Item),
    numbers: Numbers,
}

/// What a page says of the list.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Numbers {
    total: Option<u64>,
    pages: Option<u64>,
}

/// How long to wait before a page that cannot be right is asked for once more.
const DOUBTED: Duration = Duration::from_secs(2);

impl<M: Paged> Pages<M> {
    /// Reads from the page that `method` asks for.
    pub fn new(client: Client, method: M) -> Self {
        Self { client, method, last: None, total: None, seen: 0, moved: false, over: false }
    }

    /// The number of the page that comes next.
    pub fn number(&self) -> u32 {
        self.method.number()
    }

    /// How many items came so far.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// How many items there are on all pages: the most that any answer said.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Whether the list changed while it was read: its count of items did, or that of its pages.
    pub fn moved(&self) -> bool {
        self.moved
    }

    /// Reads the next page; `None` after the last one.
    ///
    /// # Errors
    ///
    /// What a call can fail with, after several attempts, and [`Error::Contradiction`] if the
    /// service keeps sending another page than the one asked for. The position stays: called
    /// again, it asks for the same page.
    pub async fn next_page(&mut self) -> Result<Option<Page<M::Item>>, Error> {
        if self.over {
            return Ok(None);
        }
        let first = self.client.call(&self.method).await;
        let Some(mut page) = self.unless_over(first)? else { return Ok(None) };
        if let Some(doubt) = self.doubt(&page) {
            self.client.clock().sleep(DOUBTED).await;
            let second = self.client.call_anew(&self.method).await;
            let Some(second) = self.unless_over(second)? else { return Ok(None) };
            // Of two that hold too few, the fuller one: what came once was there.
            if !matches!(doubt, Doubt::Short) || second.items.len() >= page.items.len() {
                page = second;
            }
        }
        match self.doubt(&page) {
            Some(Doubt::OtherPage) => Err(contradiction::<M>("another page came")),
            Some(Doubt::Repeated) => Err(contradiction::<M>("a page came twice")),
            // Believed.
            Some(Doubt::Short) | None => Ok(self.accept(page)),
        }
    }

    /// All items from here on. Afterwards [`seen`](Self::seen), [`total`](Self::total) and
    /// [`moved`](Self::moved) tell whether that was the whole list.
    pub fn items(&mut self) -> impl Stream<Item = Result<M::Item, Error>> + Send + '_ {
        stream::try_unfold((self, Vec::new().into_iter()), |(pages, mut items)| async move {
            loop {
                if let Some(item) = items.next() {
                    return Ok(Some((item, (pages, items))));
                }
                match pages.next_page().await? {
                    Some(page) => items = page.items.into_iter(),
                    None => return Ok(None),
                }
            }
        })
    }

    /// The answer, unless it is how the service says that there is no such page.
    fn unless_over(
        &mut self,
        answer: Result<Page<M::Item>, Error>,
    ) -> Result<Option<Page<M::Item>>, Error> {
        match answer {
            Err(error) if self.is_end(&error) => {
                self.over = true;
                Ok(None)
            }
            answer => answer.map(Some),
        }
    }

    /// Whether this is how the service says that a list is over: `user.getFriends` that there is
    /// nobody, and some, which count neither pages nor items, that there is nothing of this name.
    fn is_end(&self, error: &Error) -> bool {
        let Error::Api { message, .. } = error else { return false };
        let is_uncounted =
            self.last.as_ref().is_some_and(|last| last.numbers == Numbers::default());
        message.to_ascii_lowercase().contains("no such page")
            || is_uncounted && error.class() == ErrorClass::NotFound
    }

    /// Why the page may not be the one asked for.
    fn doubt(&self, page: &Page<M::Item>) -> Option<Doubt> {
        let number = u64::from(self.number());
        let pages = page.total_pages.map(|pages| pages.max(1));
        let is_beyond = pages.is_some_and(|pages| number > pages);
        // What the page before promised is not gone without a word.
        if is_beyond && self.last.as_ref().is_some_and(|last| last.numbers.pages >= Some(number)) {
            return Some(Doubt::Short);
        }
        if is_beyond {
            return None;
        }
        // 0 says nothing. Without a count of pages, the last page that comes again is the end.
        let sent = page.page.filter(|sent| *sent != 0);
        let is_end = pages.is_none() && self.repeats(page);
        if sent.is_some_and(|sent| sent != number) && !is_end {
            return Some(Doubt::OtherPage);
        }
        if pages.is_some() && self.repeats(page) {
            return Some(Doubt::Repeated);
        }
        (count(page) < promised(page, number, pages?)).then_some(Doubt::Short)
    }

    /// Whether these are the items of the page before. A page of one item many times, such as the
    /// plays of a second, says nothing of this.
    fn repeats(&self, page: &Page<M::Item>) -> bool {
        let Some((first, last)) = page.items.first().zip(page.items.last()) else { return false };
        let Some(before) = &self.last else { return false };
        let (count, first_before, last_before) = &before.items;
        let is_same = (*count, first_before, last_before) == (page.items.len(), first, last);
        is_same && first != last
    }

    /// Takes a page in, and moves on; nothing if it lies beyond the end.
    fn accept(&mut self, page: Page<M::Item>) -> Option<Page<M::Item>> {
        let number = u64::from(self.number());
        let numbers = Numbers { total: page.total, pages: page.total_pages };
        self.moved |= self.last.as_ref().is_some_and(|last| last.numbers != numbers);
        self.total = self.total.max(page.total);
        let is_beyond = page.total_pages.is_some_and(|pages| number > pages.max(1));
        let (Some(first), Some(last)) = (page.items.first(), page.items.last()) else {
            self.over = true;
            return None;
        };
        // Without a count of pages a list ends with one that came before.
        let is_over = page.total_pages.is_none() && (self.repeats(&page) || self.is_alone(&page));
        if is_beyond || is_over {
            self.over = true;
            return None;
        }
        self.last = Some(Last { items: (page.items.len(), first.clone(), last.clone()), numbers });
        self.seen += count(&page);
        self.over = page.total_pages.is_some_and(|pages| number >= pages)
            || page.total_pages.is_none() && page.total.is_some_and(|total| self.seen >= total);
        self.method = self.method.at(self.number().saturating_add(1));
        Some(page)
    }

    /// Whether a page of one item alone is the page before: such a list would never end.
    fn is_alone(&self, page: &Page<M::Item>) -> bool {
        let before = self.last.as_ref().map(|last| (last.items.0, &last.items.1));
        page.items.first().is_some_and(|item| before == Some((1, item)) && page.items.len() == 1)
    }
}

/// Why a page may not be the one asked for.
enum Doubt {
    OtherPage,
    Repeated,
    Short,
}

fn count<T>(page: &Page<T>) -> u64 {
    u64::try_from(page.items.len()).unwrap_or(u64::MAX)
}

/// How many items the list's own count leaves for this page.
fn promised<T>(page: &Page<T>, number: u64, pages: u64) -> u64 {
    let Some(full) = page.per_page else { return 0 };
    match page.total {
        Some(total) => full.min(total.saturating_sub((number - 1).saturating_mul(full))),
        None if number < pages => full,
        None => 0,
    }
}

fn contradiction<M: Method>(what: &'static str) -> Error {
    Error::Contradiction { method: M::NAME, what, second: None }
}

impl<M: Paged> fmt::Debug for Pages<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("method", &self.method)
            .field("seen", &self.seen)
            .field("total", &self.total)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
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
            let page =
                url::form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "page");
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
        assert_eq!(
            (names.unwrap().as_str(), asked),
            ("abcde", ["1", "2", "3"].map(Into::into).into())
        );
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
        let mut pages = client(Arc::new(service), clock.clone())
            .pages(GetTopArtists::new("RJ".parse().unwrap()));
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
        let mut pages =
            client(service.clone(), clock).pages(GetTopArtists::new("RJ".parse().unwrap()));
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
}
