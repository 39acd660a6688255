//! The web service, by a fake of it: in virtual time and with every fault.

use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use lastfm_core::testing::VirtualClock;
use lastfm_core::transport::{LocalPacer, Transport};
use lastfm_core::{Clock, Mbid};
use mb_enrich::testing::{FakeGroup, FakeMusicbrainz};
use mb_enrich::{
    Album, Enricher, Method, Names, Outcome, Source, Status, UserAgent, WebSource, Works, names,
};

use crate::support::{self, NOW, catalogue, mbid};

/// The catalogue of the other tests, as the service has it: a release of each group under its
/// number and 1000, 2000 and 9000 more, of which the last was merged.
fn groups() -> Vec<FakeGroup> {
    let fake = |(group, number): (&mb_enrich::ReleaseGroup, u32)| {
        let mut fake = FakeGroup::new(group.clone());
        fake.releases = vec![mbid(number + 1000), mbid(number + 2000)];
        fake.merged_releases = vec![mbid(number + 9000)];
        fake.tracks = support::TRACKS
            .iter()
            .filter(|(_, on)| *on == number)
            .map(|(track, _)| (*track).to_owned())
            .collect();
        fake
    };
    catalogue().groups().iter().zip(1..).map(fake).collect()
}

struct Web {
    fake: Arc<FakeMusicbrainz>,
    clock: Arc<VirtualClock>,
    source: WebSource,
}

impl Web {
    fn new(groups: Vec<FakeGroup>) -> Self {
        let clock = Arc::new(VirtualClock::new(NOW));
        let fake = Arc::new(FakeMusicbrainz::new(clock.clone(), groups));
        let pacer = Arc::new(LocalPacer::new(WebSource::SPACING, clock.clone()));
        let agent = UserAgent::new("tests", "1.0", "me@example.org").unwrap();
        let transport: Arc<dyn Transport> = fake.clone();
        let source = WebSource::builder(agent, transport, pacer, clock.clone()).build();
        Self { fake, clock, source }
    }

    fn enrich(&self, albums: &[Album]) -> Vec<Outcome> {
        let enricher = Enricher::new(Arc::new(self.source.clone()), self.clock.clone());
        block_on(enricher.enrich(albums))
    }
}

fn same(one: &Outcome, other: &Outcome) -> bool {
    let near = |outcome: &Outcome| {
        outcome.near.iter().map(|near| near.group.id.clone()).collect::<Vec<Mbid>>()
    };
    (one.status, &one.found, near(one)) == (other.status, &other.found, near(other))
}

#[test]
fn the_web_gives_the_answers_of_the_catalogue_in_memory() {
    let albums = support::albums();
    let truth = block_on(support::engine(catalogue()).enrich(&albums));
    let web = Web::new(groups());
    for ((album, web), truth) in albums.iter().zip(web.enrich(&albums)).zip(&truth) {
        assert!(same(&web, truth), "{album:?}\nweb: {web:?}\nmemory: {truth:?}");
    }
    assert_eq!(web.fake.too_fast_count(), 0);
}

#[test]
fn no_fault_of_the_service_turns_into_not_found() {
    let albums = support::albums();
    let truth = block_on(support::engine(catalogue()).enrich(&albums));
    let (mut waiting, mut known) = (0, 0);
    for seed in 0..500 {
        let web = Web::new(groups());
        web.fake.set_faults(seed, [5, 20, 50, 95][usize::try_from(seed % 4).unwrap()]);
        for ((album, outcome), truth) in albums.iter().zip(web.enrich(&albums)).zip(&truth) {
            if outcome.status == Status::Pending {
                assert!(
                    outcome.next_try.unwrap() > outcome.looked_up_at && outcome.trouble.is_some()
                );
                waiting += 1;
            } else {
                let found = (outcome.status, &outcome.found);
                assert_eq!(found, (truth.status, &truth.found), "{seed}: {album:?}");
                known += 1;
            }
        }
        assert_eq!(web.fake.too_fast_count(), 0, "{seed}");
    }
    assert!(waiting > 500 && known > 5_000, "{waiting} waited, {known} were known");
}

#[test]
fn a_hundred_identifiers_are_one_request_and_what_was_merged_one_each() {
    let groups: Vec<FakeGroup> = (1..=250_u32)
        .map(|number| {
            let title = format!("Title {number}");
            let mut fake = FakeGroup::new(support::group(number, "Low", &title, "1999"));
            fake.releases = vec![mbid(number + 10_000)];
            fake.merged_releases = vec![mbid(number + 20_000)];
            fake
        })
        .collect();
    let web = Web::new(groups);
    let ids: Vec<Mbid> = (1..=250).map(|number| mbid(number + 10_000)).collect();
    let answers = block_on(web.source.by_ids(&ids));
    assert!(answers.trouble.is_none() && answers.answers.iter().flatten().flatten().count() == 250);
    assert_eq!(web.source.request_count(), 3);

    // Three that were merged, one that is a group's, one that is nobody's.
    let ids = [20_001, 20_002, 20_003, 7, 999_999].map(mbid);
    let answers = block_on(web.source.by_ids(&ids)).answers;
    let numbers: Vec<Option<String>> =
        answers.into_iter().map(|answer| answer.unwrap().map(|group| group.title)).collect();
    let titles = ["Title 1", "Title 2", "Title 3", "Title 7"].map(|title| Some(title.to_owned()));
    assert_eq!(numbers[..4], titles);
    assert_eq!(numbers[4], None);
    // Twice as releases (most are missing), once as groups, three releases, and one of neither.
    assert_eq!(web.source.request_count() - 3, 2 + 1 + 3 + 2);
}

#[test]
fn twenty_names_are_one_request() {
    let groups = (1..=40_u32).map(|number| {
        let group = support::group(number, &format!("Artist {number}"), "Same Title", "1999");
        FakeGroup::new(group)
    });
    let web = Web::new(groups.collect());
    let questions: Vec<Names> = (1..=40)
        .map(|number| {
            let artist = names::ArtistName::new(&format!("Artist {number}"));
            Names { title: names::Title::new("Same Title", &artist), artist, is_last: false }
        })
        .collect();
    let answers = block_on(web.source.by_names(&questions)).answers;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().len() == 1), "{answers:?}");
    assert!(web.source.request_count() <= 4, "{}", web.source.request_count());
}

#[test]
fn what_is_cut_off_by_its_number_is_asked_for_in_parts() {
    // One name has more groups than a search tells of.
    let crowd = (1..=90_u32).map(|number| support::group(number, "Crowd", "Hits", "1999"));
    let more = (91..=180_u32).map(|number| support::group(number, "Other Crowd", "Hits", "1998"));
    let web = Web::new(crowd.chain(more).map(FakeGroup::new).collect());
    let question = |artist: &str| {
        let artist = names::ArtistName::new(artist);
        Names { title: names::Title::new("Hits", &artist), artist, is_last: false }
    };
    let answers = block_on(web.source.by_names(&[question("Crowd"), question("Other Crowd")]));
    let counts: Vec<usize> =
        answers.answers.iter().map(|one| one.as_ref().unwrap().len()).collect();
    assert_eq!(counts[1], 90);
    assert!(counts[0] > 0, "found among those of a longer name");
}

#[test]
fn all_that_an_artist_has_made_is_read_and_an_alias_is_one() {
    let mut groups: Vec<FakeGroup> = (1..=230_u32)
        .map(|number| FakeGroup::new(support::group(number, "Prolific", &format!("T{number}"), "")))
        .collect();
    groups.extend(self::groups());
    let web = Web::new(groups);
    let works = |artist: &str| Works { artist: names::ArtistName::new(artist), titles: Vec::new() };
    let answers = block_on(web.source.of_artists(&[
        works("Prolific"),
        works("Sheena Ringo"),
        works("Nobody"),
    ]));
    let counts: Vec<usize> =
        answers.answers.iter().map(|one| one.as_ref().unwrap().len()).collect();
    assert_eq!(counts, [230, 1, 0]);
    let web = Web::new(self::groups());
    let outcome = web.enrich(&[Album::new("Sheena Ringo", "三毒史")]).remove(0);
    assert_eq!(outcome.found.unwrap().method, Method::Names);
}

#[test]
fn signs_of_the_search_syntax_do_no_harm() {
    let titles = [r#"AC/DC "Live" \ (AND) [OR] NOT *?~^: +-&&||!{}"#, "\\", "\"", "!!!", "AND"];
    let groups = titles.iter().zip(1..).map(|(title, number)| {
        FakeGroup::new(support::group(number, "A \"B\" AND (C)", title, "1999"))
    });
    let web = Web::new(groups.collect());
    for title in titles {
        let outcome = web.enrich(&[Album::new("A \"B\" AND (C)", title)]).remove(0);
        assert_eq!((outcome.status, outcome.year()), (Status::Matched, Some(1999)), "{title}");
    }
}

#[test]
fn a_quota_pauses_everyone_and_a_shed_search_only_waits() {
    let web = Web::new(groups());
    // Somebody else on this address has just asked.
    let pacer = LocalPacer::new(Duration::ZERO, web.clock.clone());
    let agent = UserAgent::new("other", "1.0", "me@example.org").unwrap();
    let transport: Arc<dyn Transport> = web.fake.clone();
    let other = WebSource::builder(agent, transport, Arc::new(pacer), web.clock.clone()).build();
    let ids = [mbid(1001)];
    assert!(block_on(other.by_ids(&ids)).trouble.is_none());
    let before = web.clock.elapsed();
    let found = block_on(web.source.by_ids(&ids));
    assert!(found.answers[0].as_ref().unwrap().is_some());
    assert_eq!(web.fake.too_fast_count(), 1);
    assert!(web.clock.elapsed() >= before + Duration::from_secs(60));
}

#[test]
fn a_program_that_is_refused_does_not_go_on_asking() {
    #[derive(Debug)]
    struct Refusing;
    #[async_trait::async_trait]
    impl Transport for Refusing {
        async fn send(
            &self,
            _: lastfm_core::transport::Request,
        ) -> Result<lastfm_core::transport::Response, lastfm_core::transport::TransportError>
        {
            let status = http::StatusCode::FORBIDDEN;
            Ok(lastfm_core::transport::Response::new(status, "<html>blocked</html>"))
        }
    }
    let clock = Arc::new(VirtualClock::new(NOW));
    let pacer = Arc::new(LocalPacer::new(WebSource::SPACING, clock.clone()));
    let agent = UserAgent::new("tests", "1.0", "me@example.org").unwrap();
    let source = WebSource::builder(agent, Arc::new(Refusing), pacer, clock.clone()).build();
    let enricher = Enricher::new(Arc::new(source.clone()), clock);
    let outcomes = block_on(enricher.enrich(&support::albums()));
    assert!(outcomes.iter().all(|outcome| outcome.status == Status::Pending));
    assert_eq!(outcomes[0].trouble.as_deref(), Some("MusicBrainz refuses this program"));
    assert_eq!(source.request_count(), 1);
}

/// A person's ten thousand albums: six of ten with an identifier, some of these merged or dead, the
/// rest by names as they are, with editions, misspelled, on records of many artists, or unknown.
fn many(count: u32) -> (Vec<FakeGroup>, Vec<Album>) {
    let mut dice = lastfm_core::testing::Dice::new(7);
    let (mut groups, mut albums) = (Vec::new(), Vec::new());
    for number in 1..=count {
        // Few artists have made most of it.
        let artist = format!("Artist {}", dice.below(u64::from(count) / 4) + 1);
        let word = |seed: u64| {
            let letter = |place: u32| char::from(b'a' + (seed.rotate_left(place * 5) % 26) as u8);
            (0..8).map(letter).collect::<String>()
        };
        let title = format!("{} {}", word(dice.next_u64()), word(dice.next_u64()));
        let mut fake = FakeGroup::new(support::group(number, &artist, &title, "1999-09"));
        fake.releases = vec![mbid(number + 1_000_000)];
        fake.merged_releases = vec![mbid(number + 2_000_000)];
        let album = match dice.below(1_000) {
            0..592 => Album::new(&artist, &title).mbid(mbid(number + 1_000_000)),
            592..624 => Album::new(&artist, &title).mbid(mbid(number + 2_000_000)),
            624..630 => Album::new(&artist, &title).mbid(mbid(number + 3_000_000)),
            630..820 => Album::new(&artist, &title),
            820..900 => Album::new(&artist, format!("{title} (Deluxe Edition)")),
            900..920 => Album::new(&artist, title.replacen('a', "aa", 1)),
            920..930 => Album::new(format!("{artist} feat. Somebody"), &title),
            _ => Album::new(&artist, format!("Unknown {number}")).track("Some Track"),
        };
        groups.push(fake);
        albums.push(album);
    }
    (groups, albums)
}

#[test]
fn a_hundred_albums_cost_eighteen_requests() {
    let count = std::env::var("ENRICH_ALBUMS").map_or(2_000, |count| count.parse().unwrap());
    let (groups, albums) = many(count);
    let web = Web::new(groups);
    let outcomes = web.enrich(&albums);
    let found = outcomes.iter().filter(|outcome| outcome.found.is_some()).count();
    println!("{} requests, {found} of {} found", web.source.request_count(), albums.len());
    assert!(found * 10 > albums.len() * 9, "{found}");
    assert!(web.source.request_count() <= count * 18 / 100, "{}", web.source.request_count());
}

#[test]
fn names_longer_than_an_address_are_asked_for_by_their_beginning() {
    let name = |words: usize| vec!["Ænd"; words].join(" ");
    let (artist, title) = (name(1_500), name(2_000));
    let group = mb_enrich::ReleaseGroup::new(mbid(7_000), artist.clone(), title.clone())
        .first_release("1999".parse().unwrap());
    let web = Web::new(vec![FakeGroup::new(group)]);
    let endless = Album::new("x".repeat(20_000), "y".repeat(20_000)).track("z".repeat(20_000));
    let outcomes = web.enrich(&[Album::new(artist, title), endless]);
    assert_eq!(outcomes[0].status, Status::Matched, "{:?}", outcomes[0]);
    assert_eq!(outcomes[0].year(), Some(1999));
    assert_eq!(outcomes[1].status, Status::NotFound);
}
