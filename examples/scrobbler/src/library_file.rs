//! A local library in a file: CSV or JSON with the columns id, artist, track, album, mbid.

use std::path::Path;

use lastfm_core::Mbid;
use lastfm_core::library::{Library, LocalTrack};
use terminal::exit::{Exit, Trouble};
use terminal::list_file;

use crate::import;

/// Reads a library. A track without an id is called by the number of its entry.
pub(crate) fn read(path: &Path) -> Result<Library, Trouble> {
    let entries = list_file::entries(&import::read(path)?).map_err(|what| {
        let what = format!("{} is no library: {what}", path.display());
        Trouble::new(Exit::Failed, "bad_library", what)
            .advice("Nothing was changed. It is CSV or JSON with artist, track, and id (a path).")
    })?;
    let tracks = (1..).zip(entries).filter_map(|(number, cells): (usize, _)| {
        let cell = |names: &[&str]| {
            let mut found = names.iter().filter_map(|name| cells.get(*name));
            found.find(|text| !text.is_empty()).cloned()
        };
        let id = cell(&["id", "path", "file"]).unwrap_or_else(|| number.to_string());
        let name = cell(&["track", "title", "trackname"])?;
        let mut track = LocalTrack::new(id, cell(&["artist", "artistname"])?, name);
        track.album = cell(&["album", "albumname", "albumtitle"]);
        let mbid = cell(&["mbid", "recordingmbid", "trackmbid"]);
        track.mbid = mbid.and_then(|id| Mbid::new(&id));
        Some(track)
    });
    let library = Library::new(tracks);
    if library.is_empty() {
        let what = format!("{} holds no track with an artist and a name", path.display());
        return Err(Trouble::new(Exit::Failed, "bad_library", what).advice("Nothing was changed."));
    }
    Ok(library)
}
