//! Which methods there are, what a request needs to call one, and whether it has that.

use std::borrow::Cow;
use std::fmt::Write as _;

use http::Method as HttpMethod;
use md5::{Digest as _, Md5};

use super::answers::{Answer, Outcome, Refusal};
use super::{ErrorBody, FakeLastfm, Fault};
use crate::testing::SentRequest;

/// A request that was let in.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) sent: &'a SentRequest,
    pub(super) fault: Option<&'a Fault>,
    /// Whose account it is about: the user that was named, or the one of the session.
    pub(super) account: usize,
    /// Whether the session is that user's.
    pub(super) is_own: bool,
}

/// What a method asks for beside a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Nothing: it is about music, not about a user.
    Nothing,
    /// A signature.
    Signature,
    /// A signature, in the body.
    SignedPost,
    /// A signature and a session, in the body.
    Session,
    /// The name of a user, or a session in its place.
    UserOrSession,
    /// The name of a user.
    User,
}

type Answering = fn(&mut FakeLastfm, &Call<'_>) -> Outcome;

/// The methods, in small letters: the real service does not care.
#[rustfmt::skip]
const METHODS: [(&str, Needs, Answering); 30] = [
    ("album.getinfo", Needs::Nothing, |fake, call| fake.album_info(call)),
    ("album.search", Needs::Nothing, |fake, call| fake.search_albums(call)),
    ("artist.getcorrection", Needs::Nothing, |fake, call| fake.artist_correction(call)),
    ("artist.getinfo", Needs::Nothing, |fake, call| fake.artist_info(call)),
    ("artist.getsimilar", Needs::Nothing, |fake, call| fake.similar_artists(call)),
    ("artist.gettopalbums", Needs::Nothing, |fake, call| fake.artist_top_albums(call)),
    ("artist.gettoptracks", Needs::Nothing, |fake, call| fake.artist_top_tracks(call)),
    ("artist.search", Needs::Nothing, |fake, call| fake.search_artists(call)),
    ("auth.getmobilesession", Needs::SignedPost, |fake, call| fake.mobile_session(call)),
    ("auth.getsession", Needs::Signature, |fake, call| fake.session(call)),
    ("auth.gettoken", Needs::Signature, |fake, call| Ok(fake.token(call))),
    ("library.getartists", Needs::User, |fake, call| fake.library_artists(call)),
    ("track.getcorrection", Needs::Nothing, |fake, call| fake.track_correction(call)),
    ("track.getinfo", Needs::Nothing, |fake, call| fake.track_info(call)),
    ("track.love", Needs::Session, |fake, call| fake.love(call)),
    ("track.scrobble", Needs::Session, |fake, call| fake.scrobble(call)),
    ("track.search", Needs::Nothing, |fake, call| fake.search_tracks(call)),
    ("track.unlove", Needs::Session, |fake, call| fake.unlove(call)),
    ("track.updatenowplaying", Needs::Session, |fake, call| fake.update_now_playing(call)),
    ("user.getinfo", Needs::UserOrSession, |fake, call| Ok(fake.profile(call))),
    ("user.getlovedtracks", Needs::User, |fake, call| fake.loved_tracks(call)),
    ("user.getrecenttracks", Needs::User, |fake, call| fake.recent_tracks(call)),
    ("user.gettopalbums", Needs::User, |fake, call| fake.top_albums(call)),
    ("user.gettopartists", Needs::User, |fake, call| fake.top_artists(call)),
    ("user.gettoptracks", Needs::User, |fake, call| fake.top_tracks(call)),
    ("user.gettrackscrobbles", Needs::User, |fake, call| fake.track_scrobbles(call)),
    ("user.getweeklyalbumchart", Needs::User, |fake, call| fake.weekly_albums(call)),
    ("user.getweeklyartistchart", Needs::User, |fake, call| fake.weekly_artists(call)),
    ("user.getweeklychartlist", Needs::User, |fake, call| Ok(fake.weekly_chart_list(call))),
    ("user.getweeklytrackchart", Needs::User, |fake, call| fake.weekly_tracks(call)),
];

impl<'a> Call<'a> {
    /// A parameter that is there and not empty.
    pub(super) fn param(&self, name: &str) -> Option<&'a str> {
        self.sent.param(name).filter(|value| !value.is_empty())
    }

    /// A parameter that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<&'a str, Refusal> {
        self.param(name).ok_or_else(|| Answer::refused(6))
    }

    /// The name of something, out of a parameter that has to be there. In an address the service
    /// takes a plus for a space even after it was decoded.
    pub(super) fn name(&self, name: &str) -> Result<Cow<'a, str>, Refusal> {
        let value = self.required(name)?;
        if self.sent.method == HttpMethod::POST {
            return Ok(Cow::Borrowed(value));
        }
        Ok(Cow::Owned(value.replace('+', " ").replace("%2B", "+")))
    }

    /// Whether names are to be corrected.
    pub(super) fn corrects(&self) -> bool {
        self.param("autocorrect") == Some("1")
    }
}

impl FakeLastfm {
    /// What the service says to a request that it reads.
    pub(super) fn respond(&mut self, sent: &SentRequest, fault: Option<&Fault>) -> Answer {
        if sent.param("format") != Some("json") {
            // The real one speaks XML here; the fake only says that it does not.
            return Answer::failed(5, 400, ErrorBody::Xml);
        }
        let outcome = self.call(sent, fault);
        outcome.unwrap_or_else(Answer::from)
    }

    fn call(&mut self, sent: &SentRequest, fault: Option<&Fault>) -> Outcome {
        let name = sent.param("method").unwrap_or_default();
        let known = METHODS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let (_, needs, answer) = known.ok_or_else(|| Answer::refused(3))?;
        let (account, is_own) = self.admit(sent, *needs)?;
        if *needs == Needs::Nothing {
            self.study();
        }
        answer(self, &Call { sent, fault, account, is_own })
    }

    /// Whose account the request is about, and whether it comes from that user.
    fn admit(&self, sent: &SentRequest, needs: Needs) -> Result<(usize, bool), Refusal> {
        let key = sent.param("api_key").ok_or_else(|| Answer::refused(6))?;
        let wanted = self.service.api_key.as_deref().unwrap_or(key);
        if key.is_empty() || key != wanted {
            return Err(Answer::refused(10));
        }
        let in_the_body = matches!(needs, Needs::SignedPost | Needs::Session);
        if in_the_body && sent.method != HttpMethod::POST {
            let message = "You must use POST in order to use this method";
            return Err(Answer::error(4, 403, message).into());
        }
        let signed = in_the_body || needs == Needs::Signature;
        if !self.is_signed_well(sent, key, signed) {
            return Err(Answer::refused(13));
        }
        let owner = match sent.param("sk") {
            Some(session) => Some(self.owner_of(session).ok_or_else(|| Answer::refused(9))?),
            None => None,
        };
        match needs {
            Needs::Nothing | Needs::Signature | Needs::SignedPost => Ok((0, false)),
            Needs::Session => owner.map(|owner| (owner, true)).ok_or_else(|| Answer::refused(9)),
            Needs::User | Needs::UserOrSession => {
                let named = sent.param("user").filter(|user| !user.is_empty());
                let account = match (named, owner) {
                    (Some(user), _) => self.numbered(user)?,
                    (None, Some(owner)) if needs == Needs::UserOrSession => owner,
                    (None, _) => return Err(Answer::refused(6)),
                };
                Ok((account, owner == Some(account)))
            }
        }
    }

    /// Whether the signature is right, or cannot be checked, or is neither there nor needed.
    fn is_signed_well(&self, sent: &SentRequest, key: &str, needed: bool) -> bool {
        let secret = self.logins.secret(key).or(self.service.shared_secret.as_deref());
        let Some(signature) = sent.param("api_sig") else {
            // A session that is not signed for could be anybody's.
            return !needed && (secret.is_none() || sent.param("sk").is_none());
        };
        let Some(secret) = secret else {
            return true;
        };
        let unsigned = ["api_sig", "callback", "format"];
        let params = sent.params.iter();
        let mut signed: Vec<_> =
            params.filter(|(name, _)| !unsigned.contains(&name.as_str())).collect();
        signed.sort();
        let mut hash = Md5::new();
        for (name, value) in signed {
            hash.update(name);
            hash.update(value);
        }
        hash.update(secret);
        let mut expected = String::new();
        for byte in hash.finalize() {
            // Writing to a string cannot fail.
            let _ = write!(expected, "{byte:02x}");
        }
        signature.eq_ignore_ascii_case(&expected)
    }
}
