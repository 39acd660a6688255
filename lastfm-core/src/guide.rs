//! One page for each thing that people come to do: when to do it this way, the shortest right
//! program, what can go wrong and what to do then, what it costs, and what Last.fm asks at that point.
//! The [crate's page](crate) lists them all, those of other crates too.
//!
//! A guide is in the crate whose types its program begins with. All programs are compiled and run,
//! against a Last.fm of their own.
//!
//! # What the terms ask
//!
//! Whoever calls Last.fm has agreed to its [terms](https://www.last.fm/api/tos). As they were in
//! July 2026, in a programmer's words (the numbers are their sections):
//!
//! * **Show where data came from** (2.7): say so wherever it is shown, and link back, to the page of
//!   the artist, album, track or user. Each answer has that page as `url`.
//! * **Do not make money with it** (3.1) before Last.fm has agreed.
//! * **Keep no more than 100 MB** of its data (4.3.4), and pass it on to nobody else (4.3.3), without
//!   consent. About 600,000 plays in a file of `lastfm-sqlite` come to that.
//! * **Ask slowly** (4.4). No number is named, and a key that asks too much is suspended.
//!   [`Client::new`](crate::Client::new) makes one request a second.
//! * **Say who asks**: Last.fm's introduction wants a user agent of the app's own, which
//!   [`ReqwestTransportBuilder::user_agent`](crate::transport::ReqwestTransport::builder) sets.
//! * **Use the documented calls alone** (2.6): no pages of the site. All of [`methods`](crate::methods)
//!   are documented but for [`user::GetTrackScrobbles`](crate::methods::user::GetTrackScrobbles).
//! * **Delete what is kept** when the agreement ends (9.3).

pub mod list;
pub mod scrobble;
pub mod store;
pub mod testing;
pub mod transport;
