//! A list that comes in pages, read to its end.

use std::fmt;

use futures_core::Stream;
use futures_util::stream;

use crate::{ApiErrorCode, Client, Error, Method, Page};

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
/// be right is asked for once more: one that is empty or too short before the end, one that
/// repeats the page before, one with another number. What is empty or short twice is believed:
/// some lists end before their own count ([`seen`](Self::seen) and [`total`](Self::total) tell).
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
    /// The page before.
    last: Option<Page<M::Item>>,
    seen: u64,
    moved: bool,
    over: bool,
}

impl<M: Paged> Pages<M> {
    /// Reads from the page that `method` asks for.
    pub fn new(client: Client, method: M) -> Self {
        Self { client, method, last: None, seen: 0, moved: false, over: false }
    }

    /// The number of the page that comes next.
    pub fn number(&self) -> u32 {
        self.method.number()
    }

    /// How many items came so far.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// How many items there are on all pages, as the last page said.
    pub fn total(&self) -> Option<u64> {
        self.last.as_ref()?.total
    }

    /// Whether the list changed while it was read: its total did, or the length of its pages.
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
        let Some(mut page) = self.ask().await? else {
            self.over = true;
            return Ok(None);
        };
        if self.doubt(&page).is_some() {
            // The fuller one of two answers: what came once was there.
            let second = self.ask().await?;
            page = second.filter(|second| second.items.len() >= page.items.len()).unwrap_or(page);
        }
        match self.doubt(&page) {
            Some(Doubt::OtherPage) => return Err(contradiction::<M>("another page came")),
            Some(Doubt::Repeated) => return Err(contradiction::<M>("a page came twice")),
            // Believed.
            Some(Doubt::Short) | None => {}
        }
        Ok(self.accept(page))
    }

    /// All items from here on.
    pub fn items(self) -> impl Stream<Item = Result<M::Item, Error>> + Send {
        stream::try_unfold((self, Vec::new().into_iter()), |(mut pages, mut items)| async move {
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

    /// The page that comes next, as it was sent; nothing if the service has no such page.
    async fn ask(&self) -> Result<Option<Page<M::Item>>, Error> {
        match self.client.call(&self.method).await {
            Ok(page) => Ok(Some(page)),
            Err(error) if is_no_such_page(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Why the page may not be the one asked for.
    fn doubt(&self, page: &Page<M::Item>) -> Option<Doubt> {
        // Without a count of pages, only the list itself can tell that it is over.
        let pages = page.total_pages?;
        let number = u64::from(self.number());
        if number > pages {
            return None;
        }
        if page.page.is_some_and(|sent| sent != number) {
            return Some(Doubt::OtherPage);
        }
        if !page.items.is_empty() && self.repeats(page) {
            return Some(Doubt::Repeated);
        }
        let held = u64::try_from(page.items.len()).unwrap_or(u64::MAX);
        let is_short = number < pages && page.per_page.is_some_and(|full| held < full);
        is_short.then_some(Doubt::Short)
    }

    /// Whether these are the items of the page before.
    fn repeats(&self, page: &Page<M::Item>) -> bool {
        self.last.as_ref().is_some_and(|last| last.items == page.items)
    }

    /// Takes a page in, and moves on; nothing if it lies beyond the end.
    fn accept(&mut self, page: Page<M::Item>) -> Option<Page<M::Item>> {
        let number = u64::from(self.number());
        let is_beyond = page.total_pages.is_some_and(|pages| number > pages);
        if is_beyond || page.items.is_empty() || self.repeats(&page) {
            self.over = true;
            return None;
        }
        self.moved |= self
            .last
            .as_ref()
            .is_some_and(|last| last.total != page.total || last.per_page != page.per_page);
        self.seen += u64::try_from(page.items.len()).unwrap_or(u64::MAX);
        self.over = match (page.total_pages, page.total) {
            (Some(pages), _) => number >= pages,
            (None, Some(total)) => self.seen >= total,
            // Such a list ends with a page that is empty, or that came before.
            (None, None) => false,
        };
        self.method = self.method.at(self.number().saturating_add(1));
        self.last = Some(page.clone());
        Some(page)
    }
}

/// Why a page may not be the one asked for.
enum Doubt {
    OtherPage,
    Repeated,
    Short,
}

fn contradiction<M: Method>(what: &'static str) -> Error {
    Error::Contradiction { method: M::NAME, what, second: None }
}

/// How user.getFriends says that there is nobody, and others that a list is over.
fn is_no_such_page(error: &Error) -> bool {
    matches!(error, Error::Api { code: ApiErrorCode::InvalidParameters, message, .. }
        if message.to_ascii_lowercase().contains("no such page"))
}

impl<M: Paged> fmt::Debug for Pages<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("method", &self.method)
            .field("seen", &self.seen)
            .field("total", &self.total())
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
        let names = client(service.clone(), clock).pages(method).items();
        let names = block_on(names.map_ok(|artist| artist.name).try_collect::<String>());
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
