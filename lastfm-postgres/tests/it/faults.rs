//! The store while connections fail, and behind PgBouncer. What becomes of single transactions is
//! tried out in `src/database/faults.rs`.

use lastfm_core::Play;
use lastfm_core::archive::ArchiveStore as _;
use lastfm_postgres::PostgresStore;
use lastfm_postgres::testing::{Fault, PrivateServer, Proxy};

use crate::support::{at, replace, setting, span, user};

/// Two plays of one second, which are the same, and one of a song that comes again.
fn plays(nth: i64) -> Vec<Play> {
    let play = |second: i64, name: String| {
        let json = format!(
            r##"{{"artist":{{"#text":"Low"}},"name":"{name}","date":{{"uts":"{second}"}}}}"##
        );
        Play::from_json(json).unwrap()
    };
    let (first, name) = (nth * 100, format!("song {nth}"));
    let again = format!("song {}", nth / 2);
    vec![play(first, name.clone()), play(first, name), play(first + 50, again)]
}

#[tokio::test]
async fn plays_are_there_once_whatever_becomes_of_the_connections() {
    let server = PrivateServer::shared();
    let (database, proxy) = (server.database(), Proxy::start(server));
    let store = PostgresStore::open(proxy.url(&database)).await.unwrap();
    let user = user(&store).await;
    let cuts = i64::try_from(setting("POSTGRES_CUTS").unwrap_or(20)).unwrap();
    for nth in 0..cuts {
        let fault = match nth % 3 {
            0 => Fault::CutAfter,
            1 => Fault::CutBefore,
            _ => Fault::CutMeanwhile,
        };
        // At its second end of a transaction: the first one has read the revision. Or anywhere.
        match nth % 2 {
            0 => proxy.at("COMMIT", 2, fault),
            _ => proxy.at("", usize::try_from(3 + nth % 12).unwrap(), fault),
        }
        let replaced =
            replace(&store, user, (nth * 100, nth * 100 + 100), &plays(nth)).await.unwrap();
        assert_eq!(replaced.added, 3, "{nth}: {replaced:?}");
    }
    let fresh = PostgresStore::open(database.url()).await.unwrap();
    for nth in 0..cuts {
        let found = fresh.plays(user, span(nth * 100, nth * 100 + 100), None, 10).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|stored| stored.play).collect();
        let mut wanted = plays(nth);
        wanted.sort_by_key(Play::played_at);
        assert_eq!(found, wanted);
    }
    let whole = span(0, cuts * 100);
    let count = fresh.count(user, whole).await.unwrap();
    assert_eq!(fresh.recount(user).await.unwrap(), count);
    let covered = fresh.coverage(user).await.unwrap();
    assert_eq!(covered.iter().map(|covered| covered.span.end).max(), Some(at(cuts * 100)));
    println!("{} faults at {cuts} replaced spans", proxy.fired());
}

/// Every promise of a store, where each transaction may have another connection.
mod behind_pgbouncer {
    use std::sync::OnceLock;

    use lastfm_postgres::PostgresStore;
    use lastfm_postgres::testing::{PgBouncer, PrivateServer};

    static BOUNCER: OnceLock<PgBouncer> = OnceLock::new();

    lastfm_core::archive_store_conformance!(async {
        let server = PrivateServer::shared();
        let database = server.database();
        let bouncer = BOUNCER.get_or_init(|| PgBouncer::start(server));
        (PostgresStore::open(bouncer.url(&database)).await.unwrap(), database)
    });
}
