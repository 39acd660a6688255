//! Every method that the service documents is there; the table in the documentation is made of
//! them.

use std::any::type_name;
use std::fmt::{Debug, Write as _};

use lastfm_core::methods::{album, artist, auth, chart, geo, library, tag, track, user};
use lastfm_core::{
    AlbumEntry, ArtistEntry, Authentication, DecodeError, Method, Paged, Play, TrackEntry, Verb,
};

/// A method, as far as one can say of all of them.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    verb: Verb,
    authentication: Authentication,
    /// Whether a call without the name of a user is about the session's.
    or_session: bool,
    type_name: &'static str,
    /// What reads the list to its end, if it is one.
    streams: &'static str,
    pub(crate) decode: Decode,
}

/// Reads an answer, and says in words all that it says.
pub(crate) type Decode = fn(&str) -> Result<String, DecodeError>;

fn one<M: Method>() -> Known
where
    M::Response: Debug,
{
    Known {
        name: M::NAME,
        verb: M::VERB,
        authentication: M::AUTHENTICATION,
        type_name: type_name::<M>(),
        or_session: false,
        streams: "",
        decode: |body| M::decode(body).map(|answer| format!("{answer:?}")),
    }
}

fn paged<M: Paged>() -> Known
where
    M::Item: Debug,
{
    Known { streams: "yes", ..one::<M>() }
}

/// A method that this call, which names no user, shows to need the session then.
fn or_session<M: Method>(nameless: &M) -> Known
where
    M::Response: Debug,
{
    let or_session = nameless.authentication() == Authentication::Session;
    Known { or_session, ..one::<M>() }
}

/// All that a play says, which prints only its names of itself.
fn play_in_words(play: &Play) -> String {
    format!("{play:?} {:?} {:?} {:?}", play.track(), play.images(), play.loved())
}

/// The methods in the order of their names.
pub(crate) fn every() -> Vec<Known> {
    vec![
        one::<album::AddTags>(),
        one::<album::GetInfo>(),
        or_session(&album::GetTags::new("Low", "Trust")),
        one::<album::GetTopTags>(),
        one::<album::RemoveTag>(),
        paged::<album::Search>(),
        one::<artist::AddTags>(),
        one::<artist::GetCorrection>(),
        one::<artist::GetInfo>(),
        one::<artist::GetSimilar>(),
        or_session(&artist::GetTags::new("Low")),
        paged::<artist::GetTopAlbums>(),
        one::<artist::GetTopTags>(),
        paged::<artist::GetTopTracks>(),
        one::<artist::RemoveTag>(),
        paged::<artist::Search>(),
        one::<auth::GetMobileSession>(),
        one::<auth::GetSession>(),
        one::<auth::GetToken>(),
        paged::<chart::GetTopArtists>(),
        paged::<chart::GetTopTags>(),
        paged::<chart::GetTopTracks>(),
        paged::<geo::GetTopArtists>(),
        paged::<geo::GetTopTracks>(),
        paged::<library::GetArtists>(),
        one::<tag::GetInfo>(),
        one::<tag::GetSimilar>(),
        paged::<tag::GetTopAlbums>(),
        paged::<tag::GetTopArtists>(),
        one::<tag::GetTopTags>(),
        paged::<tag::GetTopTracks>(),
        one::<tag::GetWeeklyChartList>(),
        one::<track::AddTags>(),
        one::<track::GetCorrection>(),
        one::<track::GetInfo>(),
        one::<track::GetSimilar>(),
        or_session(&track::GetTags::new("Low", "Words")),
        one::<track::GetTopTags>(),
        one::<track::Love>(),
        one::<track::RemoveTag>(),
        one::<track::Scrobble>(),
        paged::<track::Search>(),
        one::<track::Unlove>(),
        one::<track::UpdateNowPlaying>(),
        paged::<user::GetFriends>(),
        or_session(&user::GetInfo::session()),
        paged::<user::GetLovedTracks>(),
        Known {
            decode: |body| {
                let artists = user::GetPersonalTags::<ArtistEntry>::decode(body);
                let albums = user::GetPersonalTags::<AlbumEntry>::decode(body);
                let tracks = user::GetPersonalTags::<TrackEntry>::decode(body);
                let artists = artists.map(|page| format!("{page:?}"));
                let albums = albums.map(|page| format!("{page:?}"));
                artists.or(albums).or_else(|_| tracks.map(|page| format!("{page:?}")))
            },
            ..paged::<user::GetPersonalTags<ArtistEntry>>()
        },
        Known {
            streams: "[`RecentTracks`](crate::RecentTracks)",
            decode: |body| {
                let page = user::GetRecentTracks::decode(body)?;
                let plays: Vec<_> = page.plays.iter().map(play_in_words).collect();
                Ok(format!("{page:?} {plays:?}"))
            },
            ..one::<user::GetRecentTracks>()
        },
        paged::<user::GetTopAlbums>(),
        paged::<user::GetTopArtists>(),
        one::<user::GetTopTags>(),
        paged::<user::GetTopTracks>(),
        Known {
            decode: |body| {
                let page = user::GetTrackScrobbles::decode(body)?;
                let plays: Vec<_> = page.items.iter().map(play_in_words).collect();
                Ok(format!("{page:?} {plays:?}"))
            },
            ..paged::<user::GetTrackScrobbles>()
        },
        one::<user::GetWeeklyAlbumChart>(),
        one::<user::GetWeeklyArtistChart>(),
        one::<user::GetWeeklyChartList>(),
        one::<user::GetWeeklyTrackChart>(),
    ]
}

/// What nobody documents, and the service answers.
const UNDOCUMENTED: [&str; 1] = ["user.getTrackScrobbles"];

#[test]
fn every_method_of_the_service_is_there() {
    let names: Vec<_> = every().iter().map(|method| method.name).collect();
    let documented = include_str!("../../src/methods/documented.txt").lines();
    let mut expected: Vec<_> = documented.chain(UNDOCUMENTED).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn the_table_in_the_documentation_is_made_of_the_methods() {
    let table = table();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/methods/table.md");
    if std::env::var_os("WRITE_TABLE").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(kept, table, "to write it anew: WRITE_TABLE=1 cargo test -p lastfm-core --test it");
}

fn table() -> String {
    let mut table = String::from(
        "| the service's method | here | changes something | key | streams |\n|---|---|---|---|---|\n",
    );
    for method in every() {
        // `lastfm_core::methods::user::get_info::GetInfo`, its file left out, and what it is of.
        let (path, _) = method.type_name.split_once('<').unwrap_or((method.type_name, ""));
        let parts: Vec<_> = path.split("::").collect();
        let [.., package, _, here] = parts[..] else { panic!("{}", method.type_name) };
        let name = if UNDOCUMENTED.contains(&method.name) {
            format!("`{}` (not documented)", method.name)
        } else {
            format!("[`{0}`](https://www.last.fm/api/show/{0})", method.name)
        };
        let changes = if method.verb == Verb::Read { "" } else { "yes" };
        let key = match method.authentication {
            Authentication::ApiKey if method.or_session => "API key, or session",
            Authentication::ApiKey => "API key",
            Authentication::Session => "session",
            Authentication::Signed => "API key, signed",
        };
        let streams = method.streams;
        writeln!(table, "| {name} | [`{package}::{here}`] | {changes} | {key} | {streams} |")
            .unwrap();
    }
    table
}
