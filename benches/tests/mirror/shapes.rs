//! Mirrors differ: in what they have beside the core data, and in their indexes.

use lastfm_postgres::testing::{Database, PrivateServer};
use mb_enrich::{Album, MirrorError, MirrorOptions, Source};

use crate::agreement::{albums, small};
use crate::catalogue::{assert_agreement, mirror};

fn changed(change: &str) -> Database {
    let database = small().database(PrivateServer::shared());
    database.sql(&format!("SET search_path = musicbrainz, public; {change}"));
    database
}

#[tokio::test]
async fn years_are_counted_from_the_releases_where_the_derived_data_is_missing() {
    for change in [
        "DROP TABLE release_group_meta",
        "DELETE FROM release_group_meta",
        "DELETE FROM release_group_meta WHERE id % 2 = 0",
    ] {
        let database = changed(change);
        assert_agreement(&small(), mirror(&database), &albums()).await;
    }
}

#[tokio::test]
async fn a_cancelled_release_has_no_part_in_the_year() {
    let database = changed(
        "DROP TABLE release_group_meta;
         INSERT INTO release (id, gid, name, artist_credit, release_group, status)
             SELECT -id, gen_random_uuid(), name, artist_credit, id, 6 FROM release_group;
         INSERT INTO release_unknown_country (release, date_year)
             SELECT -id, 1901 FROM release_group",
    );
    assert_agreement(&small(), mirror(&database), &albums()).await;
}

#[tokio::test]
async fn an_artist_is_found_by_name_and_alias_whatever_the_index_holds() {
    let database = changed(
        "DROP INDEX artist_idx_lower_unaccent_name_comment;
         DROP INDEX artist_alias_idx_lower_unaccent_name;
         DROP COLLATION musicbrainz CASCADE",
    );
    let spelled: Vec<Album> =
        [("Low", "Trust"), ("Sheena Ringo", "三毒史"), ("Gabriel, Peter", "Peter Gabriel")]
            .map(|(artist, title)| Album::new(artist, title))
            .into();
    assert_agreement(&small(), mirror(&database), &spelled).await;
    database.sql("CREATE INDEX ON musicbrainz.artist (lower(name))");
    let shouted = Album::new("SIGUR RÓS", "( )");
    assert_agreement(&small(), mirror(&database), &[Album::new("LOW", "Trust"), shouted]).await;
}

#[tokio::test]
async fn trigrams_find_a_name_without_its_punctuation() {
    let mut all = small();
    for group in &mut all.groups {
        for (artist, name, _) in &mut group.artists {
            if *artist == 0 {
                *name = "Lo$w Star".to_owned();
            }
        }
    }
    all.artists[0].name = "Lo$w Star".to_owned();
    let album = [Album::new("Low Star", "Trust")];
    let database = all.database(PrivateServer::shared());
    let found = crate::catalogue::engine(mirror(&database)).enrich(&album).await;
    assert_eq!(found[0].year(), None, "without an index of trigrams nothing could find it");
    database.sql(
        "CREATE EXTENSION pg_trgm;
         CREATE INDEX ON musicbrainz.artist USING gin (name gin_trgm_ops)",
    );
    let outcomes = assert_agreement(&all, mirror(&database), &album).await;
    assert_eq!(outcomes[0].year(), Some(2002));
}

#[tokio::test]
async fn the_schema_may_have_another_name() {
    let database = changed("ALTER SCHEMA musicbrainz RENAME TO \"my \"\"mirror\"");
    let options = MirrorOptions::new(database.url()).schema("my \"mirror");
    // What the schema was called stands in nothing that is asked.
    assert_agreement(&small(), options.build().unwrap(), &albums()).await;
}

#[tokio::test]
async fn a_database_without_musicbrainz_says_what_it_lacks() {
    let server = PrivateServer::shared();
    let empty = server.database();
    let refused = mirror(&empty).check().await.unwrap_err();
    assert!(matches!(refused, MirrorError::NotMusicbrainz { .. }), "{refused:?}");
    assert!(!refused.is_retryable() && refused.to_string().contains("musicbrainz.artist,"));

    let part = changed("DROP TABLE track");
    let refused = mirror(&part).check().await.unwrap_err();
    let MirrorError::NotMusicbrainz { missing, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!(missing, "musicbrainz.track");
    let ids = mirror(&part).by_ids(&[lastfm_core::Mbid::new("x").unwrap()]).await;
    assert!(ids.answers[0].is_none(), "it was not looked up");
    let trouble = ids.trouble.unwrap();
    assert!(!trouble.is_retryable);
    let source = trouble.source.unwrap();
    assert!(source.downcast_ref::<MirrorError>().is_some(), "{source:?}");

    assert!(mirror(&changed("SELECT 1")).check().await.is_ok());
}

#[tokio::test]
async fn a_mirror_that_is_not_filled_yet_knows_of_nothing_and_says_so() {
    let database = changed(
        "CREATE TABLE kept AS SELECT * FROM artist_credit_name; TRUNCATE artist_credit_name",
    );
    let source = mirror(&database);
    let refused = source.check().await.unwrap_err();
    assert!(refused.to_string().contains("artists and what they have made"), "{refused}");
    database.sql(
        "INSERT INTO musicbrainz.artist_credit_name SELECT * FROM musicbrainz.kept;
         DROP TABLE musicbrainz.kept",
    );
    source.check().await.unwrap();
    // Filled anew while somebody asks.
    database.sql("TRUNCATE musicbrainz.release_group CASCADE");
    let answers = source.by_names(&[]).await;
    assert!(answers.trouble.is_none());
    let id = lastfm_core::Mbid::new("f5093c06-23e3-404f-aeaa-40f72885ee3a").unwrap();
    let answers = source.by_ids(&[id]).await;
    assert!(answers.answers[0].is_none() && answers.trouble.is_some(), "{answers:?}");
}
