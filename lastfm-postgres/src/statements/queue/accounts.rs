//! Accounts: the numbers that were given in each, and why nothing of it is sent.

use std::collections::BTreeMap;

use futures_util::future::try_join3;
use lastfm_core::archive::StoreErrorKind;
use lastfm_core::scrobble::{Account, Hold, HoldReason, PlayId, QueuedPlay};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::stand::{self, NewStep};
use crate::error::Failure;
use crate::statements::text::{Text, text};
use crate::statements::{At, at, maybe_at};
use crate::transaction::{Transaction, Value};

const ALL: &str = "
    SELECT service, name FROM queue_account AS account
    WHERE hold_reason IS NOT NULL
        OR EXISTS (SELECT 1 FROM queued_play WHERE account_id = account.id)
    ORDER BY service, folded_name";

pub(crate) async fn all(transaction: &Transaction) -> Result<Vec<Account>, Failure> {
    let rows = transaction.query(ALL, &[]).await?;
    let accounts = rows.iter().map(|row| {
        let (service, name): (Text<String>, Text<String>) = (row.try_get(0)?, row.try_get(1)?);
        let name = name.0.parse().map_err(|_| StoreErrorKind::Corrupt)?;
        Ok(Account::at(service.0, name))
    });
    accounts.collect()
}

/// An account that is being changed: nobody else changes it until the transaction's end. Gives
/// numbers, and collects what is to be kept, which is then written in one go.
#[derive(Debug)]
pub(super) struct Open<'a> {
    pub(super) transaction: &'a Transaction,
    pub(super) id: i64,
    pub(super) hold: Option<Hold>,
    given: Given,
    kept: Given,
    pub(super) steps: Vec<NewStep>,
    /// Plays that are new or stand elsewhere now, with the last step of each.
    pub(super) plays: BTreeMap<PlayId, (QueuedPlay, i64)>,
}

/// The last numbers that were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Given {
    play: i64,
    job: i64,
    step: i64,
    attempt: i64,
}

const FIND: &str = "SELECT id FROM queue_account WHERE service = $1 AND folded_name = $2";

const LOCK: &str = "
    SELECT id, hold_reason, hold_until, hold_since, hold_words,
        last_play, last_job, last_step, last_attempt
    FROM queue_account WHERE service = $1 AND folded_name = $2 FOR UPDATE";

const ADD: &str = "
    INSERT INTO queue_account (service, folded_name, name) VALUES ($1, $2, $3)
    ON CONFLICT (service, folded_name) DO NOTHING";

const KEEP: &str = "
    UPDATE queue_account SET last_play = $2, last_job = $3, last_step = $4, last_attempt = $5
    WHERE id = $1";

impl<'a> Open<'a> {
    /// The account, added if it is new.
    pub(super) async fn of(
        transaction: &'a Transaction,
        account: &Account,
    ) -> Result<Self, Failure> {
        if let Some(found) = Self::find(transaction, account).await? {
            return Ok(found);
        }
        let (service, folded) = (Text(&account.service), Text(account.user.folded()));
        let name = Text(account.user.as_str());
        let values =
            [(&service as _, Type::TEXT), (&folded as _, Type::TEXT), (&name as _, Type::TEXT)];
        transaction.execute(ADD, &values).await?;
        Ok(Self::find(transaction, account).await?.ok_or(StoreErrorKind::Failed)?)
    }

    /// The account; nothing if nothing was ever written about it.
    pub(super) async fn find(
        transaction: &'a Transaction,
        account: &Account,
    ) -> Result<Option<Self>, Failure> {
        let Some(row) = row(transaction, LOCK, account).await? else { return Ok(None) };
        let given = Given {
            play: row.try_get(5)?,
            job: row.try_get(6)?,
            step: row.try_get(7)?,
            attempt: row.try_get(8)?,
        };
        Ok(Some(Self {
            transaction,
            id: row.try_get(0)?,
            hold: hold_of(&row)?,
            given,
            kept: given,
            steps: Vec::new(),
            plays: BTreeMap::new(),
        }))
    }

    /// The last number that a play was given.
    pub(super) fn last_play(&self) -> i64 {
        self.given.play
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

    /// Writes what was collected, and which numbers were given. Where nothing was, nothing is
    /// written.
    pub(super) async fn keep(&mut self) -> Result<(), Failure> {
        let (steps, plays) = (std::mem::take(&mut self.steps), std::mem::take(&mut self.plays));
        // Steps look for the one before in the plays as they were.
        let steps = stand::write_steps(self, &steps);
        let plays = stand::write_plays(self, &plays);
        try_join3(steps, plays, self.keep_given()).await?;
        self.kept = self.given;
        Ok(())
    }

    async fn keep_given(&self) -> Result<(), Failure> {
        if self.given != self.kept {
            let Given { play, job, step, attempt } = self.given;
            let values = [self.id, play, job, step, attempt];
            let values = values.each_ref().map(|value| (value as _, Type::INT8));
            self.transaction.execute(KEEP, &values).await?;
        }
        Ok(())
    }
}

async fn row(
    transaction: &Transaction,
    sql: &str,
    account: &Account,
) -> Result<Option<Row>, Failure> {
    let (service, folded) = (Text(&account.service), Text(account.user.folded()));
    transaction.row(sql, &[(&service, Type::TEXT), (&folded, Type::TEXT)]).await
}

/// The account's number; nothing if nothing was ever written about it.
pub(super) async fn find(
    transaction: &Transaction,
    account: &Account,
) -> Result<Option<i64>, Failure> {
    let row = row(transaction, FIND, account).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

const HELD: &str = "
    SELECT id, hold_reason, hold_until, hold_since, hold_words FROM queue_account
    WHERE service = $1 AND folded_name = $2";

pub(crate) async fn held(
    transaction: &Transaction,
    account: &Account,
) -> Result<Option<Hold>, Failure> {
    let row = row(transaction, HELD, account).await?;
    row.map_or(Ok(None), |row| hold_of(&row))
}

/// The hold of a row that begins as [`HELD`].
fn hold_of(row: &Row) -> Result<Option<Hold>, Failure> {
    let Some(reason) = row.try_get(1)? else { return Ok(None) };
    Ok(Some(Hold {
        reason: HoldReason::named(reason).ok_or(StoreErrorKind::Corrupt)?,
        until: maybe_at(row, 2)?,
        since: at(row, 3)?,
        words: text(row, 4)?,
    }))
}

const HOLD: &str = "
    UPDATE queue_account SET hold_reason = $2, hold_until = $3, hold_since = $4, hold_words = $5
    WHERE id = $1";

pub(crate) async fn hold(
    transaction: &Transaction,
    account: &Account,
    hold: &Hold,
) -> Result<(), Failure> {
    let account = Open::of(transaction, account).await?;
    if account.hold.as_ref().is_some_and(|held| held.outlasts(hold)) {
        return Ok(());
    }
    let values: [Value<'_>; 5] = [
        (&account.id, Type::INT8),
        (&hold.reason.name(), Type::TEXT),
        (&hold.until.map(At), Type::INT8),
        (&At(hold.since), Type::INT8),
        (&Text(&hold.words), Type::TEXT),
    ];
    transaction.execute(HOLD, &values).await?;
    Ok(())
}

const LIFT: &str = "
    UPDATE queue_account
    SET hold_reason = NULL, hold_until = NULL, hold_since = NULL, hold_words = NULL
    WHERE id = $1";

pub(crate) async fn lift(
    transaction: &Transaction,
    account: &Account,
    reason: HoldReason,
) -> Result<(), Failure> {
    let found = Open::find(transaction, account).await?;
    let held =
        found.filter(|account| account.hold.as_ref().is_some_and(|hold| hold.reason == reason));
    if let Some(account) = held {
        transaction.execute(LIFT, &[(&account.id, Type::INT8)]).await?;
    }
    Ok(())
}
