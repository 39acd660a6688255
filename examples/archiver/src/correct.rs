//! `correct`: a person says when an album was first released, and that stays.

use lastfm_core::Mbid;
use lastfm_core::albums::{AlbumId, Correction, GroupName, KnownAlbum};
use mb_enrich::Source as _;
use terminal::database::{Database, Place};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::{dates, show};

use crate::albums::{Widths, as_json, in_words};
use crate::archive;
use crate::cli::music::{Asking, Correct, CorrectionArgs};
use crate::musicbrainz;

/// Shows the album, or writes down what is said of it.
pub(crate) async fn run(
    said: Correct,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let db = archive::open_existing(environment.db(db)).await?;
    let id = AlbumId(said.album);
    let album = one(&db, id).await?;
    let is_said = said.said.is_something();
    let album = if is_said {
        let correction = correction(&said.said, &said.asking, &album, environment).await?;
        let corrected = db.albums.correct_album(id, correction).await?;
        corrected.ok_or_else(|| unknown(&db, id))?
    } else {
        album
    };
    match mode {
        Mode::Json => as_json(None, &album, None),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log if is_said => confirm(&db, &album),
        Mode::Terminal | Mode::Log => {
            let widths = Widths::of_one(&album);
            for line in in_words(&album, None, &widths) {
                output::line(&line);
            }
            let has_near = album.outcome.is_some_and(|outcome| !outcome.near.is_empty());
            let near = if has_near { " --near NUMBER, or" } else { "" };
            let option = db.place.option();
            output::line(&format!(
                "  to correct it:{near} --released DATE, --group MBID, --unknown{option}"
            ));
        }
    }
    Ok(Exit::Complete)
}

async fn one(db: &Database, id: AlbumId) -> Result<KnownAlbum, Trouble> {
    db.albums.albums(&[id]).await?.pop().ok_or_else(|| unknown(db, id))
}

fn unknown(db: &Database, id: AlbumId) -> Trouble {
    let what = format!("no album in {} has the number {}", db.place, id.0);
    Trouble::new(Exit::Failed, "no_album", what).advice(format!(
        "Nothing was changed. The numbers are those of: {} albums{}",
        show::program(),
        db.place.option()
    ))
}

impl CorrectionArgs {
    fn is_something(&self) -> bool {
        let Self { released, near, group, unknown, undo } = self;
        released.is_some() || near.is_some() || group.is_some() || *unknown || *undo
    }
}

/// What is to be written down; nothing to take back what was.
async fn correction(
    said: &CorrectionArgs,
    asking: &Asking,
    album: &KnownAlbum,
    environment: &Environment,
) -> Result<Option<Correction>, Trouble> {
    let now = dates::now();
    if let Some(date) = said.released {
        return Ok(Some(Correction::dated(date, now)));
    }
    if said.unknown {
        return Ok(Some(Correction::undated(now)));
    }
    let group = if let Some(number) = said.near {
        let near = album.outcome.as_ref().map(|outcome| &*outcome.near).unwrap_or_default();
        let Some(chosen) = near.get(number.get() - 1) else {
            let what = match near.len() {
                0 => "there is nothing that this album may be".to_owned(),
                many => format!("of what this album may be there are {many}, and no {number}"),
            };
            let trouble = Trouble::new(Exit::Failed, "no_such_group", what);
            return Err(trouble.advice(format!(
                "Nothing was changed. To see them: {} correct {}",
                show::program(),
                album.id.0
            )));
        };
        chosen.group.clone()
    } else if let Some(mbid) = &said.group {
        ask(mbid, asking, environment).await?
    } else {
        return Ok(None);
    };
    // That nobody knows it is for the person to say: MusicBrainz may learn it tomorrow.
    let Some(date) = group.first_release else {
        let what = format!("MusicBrainz does not know when {} was first released", group.title);
        return Err(Trouble::new(Exit::Failed, "no_date", what).advice(
            "Nothing was changed. Say when, with --released, or that nobody knows: --unknown.",
        ));
    };
    Ok(Some(Correction::dated(date, now).group(group.id)))
}

/// The group of this identifier, as MusicBrainz has it.
async fn ask(
    mbid: &Mbid,
    asking: &Asking,
    environment: &Environment,
) -> Result<GroupName, Trouble> {
    let musicbrainz = musicbrainz::open(asking, environment).await?;
    let mut answers = musicbrainz.source.by_ids(std::slice::from_ref(mbid)).await;
    if let Some(error) = answers.trouble {
        let trouble = musicbrainz::outage("MusicBrainz cannot be asked", &error);
        return Err(trouble.advice("Nothing was changed. The same command may work later."));
    }
    let Some(group) = answers.answers.pop().flatten().flatten() else {
        let what = format!("MusicBrainz knows no release group {mbid}");
        let trouble = Trouble::new(Exit::Failed, "no_such_group", what);
        return Err(trouble.advice("Nothing was changed."));
    };
    Ok((&group).into())
}

/// Says what is known now.
fn confirm(db: &Database, album: &KnownAlbum) {
    let name = format!("{} – {}", album.artist, album.title).replace('\n', " ");
    let (program, id, option) = (show::program(), album.id.0, db.place.option());
    match (&album.correction, album.first_release()) {
        (Some(_), date) => {
            let date = date.map_or_else(
                || "nobody knows when it was first released".to_owned(),
                |date| format!("first released {date}"),
            );
            output::line(&format!("✓ {name}: {date}"));
            output::line("  that stays, whatever is found later; to take it back:");
            output::line(&format!("  {program} correct {id} --undo{option}"));
        }
        (None, Some(date)) => {
            output::line(&format!("✓ {name}: what was found counts again, {date}"));
        }
        (None, None) => {
            let state = crate::looking::in_words(album.status());
            output::line(&format!("✓ {name}: what was found counts again: {state}"));
        }
    }
}
