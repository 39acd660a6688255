//! How an app comes to a session: tokens, who approves them, passwords.

use std::collections::BTreeMap;

use super::FakeLastfm;
use super::answers::{Answer, Outcome, Refusal};
use super::calls::Call;
use super::names::Name;
use crate::testing::Dice;

/// How long a token can be used.
const LIFE_OF_A_TOKEN_MS: i64 = 60 * 60 * 1_000;

/// The tokens that were issued and not used, and the secrets of apps.
#[derive(Debug)]
pub(super) struct Logins {
    dice: Dice,
    tokens: BTreeMap<String, Token>,
    /// By API key.
    secrets: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Token {
    api_key: String,
    issued_ms: i64,
    /// Who has approved it.
    account: Option<usize>,
}

impl Logins {
    pub(super) fn new(dice: Dice) -> Self {
        Self { dice, tokens: BTreeMap::new(), secrets: BTreeMap::new() }
    }

    pub(super) fn secret(&self, api_key: &str) -> Option<&str> {
        self.secrets.get(api_key).map(String::as_str)
    }

    /// A text that says nothing.
    pub(super) fn opaque(&mut self) -> String {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..32).map(|_| char::from(*self.dice.pick(LETTERS))).collect()
    }

    fn issue(&mut self, api_key: &str, issued_ms: i64, account: Option<usize>) -> String {
        let token = self.opaque();
        let issued = Token { api_key: api_key.to_owned(), issued_ms, account };
        self.tokens.insert(token.clone(), issued);
        token
    }
}

impl FakeLastfm {
    /// Tells the secret of an app, with which everything that is signed with this key is checked
    /// from now on. Without one, the scenario's secret is used; without that, any signature will
    /// do.
    pub fn know_app(&mut self, api_key: &str, shared_secret: &str) {
        self.logins.secrets.insert(api_key.to_owned(), shared_secret.to_owned());
    }

    /// Approves the token of an app, as this user does in the browser; says whether there is such
    /// a token, not older than an hour, and such a user.
    pub fn approve(&mut self, token: &str, user: &str) -> bool {
        let (account, now_ms) = (self.numbered(user).ok(), self.world.now_ms);
        let issued = self.logins.tokens.get_mut(token);
        let issued = issued.filter(|token| now_ms - token.issued_ms < LIFE_OF_A_TOKEN_MS);
        let (Some(issued), Some(account)) = (issued, account) else {
            return false;
        };
        issued.account = Some(account);
        true
    }

    /// The token that an app finds behind its callback after this user has let it in. Nothing for
    /// a user that is not known.
    pub fn approved_token(&mut self, api_key: &str, user: &str) -> Option<String> {
        let account = self.numbered(user).ok()?;
        Some(self.logins.issue(api_key, self.world.now_ms, Some(account)))
    }

    /// `auth.getToken`.
    pub(super) fn token(&mut self, call: &Call<'_>) -> Answer {
        let api_key = call.param("api_key").unwrap_or_default();
        let token = self.logins.issue(api_key, self.world.now_ms, None);
        Answer::json(format!(r#"{{"token":"{token}"}}"#))
    }

    /// `auth.getSession`.
    pub(super) fn session(&mut self, call: &Call<'_>) -> Outcome {
        let token = call.required("token")?;
        let refused = |code, why: &str| -> Refusal {
            Answer::error(code, 403, &format!("Unauthorized Token - This token has {why}")).into()
        };
        let issued = self.logins.tokens.get(token);
        // A token belongs to the key that it was issued for.
        let issued = issued.filter(|token| Some(token.api_key.as_str()) == call.param("api_key"));
        let issued = issued.ok_or_else(|| refused(4, "not been issued"))?;
        if self.world.now_ms - issued.issued_ms >= LIFE_OF_A_TOKEN_MS {
            return Err(refused(15, "expired"));
        }
        let account = issued.account.ok_or_else(|| refused(14, "not been authorized"))?;
        self.logins.tokens.remove(token);
        Ok(self.session_answer(account))
    }

    /// `auth.getMobileSession`.
    pub(super) fn mobile_session(&mut self, call: &Call<'_>) -> Outcome {
        let (user, password) = (call.required("username")?, call.required("password")?);
        let account = self.numbered(user).ok().filter(|_| password == self.service.password);
        let account = account.ok_or_else(|| Answer::refused(4))?;
        Ok(self.session_answer(account))
    }

    fn session_answer(&mut self, account: usize) -> Answer {
        let key = self.session_of(account);
        let name = Name::new(&self.account(account).user).json;
        Answer::json(format!(r#"{{"session":{{"name":{name},"key":"{key}","subscriber":0}}}}"#))
    }
}
