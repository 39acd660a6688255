//! An identifier of MusicBrainz.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A MusicBrainz identifier as Last.fm sends it: never empty, but possibly merged, outdated or
/// wrong on their side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mbid(String);

impl Mbid {
    /// The identifier in this text; nothing if it is blank, which is how the service says "none".
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The identifier's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identifier as the number that its text spells; nothing if it is not what MusicBrainz
    /// writes: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
    pub fn to_u128(&self) -> Option<u128> {
        let groups: Vec<&str> = self.0.split('-').collect();
        let is_hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
        let lengths = groups.iter().map(|group| group.len());
        if !groups.iter().all(is_hex) || !lengths.eq([8, 4, 4, 4, 12]) {
            return None;
        }
        u128::from_str_radix(&groups.concat(), 16).ok()
    }
}

impl fmt::Display for Mbid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_as_musicbrainz_writes_it_is_a_number() {
        let number = |text: &str| Mbid::new(text).unwrap().to_u128();
        let spelled = "bfcc6d75-a6a5-4bc6-8282-47aec8531818";
        assert_eq!(number(spelled), Some(0xbfcc_6d75_a6a5_4bc6_8282_47ae_c853_1818));
        assert_eq!(number(&spelled.to_uppercase()), number(spelled));
        for odd in ["x", "bfcc6d75a6a54bc6828247aec8531818", "+fcc6d75-a6a5-4bc6-8282-47aec8531818"]
        {
            assert_eq!(number(odd), None, "{odd}");
        }
        assert_eq!(Mbid::new("  "), None);
    }
}
