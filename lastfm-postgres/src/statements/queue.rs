//! The queue of plays: each method of its contract is one function here, within one transaction.
//!
//! Each change locks the account's row before anything else. So changes of an account come one
//! after the other, and what a change reads after that stays as it is.

mod accounts;
mod add;
mod change;
mod jobs;
mod list;
mod rows;
mod send;
mod stand;

pub(crate) use accounts::{all as accounts, held, hold, lift};
pub(crate) use add::{add_job, enqueue};
pub(crate) use change::{change, forget};
pub(crate) use jobs::all as jobs;
pub(crate) use list::{accepted_since, counts, history, next_due, play, plays};
pub(crate) use send::{refresh, settle, take};

#[cfg(test)]
mod tests {
    use lastfm_postgres::testing::{Database, PrivateServer};

    use super::{add, change, jobs, list, send, stand};
    use crate::PostgresQueue;

    /// 100,000 plays of one account, nearly all of which are over, and some of others.
    const FILL: &str = "
        ALTER TABLE queued_play SET (autovacuum_enabled = false);
        ALTER TABLE queue_step SET (autovacuum_enabled = false);
        INSERT INTO queue_account (service, name, folded_name)
        SELECT 'service', 'user ' || n, 'user ' || n FROM generate_series(1, 20) AS n;
        INSERT INTO queue_job SELECT 1, n, n, sha256(n::text::bytea), 'a job', 0
        FROM generate_series(1, 50) AS n;
        INSERT INTO queued_play (
            account_id, id, job_id, played_at, artist, track, chosen_by_user, identity, queued_at,
            due_at, last_step, standing, since, attempt, lease_until, proof)
        SELECT account, n, CASE WHEN n % 5 = 0 THEN 1 + n / 5 % 50 END, n * 200, 'Low',
            'track ' || n, true, sha256(n::text::bytea), n * 200, n * 200, 200000 + n, standing,
            n * 200, CASE WHEN standing = 'sending' THEN 1 END,
            CASE WHEN standing = 'sending' THEN n * 200 + 60 END,
            CASE WHEN standing = 'accepted' THEN 'answer' END
        FROM (
            SELECT account, n, CASE WHEN n > 99500 THEN 'waiting' WHEN n > 99450 THEN 'sending'
                ELSE 'accepted' END AS standing
            FROM generate_series(1, 20) AS account,
                generate_series(1, CASE account WHEN 1 THEN 100000 ELSE 500 END) AS n) AS plays;
        INSERT INTO queue_step
        SELECT 1, n, 1 + (n - 1) % 100000, n, 'ready', NULL, nullif(greatest(n - 100000, 0), 0)
        FROM generate_series(1, 300000) AS n";

    /// How a statement is carried out where its values are these.
    fn plan(database: &Database, sql: &str, types: &str, values: &str) -> String {
        let rows = database.sql(&format!(
            "SET plan_cache_mode = force_custom_plan; PREPARE asked ({types}) AS {sql};
             EXPLAIN (COSTS off) EXECUTE asked ({values})"
        ));
        let lines: Vec<&str> = rows.iter().filter_map(|row| row[0].as_deref()).collect();
        lines.join("\n")
    }

    /// What is asked again and again never goes through all plays, most of which are over.
    #[tokio::test]
    async fn few_plays_are_found_at_once_among_many() {
        let database = PrivateServer::shared().database();
        PostgresQueue::open(database.url()).await.unwrap();
        database.sql(FILL);
        let all = |of: &str| format!("SELECT * {of}");
        let (three, of_state) =
            ("bigint, bigint, bigint", "1, 'waiting', true, 1e10, 0, 0, 1e10, 50");
        let state_types = "bigint, text, boolean, bigint, bigint, bigint, bigint, bigint";
        // As many as are sent at a time.
        let fifty = |of: &str| format!("'{{{}}}'", vec![of; 50].join(","));
        let (numbers, words) = (fifty("200"), fifty("x"));
        let asked = [
            (all(send::DUE), three, "1, 1e10, 50", "queued_play_to_send"),
            (all(send::THESE), "bigint, bigint[]", &format!("1, {numbers}"), "queued_play_pkey"),
            (
                stand::STEPS.to_owned(),
                "bigint, bigint[], bigint[], bigint[], text[], text[]",
                &format!("1, {numbers}, {numbers}, {numbers}, {words}, {words}"),
                "queued_play_pkey",
            ),
            (all(send::VANISHED), three, "1, 0, 1e10", "queued_play_by_standing"),
            (all(send::TOO_OLD), "bigint, bigint", "1, 100", "queued_play_to_send"),
            (
                add::SAME.to_owned(),
                "bigint, bigint[], bigint[], bytea[]",
                &format!("1, {numbers}, {numbers}, {words}"),
                "queued_play_same",
            ),
            (list::in_state(false), state_types, of_state, "queued_play_by_standing"),
            (
                list::in_state(true),
                &format!("{state_types}, bigint"),
                &format!("{of_state}, 7"),
                "queued_play_by_job",
            ),
            (list::NEXT_DUE.to_owned(), "bigint", "1", "queued_play_due"),
            (list::ACCEPTED.to_owned(), "bigint, bigint", "1, 19880000", "queued_play_over"),
            (list::HISTORY_OF_PLAY.to_owned(), three, "1, 0, 77", "queue_step_pkey"),
            (change::FORGET_STEPS.to_owned(), "bigint, bigint", "1, 900", "queued_play_over"),
            (change::FORGET.to_owned(), "bigint, bigint", "1, 900", "queued_play_over"),
        ];
        // Plays of others are left out. (The first account has nearly all there are: it is read whole
        // in any way.)
        let counted =
            [(list::COUNTS, "queued_play_by_standing"), (jobs::COUNTS, "queued_play_by_job")];
        for is_known in [false, true] {
            if is_known {
                database.sql("VACUUM ANALYZE");
                for (sql, index) in counted {
                    let plan = plan(&database, sql, "bigint, bigint", "2, 0");
                    let wanted = format!("Index Only Scan using {index}");
                    assert!(plan.contains(&wanted), "{sql}:\n{plan}");
                }
            }
            for (sql, types, values, index) in &asked {
                let plan = plan(&database, sql, types, values);
                assert!(!plan.contains("Seq Scan"), "{sql}:\n{plan}");
                assert!(!is_known || plan.contains(&format!("using {index} on")), "{sql}:\n{plan}");
            }
        }
    }
}
