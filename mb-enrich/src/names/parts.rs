//! Where a title can be cut: at brackets, dashes and colons.

/// A part of a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// With its brackets, or with the dash or colon before it. All outer texts in a row are the
    /// title.
    pub(super) outer: &'a str,
    /// Without them.
    pub(super) inner: &'a str,
    /// Whether it stands beside the title: in brackets, or behind a dash or colon.
    pub(super) beside: bool,
}

/// Each begins with a space or a colon.
const TAILS: [&str; 6] = [" - ", " – ", " — ", ": ", " : ", " / "];

/// The parts of a title, in order. A bracket that is never closed is a letter like any other, and
/// brackets within brackets are not looked at.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut mark, mut at) = (0, 0, 0);
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some(length) = bracketed(rest) {
            push(&mut parts, &text[start..at], mark);
            let (outer, inner) = (&rest[..length], &rest[1..length - 1]);
            parts.push(Part { outer, inner, beside: true });
            (start, mark, at) = (at + length, 0, at + length);
        } else if matches!(letter, ' ' | ':')
            && let Some(tail) = TAILS.iter().find(|tail| rest.starts_with(**tail))
        {
            push(&mut parts, &text[start..at], mark);
            (start, mark, at) = (at, tail.len(), at + tail.len());
        } else {
            at += letter.len_utf8();
        }
    }
    push(&mut parts, &text[start..], mark);
    parts
}

/// Adds a part of which the first `mark` bytes are the dash or colon before it.
fn push<'a>(parts: &mut Vec<Part<'a>>, outer: &'a str, mark: usize) {
    if !outer.is_empty() {
        parts.push(Part { outer, inner: &outer[mark..], beside: mark > 0 });
    }
}

/// How long the bracket is that this text begins with, if it does.
fn bracketed(text: &str) -> Option<usize> {
    let is_open = |letter| matches!(letter, '(' | '[' | '{');
    let mut depth = 0_u32;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if is_open(letter) => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return (at > 0).then_some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inner(text: &str) -> Vec<(&str, bool)> {
        parts(text).iter().map(|part| (part.inner, part.beside)).collect()
    }

    #[test]
    fn a_title_is_cut_at_brackets_dashes_and_colons() {
        assert_eq!(inner("Low"), [("Low", false)]);
        assert_eq!(
            inner("In Utero - 20th Anniversary (Deluxe [US] Edition)"),
            [("In Utero", false), ("20th Anniversary ", true), ("Deluxe [US] Edition", true)]
        );
        assert_eq!(
            inner("(What's the Story) Morning Glory?"),
            [("What's the Story", true), (" Morning Glory?", false)]
        );
        assert_eq!(inner("Superfly: Deluxe"), [("Superfly", false), ("Deluxe", true)]);
        assert_eq!(inner("Sunn O))) (x"), [("Sunn O))) (x", false)]);
        assert_eq!(inner("Jay-Z 4:44"), [("Jay-Z 4:44", false)]);
        assert_eq!(inner(""), []);
        assert_eq!(inner("()"), [("", true)]);
    }

    proptest! {
        #[test]
        fn the_parts_in_a_row_are_the_title(text in "[a(\\[{)\\]}: –/-]{0,20}") {
            let joined: String = parts(&text).iter().map(|part| part.outer).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
