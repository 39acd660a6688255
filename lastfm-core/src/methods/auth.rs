//! `auth.*`: how an app comes to act for a user. [`login`](crate::auth_flow) makes logins of these.

mod get_mobile_session;
mod get_session;
mod get_token;
mod session;

pub use get_mobile_session::GetMobileSession;
pub use get_session::GetSession;
pub use get_token::GetToken;
pub use session::Session;
