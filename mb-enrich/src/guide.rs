//! Which years the music of a history is from.
//!
//! For everything that asks when music was made: a chart of somebody's year, playlists by decade. The
//! year is the one in which the album was first released, whatever edition was played. What is needed is
//! an archive in a store that keeps albums (those of `lastfm-sqlite`, `lastfm-postgres` and in memory
//! do), filled as [their guide][archive] says.
//!
//! # The program
//!
//! ```
//! use std::sync::Arc;
//!
//! use lastfm_core::TokioClock;
//! use lastfm_core::albums::{AlbumStore, ReleaseYears};
//! use lastfm_core::archive::{Span, UserId};
//! use mb_enrich::{Enricher, UserAgent, WebSource};
//!
//! async fn years(store: Arc<dyn AlbumStore>, user: UserId) -> Result<(), Box<dyn std::error::Error>> {
//!     // MusicBrainz wants to know whom to write to.
//!     let agent = UserAgent::new("my-app", "1.0", "me@example.org")?;
//!     let source = WebSource::new(agent)?;
//! #     let agent = UserAgent::new("my-app", "1.0", "me@example.org")?;
//!     let enricher = Enricher::new(Arc::new(source), Arc::new(TokioClock::default()));
//! #     use lastfm_core::{Mbid, testing::VirtualClock, transport::LocalPacer};
//! #     use mb_enrich::{ReleaseGroup, testing::{FakeGroup, FakeMusicbrainz}};
//! #     let clock = Arc::new(VirtualClock::new(lastfm_core::Timestamp::from_unix(1_780_000_000)));
//! #     let hex = ReleaseGroup::new(Mbid::new("x").unwrap(), "Low", "Long Division");
//! #     let hex = FakeGroup::new(hex.first_release("1995".parse()?));
//! #     let transport = Arc::new(FakeMusicbrainz::new(clock.clone(), [hex]));
//! #     let pacer = Arc::new(LocalPacer::new(WebSource::SPACING, clock.clone()));
//! #     let source = WebSource::builder(agent, transport, pacer, clock.clone()).build();
//! #     let enricher = Enricher::new(Arc::new(source), clock);
//!
//!     let mut run = enricher.history(store.clone(), user, Span::EVER);
//!     while let Some(progress) = run.next().await? {
//!         println!("{} of {} albums", progress.asked, progress.due);
//!         if let Some(trouble) = progress.trouble {
//!             println!("not now: {trouble}; again at {:?}", progress.next_try);
//!         }
//!     }
//!
//!     let years = ReleaseYears::of(&store.played_albums(user, Span::EVER).await?);
//!     for (decade, music) in years.decades() {
//!         println!("{decade}s  {} plays of {} albums", music.plays, music.albums);
//!     }
//!     println!("{:.0} % have a year", 100.0 * years.dated_share().unwrap_or(0.0));
//! #     assert_eq!(years.decades().next().unwrap().0, 1990);
//!     Ok(())
//! }
//! # use lastfm_core::Timestamp;
//! # use lastfm_core::archive::MemoryStore;
//! # use lastfm_core::testing::{VirtualClock, conformance::{Given, of_album}};
//! # futures_executor::block_on(async {
//! # let store = MemoryStore::new(Arc::new(VirtualClock::new(Timestamp::from_unix(0))));
//! # let given = Given::user(&store, "rj").await;
//! # given.replace(0, 99, &[of_album(5, "Low", "Long Division (Remastered)", "")], 100).await;
//! # let user = given.user;
//! # years(Arc::new(store), user).await.unwrap();
//! # });
//! ```
//!
//! For one year of listening, [`Span::year`](lastfm_core::archive::Span::year) takes the place of `EVER`.
//! A second run asks only for what is new. Two other sources need no rate: an index in a file
//! ([`OfflineSource`](crate::OfflineSource), feature `offline`) and a mirror of the database
//! ([`MirrorSource`](crate::MirrorSource), feature `mirror`). All three give the same answers on the same
//! data.
//!
//! # What can go wrong
//!
//! | what happens | what to do |
//! |---|---|
//! | `progress.trouble` | MusicBrainz does not answer, or sheds searches. What was found is kept; begin a new run at `next_try`. An outage is never taken for "not found". |
//! | an album is `Ambiguous` | It may be several, and nothing decides. Show [`Outcome::near`](crate::Outcome::near) to a person, and keep what they say with [`correct_album`](lastfm_core::albums::AlbumStore::correct_album). |
//! | `NotFound`, `NoDate` | Nothing: it is asked for again after 30 days. |
//! | a year is wrong | The same: what a person says stands above all that is found later. |
//! | many plays have no year | Plays without an album have none, mostly a quarter. Show them as such: [`ReleaseYears::undated`](lastfm_core::albums::ReleaseYears::undated). |
//! | there is no [`UserAgent`](crate::UserAgent) | It takes a mail address or a page. MusicBrainz blocks programs without one. |
//!
//! # What it costs
//!
//! One request in 1.1 s from each machine, over all programs that use this crate. A hundred identifiers
//! are one request, and so are twenty names: 10,000 albums, six of ten with an identifier, take some 1,700
//! requests, half an hour. An album is asked for once, whoever played it. With
//! [`Effort::Identifiers`](crate::Effort::Identifiers) a few requests settle the first two thirds. In the
//! archive it takes a row an album; an index of all of MusicBrainz, some 500 MB.
//!
//! # What MusicBrainz asks
//!
//! * At most [one request a second](https://musicbrainz.org/doc/MusicBrainz_API/Rate_Limiting) from an
//!   address, and a user agent with a contact: [`WebSource`](crate::WebSource) cannot be made otherwise.
//!   A source with a transport of one's own keeps to it by [`WebSource::SPACING`](crate::WebSource::SPACING).
//! * Its core data is free of any right ([CC0](https://musicbrainz.org/doc/About/Data_License)), dates of
//!   release among them. An index is built from that part alone; what a mirror holds beside it
//!   (`mbdump-derived`) is under CC BY-NC-SA.
//! * It likes to be named: "years of release from MusicBrainz", with a link to the release group.
//!
//! The plays are Last.fm's, whose terms go on: see
//! [what they ask](lastfm_core::guide#what-the-terms-ask).
//!
//! [archive]: https://docs.rs/lastfm-sqlite/latest/lastfm_sqlite/guide/archive/
