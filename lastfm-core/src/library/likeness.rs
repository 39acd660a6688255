//! How alike two names are: by the groups of three letters that they share.

/// The groups of three letters in a name's words, in order, each once. A word counts with two
/// blanks before and one after it, so that its beginning weighs more than its end.
pub(super) type Trigrams = Box<[u64]>;

pub(super) fn trigrams(words: &str) -> Trigrams {
    let mut found = Vec::new();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        // A character takes 21 bits.
        const THREE: u64 = (1 << 63) - 1;
        let blank = u64::from(u32::from(' '));
        let letters = word.chars().map(|letter| u64::from(u32::from(letter)));
        let mut last = (blank << 21) | blank;
        for letter in letters.chain([blank]) {
            last = ((last << 21) | letter) & THREE;
            found.push(last);
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into()
}

/// What two names share of all that they have together, from 0 to 1: Dice's coefficient.
pub(super) fn likeness(one: &[u64], other: &[u64]) -> f64 {
    share(2 * common(one, other), one.len() + other.len())
}

/// The same of two names of these lengths that have so much in common. One that is a part of the
/// other, as an artist is of a duet and a title of its live version, is at least 0.75.
pub(super) fn nearness(common: usize, one: usize, other: usize) -> f64 {
    let is_part = common > 0 && common == one.min(other);
    share(2 * common, one + other).max(if is_part { 0.75 } else { 0.0 })
}

pub(super) fn common(one: &[u64], other: &[u64]) -> usize {
    let (mut left, mut right, mut count) = (0, 0, 0);
    while let (Some(a), Some(b)) = (one.get(left), other.get(right)) {
        left += usize::from(a <= b);
        right += usize::from(b <= a);
        count += usize::from(a == b);
    }
    count
}

fn share(part: usize, whole: usize) -> f64 {
    let number = |count| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(one: &str, other: &str) -> f64 {
        likeness(&trigrams(one), &trigrams(other))
    }

    #[test]
    fn likeness_goes_from_nothing_in_common_to_the_same() {
        assert!((alike("low", "low") - 1.0).abs() < 1e-9);
        assert!(alike("low", "xyz").abs() < 1e-9);
        assert!(alike("", "").abs() < 1e-9);
        // "  l", " lo" of "  l", " lo", "low", "ow " and "  l", " lo", "lot", "ot ".
        assert!((alike("low", "lot") - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_word_that_is_misspelled_is_more_alike_than_another_word() {
        assert!(alike("sufjan stevens", "sufjan stephens") > 0.7);
        assert!(alike("sufjan stevens", "cat stevens") < 0.7);
    }

    #[test]
    fn a_name_within_another_is_near_it() {
        let near = |one: &str, other: &str| {
            let (one, other) = (trigrams(one), trigrams(other));
            nearness(common(&one, &other), one.len(), other.len())
        };
        assert!(near("help", "help live at the bbc") > 0.7);
        assert!(near("help", "hello live at the bbc") < 0.4);
        assert!((near("help", "help") - 1.0).abs() < 1e-9);
        assert!(near("", "help").abs() < 1e-9);
    }

    #[test]
    fn letters_of_any_script_count() {
        assert!(alike("春泥棒", "春泥") > alike("春泥棒", "花に亡霊"));
    }
}
