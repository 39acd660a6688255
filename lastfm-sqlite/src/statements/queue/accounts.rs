//! Accounts: the numbers that were given in each, and why nothing of it is sent.

use lastfm_core::scrobble::{Account, Hold, HoldReason};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::rows::damaged;
use crate::error::Failure;
use crate::statements::At;

const ALL: &str = "
    SELECT service, name FROM queue_account AS account
    WHERE hold_reason IS NOT NULL
        OR EXISTS (SELECT 1 FROM queued_play WHERE account_id = account.id)
    ORDER BY service, folded_name";

pub(crate) fn all(db: &Connection) -> Result<Vec<Account>, Failure> {
    let mut statement = db.prepare_cached(ALL)?;
    let accounts = statement.query_map([], |row| {
        let name: String = row.get(1)?;
        let name = name.parse().map_err(|_| damaged(1, "name"))?;
        Ok(Account::at(row.get::<_, String>(0)?, name))
    })?;
    Ok(accounts.collect::<Result<_, _>>()?)
}

/// An account that is being changed: gives numbers, and keeps which were given.
#[derive(Debug)]
pub(super) struct Open<'a> {
    pub(super) db: &'a Connection,
    pub(super) id: i64,
    given: Given,
    kept: Given,
}

/// The last numbers that were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Given {
    play: i64,
    job: i64,
    step: i64,
    attempt: i64,
}

const FIND: &str = "
    SELECT id, last_play, last_job, last_step, last_attempt FROM queue_account
    WHERE service = ?1 AND folded_name = ?2";

const ADD: &str = "INSERT INTO queue_account (service, name, folded_name) VALUES (?1, ?2, ?3)";

const KEEP: &str = "
    UPDATE queue_account SET last_play = ?2, last_job = ?3, last_step = ?4, last_attempt = ?5
    WHERE id = ?1";

impl<'a> Open<'a> {
    /// The account, added if it is new.
    pub(super) fn of(db: &'a Connection, account: &Account) -> Result<Self, Failure> {
        let key = params![account.service, account.user.folded()];
        let found = db.prepare_cached(FIND)?.query_row(key, |row| {
            let given = Given {
                play: row.get(1)?,
                job: row.get(2)?,
                step: row.get(3)?,
                attempt: row.get(4)?,
            };
            Ok((row.get(0)?, given))
        });
        let (id, given) = if let Some(found) = found.optional()? {
            found
        } else {
            let values = params![account.service, account.user.as_str(), account.user.folded()];
            db.prepare_cached(ADD)?.execute(values)?;
            (db.last_insert_rowid(), Given { play: 0, job: 0, step: 0, attempt: 0 })
        };
        Ok(Self { db, id, given, kept: given })
    }

    pub(super) fn next_play(&mut self) -> i64 {
        self.given.play += 1;
        self.given.play
    }

    pub(super) fn next_job(&mut self) -> i64 {
        self.given.job += 1;
        self.given.job
    }

    pub(super) fn next_step(&mut self) -> i64 {
        self.given.step += 1;
        self.given.step
    }

    pub(super) fn next_attempt(&mut self) -> i64 {
        self.given.attempt += 1;
        self.given.attempt
    }

    /// Keeps which numbers were given. Where none was, nothing is written.
    pub(super) fn keep(self) -> Result<(), Failure> {
        if self.given != self.kept {
            let Given { play, job, step, attempt } = self.given;
            self.db.prepare_cached(KEEP)?.execute([self.id, play, job, step, attempt])?;
        }
        Ok(())
    }
}

/// The account's number; nothing if nothing was ever written about it.
pub(super) fn find(db: &Connection, account: &Account) -> Result<Option<i64>, Failure> {
    let key = params![account.service, account.user.folded()];
    Ok(db.prepare_cached(FIND)?.query_row(key, |row| row.get(0)).optional()?)
}

const HELD: &str = "
    SELECT hold_reason, hold_until, hold_since, hold_words FROM queue_account
    WHERE id = ?1 AND hold_reason IS NOT NULL";

pub(crate) fn held(db: &Connection, account: &Account) -> Result<Option<Hold>, Failure> {
    find(db, account)?.map_or(Ok(None), |id| hold_of(db, id))
}

pub(super) fn hold_of(db: &Connection, account: i64) -> Result<Option<Hold>, Failure> {
    let hold = |row: &Row<'_>| {
        let reason = HoldReason::named(row.get_ref(0)?.as_str()?);
        let (until, since): (Option<At>, At) = (row.get(1)?, row.get(2)?);
        Ok(Hold {
            reason: reason.ok_or_else(|| damaged(0, "hold_reason"))?,
            until: until.map(|at| at.0),
            since: since.0,
            words: row.get(3)?,
        })
    };
    Ok(db.prepare_cached(HELD)?.query_row([account], hold).optional()?)
}

const HOLD: &str = "
    UPDATE queue_account SET hold_reason = ?2, hold_until = ?3, hold_since = ?4, hold_words = ?5
    WHERE id = ?1";

pub(crate) fn hold(db: &Connection, account: &Account, hold: &Hold) -> Result<(), Failure> {
    let id = Open::of(db, account)?.id;
    if hold_of(db, id)?.is_some_and(|held| held.outlasts(hold)) {
        return Ok(());
    }
    let Hold { reason, until, since, words } = hold;
    db.prepare_cached(HOLD)?.execute(params![
        id,
        reason.name(),
        until.map(At),
        At(*since),
        words
    ])?;
    Ok(())
}

const LIFT: &str = "
    UPDATE queue_account
    SET hold_reason = NULL, hold_until = NULL, hold_since = NULL, hold_words = NULL
    WHERE service = ?1 AND folded_name = ?2 AND hold_reason = ?3";

pub(crate) fn lift(db: &Connection, account: &Account, reason: HoldReason) -> Result<(), Failure> {
    let values = params![account.service, account.user.folded(), reason.name()];
    db.prepare_cached(LIFT)?.execute(values)?;
    Ok(())
}
