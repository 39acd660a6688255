//! A web service over archives of listening histories: who listened to what, and which years the
//! music is from. See README.md.
//!
//! [`Server::start`] is all of it; `main.rs` reads the settings and opens what it needs.

mod account_page;
mod address;
mod albums_page;
mod api;
mod app;
mod assets;
mod chart;
mod collection;
mod collection_order;
mod collection_page;
mod cookies;
mod dependencies;
mod due;
mod etag;
mod events;
mod failure;
mod figures;
mod headers;
mod health;
mod home;
mod hub;
mod job_events;
mod latest;
mod layout;
mod limits;
mod listening;
pub mod logging;
mod login;
mod logins;
pub mod made_up;
mod music_pages;
mod noted;
mod orders;
mod origin;
mod ownership;
mod path;
mod people;
mod plan;
mod private;
mod queue_page;
#[doc(hidden)]
pub mod reading;
mod router;
mod scrobbling;
mod secret;
mod sent;
mod server;
mod settings;
mod slots;
mod standing;
mod tops;
mod tracklists;
mod uploaded;
mod user_overview;
mod user_page;
mod view;
mod visitor;
mod webhook;
pub mod work;
mod year_page;

pub use dependencies::Dependencies;
pub use logins::Logins;
pub use server::Server;
pub use settings::{Caps, Command, LogFormat, Settings};
pub use webhook::{Webhook, WebhookError};
