//! The stages, in order: each takes the albums that the one before has left open.

use std::collections::{BTreeMap, HashMap};

use lastfm_core::{Mbid, Timestamp};

use super::Effort;
use super::case::{Case, Doubt, End};
use super::choice::{Choice, Chosen, Read, Wanted, read};
use crate::memory::track_title;
use crate::names::{ArtistName, Likeness, is_various};
use crate::source::{Answers, Names, Source, SourceError, Tracks, Works};
use crate::{Album, Because, Found, Method, Near, Outcome, ReleaseGroup};

/// Tracks of an album that are looked for.
const MOST_TRACKS: usize = 5;

/// One call: its albums, and how far they are.
pub(super) struct Run<'a> {
    source: &'a dyn Source,
    now: Timestamp,
    cases: Vec<Case<'a>>,
    trouble: Option<SourceError>,
}

impl<'a> Run<'a> {
    pub(super) fn new(source: &'a dyn Source, now: Timestamp, albums: &'a [Album]) -> Self {
        let case = |album| Case {
            album,
            wanted: Wanted::of(album),
            end: None,
            near: Vec::new(),
            unanswered: false,
        };
        Self { source, now, cases: albums.iter().map(case).collect(), trouble: None }
    }

    pub(super) async fn go(&mut self, effort: Effort) {
        self.by_identifiers().await;
        if effort == Effort::Identifiers {
            self.rest_is_unanswered();
            return;
        }
        self.by_names().await;
        self.by_spelling().await;
        self.by_other_artists().await;
        self.by_various().await;
        if self.trouble.is_some() {
            self.rest_is_unanswered();
        }
    }

    /// Identifiers that came with the plays, as far as the names do not say otherwise.
    async fn by_identifiers(&mut self) {
        let mut ids: Vec<Mbid> =
            self.cases.iter().flat_map(|case| &case.album.mbids).cloned().collect();
        ids.retain(|id| id.to_u128().is_some());
        ids.sort();
        ids.dedup();
        if ids.is_empty() {
            return;
        }
        let answers = self.source.by_ids(&ids).await;
        let known: HashMap<Mbid, Option<ReleaseGroup>> = ids
            .into_iter()
            .zip(self.heard(answers))
            .filter_map(|(id, group)| Some((id, group?)))
            .collect();
        for case in &mut self.cases {
            for id in case.album.mbids.iter().filter(|id| id.to_u128().is_some()) {
                match known.get(id) {
                    Some(Some(group)) => case.identified(group),
                    Some(None) => {}
                    None => case.unanswered = true,
                }
            }
            // One that was answered is enough.
            case.unanswered &= case.end.is_none();
        }
    }

    /// Equal names, with and without editions.
    async fn by_names(&mut self) {
        let open = self.open(|case| !case.wanted.is_blank());
        let questions: Vec<Names> = open
            .iter()
            .map(|at| {
                let case = &self.cases[*at];
                case.wanted.names(is_various(&case.album.artist))
            })
            .collect();
        let mut doubts = Vec::new();
        let answers = self.ask_names(&open, &questions).await;
        for (at, groups) in open.into_iter().zip(answers) {
            let wanted = self.cases[at].wanted.clone();
            let groups = read(&wanted.artist, &groups);
            self.settle(at, &wanted, &groups, Likeness::Loose, Way::Own, &mut doubts);
        }
        self.settle_by_tracks(doubts).await;
    }

    /// Misspelled titles, among all that the artist has made.
    async fn by_spelling(&mut self) {
        let open = self.open(|case| !case.wanted.is_blank() && !is_various(&case.album.artist));
        let mut by_artist: BTreeMap<String, (Works, Vec<usize>)> = BTreeMap::new();
        for at in open {
            let Wanted { artist, title } = &self.cases[at].wanted;
            let works = || Works { artist: artist.clone(), titles: Vec::new() };
            let entry = by_artist.entry(artist.key().to_owned());
            let (works, cases) = entry.or_insert_with(|| (works(), Vec::new()));
            works.titles.push(title.clone());
            cases.push(at);
        }
        if by_artist.is_empty() || self.trouble.is_some() {
            return;
        }
        let (questions, cases): (Vec<Works>, Vec<Vec<usize>>) = by_artist.into_values().unzip();
        let answers = self.source.of_artists(&questions).await;
        let mut doubts = Vec::new();
        for (cases, groups) in cases.into_iter().zip(self.heard(answers)) {
            let Some(groups) = &groups else {
                for at in cases {
                    self.cases[at].unanswered = true;
                }
                continue;
            };
            // One artist's name is mostly written in one way.
            let mut known: Option<(ArtistName, Vec<Read<'_>>)> = None;
            for at in cases {
                let wanted = self.cases[at].wanted.clone();
                if known.as_ref().is_none_or(|(artist, _)| *artist != wanted.artist) {
                    known = Some((wanted.artist.clone(), read(&wanted.artist, groups)));
                }
                let groups = known.as_ref().map_or(&[][..], |(_, groups)| groups);
                let furthest = Likeness::Spelling(u8::MAX);
                self.settle(at, &wanted, groups, furthest, Way::Own, &mut doubts);
                let near = wanted
                    .near(groups)
                    .into_iter()
                    .map(|group| Near::new(group.into(), Because::Words));
                self.cases[at].near.extend(near);
            }
        }
        self.settle_by_tracks(doubts).await;
    }

    /// The artist without guests, then the first of several.
    async fn by_other_artists(&mut self) {
        let open = self.open(|case| !case.wanted.is_blank() && !is_various(&case.album.artist));
        let others = open.into_iter().flat_map(|at| {
            let wanted = &self.cases[at].wanted;
            let others = wanted.artist.others().into_iter();
            others.map(move |other| (at, wanted.by(other))).collect::<Vec<_>>()
        });
        let (cases, others): (Vec<usize>, Vec<Wanted>) = others.unzip();
        let questions: Vec<Names> = others.iter().map(|wanted| wanted.names(true)).collect();
        let mut doubts = Vec::new();
        let answers = self.ask_names(&cases, &questions).await;
        for ((at, wanted), groups) in cases.into_iter().zip(&others).zip(answers) {
            // What one of the names leaves to tracks is not for the next name to say.
            let is_doubted = doubts.iter().any(|doubt: &Doubt| doubt.case == at);
            if self.cases[at].is_open() && !is_doubted {
                let groups = read(&wanted.artist, &groups);
                self.settle(at, wanted, &groups, Likeness::Loose, Way::Other, &mut doubts);
            }
        }
        self.settle_by_tracks(doubts).await;
    }

    /// Records of many artists, which hold one of the tracks.
    async fn by_various(&mut self) {
        let open = self.open(|case| {
            let asked = is_various(&case.album.artist) || case.wanted.is_blank();
            !asked && !case.album.tracks.is_empty()
        });
        let various = ArtistName::new("Various Artists");
        let others: Vec<Wanted> =
            open.iter().map(|at| self.cases[*at].wanted.by(various.clone())).collect();
        let questions: Vec<Names> = others.iter().map(|wanted| wanted.names(true)).collect();
        let mut doubts = Vec::new();
        let answers = self.ask_names(&open, &questions).await;
        for ((at, wanted), groups) in open.into_iter().zip(&others).zip(answers) {
            let groups = read(&wanted.artist, &groups);
            self.settle(at, wanted, &groups, Likeness::Loose, Way::Various, &mut doubts);
        }
        self.settle_by_tracks(doubts).await;
    }

    /// What the source tells of these names, each asked for a case; nothing of a question that it
    /// has not answered, whose case then waits.
    async fn ask_names(&mut self, cases: &[usize], questions: &[Names]) -> Vec<Vec<ReleaseGroup>> {
        if questions.is_empty() || self.trouble.is_some() {
            return Vec::new();
        }
        let answers = self.source.by_names(questions).await;
        let heard = self.heard(answers).into_iter().zip(cases);
        heard
            .map(|(groups, at)| {
                self.cases[*at].unanswered |= groups.is_none();
                groups.unwrap_or_default()
            })
            .collect()
    }

    /// Ends a case by what was found, or leaves it to its tracks, or leaves it open.
    fn settle(
        &mut self,
        at: usize,
        wanted: &Wanted,
        groups: &[Read<'_>],
        furthest: Likeness,
        way: Way,
        doubts: &mut Vec<Doubt>,
    ) {
        let case = &mut self.cases[at];
        let named = |chosen: &Chosen<'_>| (chosen.group.into(), way.found(chosen));
        let confirm = way == Way::Various;
        match wanted.choose(groups, furthest) {
            Choice::Nothing => {}
            Choice::One(chosen) if confirm => {
                doubts.push(Doubt { case: at, groups: vec![named(&chosen)], confirm });
            }
            Choice::One(chosen) => case.end = Some(End::Found(way.found(&chosen))),
            Choice::Several(several) => {
                let groups = several.iter().map(named).collect();
                doubts.push(Doubt { case: at, groups, confirm });
            }
        }
    }

    /// Which of several groups hold a track of the album.
    async fn settle_by_tracks(&mut self, doubts: Vec<Doubt>) {
        let (asked, silent): (Vec<Doubt>, Vec<Doubt>) =
            doubts.into_iter().partition(|doubt| !self.cases[doubt.case].album.tracks.is_empty());
        for doubt in silent {
            self.cases[doubt.case].doubted(doubt, None);
        }
        if asked.is_empty() || self.trouble.is_some() {
            return;
        }
        let question = |doubt: &Doubt| {
            let tracks = self.cases[doubt.case].album.tracks.iter().take(MOST_TRACKS);
            Tracks {
                groups: doubt.groups.iter().map(|(group, _)| group.id.clone()).collect(),
                tracks: tracks.map(|track| track_title(track)).collect(),
            }
        };
        let questions: Vec<Tracks> = asked.iter().map(question).collect();
        let answers = self.source.with_tracks(&questions).await;
        for (doubt, holding) in asked.into_iter().zip(self.heard(answers)) {
            let case = &mut self.cases[doubt.case];
            match holding {
                Some(holding) => case.doubted(doubt, Some(&holding)),
                None => case.unanswered = true,
            }
        }
    }

    /// The answers; what kept the source from giving them all is kept.
    fn heard<T>(&mut self, answers: Answers<T>) -> Vec<Option<T>> {
        let Answers { answers, trouble } = answers;
        if answers.iter().any(Option::is_none) || trouble.is_some() {
            let silence = || SourceError::outage("the source left questions without an answer");
            self.trouble = Some(trouble.unwrap_or_else(silence));
        }
        answers
    }

    /// The cases that nothing has ended yet, and that this is for.
    fn open(&self, is_for: impl Fn(&Case<'_>) -> bool) -> Vec<usize> {
        let cases = self.cases.iter().enumerate();
        cases.filter(|(_, case)| case.is_open() && is_for(case)).map(|(at, _)| at).collect()
    }

    fn rest_is_unanswered(&mut self) {
        for case in &mut self.cases {
            case.unanswered |= case.end.is_none();
        }
    }

    pub(super) fn outcomes(self) -> Vec<Outcome> {
        let (now, trouble) = (self.now, self.trouble);
        self.cases.into_iter().map(|case| case.outcome(now, trouble.as_ref())).collect()
    }
}

impl Wanted {
    fn names(&self, is_last: bool) -> Names {
        Names { artist: self.artist.clone(), title: self.title.clone(), is_last }
    }
}

/// Under whose name an album was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Own,
    Other,
    Various,
}

impl Way {
    fn found(self, chosen: &Chosen<'_>) -> Found {
        let (method, sure) = match (self, chosen.likeness) {
            (Self::Other, _) => (Method::OtherArtist, 930),
            (Self::Various, _) => (Method::Various, 930),
            (Self::Own, Likeness::Exact) => (Method::Names, 990),
            (Self::Own, Likeness::Edition) => (Method::WithoutEdition, 970),
            (Self::Own, Likeness::Loose) => (Method::WithoutEdition, 940),
            (Self::Own, Likeness::Spelling(differ)) => {
                (Method::Spelling, 910_u16.saturating_sub(u16::from(differ) * 30))
            }
        };
        let confidence = sure - if chosen.preferred { 40 } else { 0 };
        Found::new(chosen.group.into(), method, confidence)
    }
}
