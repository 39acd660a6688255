//! Rows of an archive are found by key, however many there are of others.

use crate::source::statements;
use crate::support::Scratch;

const USERS: i64 = 30;
const TABLES: [&str; 7] =
    ["song", "variant", "play", "removed_play", "coverage", "hole", "variant_album"];

/// What goes through all that a user has, or through all users.
const WHOLE: [(&str, &str); 4] = [
    ("statements/users.rs", "REMOVE"),
    ("statements/users.rs", "COUNTED"),
    ("statements/recount.rs", "FORGET"),
    ("statements/users.rs", "ALL"),
];

/// Archives of many users, without objects worth reading.
pub(crate) fn fill(scratch: &Scratch) {
    scratch.database.sql(&format!(
        "INSERT INTO listener (user_id, name) SELECT n, 'user-' || n FROM generate_series(1, {USERS}) n;
        INSERT INTO song SELECT u, n, u * 1000003 + n * 7919, 'artist ' || n % 200, 'track ' || n, NULL
            FROM generate_series(1, {USERS}) u, generate_series(1, 600) n;
        INSERT INTO variant
            SELECT u, u * 1000003 + n * 7919, n, n, 10, NULL, repeat('x', 500)
            FROM generate_series(1, {USERS}) u, generate_series(1, 600) n;
        INSERT INTO play SELECT u, n * 200, 1 + n % 600, 0, CASE WHEN n % 1000 = 0 THEN 5 END
            FROM generate_series(1, {USERS}) u, generate_series(1, 6000) n;
        INSERT INTO removed_play SELECT u, n * 2000, 1 + n % 600, 0, 5, false
            FROM generate_series(1, {USERS}) u, generate_series(1, 600) n;
        INSERT INTO coverage SELECT u, n * 2000, n * 2000 + 2000, 5, 5, n
            FROM generate_series(1, {USERS}) u, generate_series(1, 600) n;
        INSERT INTO hole SELECT u, n * 2000, n * 2000 + 2000, 'it fails', 1, 5, 5
            FROM generate_series(1, {USERS}) u, generate_series(1, 300) n;
        INSERT INTO album (identity, artist, title)
            SELECT int8send(n), 'artist ' || n, 'album ' || n FROM generate_series(1, 5000) n;
        INSERT INTO variant_album SELECT u, n, u * 100 + n % 100
            FROM generate_series(1, {USERS}) u, generate_series(1, 600) n;
        ANALYZE"
    ));
}

/// The values of a statement about user 7: numbers where one fits, else lists as a batch has them.
fn with_values(sql: &str) -> Option<String> {
    let list = |step: i64| {
        let numbers: Vec<_> = (1..=50).map(|number| (number * step).to_string()).collect();
        format!("'{{{}}}'::bigint[]", numbers.join(","))
    };
    let (moments, zeros) = (list(200), list(0));
    let numbers: [&str; 6] = ["7::bigint", "400000", "420000", "430000", "20", "0"];
    let lists: [&str; 6] = ["7::bigint", &moments, &zeros, &zeros, &zeros, &zeros];
    let is_list = sql.contains("unnest(") || sql.contains("ANY(");
    let values = if is_list { lists } else { numbers };
    let mut filled = sql.to_owned();
    for (number, value) in (1..).zip(values) {
        let value = match (number, sql.contains("doubted_at = $4")) {
            (4, true) => "5",
            _ => value,
        };
        filled = filled.replace(&format!("${number}"), value);
    }
    (!filled.contains('$')).then_some(filled)
}

#[tokio::test]
async fn every_statement_finds_its_rows_by_key() {
    let scratch = Scratch::new();
    drop(scratch.open().await);
    fill(&scratch);
    let mut checked = 0;
    for statement in statements() {
        let is_whole = WHOLE.contains(&(statement.file.as_str(), statement.name.as_str()));
        let reads = TABLES.iter().any(|table| statement.names(table));
        if is_whole || !reads || statement.sql.trim_start().starts_with("INSERT") {
            continue;
        }
        let sql = with_values(&statement.sql).unwrap_or_else(|| panic!("{statement:#?}"));
        let plan = scratch.column(&format!("EXPLAIN {sql}"));
        let plan: Vec<_> = plan.into_iter().flatten().collect();
        let by_key = plan.iter().any(|line| line.contains("Index"));
        let all = plan.iter().any(|line| line.contains("Seq Scan"));
        assert!(by_key && !all, "{} {}: {plan:#?}", statement.file, statement.name);
        checked += 1;
    }
    assert!(checked >= 20, "{checked}");
}
