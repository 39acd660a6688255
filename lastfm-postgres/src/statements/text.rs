//! Text that may hold what PostgreSQL's text does not take, and what tells texts apart.

use std::error::Error;

use bytes::BytesMut;
use sha2::{Digest as _, Sha256};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::get;
use crate::error::Failure;

/// Stands for U+0000. Neither of these two is a character: no text has them but those that somebody
/// made to find out.
const ZERO: char = '\u{FDD0}';
/// Stands before a [`ZERO`] and a [`LITERAL`] that are themselves.
const LITERAL: char = '\u{FDD1}';

/// A text in a column, any at all: nothing of it is lost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<T>(pub(super) T);

impl<T: AsRef<str> + std::fmt::Debug> ToSql for Text<T> {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let text = self.0.as_ref();
        if !text.contains(['\0', ZERO, LITERAL]) {
            return text.to_sql(of, out);
        }
        let mut kept = String::with_capacity(text.len() + 8);
        for letter in text.chars() {
            match letter {
                '\0' => kept.push(ZERO),
                ZERO | LITERAL => kept.extend([LITERAL, letter]),
                _ => kept.push(letter),
            }
        }
        kept.to_sql(of, out)
    }

    fn accepts(of: &Type) -> bool {
        <&str as ToSql>::accepts(of)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Text<String> {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let kept = <&str>::from_sql(of, raw)?;
        if !kept.contains([ZERO, LITERAL]) {
            return Ok(Self(kept.to_owned()));
        }
        let mut text = String::with_capacity(kept.len());
        let mut letters = kept.chars();
        while let Some(letter) = letters.next() {
            match letter {
                ZERO => text.push('\0'),
                LITERAL => text.extend(letters.next()),
                _ => text.push(letter),
            }
        }
        Ok(Self(text))
    }

    fn accepts(of: &Type) -> bool {
        <&str as FromSql<'_>>::accepts(of)
    }
}

/// The text in a column.
pub(super) fn text(row: &Row, column: usize) -> Result<String, Failure> {
    Ok(get::<Text<String>>(row, column)?.0)
}

/// The text in a column, if there is one.
pub(super) fn maybe_text(row: &Row, column: usize) -> Result<Option<String>, Failure> {
    Ok(get::<Option<Text<String>>>(row, column)?.map(|text| text.0))
}

/// What tells texts apart where they would be too long for an index.
pub(super) type Hash = [u8; 32];

/// The hash of these texts in this order.
pub(super) fn hash(texts: &[&str]) -> Hash {
    let mut hash = Sha256::new();
    for text in texts {
        // Without its length, a text could go on in the next one.
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_text_comes_back_and_no_two_are_kept_alike() {
        const PARTS: [&str; 6] = ["", "a", "\0", "\u{FDD0}", "\u{FDD1}", "\u{FFFD}"];
        let (mut texts, mut kept) = (BTreeSet::new(), BTreeSet::new());
        for n in 0..6_usize.pow(4) {
            let text = [n % 6, n / 6 % 6, n / 36 % 6, n / 216].map(|part| PARTS[part]).concat();
            let mut out = BytesMut::new();
            Text(&text).to_sql(&Type::TEXT, &mut out).unwrap();
            assert!(!out.contains(&0), "{text:?}");
            assert_eq!(Text::<String>::from_sql(&Type::TEXT, &out).unwrap().0, text);
            texts.insert(text);
            kept.insert(out.to_vec());
        }
        assert_eq!(kept.len(), texts.len());
    }

    #[test]
    fn texts_that_only_join_alike_have_other_hashes() {
        assert_ne!(hash(&["a\0", "b"]), hash(&["a", "\0b"]));
        assert_ne!(hash(&["ab", ""]), hash(&["a", "b"]));
    }
}
