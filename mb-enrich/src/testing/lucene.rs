//! As much of the search syntax as is asked: fields with phrases or identifiers, AND, OR, brackets.

use std::collections::BTreeMap;

use lastfm_core::library::fold;

/// A question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Query {
    /// A field holds this phrase, or one of these words, folded.
    Field(String, Vec<String>),
    /// All of these hold.
    All(Vec<Query>),
    /// One of these holds.
    Any(Vec<Query>),
}

impl Query {
    /// The question that this text asks; nothing if it asks none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let query = expression(&mut rest)?;
        rest.trim().is_empty().then_some(query)
    }

    /// How many of its fields hold, if it does, of a thing with these values, [folded](value).
    pub(super) fn score(&self, values: &BTreeMap<&str, Vec<String>>) -> Option<usize> {
        match self {
            Self::Field(field, wanted) => {
                let known = values.get(field.as_str())?;
                let holds = |wanted: &String| known.iter().any(|known| holds(known, wanted));
                wanted.iter().any(holds).then_some(1)
            }
            Self::All(parts) => parts.iter().map(|part| part.score(values)).sum(),
            Self::Any(parts) => {
                let scores: Vec<usize> =
                    parts.iter().filter_map(|part| part.score(values)).collect();
                (!scores.is_empty()).then(|| scores.iter().sum())
            }
        }
    }
}

/// A value as it is searched: in words, with a blank around each.
pub(super) fn value(text: &str) -> String {
    format!(" {} ", fold(text))
}

/// Whether a text holds these words beside each other.
fn holds(text: &str, words: &str) -> bool {
    words.len() > 2 && text.contains(words)
}

fn expression(rest: &mut &str) -> Option<Query> {
    let mut parts = vec![term(rest)?];
    let mut joined: Option<&str> = None;
    loop {
        let next = rest.trim_start();
        let Some(by) = ["AND", "OR"].into_iter().find(|by| next.starts_with(&format!("{by} ")))
        else {
            break;
        };
        // Which of two binds closer is not to be asked.
        if joined.is_some_and(|joined| joined != by) {
            return None;
        }
        joined = Some(by);
        *rest = &next[by.len()..];
        parts.push(term(rest)?);
    }
    Some(match joined {
        None => parts.remove(0),
        Some("AND") => Query::All(parts),
        Some(_) => Query::Any(parts),
    })
}

fn term(rest: &mut &str) -> Option<Query> {
    let next = rest.trim_start();
    if let Some(inner) = next.strip_prefix('(') {
        *rest = inner;
        let query = expression(rest)?;
        *rest = rest.trim_start().strip_prefix(')')?;
        return Some(query);
    }
    let (field, value) = next.split_once(':')?;
    if !field.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    if let Some(quoted) = value.strip_prefix('"') {
        let (phrase, behind) = unquote(quoted)?;
        *rest = behind;
        return Some(Query::Field(field.to_owned(), vec![self::value(&phrase)]));
    }
    let (list, behind) = value.strip_prefix('(')?.split_once(')')?;
    *rest = behind;
    let words = list.split(" OR ").map(self::value).collect();
    Some(Query::Field(field.to_owned(), words))
}

/// A phrase up to its closing quote, without the signs that stand for themselves, and what follows.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut phrase = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((phrase, &text[at + 1..])),
            '\\' => phrase.push(letters.next()?.1),
            letter => phrase.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_and_answered() {
        let values = BTreeMap::from([
            ("artist", vec![value("Guns N' Roses")]),
            ("release", vec![value(r#"A "Quoted" \ Title"#), value("Other")]),
        ]);
        let score = |text: &str| Query::parse(text).unwrap().score(&values);
        assert_eq!(score(r#"artist:"guns n roses""#), Some(1));
        assert_eq!(score(r#"(artist:"roses" AND release:"\"quoted\" \\ title")"#), Some(2));
        assert_eq!(score(r#"(artist:"rose" OR release:"other")"#), Some(1));
        assert_eq!(score(r#"(artist:"roses" AND alias:"other")"#), None);
        assert_eq!(score("release:(x OR other)"), Some(1));
        for text in [r#"artist:"x"#, "AND", r#"a:"x" AND b:"y" OR c:"z""#, r#"(a:"x""#, "x y", ""] {
            assert_eq!(Query::parse(text), None, "{text}");
        }
    }
}
