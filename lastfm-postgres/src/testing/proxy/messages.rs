//! PostgreSQL's messages as they travel, whole, one after the other.
//!
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// A length of four bytes, which counts itself, and a number that is no version.
const CANCEL: [u8; 8] = [0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e];
const TLS: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
const GSSAPI: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];

/// The first message of a client, which has no kind.
pub(super) enum Hello {
    /// It asks for encryption, and goes on in plain text when it is told no.
    Encrypt,
    /// It asks to cancel what another connection does, and expects no answer.
    Cancel(Vec<u8>),
    Start(Vec<u8>),
}

pub(super) async fn hello(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Hello> {
    let mut message = vec![0; 8];
    from.read_exact(&mut message).await?;
    if message == TLS || message == GSSAPI {
        return Ok(Hello::Encrypt);
    }
    let is_cancel = message == CANCEL;
    let length = body_length(&message[..4]) + 4;
    message.resize(length.max(8), 0);
    from.read_exact(&mut message[8..]).await?;
    Ok(if is_cancel { Hello::Cancel(message) } else { Hello::Start(message) })
}

/// A message with its kind, in the bytes that were sent.
pub(super) struct Message(pub(super) Vec<u8>);

impl Message {
    pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut bytes = vec![0; 5];
        from.read_exact(&mut bytes).await?;
        bytes.resize(5 + body_length(&bytes[1..]), 0);
        from.read_exact(&mut bytes[5..]).await?;
        Ok(Self(bytes))
    }

    /// The server answers it, and what came before, with one `is_ready`: a query, a
    /// synchronisation, a function call.
    pub(super) fn wants_ready(&self) -> bool {
        matches!(self.0[0], b'Q' | b'S' | b'F')
    }

    /// The server has done what it was asked for, and waits for the next.
    pub(super) fn is_ready(&self) -> bool {
        self.0[0] == b'Z'
    }

    /// Whether a client asks for a statement that begins with these words.
    pub(super) fn asks_for(&self, words: &str) -> bool {
        let mut texts = self.0[5..].split(|&byte| byte == 0);
        let text = match self.0[0] {
            b'Q' => texts.next(),
            // The name of the prepared statement comes first.
            b'P' => texts.nth(1),
            _ => None,
        };
        let mut statements = text.unwrap_or_default().split(|&byte| byte == b';');
        statements.any(|statement| {
            let start = statement.trim_ascii_start().get(..words.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(words.as_bytes()))
        }) && text.is_some()
    }
}

/// How many bytes follow a length, which counts its own four.
fn body_length(length: &[u8]) -> usize {
    let length: [u8; 4] = length.try_into().expect("a length has four bytes");
    (u32::from_be_bytes(length) as usize).saturating_sub(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Message {
        Message([&[kind, 0, 0, 0, 0], body].concat())
    }

    #[test]
    fn a_statement_is_known_by_its_first_words_in_either_protocol() {
        assert!(message(b'Q', b"COMMIT\0").asks_for("COMMIT"));
        assert!(message(b'Q', b"UPDATE a SET b = 1; commit;\0").asks_for("COMMIT"));
        assert!(message(b'P', b"\0 commit \0\0\0").asks_for("COMMIT"));
        assert!(message(b'P', b"s1\0COMMIT\0\0\0").asks_for("commit"));
        assert!(message(b'Q', b"SELECT 1\0").asks_for(""));
        assert!(!message(b'Q', b"SELECT 'COMMIT'\0").asks_for("COMMIT"));
        assert!(!message(b'P', b"COMMIT\0SELECT 1\0\0\0").asks_for("COMMIT"));
        assert!(!message(b'B', b"COMMIT\0COMMIT\0").asks_for("COMMIT"));
        assert!(!message(b'S', b"").asks_for(""));
    }
}
