//! What a mirror has: which tables, and which indexes make names quick to find.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::MirrorError;
use super::sessions::{Session, Sessions};

/// The tables that every mirror has, whatever it leaves out.
const NEEDED: [&str; 12] = [
    "artist",
    "artist_alias",
    "artist_credit",
    "artist_credit_name",
    "medium",
    "release",
    "release_gid_redirect",
    "release_group",
    "release_group_alias",
    "release_group_gid_redirect",
    "release_group_secondary_type_join",
    "track",
];

/// Where the years are: counted already, which comes with the derived data and may be missing,
const COUNTED: &str = "release_group_meta";
/// or to be counted from the releases.
const DATES: [&str; 2] = ["release_country", "release_unknown_country"];

/// Without a row in each of these it is not filled yet: it would know of nobody.
const FILLED: &str = "
    SELECT EXISTS (SELECT FROM artist) AND EXISTS (SELECT FROM artist_credit_name)
        AND EXISTS (SELECT FROM release_group) AND EXISTS (SELECT FROM release)";

const TABLES: &str = "
    SELECT relname::text
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = $1 AND relkind IN ('r', 'p', 'v', 'm', 'f')
        AND has_schema_privilege(pg_namespace.oid, 'USAGE')
        AND has_table_privilege(pg_class.oid, 'SELECT')";

const INDEXES: &str = "
    SELECT indexed.relname::text, pg_get_indexdef(indexrelid)
    FROM pg_index JOIN pg_class AS indexed ON indexed.oid = indrelid
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = $1 AND indisvalid AND indpred IS NULL";

const TRIGRAMS: &str = "
    SELECT quote_ident(nspname)
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
    WHERE extname = 'pg_trgm'";

/// What a mirror has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// How the index of the artists' names is spelled, and of their aliases.
    pub(super) artist: Spelling,
    pub(super) alias: Spelling,
    /// The order of the index of names that is the same for all spellings, where there is one.
    pub(super) credit_order: Option<String>,
    pub(super) credited_order: Option<String>,
    /// The same of titles: of groups and of releases.
    pub(super) title_order: Option<String>,
    /// Where `pg_trgm` is, if the artists' names have an index for it.
    pub(super) trigrams: Option<String>,
    pub(super) years: Years,
}

/// Where the first date of a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Years {
    /// Counted already, for all groups.
    Counted,
    /// It has to be found among the releases' dates.
    OfReleases,
    /// Counted for some groups, perhaps for all.
    Both,
}

/// What an index of names holds instead of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spelling {
    /// In small letters, after this function has taken the accents off.
    Unaccented(String),
    /// In small letters.
    Small,
    /// As they are.
    AsIs,
}

impl Spelling {
    /// What is in the index for this column or value.
    pub(super) fn of(&self, name: &str) -> String {
        match self {
            Self::Unaccented(function) => format!("lower({function}({name}))"),
            Self::Small => format!("lower({name})"),
            Self::AsIs => name.to_owned(),
        }
    }
}

fn lacks(sessions: &Sessions, missing: String) -> MirrorError {
    MirrorError::NotMusicbrainz { database: sessions.name().to_owned(), missing }
}

/// Whether there is anything in it: one that is being filled would know of nobody.
///
/// # Errors
///
/// [`MirrorError::NotMusicbrainz`] if it is not.
pub(super) async fn check_filled(
    sessions: &Sessions,
    session: &Session<'_>,
) -> Result<(), MirrorError> {
    let filled = session.rows(FILLED, &[]).await?;
    if filled.first().is_some_and(|row| row.try_get(0).unwrap_or_default()) {
        return Ok(());
    }
    Err(lacks(sessions, "artists and what they have made".to_owned()))
}

impl Shape {
    /// Looks at a mirror.
    ///
    /// # Errors
    ///
    /// [`MirrorError::NotMusicbrainz`] if it is none.
    pub(super) async fn detect(
        sessions: &Sessions,
        session: &Session<'_>,
    ) -> Result<Self, MirrorError> {
        let schema = [(&sessions.schema() as _, Type::TEXT)];
        let text = |row: &Row, column| {
            row.try_get::<_, String>(column).map_err(|error| session.failed(error))
        };
        let tables = session.rows(TABLES, &schema).await?;
        let tables = tables.iter().map(|row| text(row, 0)).collect::<Result<Vec<_>, _>>()?;
        let has = |needed: &str| tables.iter().any(|table| table == needed);
        let years = match (has(COUNTED), DATES.into_iter().all(has)) {
            (true, true) => Years::Both,
            (true, false) => Years::Counted,
            (false, _) => Years::OfReleases,
        };
        let dates = DATES.iter().filter(|_| years == Years::OfReleases);
        let missing: Vec<String> = (NEEDED.iter().chain(dates))
            .filter(|needed| !has(needed))
            .map(|needed| format!("{}.{needed}", sessions.schema()))
            .collect();
        if !missing.is_empty() {
            return Err(lacks(sessions, missing.join(", ")));
        }
        let rows = session.rows(INDEXES, &schema).await?;
        let indexes = rows.iter().map(|row| Ok((text(row, 0)?, text(row, 1)?)));
        let indexes = indexes.collect::<Result<Vec<_>, MirrorError>>()?;
        let extension = session.rows(TRIGRAMS, &[]).await?;
        let extension = extension.first().map(|row| text(row, 0)).transpose()?;
        Ok(Self::of(&indexes, extension, years))
    }

    fn of(indexes: &[(String, String)], extension: Option<String>, years: Years) -> Self {
        let of = |table: &'static str| {
            let theirs = indexes.iter().filter(move |(indexed, _)| indexed == table);
            theirs.filter_map(|(_, definition)| Index::read(definition))
        };
        let spelling = |table| {
            let mut spellings: Vec<Spelling> =
                of(table).filter_map(|index| index.spelling()).collect();
            spellings.sort_by_key(|spelling| match spelling {
                Spelling::Unaccented(_) => 0,
                Spelling::Small => 1,
                Spelling::AsIs => 2,
            });
            spellings.into_iter().next().unwrap_or(Spelling::AsIs)
        };
        let order = |table| of(table).find_map(|index| index.order());
        let has_trigrams = of("artist").any(|index| index.is_of_trigrams());
        Self {
            artist: spelling("artist"),
            alias: spelling("artist_alias"),
            credit_order: order("artist_credit"),
            credited_order: order("artist_credit_name"),
            title_order: order("release_group").filter(|of| order("release").as_ref() == Some(of)),
            trigrams: extension.filter(|_| has_trigrams),
            years,
        }
    }
}

/// An index, as the server writes it.
struct Index<'a> {
    method: &'a str,
    /// The columns, and what is said of them: `(name)::text` is `name`.
    columns: String,
}

impl<'a> Index<'a> {
    fn read(definition: &'a str) -> Option<Self> {
        let (method, columns) = definition.split_once(" USING ")?.1.split_once(" (")?;
        Some(Self { method, columns: columns.replace("(name)::text", "name") })
    }

    fn spelling(&self) -> Option<Spelling> {
        let first = self.columns.as_str();
        let ends = |rest: &str| rest.starts_with([')', ',']);
        if self.method != "btree" {
            return None;
        }
        if let Some((function, rest)) =
            first.strip_prefix("lower(").and_then(|it| it.split_once("(name)"))
        {
            let unaccents = function.ends_with("musicbrainz_unaccent") && rest.starts_with(')');
            return unaccents.then(|| Spelling::Unaccented(function.to_owned()));
        }
        if first.strip_prefix("lower(name)").is_some_and(ends) {
            return Some(Spelling::Small);
        }
        first.strip_prefix("name").is_some_and(ends).then_some(Spelling::AsIs)
    }

    fn order(&self) -> Option<String> {
        let order = self.columns.strip_prefix("name COLLATE ")?;
        let end = order.find([')', ',', ' '])?;
        (self.method == "btree").then(|| order[..end].to_owned())
    }

    fn is_of_trigrams(&self) -> bool {
        let class = self.columns.strip_prefix("name ").unwrap_or_default();
        ["gin", "gist"].contains(&self.method) && class.contains("_trgm_ops")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(indexes: &[(&str, &str)]) -> Shape {
        let owned = |(table, columns): &(&str, &str)| {
            ((*table).to_owned(), format!("CREATE INDEX x ON musicbrainz.{table} USING {columns}"))
        };
        let indexes: Vec<(String, String)> = indexes.iter().map(owned).collect();
        Shape::of(&indexes, Some("public".to_owned()), Years::Both)
    }

    #[test]
    fn the_best_index_of_names_is_taken() {
        let plain = ("artist", "btree (name)");
        let unaccented = (
            "artist",
            "btree (lower(musicbrainz.musicbrainz_unaccent((name)::text)), \
             lower(musicbrainz.musicbrainz_unaccent((comment)::text)))",
        );
        let function = "musicbrainz.musicbrainz_unaccent".to_owned();
        assert_eq!(shape(&[plain, unaccented]).artist, Spelling::Unaccented(function));
        assert_eq!(
            shape(&[("artist", "btree (lower((name)::text))"), plain]).artist,
            Spelling::Small
        );
        assert_eq!(shape(&[plain]).artist, Spelling::AsIs);
        assert_eq!(shape(&[("artist", "btree (name_of_another)")]).artist, Spelling::AsIs);
        let spelled = Spelling::Unaccented("f".to_owned()).of("artist.name");
        assert_eq!(spelled, "lower(f(artist.name))");
    }

    #[test]
    fn an_order_of_all_spellings_is_found() {
        let order = "btree (name COLLATE musicbrainz.musicbrainz)";
        let groups = shape(&[("release_group", order), ("artist_credit", order)]);
        assert_eq!(groups.credit_order.as_deref(), Some("musicbrainz.musicbrainz"));
        assert_eq!(groups.title_order, None);
        let both = shape(&[("release_group", order), ("release", order)]);
        assert_eq!(both.title_order.as_deref(), Some("musicbrainz.musicbrainz"));
    }

    #[test]
    fn trigrams_need_an_index() {
        assert_eq!(shape(&[]).trigrams, None);
        assert_eq!(shape(&[("release_group", "gin (name gin_trgm_ops)")]).trigrams, None);
        let trigrams = shape(&[("artist", "gin (name public.gin_trgm_ops)")]).trigrams;
        assert_eq!(trigrams.as_deref(), Some("public"));
    }
}
