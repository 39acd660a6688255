//! Who goes by a name: the artists and the credits under which their groups stand.

use std::collections::BTreeSet;

use tokio_postgres::types::Type;

use super::MirrorError;
use super::read::{count, value};
use super::sessions::Session;
use super::shape::Shape;
use super::spellings::spellings;
use crate::names::ArtistName;

/// How alike trigrams must be. Whether it is the name, its key says.
const ALIKE: &str = "SELECT set_config('pg_trgm.similarity_threshold', '0.4', true)";

/// Who goes by a name; perhaps others, too.
#[derive(Debug, Clone, Default)]
pub(super) struct Those {
    /// Artists.
    pub(super) artists: BTreeSet<i32>,
    /// Several artists together.
    pub(super) credits: BTreeSet<i32>,
}

/// Names, and spellings of them.
#[derive(Default)]
struct Asked {
    names: Vec<i32>,
    spellings: Vec<String>,
}

impl Asked {
    fn add(&mut self, name: usize, spellings: impl IntoIterator<Item = String>) {
        for spelling in spellings {
            self.names.push(count(name));
            self.spellings.push(spelling);
        }
    }
}

/// Who goes by each of these names.
pub(super) async fn those(
    session: &Session<'_>,
    shape: &Shape,
    names: &[&ArtistName],
) -> Result<Vec<Those>, MirrorError> {
    let mut asked = Asked::default();
    for (place, name) in names.iter().enumerate() {
        asked.add(place, spellings(name));
    }
    let mut those = vec![Those::default(); names.len()];
    for (place, artist) in find(session, &one(shape), &asked).await? {
        those[place].artists.insert(artist);
    }
    together(session, shape, names, &asked, &mut those).await?;
    if let Some(schema) = &shape.trigrams {
        let mut unknown = Asked::default();
        for (place, name) in names.iter().enumerate() {
            if those[place].artists.is_empty() && those[place].credits.is_empty() {
                unknown.add(place, [name.spelled().to_owned()]);
            }
        }
        if !unknown.names.is_empty() {
            session.rows(ALIKE, &[]).await?;
            for (place, artist) in find(session, &alike(schema), &unknown).await? {
                those[place].artists.insert(artist);
            }
        }
    }
    Ok(those)
}

/// Artists by their name, an alias, the name that lists are sorted by, or one that stands on a
/// record.
fn one(shape: &Shape) -> String {
    let Shape { artist, alias, .. } = shape;
    let mut sql = format!(
        "WITH asked AS MATERIALIZED (
             SELECT name, spelling, {} AS artist, {} AS alias
             FROM unnest($1::integer[], $2::text[]) AS asked (name, spelling))
         SELECT asked.name, artist.id FROM asked JOIN artist ON {} = asked.artist
         UNION SELECT asked.name, artist_alias.artist
         FROM asked JOIN artist_alias ON {} = asked.alias
         UNION SELECT asked.name, artist.id FROM asked JOIN artist ON sort_name = spelling",
        artist.of("spelling"),
        alias.of("spelling"),
        artist.of("artist.name"),
        alias.of("artist_alias.name"),
    );
    if let Some(order) = &shape.credited_order {
        sql.push_str(" UNION SELECT asked.name, same.artist FROM asked CROSS JOIN LATERAL ");
        sql.push_str(&same("artist_credit_name", "artist", order));
    }
    sql
}

/// What is spelled alike but for case and accents. In an order by letters first, that is what is
/// not before the small letters, and not behind them and a blank.
///
/// Each spelling looks into the index by itself: a plan for all at once believes that a stretch of an
/// unknown length is long, and compares everything with everything.
fn same(table: &str, columns: &str, order: &str) -> String {
    format!(
        "(SELECT {columns} FROM {table} WHERE name COLLATE {order} >= lower(spelling)
              AND name COLLATE {order} < lower(spelling) || ' ' OFFSET 0) AS same"
    )
}

/// Artists whose name shares trigrams with one that nobody was found by.
fn alike(schema: &str) -> String {
    format!(
        "SELECT asked.name, near.id
         FROM unnest($1::integer[], $2::text[]) AS asked (name, spelling)
             CROSS JOIN LATERAL (
                 SELECT id FROM artist WHERE artist.name OPERATOR({schema}.%) asked.spelling
                 ORDER BY {schema}.similarity(artist.name, asked.spelling) DESC, id
                 LIMIT 100) AS near"
    )
}

async fn find(
    session: &Session<'_>,
    sql: &str,
    asked: &Asked,
) -> Result<Vec<(usize, i32)>, MirrorError> {
    let values = [(&asked.names as _, Type::INT4_ARRAY), (&asked.spellings as _, Type::TEXT_ARRAY)];
    let rows = session.rows(sql, &values).await?;
    rows.iter().map(|row| Ok((place(value(session, row, 0)?), value(session, row, 1)?))).collect()
}

/// Several artists whose names stand together: by their whole credit, and among those of the one
/// who is named first.
async fn together(
    session: &Session<'_>,
    shape: &Shape,
    names: &[&ArtistName],
    asked: &Asked,
    those: &mut [Those],
) -> Result<(), MirrorError> {
    // One word alone is no name of several.
    let mut joined = Asked::default();
    for (name, spelling) in asked.names.iter().zip(&asked.spellings) {
        let name = place(*name);
        if names[name].words().nth(1).is_some() {
            joined.add(name, [spelling.clone()]);
        }
    }
    if let Some(order) = shape.credit_order.as_ref().filter(|_| !joined.names.is_empty()) {
        let sql = format!(
            "SELECT DISTINCT asked.name, same.id
             FROM unnest($1::integer[], $2::text[]) AS asked (name, spelling)
                 CROSS JOIN LATERAL {}
             WHERE artist_count > 1",
            same("artist_credit", "id, artist_count", order)
        );
        for (place, credit) in find(session, &sql, &joined).await? {
            those[place].credits.insert(credit);
        }
    }
    let mut first = Asked::default();
    for (place, name) in names.iter().enumerate() {
        first.add(place, name.others().iter().flat_map(spellings));
    }
    if first.names.is_empty() {
        return Ok(());
    }
    let found = find(session, &one(shape), &first).await?;
    let (places, artists): (Vec<i32>, Vec<i32>) =
        found.into_iter().map(|(place, artist)| (count(place), artist)).unzip();
    let lengths: Vec<i32> =
        places.iter().map(|name| count(names[place(*name)].spelled().chars().count())).collect();
    let values = [
        (&places as _, Type::INT4_ARRAY),
        (&artists as _, Type::INT4_ARRAY),
        (&lengths as _, Type::INT4_ARRAY),
    ];
    for row in session.rows(CREDITS, &values).await? {
        let at = place(value(session, &row, 0)?);
        let name: String = value(session, &row, 2)?;
        if ArtistName::new(&name).key() == names[at].key() {
            those[at].credits.insert(value(session, &row, 1)?);
        }
    }
    Ok(())
}

/// The credits of an artist with others that are about as long as a name.
const CREDITS: &str = "
    SELECT asked.name, credit.id, credit.name::text
    FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS asked (name, artist, length)
        JOIN artist_credit_name AS credited ON credited.artist = asked.artist
        JOIN artist_credit AS credit ON credit.id = credited.artist_credit
    WHERE artist_count > 1 AND char_length(credit.name) BETWEEN length - 12 AND length + 12";

fn place(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}
