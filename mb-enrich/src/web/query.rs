//! Questions in the search syntax of MusicBrainz, which is Lucene's.

/// Bytes of a text in a question: servers take 8 KiB in all, and eight such texts are one question.
const LONGEST: usize = 200;

/// The question whether a field holds this text: a phrase, in which every sign stands for itself.
/// Of a very long text it holds the first words, which finds more, and not less.
pub(super) fn phrase(field: &str, text: &str) -> String {
    let mut out = format!("{field}:\"");
    for letter in beginning(text).chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            // Neither is part of any name, and no server likes them.
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// As many whole words as there is room for; of a first word without end, a part.
fn beginning(text: &str) -> &str {
    if text.len() <= LONGEST {
        return text;
    }
    let ends = (0..=LONGEST).rev();
    let room = ends.into_iter().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    let words = text[..room].rsplit_once(char::is_whitespace).map_or("", |(words, _)| words);
    if words.trim().is_empty() { &text[..room] } else { words }
}

/// The question whether a field holds one of these identifiers.
pub(super) fn one_of<'a>(field: &str, ids: impl IntoIterator<Item = &'a str>) -> String {
    let ids: Vec<&str> = ids.into_iter().collect();
    format!("{field}:({})", ids.join(" OR "))
}

/// Whether one of these holds.
pub(super) fn any(questions: impl IntoIterator<Item = String>) -> String {
    join(questions, " OR ")
}

/// Whether all of these hold.
pub(super) fn all(questions: impl IntoIterator<Item = String>) -> String {
    join(questions, " AND ")
}

fn join(questions: impl IntoIterator<Item = String>, by: &str) -> String {
    let mut questions: Vec<String> = questions.into_iter().collect();
    match questions.len() {
        1 => questions.remove(0),
        _ => format!("({})", questions.join(by)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_words_of_the_syntax_stand_for_themselves() {
        assert_eq!(
            phrase("release", r#"AND "X" (y) \ z*: [1 TO 2]"#),
            r#"release:"AND \"X\" (y) \\ z*: [1 TO 2]""#
        );
        assert_eq!(phrase("a", "b\u{0}\nc"), "a:\"b  c\"");
    }

    #[test]
    fn of_a_very_long_text_the_first_words_are_asked_for() {
        let long = format!("{} end", "été ".repeat(60).trim_end());
        let asked = phrase("a", &long);
        assert!(asked.len() <= LONGEST + 4 && asked.ends_with("été\""), "{asked}");
        assert_eq!(phrase("a", &"é".repeat(500)), format!("a:\"{}\"", "é".repeat(100)));
    }

    #[test]
    fn questions_are_joined() {
        assert_eq!(one_of("reid", ["a", "b"]), "reid:(a OR b)");
        let two = || ["a:\"1\"".to_owned(), "b:\"2\"".to_owned()];
        assert_eq!(all([any(two()), "c:\"3\"".to_owned()]), r#"((a:"1" OR b:"2") AND c:"3")"#);
        assert_eq!(any(["a".to_owned()]), "a");
    }
}
