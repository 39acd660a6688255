//! Accounts: their numbers, and the numbers given in each.

use lastfm_core::archive::StoreErrorKind;
use lastfm_core::scrobble::Account;
use tokio_postgres::types::Type;

use crate::error::Failure;
use crate::statements::text::{Text, text};
use crate::transaction::{Transaction, Value};

pub(crate) async fn accounts(transaction: &Transaction) -> Result<Vec<Account>, Failure> {
    const SQL: &str = "
        SELECT service, name FROM loved_account
        WHERE EXISTS (SELECT 1 FROM loved WHERE account_id = loved_account.id)
        ORDER BY service, folded_name";
    let rows = transaction.query(SQL, &[]).await?;
    let accounts = rows.iter().map(|row| {
        let user = text(row, 1)?.parse().map_err(|_| StoreErrorKind::Corrupt)?;
        Ok(Account::at(text(row, 0)?, user))
    });
    accounts.collect()
}

/// The number of an account, which is 0 if nothing was ever written for it: no row has that.
pub(super) async fn known(transaction: &Transaction, account: &Account) -> Result<i64, Failure> {
    const SQL: &str = "SELECT id FROM loved_account WHERE service = $1 AND folded_name = $2";
    named(transaction, SQL, account).await
}

/// The same, for a change.
pub(super) async fn locked(transaction: &Transaction, account: &Account) -> Result<i64, Failure> {
    const SQL: &str =
        "SELECT id FROM loved_account WHERE service = $1 AND folded_name = $2 FOR UPDATE";
    named(transaction, SQL, account).await
}

async fn named(transaction: &Transaction, sql: &str, account: &Account) -> Result<i64, Failure> {
    let (service, name) = (Text(&account.service), Text(account.user.folded()));
    let row = transaction.row(sql, &[(&service, Type::TEXT), (&name, Type::TEXT)]).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get(0))?)
}

/// The number of an account, and the next number in its order. Locks it.
pub(super) async fn next(
    transaction: &Transaction,
    account: &Account,
) -> Result<(i64, i64), Failure> {
    const SQL: &str = "
        INSERT INTO loved_account AS account (service, name, folded_name, last)
        VALUES ($1, $2, $3, 1)
        ON CONFLICT (service, folded_name) DO UPDATE SET last = account.last + 1
        RETURNING id, last";
    let (service, name) = (Text(&account.service), Text(account.user.as_str()));
    let folded = Text(account.user.folded());
    let values: [Value<'_>; 3] =
        [(&service, Type::TEXT), (&name, Type::TEXT), (&folded, Type::TEXT)];
    let row = transaction.row(SQL, &values).await?.ok_or(StoreErrorKind::Failed)?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}
