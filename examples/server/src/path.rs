//! What addresses name: people and years.

use lastfm_core::Username;
use lastfm_core::archive::Span;

use crate::failure::Failure;
use crate::people::Person;
use crate::standing::this_year;

/// The name in an address.
pub(crate) fn name(text: &str) -> Result<Username, Failure> {
    text.parse().map_err(|_| Failure::BadName(text.to_owned()))
}

/// The year in an address, `2024`.
pub(crate) fn year(text: &str) -> Result<i16, Failure> {
    let is_plain = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let year = text.parse().ok().filter(|_| is_plain);
    year.filter(|year| Span::year(*year).is_some()).ok_or(Failure::NotFound)
}

/// Whether somebody can have played anything in that year.
pub(crate) fn of_person(
    person: &Person,
    first_archived: Option<i16>,
    year: i16,
) -> Result<(), Failure> {
    /// The first year of the service.
    const FOUNDED: i16 = 2002;
    let registered = person.registered_at.and_then(lastfm_core::Timestamp::year);
    let first = registered.unwrap_or(FOUNDED).min(first_archived.unwrap_or(i16::MAX));
    if (first..=this_year()).contains(&year) {
        Ok(())
    } else {
        Err(Failure::NoSuchYear(person.name.clone(), year))
    }
}

/// Which albums of a year's are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Released {
    /// In this year.
    In(i16),
    /// In the ten years from this one on.
    Decade(i16),
    /// Nobody knows.
    Unknown,
}

impl Released {
    /// `1973`, `1970s` or `unknown`
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        if text == "unknown" {
            return Ok(Self::Unknown);
        }
        match text.strip_suffix('s') {
            Some(decade) => match year(decade)? {
                decade if decade % 10 == 0 => Ok(Self::Decade(decade)),
                _ => Err(Failure::NotFound),
            },
            None => Ok(Self::In(year(text)?)),
        }
    }

    /// Whether an album of this year is meant.
    pub(crate) fn takes(self, year: Option<i16>) -> bool {
        match (self, year) {
            (Self::In(asked), Some(year)) => asked == year,
            (Self::Decade(first), Some(year)) => (first..first + 10).contains(&year),
            (Self::Unknown, None) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_have_four_digits() {
        assert_eq!(year("2024").unwrap(), 2024);
        for text in ["24", "02024", "+202", "-202", "2024s", "", "٢٠٢٤"] {
            assert!(year(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_year_a_decade_or_the_rest_can_be_asked_for() {
        assert_eq!(Released::parse("1973").unwrap(), Released::In(1973));
        let seventies = Released::parse("1970s").unwrap();
        assert!(
            seventies.takes(Some(1979)) && !seventies.takes(Some(1980)) && !seventies.takes(None)
        );
        assert!(Released::parse("unknown").unwrap().takes(None));
        assert!(Released::parse("1973s").is_err() && Released::parse("x").is_err());
    }
}
