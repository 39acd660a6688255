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
/// # use lastfm_core::transport::{Request, Response, Transport, TransportError};
/// # #[derive(Debug)] struct Canned;
/// # #[async_trait::async_trait]
/// # impl Transport for Canned {
/// #     async fn send(&self, _: Request) -> Result<Response, TransportError> {
/// #         Ok(Response::new(http::StatusCode::OK, r#"{"topartists":{"artist":[
/// #             {"name":"Low","playcount":"812"}],"@attr":{"page":"1","totalPages":"1"}}}"#))
/// #     }
/// # }
/// # #[cfg(feature = "reqwest")]
/// # futures_executor::block_on(async {
/// # let clock = std::sync::Arc::new(lastfm_core::TokioClock::default());
/// # let credentials = lastfm_core::Credentials::read_only(lastfm_core::ApiKey::new("k")?);
/// # let client = lastfm_core::Client::builder(credentials, std::sync::Arc::new(Canned), clock).build();
/// use lastfm_core::methods::user::GetTopArtists;
///
/// let mut pages = client.pages(GetTopArtists::new("RJ".parse()?).limit(1000));
/// while let Some(page) = pages.next_page().await? {
///     for artist in page.items {
///         println!("{} {}", artist.play_count.unwrap_or(0), artist.name);
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
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
