//! The queue of plays: each method of its contract is one function here, within one transaction.

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
    use std::time::Duration;

    use super::{add, change, jobs, list, send};
    use crate::connection::{Kept, Opener};

    /// What is asked again and again never goes through all plays, most of which are over.
    #[test]
    fn few_plays_are_found_at_once_among_many() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plays.db");
        let opener = Opener { path, busy_timeout: Duration::ZERO, kept: Kept::Everything };
        let file = opener.writer().unwrap();
        let plan = |sql: &str| -> String {
            let mut statement = file.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            // The plan is the same whatever is bound.
            let rows = statement.raw_query().mapped(|row| row.get::<_, String>(3));
            rows.collect::<Result<Vec<_>, _>>().unwrap().join("; ")
        };
        let all = |of: &str| format!("SELECT * {of}");
        for (asked, plan_of_it) in [
            (all(send::DUE), "queued_play_to_send (account_id=?)"),
            (all(send::VANISHED), "queued_play_by_standing (account_id=? AND standing=?)"),
            (all(send::TOO_OLD), "queued_play_to_send (account_id=? AND <expr>=? AND played_at<?)"),
            (
                add::SAME.to_owned(),
                "queued_play_same (account_id=? AND played_at=? AND folded_artist=? AND \
                 folded_track=?)",
            ),
            (
                list::in_state(false),
                "queued_play_by_standing (account_id=? AND standing=? AND id>?)",
            ),
            (
                list::in_state(true),
                "queued_play_by_job (account_id=? AND job_id=? AND standing=? AND id>?)",
            ),
            (list::COUNTS.to_owned(), "COVERING INDEX queued_play_by_standing (account_id=?)"),
            (jobs::COUNTS.to_owned(), "COVERING INDEX queued_play_by_job (account_id=?"),
            (list::NEXT_DUE.to_owned(), "COVERING INDEX queued_play_due (account_id=?)"),
            (
                list::ACCEPTED.to_owned(),
                "COVERING INDEX queued_play_over (account_id=? AND standing=? AND since>?)",
            ),
            (
                list::HISTORY_OF_PLAY.to_owned(),
                "SEARCH step USING PRIMARY KEY (account_id=? AND id=?)",
            ),
            (
                change::FORGET_STEPS.to_owned(),
                "queued_play_over (account_id=? AND standing=? AND since<?)",
            ),
            (
                change::FORGET.to_owned(),
                "queued_play_over (account_id=? AND standing=? AND since<?)",
            ),
        ] {
            let plan = plan(&asked);
            assert!(plan.contains(plan_of_it) && !plan.contains("TEMP"), "{asked}: {plan}");
        }
    }
}
