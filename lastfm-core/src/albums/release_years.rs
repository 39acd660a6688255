//! Which years the music of a span is from.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use super::outcome::Status;
use super::store::PlayedAlbums;

/// How much of a span's music is from each year.
///
/// Of a longer time: add up the parts ([`AddAssign`]), but then an album counts once in each part
/// in which it was played.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ReleaseYears {
    /// By the year in which the album was first released; years without music left out.
    pub years: BTreeMap<i16, Amount>,
    /// Why the rest has no year. [`Status::NoDate`], [`Status::Ambiguous`], [`Status::NotFound`]
    /// and [`Status::Pending`] as far as there are any; never the others.
    pub undated: BTreeMap<Status, Amount>,
    /// Plays that name no album: there is nothing to look up.
    pub without_album: u64,
    /// All plays of the span.
    pub plays: u64,
}

/// How much music.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// Plays.
    pub plays: u64,
    /// Albums: a measure that a single record played over and over does not move.
    pub albums: u64,
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.plays += other.plays;
        self.albums += other.albums;
    }
}

impl ReleaseYears {
    /// The years of what was played.
    pub fn of(played: &PlayedAlbums) -> Self {
        let mut years = Self { without_album: played.without_album, ..Self::default() };
        years.plays = played.without_album + played.uncollected;
        if played.uncollected > 0 {
            years.undated.entry(Status::Pending).or_default().plays += played.uncollected;
        }
        for album in &played.albums {
            years.plays += album.plays;
            let of = match album.year {
                Some(year) => years.years.entry(year).or_default(),
                None => years.undated.entry(album.status).or_default(),
            };
            *of += Amount { plays: album.plays, albums: 1 };
        }
        years
    }

    /// What has a year.
    pub fn dated(&self) -> Amount {
        let mut dated = Amount::default();
        self.years.values().for_each(|amount| dated += *amount);
        dated
    }

    /// The part of the plays that has a year, from 0 to 1; nothing if nothing was played.
    #[allow(clippy::cast_precision_loss)] // Nobody has played 2^52 tracks.
    pub fn dated_share(&self) -> Option<f64> {
        (self.plays > 0).then(|| self.dated().plays as f64 / self.plays as f64)
    }

    /// By decade, each named by its first year, oldest first; decades without music left out.
    pub fn decades(&self) -> impl Iterator<Item = (i16, Amount)> + use<> {
        let mut decades: BTreeMap<i16, Amount> = BTreeMap::new();
        for (year, amount) in &self.years {
            *decades.entry(year - year.rem_euclid(10)).or_default() += *amount;
        }
        decades.into_iter()
    }
}

impl AddAssign<&Self> for ReleaseYears {
    fn add_assign(&mut self, other: &Self) {
        for (year, amount) in &other.years {
            *self.years.entry(*year).or_default() += *amount;
        }
        for (status, amount) in &other.undated {
            *self.undated.entry(*status).or_default() += *amount;
        }
        self.without_album += other.without_album;
        self.plays += other.plays;
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::{AlbumId, PlayedAlbum};
    use super::*;

    fn played() -> PlayedAlbums {
        let album = |id, status, year, plays| PlayedAlbum::new(AlbumId(id), status, year, plays);
        PlayedAlbums {
            albums: vec![
                album(1, Status::Matched, Some(1973), 88),
                album(2, Status::FuzzyMatched, Some(1977), 61),
                album(3, Status::Matched, Some(1973), 1),
                album(4, Status::NotFound, None, 20),
                album(5, Status::Pending, None, 7),
                album(6, Status::Matched, Some(1980), 3),
            ],
            without_album: 5,
            uncollected: 15,
        }
    }

    #[test]
    fn every_play_is_of_a_year_or_has_a_reason_why_not() {
        let years = ReleaseYears::of(&played());
        assert_eq!(years.plays, 200);
        assert_eq!(years.years[&1973], Amount { plays: 89, albums: 2 });
        assert_eq!(years.dated(), Amount { plays: 153, albums: 4 });
        let reasons: u64 = years.undated.values().map(|amount| amount.plays).sum();
        assert_eq!(years.dated().plays + reasons + years.without_album, years.plays);
        assert_eq!(years.undated[&Status::Pending], Amount { plays: 22, albums: 1 });
        assert_eq!(years.dated_share(), Some(0.765));
        assert_eq!(ReleaseYears::default().dated_share(), None);
    }

    #[test]
    fn a_decade_begins_with_the_year_that_names_it() {
        let decades: Vec<_> = ReleaseYears::of(&played()).decades().collect();
        let amount = |plays, albums| Amount { plays, albums };
        assert_eq!(decades, [(1970, amount(150, 3)), (1980, amount(3, 1))]);
    }

    #[test]
    fn parts_add_up() {
        let mut sum = ReleaseYears::of(&played());
        sum += &ReleaseYears::of(&played());
        assert_eq!(sum.plays, 400);
        assert_eq!(sum.years[&1977], Amount { plays: 122, albums: 2 });
    }
}
