//! The query that people write first: `pg_trgm`, on a private PostgreSQL.

use std::fmt::Write as _;

use lastfm_postgres::testing::{Database, PrivateServer};

use crate::labels::Labels;
use crate::rivals::Years;

/// The name of each threshold, and a year for each album where it answers.
pub(crate) fn answers(labels: &Labels) -> Vec<(&'static str, Years)> {
    let server = PrivateServer::fast();
    let database = server.database();
    fill(&database, labels);
    [("pg_trgm, threshold .3", "0.3"), ("pg_trgm, threshold .5", "0.5")]
        .map(|(name, threshold)| (name, ask(&database, threshold)))
        .into()
}

fn fill(database: &Database, labels: &Labels) {
    let mut sql = "CREATE EXTENSION pg_trgm;
        CREATE TABLE candidate (artist text, title text, year integer);
        CREATE TABLE wanted (number integer, artist text, title text);"
        .to_owned();
    for rows in labels.candidates.chunks(1_000) {
        let values = rows.iter().map(|one| {
            let year = one.year.map_or_else(|| "NULL".to_owned(), |year| year.to_string());
            format!("({}, {}, {year})", quoted(&one.artist), quoted(&one.title))
        });
        let values: Vec<String> = values.collect();
        let _ = write!(sql, "INSERT INTO candidate VALUES {};", values.join(","));
    }
    let wanted = labels.cases.iter().enumerate();
    let values: Vec<String> = wanted
        .map(|(number, case)| {
            format!("({number}, {}, {})", quoted(&case.artist), quoted(&case.title))
        })
        .collect();
    let _ = write!(sql, "INSERT INTO wanted VALUES {};", values.join(","));
    sql.push_str("CREATE INDEX ON candidate USING gin (title gin_trgm_ops); ANALYZE;");
    database.sql(&sql);
}

fn ask(database: &Database, threshold: &str) -> Years {
    let rows = database.sql(&format!(
        "SET pg_trgm.similarity_threshold = {threshold};
         SELECT best.year, best.artist IS NOT NULL
         FROM wanted
         LEFT JOIN LATERAL (
             SELECT year, artist
             FROM candidate
             WHERE candidate.title % wanted.title AND candidate.artist % wanted.artist
             ORDER BY similarity(candidate.artist, wanted.artist)
                    + similarity(candidate.title, wanted.title) DESC
             LIMIT 1
         ) AS best ON true
         ORDER BY number"
    ));
    let answer = |row: Vec<Option<String>>| match row.as_slice() {
        [year, Some(found)] if found == "t" => Some(year.as_ref().and_then(|y| y.parse().ok())),
        _ => None,
    };
    rows.into_iter().map(answer).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
