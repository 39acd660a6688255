//! Numbers and text as bytes: how everything in an index is written.

/// Bytes that are not what is written there. Behind a checksum that is right they are a fault of
/// whoever wrote the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Odd;

/// Writes a number: seven bits a byte, the lowest first.
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Writes how long a text is, then the text.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// What is still to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn number(&mut self) -> Result<u64, Odd> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(Odd)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7F).checked_shl(shift).ok_or(Odd)?;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Odd)
    }

    /// A number that stands for so many things, or for one of them.
    pub(super) fn small(&mut self) -> Result<u32, Odd> {
        u32::try_from(self.number()?).map_err(|_| Odd)
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Odd> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Odd)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], Odd> {
        self.take(COUNT)?.try_into().map_err(|_| Odd)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Odd> {
        let length = usize::try_from(self.number()?).map_err(|_| Odd)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Odd)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u64, text: String) {
            let mut out = Vec::new();
            put(&mut out, number);
            put_text(&mut out, &text);
            let mut bytes = Bytes(&out);
            prop_assert_eq!(bytes.number(), Ok(number));
            prop_assert_eq!(bytes.text(), Ok(text.as_str()));
            prop_assert!(bytes.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(wild in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut bytes = Bytes(&wild);
            while bytes.number().is_ok() && bytes.text().is_ok() {}
            prop_assert!(bytes.0.len() <= wild.len());
        }
    }
}
