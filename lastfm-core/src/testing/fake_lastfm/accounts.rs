//! Whom the service knows: the listener, further accounts, and the session of each.

use super::answers::{Answer, Refusal};
use super::life::World;
use super::loves::Loves;
use super::{FakeLastfm, Happening, Scenario, TruePlay};
use crate::testing::Dice;

/// What an account has beside its plays.
#[derive(Debug, Default)]
pub(super) struct Owner {
    /// The key that an app was given, until it is revoked.
    pub(super) session: Option<String>,
    pub(super) loves: Loves,
    /// What an app says is playing.
    pub(super) playing: Option<Playing>,
    /// The last day with scrobbles, counted from 1970, and how many of it were accepted.
    pub(super) scrobbled: (i64, usize),
}

/// A track that is playing, as an app says, and when it will be over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Playing {
    pub(super) tune: u32,
    pub(super) until_ms: i64,
}

impl FakeLastfm {
    /// Adds another account: its name, history, life, what is scheduled and whether it is hidden
    /// are this scenario's; the service and its faults stay what they are.
    ///
    /// Whatever this type says of *the* account means the first one.
    ///
    /// ```
    /// use lastfm_core::Timestamp;
    /// use lastfm_core::testing::{FakeLastfm, Scenario};
    ///
    /// let mut lastfm = FakeLastfm::new(1, &Scenario::still(30), Timestamp::from_unix(1_780_000_000));
    /// let mut other = Scenario::still(20);
    /// other.user = "ann".to_owned();
    /// lastfm.add_account(&other);
    /// assert_eq!(lastfm.users().collect::<Vec<_>>(), ["rj", "ann"]);
    /// assert_eq!(lastfm.truth_of("Ann").unwrap().len(), 20);
    /// ```
    pub fn add_account(&mut self, scenario: &Scenario) {
        let seed = Dice::stream(self.seed, 0xACC0 + self.others.len() as u64).next_u64();
        let mut world = World::new(scenario, seed, self.start.as_unix());
        world.invent_past(scenario, seed);
        world.advance(self.world.now_ms);
        self.others.push(world);
    }

    /// The names of all accounts at present.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.accounts().filter(|account| account.exists).map(|account| account.user.as_str())
    }

    /// What the service holds of this user at present, oldest first; nothing for a user that is
    /// not known.
    pub fn truth_of(&self, user: &str) -> Option<Vec<TruePlay>> {
        let history = &self.account(self.numbered(user).ok()?).history;
        Some(history.plays(history.shown()))
    }

    /// Lets this happen now to the account of this user; says whether there is one.
    pub fn happen_to(&mut self, user: &str, happening: &Happening) -> bool {
        let number = self.numbered(user);
        number.map(|number| self.account_mut(number).happen(happening)).is_ok()
    }

    /// The session key of this user, as after a login: the one in use, or a new one. Nothing for a
    /// user that is not known.
    pub fn log_in(&mut self, user: &str) -> Option<String> {
        let number = self.numbered(user).ok()?;
        Some(self.session_of(number))
    }

    /// Ends the session of this user, as on the page of connected applications; says whether there
    /// was one. Its key is answered with error 9 from then on.
    pub fn revoke(&mut self, user: &str) -> bool {
        let Ok(number) = self.numbered(user) else {
            return false;
        };
        let given = if number == 0 { self.service.session_key.take() } else { None };
        self.account_mut(number).owner.session.take().or(given).is_some()
    }

    pub(super) fn session_of(&mut self, number: usize) -> String {
        if let Some(given) = self.service.session_key.clone().filter(|_| number == 0) {
            return given;
        }
        let new = self.logins.opaque();
        self.account_mut(number).owner.session.get_or_insert(new).clone()
    }

    /// Whose session this is.
    pub(super) fn owner_of(&self, session: &str) -> Option<usize> {
        if self.service.session_key.as_deref() == Some(session) {
            return Some(0);
        }
        self.accounts().position(|account| account.owner.session.as_deref() == Some(session))
    }

    /// Which account has this name; or what the service says if none has.
    pub(super) fn numbered(&self, user: &str) -> Result<usize, Refusal> {
        let is_meant = |account: &World| account.exists && user.eq_ignore_ascii_case(&account.user);
        self.accounts().position(is_meant).ok_or_else(|| Answer::user_not_found().into())
    }

    pub(super) fn accounts(&self) -> impl Iterator<Item = &World> {
        std::iter::once(&self.world).chain(&self.others)
    }

    pub(super) fn account(&self, number: usize) -> &World {
        number.checked_sub(1).map_or(&self.world, |other| &self.others[other])
    }

    pub(super) fn account_mut(&mut self, number: usize) -> &mut World {
        match number.checked_sub(1) {
            Some(other) => &mut self.others[other],
            None => &mut self.world,
        }
    }

    /// Lets everything happen to all accounts that happens until then.
    pub(super) fn advance(&mut self, to_ms: i64) {
        while let Some(entry) = self.under_way.first_entry().filter(|late| late.key().0 <= to_ms) {
            let ((due_ms, _), late) = entry.remove_entry();
            self.live(due_ms);
            // Nobody waits for the answer any more.
            drop(self.respond(&late, None));
        }
        self.live(to_ms);
    }

    fn live(&mut self, to_ms: i64) {
        self.world.advance(to_ms);
        self.others.iter_mut().for_each(|other| other.advance(to_ms));
    }
}
