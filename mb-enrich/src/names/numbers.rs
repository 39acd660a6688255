//! The numbers of a title: two records of one series differ in nothing else.

/// Words that a number follows, in one spelling.
const COUNTED: [(&str, &str); 12] = [
    ("act", "act"),
    ("book", "book"),
    ("chapter", "chapter"),
    ("disc", "disc"),
    ("no", "no"),
    ("number", "no"),
    ("part", "pt"),
    ("pt", "pt"),
    ("side", "side"),
    ("vol", "vol"),
    ("volume", "vol"),
    ("volumes", "vol"),
];

const WORDS: [&str; 10] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// All words that are known here.
#[cfg(feature = "offline")]
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    COUNTED.into_iter().flat_map(|(one, same)| [one, same]).chain(WORDS)
}

/// Folded words with their numbers in digits: `part two` is `pt 2`, `santana iii` is `santana 3`.
///
/// A single letter is a number only behind a word that one follows, or as the last of several
/// words; a number in letters only behind such a word.
pub(super) fn in_digits(words: &str) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    for (place, word) in words.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| words[before]);
        let counted = before.is_some_and(|before| COUNTED.iter().any(|(one, _)| *one == before));
        let last = place + 1 == words.len() && place > 0;
        let spelled = WORDS.iter().position(|one| one == word).filter(|_| counted);
        let number = spelled.map(|place| place + 1).or_else(|| {
            let may_be = counted || last || word.len() > 1;
            may_be.then(|| roman(word)).flatten()
        });
        out.push(match (number, COUNTED.iter().find(|(one, _)| one == word)) {
            (Some(number), _) => number.to_string(),
            (None, Some((_, same))) if !last => (*same).to_owned(),
            _ => (*word).to_owned(),
        });
    }
    out.join(" ")
}

/// All numbers in words that are in digits, smallest first.
pub(super) fn numbers(words: &str) -> Vec<u64> {
    let digits = words.split(|letter: char| !letter.is_ascii_digit());
    // A number that is too long for one is one all the same.
    let read = |digits: &str| digits.parse().unwrap_or(u64::MAX);
    let mut numbers: Vec<u64> = digits.filter(|run| !run.is_empty()).map(read).collect();
    numbers.sort_unstable();
    numbers
}

/// The number that these letters are in Roman, up to 39: higher ones are mostly words.
fn roman(word: &str) -> Option<usize> {
    let value = |letter: u8| match letter {
        b'i' => Some(1),
        b'v' => Some(5),
        b'x' => Some(10),
        _ => None,
    };
    let values = word.bytes().map(value).collect::<Option<Vec<usize>>>()?;
    let signed = |(place, one): (usize, &usize)| match values.get(place + 1) {
        Some(next) if next > one => (0, *one),
        _ => (*one, 0),
    };
    let (plus, minus) = values
        .iter()
        .enumerate()
        .map(signed)
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let number = plus.checked_sub(minus)?;
    (written(number) == word).then_some(number)
}

fn written(number: usize) -> String {
    const ONES: [&str; 10] = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
    let tens = (number / 10).min(3);
    if number > 39 { String::new() } else { format!("{}{}", "x".repeat(tens), ONES[number % 10]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_one_way() {
        for (words, digits) in [
            ("santana iii", "santana 3"),
            ("bauhaus 1979 1983 volume two", "bauhaus 1979 1983 vol 2"),
            ("body talk pt 1", "body talk pt 1"),
            ("new amerykah part one 4th world war", "new amerykah pt 1 4th world war"),
            ("man on the moon ii the legend", "man on the moon 2 the legend"),
            ("vol x", "vol 10"),
            ("malcolm x", "malcolm 10"),
            ("iv", "4"),
            // Words, not numbers.
            ("x", "x"),
            ("v for vendetta", "v for vendetta"),
            ("one in a million", "one in a million"),
            ("iiii", "iiii"),
            ("mix", "mix"),
            ("the book", "the book"),
            ("", ""),
        ] {
            assert_eq!(in_digits(words), digits, "{words}");
        }
    }

    #[test]
    fn every_number_counts() {
        assert_eq!(numbers("lp2 1997 vol 2"), [2, 2, 1997]);
        assert_eq!(numbers("low"), [] as [u64; 0]);
        assert_eq!(numbers("99999999999999999999999"), [u64::MAX]);
    }
}
