//! The table in which every method proves its contract: what it sends, what it refuses, what it
//! reads and what it does not take for an answer.

use std::fmt::Debug;
use std::sync::Arc;

use futures_executor::block_on;
use http::StatusCode;

use crate::test_support::{Scripted, VirtualClock};
use crate::{
    ApiKey, Client, Credentials, Error, Method, Page, Params, SessionKey, SharedSecret, Username,
};

/// Begins the table of a method; [`Table::rejects`] ends it.
pub(super) fn method<M: Method>() -> Table<M>
where
    M::Response: Debug + PartialEq,
{
    Table { bodies: Vec::new(), call: None }
}

/// The rows so far.
#[must_use = "`rejects` ends the table"]
pub(super) struct Table<M> {
    bodies: Vec<&'static str>,
    /// The last one that may be sent.
    call: Option<M>,
}

impl<M: Method> Table<M>
where
    M::Response: Debug + PartialEq,
{
    /// This call is within the limits, and sends exactly this form beside what the client adds.
    pub(super) fn sends(self, call: M, form: &str) -> Self {
        assert_eq!(call.check(), Ok(()), "{call:?}");
        let mut params = Params::default();
        call.params(&mut params);
        assert_eq!(params.to_form(), form, "{call:?}");
        Self { call: Some(call), ..self }
    }

    /// This call is not sent: this parameter lies outside the limits.
    pub(super) fn refuses(self, call: &M, parameter: &str) -> Self {
        let refused = call.check().expect_err("it would be sent");
        assert_eq!(refused.name, parameter, "{call:?}");
        self
    }

    /// This body is an answer, which says this.
    pub(super) fn reads(mut self, body: &'static str, says: impl FnOnce(M::Response)) -> Self {
        let answer = M::decode(body).unwrap_or_else(|error| panic!("{error}: {body}"));
        says(answer);
        self.bodies.push(body);
        self
    }

    /// None of these is an answer, nor is any of what [`reads`](Self::reads) took when it is cut
    /// short; and the service's own errors are told as such.
    pub(super) fn rejects<const N: usize>(self, bodies: [&str; N]) {
        let call = self.call.expect("nothing is sent");
        assert!(!self.bodies.is_empty(), "nothing is read");
        for body in bodies {
            assert!(M::decode(body).is_err(), "taken for an answer: {body}");
        }
        for body in self.bodies {
            let cuts = (0..body.len()).filter(|cut| body.is_char_boundary(*cut));
            for cut in cuts.map(|cut| &body[..cut]) {
                assert!(M::decode(cut).is_err(), "cut short, and taken for an answer: {cut}");
            }
        }
        every_error_is_told(&call);
    }
}

/// The service's errors, in each of their shapes, come out with code and method.
fn every_error_is_told<M: Method>(call: &M) {
    for (status, body) in [
        (400, r#"{"error":6,"message":"no"}"#),
        (200, r#"{"message":"no","error":"6","links":[]}"#),
        (200, r##"{"error":{"code":"6","#text":"no"}}"##),
        (200, r#"<lfm status="failed"><error code="6">no</error></lfm>"#),
    ] {
        let clock = Arc::new(VirtualClock::default());
        let status = StatusCode::from_u16(status).unwrap();
        let transport = Arc::new(Scripted::answering(clock.clone(), status, body));
        let client = Client::builder(credentials(), transport, clock).build();
        match block_on(client.call_once(call)).map(|_| ()) {
            Err(Error::Api { method, code, .. }) => {
                assert_eq!((method, code.number()), (M::NAME, 6));
            }
            other => panic!("{body} was told as {other:?}"),
        }
    }
}

fn credentials() -> Credentials {
    Credentials::read_only(ApiKey::new("key").unwrap())
        .with_secret(SharedSecret::new("secret").unwrap())
        .with_session(SessionKey::new("session").unwrap())
}

/// A user for whom nobody is responsible.
pub(super) fn rj() -> Username {
    "RJ".parse().unwrap()
}

/// What a page says of itself: of what it is, its number, a full one's length, how many pages
/// there are, and how many items.
pub(super) fn numbers<T>(page: &Page<T>) -> (&str, [u64; 4]) {
    let numbers = [page.page, page.per_page, page.total_pages, page.total];
    (page.of.as_deref().unwrap_or_default(), numbers.map(Option::unwrap))
}
