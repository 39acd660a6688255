//! The name of an account.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a Last.fm account. Two names are the same account whatever their case; the
/// spelling is kept.
///
/// ```
/// use lastfm_core::Username;
///
/// let asked: Username = "rj".parse()?;
/// let answered: Username = "RJ".parse()?;
/// assert_eq!(asked, answered);
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

/// The text cannot be the name of an account: it is empty, blank or longer than 64 characters,
/// or holds a control character.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be the name of a Last.fm account")]
pub struct InvalidUsername(String);

impl Username {
    /// The name as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in lower case: equal for every spelling of one account.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for Username {
    type Err = InvalidUsername;

    fn from_str(name: &str) -> Result<Self, InvalidUsername> {
        let trimmed = name.trim();
        let fits = !trimmed.is_empty() && trimmed.chars().count() <= 64;
        if fits && !trimmed.contains(char::is_control) {
            Ok(Self(trimmed.to_owned()))
        } else {
            Err(InvalidUsername(name.chars().take(80).collect()))
        }
    }
}

impl TryFrom<String> for Username {
    type Error = InvalidUsername;

    fn try_from(name: String) -> Result<Self, InvalidUsername> {
        name.parse()
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for Username {}

impl Hash for Username {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_name_is_refused() {
        for name in ["", "  ", "a\nb", &"x".repeat(65)] {
            assert!(name.parse::<Username>().is_err(), "{name:?}");
        }
    }
}
