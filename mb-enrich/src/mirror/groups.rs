//! Groups as a mirror keeps them: their titles, and all that is known of them.

use std::collections::{BTreeSet, HashMap};

use lastfm_core::Mbid;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::MirrorError;
use super::read::value;
use super::sessions::Session;
use super::shape::{Shape, Years};
use crate::names::Kind;
use crate::{CreditedArtist, PartialDate, PrimaryType, ReleaseGroup};

/// A group, and the titles that it goes by.
#[derive(Debug, Clone)]
pub(super) struct Titled {
    pub(super) group: i32,
    pub(super) titles: Vec<String>,
}

/// What an artist has made.
#[derive(Debug, Clone)]
pub(super) enum Made {
    /// All of it.
    All(Vec<Titled>),
    /// More than is read.
    TooMuch,
}

/// The titles of a group beside its own: its releases', and its aliases. One may stand there twice:
/// to sort them for each group would take longer than all the rest.
const OTHER_TITLES: &str = "ARRAY(
    SELECT release.name::text FROM release
    WHERE release.release_group = made.id AND release.name <> made.name
    UNION ALL SELECT alias.name::text FROM release_group_alias AS alias
    WHERE alias.release_group = made.id AND alias.name <> made.name)";

/// What each of these artists has made, up to so many groups and one more; with titles, or without.
pub(super) async fn of_artists(
    session: &Session<'_>,
    artists: &BTreeSet<i32>,
    most: u32,
    with_titles: bool,
) -> Result<HashMap<i32, Made>, MirrorError> {
    let others = if with_titles { OTHER_TITLES } else { "ARRAY[]::text[]" };
    let sql = format!(
        "SELECT asked.artist, made.id, made.name::text, {others}
         FROM unnest($1::integer[]) AS asked (artist)
             CROSS JOIN LATERAL (
                 SELECT release_group.id, release_group.name
                 FROM artist_credit_name AS credited
                     JOIN release_group ON release_group.artist_credit = credited.artist_credit
                 WHERE credited.artist = asked.artist
                 LIMIT $2) AS made"
    );
    let large = large(session, artists, most).await?;
    let small: Vec<i32> = artists.difference(&large).copied().collect();
    let mut made: HashMap<i32, Made> = large.into_iter().map(|one| (one, Made::TooMuch)).collect();
    let values = [(&small as _, Type::INT4_ARRAY), (&i64::from(most) as _, Type::INT8)];
    for row in session.rows(&sql, &values).await? {
        let titled = titled(session, &row)?;
        let artist = value(session, &row, 0)?;
        if let Made::All(all) = made.entry(artist).or_insert_with(|| Made::All(Vec::new())) {
            all.push(titled);
        }
    }
    Ok(made)
}

/// Those of these artists who have made more groups than this.
async fn large(
    session: &Session<'_>,
    artists: &BTreeSet<i32>,
    most: u32,
) -> Result<BTreeSet<i32>, MirrorError> {
    const LARGE: &str = "
        SELECT asked.artist
        FROM unnest($1::integer[]) AS asked (artist)
        WHERE EXISTS (
            SELECT FROM artist_credit_name AS credited
                JOIN release_group ON release_group.artist_credit = credited.artist_credit
            WHERE credited.artist = asked.artist
            OFFSET $2)";
    let artists: Vec<i32> = artists.iter().copied().collect();
    let values = [(&artists as _, Type::INT4_ARRAY), (&i64::from(most) as _, Type::INT8)];
    let rows = session.rows(LARGE, &values).await?;
    rows.iter().map(|row| value(session, row, 0)).collect()
}

/// The groups of each of these credits.
pub(super) async fn of_credits(
    session: &Session<'_>,
    credits: &BTreeSet<i32>,
) -> Result<HashMap<i32, Vec<Titled>>, MirrorError> {
    if credits.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT made.artist_credit, made.id, made.name::text, {OTHER_TITLES}
         FROM unnest($1::integer[]) AS asked (credit)
             JOIN release_group AS made ON made.artist_credit = asked.credit"
    );
    let credits: Vec<i32> = credits.iter().copied().collect();
    let mut made: HashMap<i32, Vec<Titled>> = HashMap::new();
    for row in session.rows(&sql, &[(&credits as _, Type::INT4_ARRAY)]).await? {
        let titled = titled(session, &row)?;
        made.entry(value(session, &row, 0)?).or_default().push(titled);
    }
    Ok(made)
}

fn titled(session: &Session<'_>, row: &Row) -> Result<Titled, MirrorError> {
    let mut titles = vec![value(session, row, 2)?];
    titles.extend(value::<Vec<String>>(session, row, 3)?);
    Ok(Titled { group: value(session, row, 1)?, titles })
}

/// A question for what an artist has made whose title begins like this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Beginning {
    pub(super) question: i32,
    pub(super) artist: i32,
    pub(super) title: String,
}

/// The groups of an artist whose title, or a release's, begins like one of these, each with the
/// number of the question.
pub(super) async fn beginning(
    session: &Session<'_>,
    shape: &Shape,
    beginnings: &[Beginning],
) -> Result<Vec<(i32, Titled)>, MirrorError> {
    let Some(order) = shape.title_order.as_ref().filter(|_| !beginnings.is_empty()) else {
        return Ok(Vec::new());
    };
    // In an order by letters, what begins alike stands together; the last letter of all ends it.
    let begins = format!(
        "name COLLATE {order} >= asked.title \
         AND name COLLATE {order} < asked.title || U&'\\FFFF'"
    );
    // Without fences the planner would begin with all that the artist has made, or look up the
    // credit of each title by itself.
    let sql = format!(
        "WITH theirs AS MATERIALIZED (
             SELECT DISTINCT artist, artist_credit FROM artist_credit_name WHERE artist = ANY ($2))
         SELECT asked.question, made.id, made.name::text, {OTHER_TITLES}
         FROM unnest($1::integer[], $2::integer[], $3::text[]) AS asked (question, artist, title)
             CROSS JOIN LATERAL (
                 (SELECT id, name, artist_credit FROM release_group WHERE {begins} OFFSET 0)
                 UNION ALL
                 (SELECT own.id, own.name, own.artist_credit
                  FROM (SELECT DISTINCT release_group FROM release WHERE {begins} OFFSET 0) AS titled
                      JOIN release_group AS own ON own.id = titled.release_group)
             ) AS made
             JOIN theirs USING (artist, artist_credit)"
    );
    let questions: Vec<i32> = beginnings.iter().map(|one| one.question).collect();
    let artists: Vec<i32> = beginnings.iter().map(|one| one.artist).collect();
    let titles: Vec<&str> = beginnings.iter().map(|one| one.title.as_str()).collect();
    let values = [
        (&questions as _, Type::INT4_ARRAY),
        (&artists as _, Type::INT4_ARRAY),
        (&titles as _, Type::TEXT_ARRAY),
    ];
    let rows = session.rows(&sql, &values).await?;
    rows.iter().map(|row| Ok((value(session, row, 0)?, titled(session, row)?))).collect()
}

/// All that is known of these groups.
pub(super) async fn details(
    session: &Session<'_>,
    shape: &Shape,
    groups: &BTreeSet<i32>,
) -> Result<HashMap<i32, ReleaseGroup>, MirrorError> {
    if groups.is_empty() {
        return Ok(HashMap::new());
    }
    let date = match shape.years {
        Years::Counted => COUNTED.to_owned(),
        Years::OfReleases => OF_RELEASES.to_owned(),
        // A mirror may have been given the derived data of some time ago, or of a part.
        Years::Both => format!(
            "{COUNTED} UNION ALL (SELECT * FROM ({OF_RELEASES}) AS found WHERE NOT EXISTS (
                 SELECT FROM release_group_meta WHERE release_group_meta.id = made.id))"
        ),
    };
    let sql = format!(
        "SELECT made.id, made.gid::text, made.name::text, {OTHER_TITLES}, made.artist_credit,
             made.type,
             ARRAY(
                 SELECT secondary_type FROM release_group_secondary_type_join AS joined
                 WHERE joined.release_group = made.id),
             date.year, date.month, date.day
         FROM unnest($1::integer[]) AS asked (id)
             JOIN release_group AS made ON made.id = asked.id
             LEFT JOIN LATERAL ({date}) AS date ON true"
    );
    let ids: Vec<i32> = groups.iter().copied().collect();
    let rows = session.rows(&sql, &[(&ids as _, Type::INT4_ARRAY)]).await?;
    let credits = rows.iter().map(|row| value(session, row, 4)).collect::<Result<_, _>>()?;
    let credits = credited(session, &credits).await?;
    let mut groups = HashMap::with_capacity(rows.len());
    for row in &rows {
        let id: String = value(session, row, 1)?;
        let Some(id) = Mbid::new(&id) else { continue };
        let artists = credits.get(&value(session, row, 4)?).cloned().unwrap_or_default();
        let title: String = value(session, row, 2)?;
        let mut group = ReleaseGroup::new(id, "", title).artists(artists);
        let others: BTreeSet<String> = value::<Vec<_>>(session, row, 3)?.into_iter().collect();
        group.other_titles = others.into_iter().collect();
        group.primary_type = value::<Option<i32>>(session, row, 5)?.map(primary_type);
        let kinds: Vec<i32> = value(session, row, 6)?;
        group.secondary_kinds = kinds.into_iter().filter_map(kind).collect();
        group.first_release = date_of(session, row)?;
        groups.insert(value(session, row, 0)?, group);
    }
    Ok(groups)
}

const COUNTED: &str = "
    SELECT first_release_date_year AS year, first_release_date_month AS month,
        first_release_date_day AS day
    FROM release_group_meta WHERE release_group_meta.id = made.id";

/// The first of all dates of all releases but cancelled ones, as MusicBrainz counts.
const OF_RELEASES: &str = "
    SELECT date_year AS year, date_month AS month, date_day AS day
    FROM (
        SELECT release, date_year, date_month, date_day FROM release_country
        UNION ALL SELECT release, date_year, date_month, date_day FROM release_unknown_country
    ) AS event JOIN release ON release.id = event.release
    WHERE release.release_group = made.id AND release.status IS DISTINCT FROM 6
        AND coalesce(date_year, date_month, date_day) IS NOT NULL
    ORDER BY date_year NULLS LAST, date_month NULLS LAST, date_day NULLS LAST
    LIMIT 1";

fn date_of(session: &Session<'_>, row: &Row) -> Result<Option<PartialDate>, MirrorError> {
    let part = |column| {
        let part: Option<i16> = value(session, row, column)?;
        Ok(part.and_then(|part| i8::try_from(part).ok()))
    };
    let year: Option<i16> = value(session, row, 7)?;
    let (month, day) = (part(8)?, part(9)?);
    Ok(year.and_then(|year| PartialDate::as_far_as_known(year, month, day)))
}

/// Who stands in each of these credits, in order, with all names.
async fn credited(
    session: &Session<'_>,
    credits: &BTreeSet<i32>,
) -> Result<HashMap<i32, Vec<CreditedArtist>>, MirrorError> {
    const CREDITED: &str = "
        SELECT artist_credit, artist, name::text, join_phrase::text
        FROM artist_credit_name WHERE artist_credit = ANY ($1)
        ORDER BY artist_credit, position";
    const NAMES: &str = "
        SELECT id, gid::text, name::text, sort_name::text, ARRAY(
            SELECT alias.name::text FROM artist_alias AS alias WHERE alias.artist = artist.id
            ORDER BY alias.id)
        FROM artist WHERE id = ANY ($1)";
    let credits: Vec<i32> = credits.iter().copied().collect();
    let rows = session.rows(CREDITED, &[(&credits as _, Type::INT4_ARRAY)]).await?;
    let artists = rows.iter().map(|row| value(session, row, 1));
    let artists: BTreeSet<i32> = artists.collect::<Result<_, _>>()?;
    let artists: Vec<i32> = artists.into_iter().collect();
    let mut known: HashMap<i32, (Option<Mbid>, Vec<String>)> = HashMap::new();
    for row in session.rows(NAMES, &[(&artists as _, Type::INT4_ARRAY)]).await? {
        let id: String = value(session, &row, 1)?;
        let mut names: Vec<String> = vec![value(session, &row, 2)?, value(session, &row, 3)?];
        names.extend(value::<Vec<String>>(session, &row, 4)?);
        let mut seen = BTreeSet::new();
        names.retain(|name| !name.is_empty() && seen.insert(name.clone()));
        known.insert(value(session, &row, 0)?, (Mbid::new(&id), names));
    }
    let mut credited: HashMap<i32, Vec<CreditedArtist>> = HashMap::new();
    for row in &rows {
        let name: String = value(session, row, 2)?;
        let artist: i32 = value(session, row, 1)?;
        let (id, others) = known.get(&artist).cloned().unwrap_or_default();
        let mut artist = CreditedArtist::new(name).join(value::<String>(session, row, 3)?);
        artist.id = id;
        artist.other_names = others;
        artist.other_names.retain(|other| *other != artist.name);
        credited.entry(value(session, row, 0)?).or_default().push(artist);
    }
    Ok(credited)
}

/// The numbers are the same in every mirror; one that is not known yet is of none of these kinds.
fn primary_type(number: i32) -> PrimaryType {
    match number {
        1 => PrimaryType::Album,
        2 => PrimaryType::Single,
        3 => PrimaryType::Ep,
        12 => PrimaryType::Broadcast,
        _ => PrimaryType::Other,
    }
}

/// What a secondary type says of the kind; nothing where no title would say it.
fn kind(number: i32) -> Option<Kind> {
    Some(match number {
        1 => Kind::Compilation,
        2 => Kind::Soundtrack,
        6 => Kind::Live,
        7 | 8 => Kind::Remix,
        10 => Kind::Demo,
        _ => return None,
    })
}
