//! The service's error codes: <https://www.last.fm/api/errorcodes>.

use std::fmt;

macro_rules! codes {
    ($($number:literal $name:ident $doc:literal,)*) => {
        /// What the service calls an error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ApiErrorCode {
            $(#[doc = concat!(stringify!($number), ": ", $doc)] $name,)*
            /// A number that the service does not document.
            Unknown(u32),
        }

        impl ApiErrorCode {
            /// The service's number for it.
            pub fn number(self) -> u32 {
                match self {
                    $(Self::$name => $number,)*
                    Self::Unknown(number) => number,
                }
            }
        }

        impl From<u32> for ApiErrorCode {
            fn from(number: u32) -> Self {
                match number {
                    $($number => Self::$name,)*
                    number => Self::Unknown(number),
                }
            }
        }
    };
}

codes! {
    2 InvalidService "there is no such service.",
    3 InvalidMethod "there is no such method.",
    4 AuthenticationFailed "this is not allowed, or the token is not one of the service's.",
    5 InvalidFormat "the service does not write this format.",
    6 InvalidParameters "a parameter is missing or wrong, or names what the service does not know.",
    7 InvalidResource "there is no such thing; at Libre.fm, a history without plays.",
    8 OperationFailed "something behind the service failed.",
    9 InvalidSessionKey "the user has withdrawn the session.",
    10 InvalidApiKey "the API key is not one of the service's.",
    11 ServiceOffline "the service is offline.",
    12 SubscribersOnly "only for those who pay.",
    13 InvalidSignature "the signature is wrong: another secret, or an error in the program.",
    14 UnauthorizedToken "the user has not agreed to the login yet.",
    15 TokenExpired "the token of the login is too old.",
    16 TemporarilyUnavailable "the service cannot do this right now.",
    17 LoginRequired "the user hides this from everybody else.",
    18 TrialExpired "the trial of the radio is over.",
    20 NotEnoughContent "the radio has not enough to play.",
    21 NotEnoughMembers "the group has not enough members.",
    22 NotEnoughFans "the artist has not enough fans.",
    23 NotEnoughNeighbors "the user has not enough neighbors.",
    24 NoPeakRadio "no radio at this hour.",
    25 RadioNotFound "there is no such radio.",
    26 SuspendedApiKey "the API key has been suspended: stop every call.",
    27 Deprecated "the method is no longer answered.",
    29 RateLimitExceeded "too many calls, or too many scrobbles.",
}

impl fmt::Display for ApiErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}
