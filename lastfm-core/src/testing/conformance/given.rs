//! What the cases begin from and compare with.

use crate::archive::{
    ArchiveStore, Book, Count, Covered, Doubt, Hole, Observation, Place, Removals, RemovedPlay,
    Replaced, Revision, Span, StoreError, StoredPlay, UserId,
};
use crate::{Play, Timestamp, Username};

/// One user's archive in a store, with short ways to change it.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Where it is kept.
    pub store: &'a dyn ArchiveStore,
    /// Whose it is.
    pub user: UserId,
}

impl<'a> Given<'a> {
    /// A new user.
    pub async fn user(store: &'a dyn ArchiveStore, name: &str) -> Self {
        let user = store.add_user(&username(name), None).await;
        let user = user.expect("a user can be added").id;
        Self { store, user }
    }

    /// Replaces `[start, end)`, observed at `at` with nothing in between.
    pub async fn replace(self, start: i64, end: i64, plays: &[Play], at: i64) -> Replaced {
        self.replaces(span(start, end), plays, at, Removals::Confirm).await
    }

    /// The same, removing what was doubted before.
    pub async fn accept(self, start: i64, end: i64, plays: &[Play], at: i64) -> Replaced {
        self.replaces(span(start, end), plays, at, Removals::Accept).await
    }

    pub(super) async fn replaces(
        self,
        span: Span,
        plays: &[Play],
        at: i64,
        removals: Removals,
    ) -> Replaced {
        let observation = Observation { revision: self.revision().await, at: time(at), removals };
        self.store
            .replace(self.user, span, plays.to_vec(), observation)
            .await
            .expect("an observation with nothing in between is not stale")
    }

    /// Replaces `[start, end)` by an observation that began at `revision`.
    pub async fn replace_since(
        self,
        revision: Revision,
        start: i64,
        end: i64,
        plays: &[Play],
    ) -> Result<Replaced, StoreError> {
        let observation = Observation { revision, at: time(1_000), removals: Removals::Confirm };
        self.store.replace(self.user, span(start, end), plays.to_vec(), observation).await
    }

    pub(super) async fn revision(self) -> Revision {
        self.store.revision(self.user).await.expect("a user has a revision")
    }

    pub(in crate::testing) async fn state(self) -> State {
        state(self.store, self.user).await.expect("a user's archive can be read")
    }

    /// The objects of all plays, oldest first.
    pub(super) async fn raws(self) -> Vec<String> {
        let plays = self.state().await.plays;
        plays.into_iter().map(|stored| stored.play.raw().to_owned()).collect()
    }
}

/// All that can be seen of a user's archive; equal for stores that keep the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct State {
    /// See [`ArchiveStore::revision`].
    pub revision: Revision,
    /// See [`ArchiveStore::plays`].
    pub plays: Vec<StoredPlay>,
    /// See [`ArchiveStore::coverage`].
    pub coverage: Vec<Covered>,
    /// See [`ArchiveStore::count`], for all of time.
    pub count: Count,
    /// See [`ArchiveStore::removed_count`].
    pub removed_count: u64,
    /// See [`ArchiveStore::removed`].
    pub removed: Vec<RemovedPlay>,
    /// See [`ArchiveStore::doubts`].
    pub doubts: Vec<Doubt>,
    /// See [`ArchiveStore::holes`].
    pub holes: Vec<Hole>,
    /// See [`ArchiveStore::book`].
    pub book: Book,
}

/// Reads all that can be seen of a user's archive.
///
/// # Errors
///
/// As the store's methods.
///
/// # Panics
///
/// If the pages of plays do not fit together.
pub async fn state(store: &dyn ArchiveStore, user: UserId) -> Result<State, StoreError> {
    const PAGE: usize = 1_000;
    let mut plays: Vec<StoredPlay> = Vec::new();
    loop {
        let after = plays.last().map(|last| last.place);
        let page = store.plays(user, Span::EVER, after, PAGE).await?;
        let goes_on = page.iter().all(|play| Some(play.place) > after);
        assert!(goes_on, "a page begins after the place it was asked for");
        let ended = page.len() < PAGE;
        plays.extend(page);
        if ended {
            break;
        }
    }
    Ok(State {
        revision: store.revision(user).await?,
        plays,
        coverage: store.coverage(user).await?,
        count: store.count(user, Span::EVER).await?,
        removed_count: store.removed_count(user).await?,
        removed: store.removed(user, Span::EVER, None, usize::MAX).await?,
        doubts: store.doubts(user).await?,
        holes: store.holes(user).await?,
        book: store.book(user).await?,
    })
}

/// A play of the track of this name at this second.
pub fn play(at: i64, name: &str) -> Play {
    play_of(at, name, "an album", "")
}

/// A play with an album and a MusicBrainz identifier.
pub fn play_of(at: i64, name: &str, album: &str, mbid: &str) -> Play {
    let text = time(at).service_text().unwrap_or_default();
    object(&format!(
        r##"{{"artist":{{"mbid":"","#text":"an artist"}},"mbid":"{mbid}","album":{{"mbid":"","#text":"{album}"}},"name":"{name}","url":"","date":{{"uts":"{at}","#text":"{text}"}}}}"##
    ))
}

/// A play of a track that is named by its second, of the album of this artist and title (an empty
/// one: of none), with the album's MusicBrainz identifier.
pub fn of_album(at: i64, artist: &str, title: &str, mbid: &str) -> Play {
    let text = time(at).service_text().unwrap_or_default();
    let json = serde_json::json!({
        "artist": {"mbid": "", "#text": artist},
        "mbid": "",
        "album": {"mbid": mbid, "#text": title},
        "name": format!("track {at}"),
        "url": "",
        "date": {"uts": at.to_string(), "#text": text},
    });
    object(&json.to_string())
}

/// A play at each of these seconds, each of its own track.
pub fn plays(seconds: impl IntoIterator<Item = i64>) -> Vec<Play> {
    let plays = seconds.into_iter().map(|at| play(at, &format!("track {at}")));
    plays.collect()
}

pub(super) fn object(text: &str) -> Play {
    Play::from_json(text).expect("the case gives a play")
}

pub(in crate::testing) fn username(name: &str) -> Username {
    name.parse().expect("the case gives a name")
}

pub(in crate::testing) fn time(at: i64) -> Timestamp {
    Timestamp::from_unix(at)
}

pub(in crate::testing) fn span(start: i64, end: i64) -> Span {
    Span::new(time(start), time(end))
}

pub(super) fn place(at: i64, ordinal: i64) -> Place {
    Place { at: time(at), ordinal }
}

/// Added, removed, changed, doubted.
pub(super) fn sum(replaced: Replaced) -> (u64, u64, u64, u64) {
    let Replaced { added, removed, changed, doubted } = replaced;
    (added, removed, changed, doubted)
}
