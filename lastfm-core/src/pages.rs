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

    /// Whether the last page came.
    pub fn is_over(&self) -> bool {
        self.over
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
    ///
    /// # Errors
    ///
    /// As [`next_page`](Self::next_page) has; one ends the stream.
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
mod tests;
