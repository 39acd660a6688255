//! How often a user has played each track of a local library, as the service counts.

use std::collections::{BTreeMap, HashMap};

use crate::library::Library;
use crate::methods::user::{GetInfo, GetTopTracks};
use crate::recent_tracks::LARGEST_PAGE;
use crate::{Client, Error, Pages, TrackEntry, Username};

/// Reads how often a user has played each track of a library.
///
/// It reads `user.getTopTracks` to its end. That list counts plays by the name that a track has
/// today, and is not the whole history: it can be behind, and it need not count all plays.
/// [`PlayCounts::unlisted_count`] says by how much. A complete history is what the
/// [archive](crate::archive) is for.
///
/// # Cancel safety
///
/// Dropping the future of [`next_page`](Self::next_page) loses nothing: called again, it asks for
/// the same page. To begin again after the program died is to read all pages again.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use std::sync::Arc;
/// # use lastfm_core::testing::{FakeTransport, VirtualClock};
/// # let clock = Arc::new(VirtualClock::new(lastfm_core::Timestamp::MIN));
/// # let transport = Arc::new(FakeTransport::new()
/// #     .json(r#"{"user":{"name":"RJ","playcount":"100"}}"#)
/// #     .json(r#"{"toptracks":{"track":[
/// #         {"name":"Words","playcount":"81","artist":{"name":"Low"}},
/// #         {"name":"Words (Remastered)","playcount":"7","artist":{"name":"Low"}}],
/// #         "@attr":{"page":"1","totalPages":"1","total":"2"}}}"#));
/// # futures_executor::block_on(async {
/// # let credentials = lastfm_core::Credentials::read_only(lastfm_core::ApiKey::new("k")?);
/// # let client = lastfm_core::Client::builder(credentials, transport, clock).build();
/// use lastfm_core::PlayCounting;
/// use lastfm_core::library::{Library, LocalTrack};
///
/// let library = Library::new([LocalTrack::new("/music/words.flac", "Low", "Words")]);
/// let mut counting = PlayCounting::begin(&client, "RJ".parse()?, &library).await?;
/// while counting.next_page().await? {
///     println!("{} of {:?} tracks", counting.read_count(), counting.total());
/// }
/// let counts = counting.finish();
/// assert_eq!(counts.by_local_id["/music/words.flac"], 88);
/// assert_eq!(counts.unlisted_count(), 12);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap() }
/// ```
#[derive(Debug)]
#[must_use = "nothing is read before the first page is asked for"]
pub struct PlayCounting<'a> {
    library: &'a Library,
    profile_count: u64,
    pages: Pages<GetTopTracks>,
    /// What was read, by names: a list that moves while it is read shows tracks twice.
    seen: HashMap<(String, String), TrackEntry>,
}

/// How often a user has played the tracks of a library.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct PlayCounts {
    /// Plays of each local track, by what the player calls it: all spellings together. Copies of a
    /// track have its plays each. Tracks that were never played are not here.
    pub by_local_id: BTreeMap<String, u64>,
    /// Plays of tracks that are in the library, each once.
    pub matched_count: u64,
    /// What is not in the library, most played first.
    pub unmatched: Vec<TrackEntry>,
    /// Plays of tracks that are not in the library.
    pub unmatched_count: u64,
    /// All plays of the user, as the profile counts.
    pub profile_count: u64,
    /// Whether the list was read to its end and stood still meanwhile: if not, tracks may be
    /// missing.
    pub is_whole: bool,
}

impl PlayCounts {
    /// Plays by which the profile counts more than the list of tracks (negative: fewer).
    pub fn unlisted_count(&self) -> i64 {
        let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
        let listed = self.matched_count.saturating_add(self.unmatched_count);
        number(self.profile_count) - number(listed)
    }
}

impl<'a> PlayCounting<'a> {
    /// Asks for the user's profile; the list comes with [`next_page`](Self::next_page).
    ///
    /// # Errors
    ///
    /// What a call can fail with.
    pub async fn begin(
        client: &Client,
        user: Username,
        library: &'a Library,
    ) -> Result<Self, Error> {
        let profile = client.call(&GetInfo::new(user.clone())).await?;
        let pages = client.pages(GetTopTracks::new(user).limit(LARGEST_PAGE));
        let (profile_count, seen) = (profile.play_count, HashMap::new());
        Ok(Self { library, profile_count, pages, seen })
    }

    /// Reads the next page of the list. Whether there was one.
    ///
    /// # Errors
    ///
    /// As [`Pages::next_page`]. The position stays: called again, it asks for the same page.
    pub async fn next_page(&mut self) -> Result<bool, Error> {
        let Some(page) = self.pages.next_page().await? else { return Ok(false) };
        for track in page.items {
            self.seen.insert((track.artist.name.clone(), track.name.clone()), track);
        }
        Ok(true)
    }

    /// How many tracks of the list were read.
    pub fn read_count(&self) -> u64 {
        u64::try_from(self.seen.len()).unwrap_or(u64::MAX)
    }

    /// How many tracks the list has, if the service says so.
    pub fn total(&self) -> Option<u64> {
        self.pages.total()
    }

    /// Adds up what was read. Before the end of the list it is a part, and
    /// [`is_whole`](PlayCounts::is_whole) says so.
    pub fn finish(self) -> PlayCounts {
        let is_short = self.pages.total().is_some_and(|total| self.read_count() < total);
        let mut counts = PlayCounts {
            profile_count: self.profile_count,
            is_whole: !is_short && !self.pages.moved() && self.pages.is_over(),
            ..PlayCounts::default()
        };
        for track in self.seen.into_values() {
            let plays = track.play_count.unwrap_or(0);
            let found = self.library.find(&track.artist.name, &track.name, track.mbid.as_ref());
            if found.tracks().is_empty() {
                counts.unmatched_count = counts.unmatched_count.saturating_add(plays);
                counts.unmatched.push(track);
                continue;
            }
            counts.matched_count = counts.matched_count.saturating_add(plays);
            for local in found.tracks() {
                let of_track = counts.by_local_id.entry(local.id.clone()).or_default();
                *of_track = of_track.saturating_add(plays);
            }
        }
        counts.unmatched.sort_by(|one, other| {
            let key = |track: &TrackEntry| (track.artist.name.clone(), track.name.clone());
            other.play_count.cmp(&one.play_count).then_with(|| key(one).cmp(&key(other)))
        });
        counts
    }
}
