//! `albums`: the albums of an archive, those that are played most first, and what they may be.

use lastfm_core::Timestamp;
use lastfm_core::albums::{AlbumId, KnownAlbum, Near, PlayedAlbum, Status, collect};
use lastfm_core::archive::{ArchivedUser, Span};
use terminal::database::{Database, Place};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::{columns, show};

use crate::cli::music;
use crate::json::{self, Line};
use crate::{archive, enrich, looking};

/// With less room than this a name has a line of its own.
const LEAST_ROOM: usize = 30;
/// Columns of an MBID.
const MBID: usize = 36;

/// Lists the albums of one user after the other.
pub(crate) async fn run(
    said: music::Albums,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let span = said.period.checked()?.unwrap_or(Span::EVER);
    let db = archive::open_existing(environment.db(db)).await?;
    for user in enrich::users(&db, said.user.as_slice()).await? {
        // So that every album has its number.
        collect(&*db.albums, user.id).await?;
        list(&db, &user, span, &said, mode).await?;
    }
    Ok(Exit::Complete)
}

async fn list(
    db: &Database,
    user: &ArchivedUser,
    span: Span,
    said: &music::Albums,
    mode: Mode,
) -> Result<(), Trouble> {
    let mut played = db.albums.played_albums(user.id, span).await?.albums;
    played.retain(|album| album.year.is_none() || !said.unmatched);
    played.sort_by_key(|album| (std::cmp::Reverse(album.plays), album.id));
    let (count, plays) = (played.len(), played.iter().map(|album| album.plays).sum::<u64>());
    played.truncate(said.limit.get());
    let ids: Vec<AlbumId> = played.iter().map(|album| album.id).collect();
    let albums = db.albums.albums(&ids).await?;
    if mode == Mode::Json {
        for (album, played) in albums.iter().zip(&played) {
            as_json(Some(user), album, Some(played.plays));
        }
    }
    if !mode.is_for_people() {
        return Ok(());
    }
    let width = columns::width();
    let what = if said.unmatched { " without a year" } else { "" };
    let head = [
        format!("{} · {}{what}", user.name, show::count(count as u64, "album")),
        show::count(plays, "play"),
        "most played first".to_owned(),
    ];
    for line in columns::lines(&head, width) {
        output::line(&line);
    }
    let widths = Widths::of(&played, width);
    for (album, played) in albums.iter().zip(&played) {
        for line in in_words(album, Some(played.plays), &widths) {
            output::line(&line);
        }
    }
    let (program, option) = (show::program(), db.place.option());
    if let Some(more) = count.checked_sub(played.len()).filter(|more| *more > 0) {
        output::line(&format!("  … and {} more: --limit {count}", show::number(more as u64)));
    }
    if said.unmatched && played.iter().any(|album| album.status == Status::Pending) {
        output::line(&format!("  to look them up: {program} enrich {}{option}", user.name));
    }
    if said.unmatched && !played.is_empty() {
        output::line(&format!("  to correct one: {program} correct NUMBER{option}"));
    }
    Ok(())
}

/// Columns of the table.
pub(crate) struct Widths {
    number: usize,
    plays: usize,
    all: usize,
}

impl Widths {
    fn of(played: &[PlayedAlbum], all: usize) -> Self {
        let digits = |text: String| text.len();
        let number = played.iter().map(|album| digits(album.id.0.to_string())).max();
        let plays = played.iter().map(|album| digits(show::count(album.plays, "play"))).max();
        Self { number: number.unwrap_or_default(), plays: plays.unwrap_or_default(), all }
    }

    /// For one album alone.
    pub(crate) fn of_one(album: &KnownAlbum) -> Self {
        Self { number: album.id.0.to_string().len(), plays: 0, all: columns::width() }
    }
}

/// An album in lines: its number, how it stands, its names; then what it may be.
pub(crate) fn in_words(album: &KnownAlbum, plays: Option<u64>, widths: &Widths) -> Vec<String> {
    let Widths { number, plays: columns_of_plays, all } = *widths;
    let mut head = format!("  {:>number$}  ", album.id.0);
    let indent = head.len();
    if let Some(plays) = plays {
        head = format!("{head}{:>columns_of_plays$}  ", show::count(plays, "play"));
    }
    head = format!("{head}{:<9}  ", state(album));
    let name = format!("{} – {}", album.artist, album.title);
    let room = all.saturating_sub(columns::columns_of(&head));
    let mut lines = if room >= LEAST_ROOM {
        vec![format!("{head}{}", columns::fit(&name, room))]
    } else {
        let name = columns::fit(&name, all.saturating_sub(indent));
        vec![head.trim_end().to_owned(), format!("{:indent$}{name}", "")]
    };
    let near = album.outcome.iter().flat_map(|outcome| &outcome.near);
    // Who has corrected it need not choose.
    let near = near.filter(|_| album.correction.is_none());
    for (number, near) in (1..).zip(near) {
        lines.extend(choice(number, near, &album.artist, indent, all));
    }
    lines
}

/// One of those that an album may be, with its MBID in a line of its own where there is no room.
fn choice(number: usize, near: &Near, artist: &str, indent: usize, all: usize) -> Vec<String> {
    let group = &near.group;
    let year = group.first_release.map_or("no date".to_owned(), |date| date.year().to_string());
    let head = format!("{:indent$}{number}: {year} ", "");
    // The artist stands above, unless it is another one.
    let is_same = group.artist.to_lowercase() == artist.to_lowercase();
    let names = || format!("{} – {}", group.artist, group.title);
    let name = if is_same { group.title.clone() } else { names() };
    let name = columns::fit(&name, all);
    let room = all.saturating_sub(columns::columns_of(&head));
    let mbid = columns::fit(group.id.as_str(), MBID);
    if columns::columns_of(&name) + 2 + MBID <= room {
        return vec![format!("{head}{name}  {mbid}")];
    }
    let below = (indent + 3).min(all.saturating_sub(MBID));
    vec![format!("{head}{}", columns::fit(&name, room)), format!("{:below$}{mbid}", "")]
}

/// Its year, or why it has none.
fn state(album: &KnownAlbum) -> String {
    let year = album.first_release().map(|date| date.year().to_string());
    let state = year.unwrap_or_else(|| looking::in_words(album.status()).to_owned());
    if album.correction.is_some() { format!("{state} ✎") } else { state }
}

/// An album in JSON; with its plays, if it is about a user.
pub(crate) fn as_json(user: Option<&ArchivedUser>, album: &KnownAlbum, plays: Option<u64>) {
    let first_release = album.first_release().map(|date| date.to_string());
    let outcome = album.outcome.as_ref();
    json::print(&Line::Album {
        user: user.map(|user| user.name.as_str()),
        album: album.id.0,
        artist: &album.artist,
        title: &album.title,
        plays,
        status: album.status().as_str(),
        first_release,
        corrected: album.correction.is_some(),
        found: outcome.and_then(|outcome| outcome.found.as_ref()),
        near: outcome.map(|outcome| outcome.near.as_slice()).unwrap_or_default(),
        next_try_at: outcome.and_then(|outcome| outcome.next_try).map(Timestamp::as_unix),
        reason: outcome.and_then(|outcome| outcome.trouble.as_deref()),
    });
}
