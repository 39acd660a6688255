//! What is counted, and how it is printed.

use benches::print_lines;
use mb_enrich::{Outcome, Status};

use crate::labels::{Case, Label, Labels};
use crate::rivals::{Answer, Years};

/// How a rule did.
#[derive(Debug, Default, Clone, Copy)]
struct Score {
    answerable: u32,
    right: u32,
    wrong: u32,
    decorated: u32,
    decorated_right: u32,
    near_misses: u32,
    near_misses_taken: u32,
    absent: u32,
    absent_taken: u32,
}

impl Score {
    fn of(labels: &Labels, answers: impl Iterator<Item = Answer>) -> Self {
        let mut score = Self::default();
        for (case, answer) in labels.cases.iter().zip(answers) {
            score.count(case, answer);
        }
        score
    }

    fn count(&mut self, case: &Case, answer: Answer) {
        let answered = u32::from(answer.is_some());
        let right = u32::from(case.year.is_some() && answer == Some(case.year));
        match case.label {
            Label::Exact | Label::Same => {
                self.answerable += 1;
                self.right += right;
                self.wrong += answered - right;
                if case.label == Label::Same {
                    self.decorated += 1;
                    self.decorated_right += right;
                }
            }
            Label::Other => {
                self.near_misses += 1;
                self.near_misses_taken += answered;
            }
            Label::Absent => {
                self.absent += 1;
                self.absent_taken += answered;
            }
            Label::Ambiguous => {}
        }
    }

    /// Of all groups that were named, those with the right year.
    fn precision(&self) -> f64 {
        let given = self.right + self.wrong + self.near_misses_taken + self.absent_taken;
        share(self.right, given)
    }

    fn cells(&self, name: &str) -> [String; 8] {
        let part = |part, whole| format!("{:.3}", share(part, whole));
        [
            name.to_owned(),
            part(self.right + self.wrong, self.answerable),
            part(self.right, self.answerable),
            part(self.decorated_right, self.decorated),
            format!("{:.3}", self.precision()),
            format!("{} of {}", self.near_misses_taken, self.near_misses),
            format!("{} of {}", self.absent_taken, self.absent),
            part(self.wrong, self.answerable),
        ]
    }

    /// What is to be reached, and whether it is.
    fn goals(&self) -> [(&'static str, bool); 5] {
        let most = |part, whole, most| share(part, whole) <= most;
        [
            ("year-exact >= .985", share(self.right, self.answerable) >= 0.985),
            ("decorated >= .95", share(self.decorated_right, self.decorated) >= 0.95),
            ("precision >= .965", self.precision() >= 0.965),
            ("near misses taken <= 5 %", most(self.near_misses_taken, self.near_misses, 0.05)),
            ("wrong years <= 1 %", most(self.wrong, self.answerable, 0.01)),
        ]
    }
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) }
}

const HEAD: [&str; 8] = [
    "rule",
    "answered",
    "year-exact",
    "decorated",
    "precision",
    "near misses taken",
    "absent taken",
    "wrong year",
];

pub(crate) fn print_table(labels: &Labels, ours: &[Outcome], rivals: &[(&str, Years)]) {
    let rival =
        |(name, years): &(&str, Years)| Score::of(labels, years.iter().copied()).cells(name);
    let mine = Score::of(labels, ours.iter().map(answer));
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rivals.iter().map(rival));
    lines.push(mine.cells("mb-enrich"));
    println!();
    print_lines(&lines);
    println!();
    println!(
        "answered, year-exact and wrong year are shares of the {} answerable;",
        mine.answerable
    );
    println!(
        "precision is right years of all answers, to near misses and absent albums, too. A group is"
    );
    println!("an answer even where the catalogue has no year for it.");
    println!();
    for (goal, met) in mine.goals() {
        println!("goal {goal}: {}", if met { "met" } else { "NOT met" });
    }
}

/// Ours, as that of a rival: the year of a group, if one was found.
fn answer(one: &Outcome) -> Answer {
    one.found.is_some().then(|| one.year())
}

/// How our outcomes stand.
pub(crate) fn print_statuses(labels: &Labels, ours: &[Outcome]) {
    let mut lines = vec![["status", "answerable", "near misses", "absent"].map(str::to_owned)];
    for status in [
        Status::Matched,
        Status::FuzzyMatched,
        Status::Ambiguous,
        Status::NotFound,
        Status::NoDate,
        Status::Pending,
    ] {
        let count = |wanted: fn(Label) -> bool| {
            let both = labels.cases.iter().zip(ours);
            both.filter(|(case, one)| one.status == status && wanted(case.label))
                .count()
                .to_string()
        };
        lines.push([
            status.as_str().to_owned(),
            count(|label| matches!(label, Label::Exact | Label::Same)),
            count(|label| label == Label::Other),
            count(|label| label == Label::Absent),
        ]);
    }
    println!();
    print_lines(&lines);
}

/// Which part of all albums is answered if only answers of so much confidence count, and which
/// part of these answers is wrong.
pub(crate) fn print_curve(labels: &Labels, ours: &[Outcome]) {
    let mut levels: Vec<u16> =
        ours.iter().filter_map(|one| Some(one.found.as_ref()?.confidence)).collect();
    levels.sort_unstable();
    levels.dedup();
    let mut lines = vec![["confidence", "coverage", "risk"].map(str::to_owned)];
    for level in levels.into_iter().rev() {
        let sure = |one: &Outcome| {
            answer(one).filter(|_| one.found.as_ref().is_some_and(|one| one.confidence >= level))
        };
        let score = Score::of(labels, ours.iter().map(sure));
        lines.push([
            format!(">= {level}"),
            format!("{:.3}", share(score.right + score.wrong, score.answerable)),
            format!("{:.4}", 1.0 - score.precision()),
        ]);
    }
    println!();
    println!("coverage of the answerable, and risk (1 - precision), by the least confidence:");
    print_lines(&lines);
}

/// What our rules got wrong.
pub(crate) fn print_misses(labels: &Labels, ours: &[Outcome]) {
    println!();
    for (case, one) in labels.cases.iter().zip(ours) {
        let right = match case.label {
            Label::Exact | Label::Same => one.year() == case.year,
            Label::Other | Label::Absent => one.found.is_none(),
            Label::Ambiguous => true,
        };
        if !right {
            let Case { label, artist, title, year, .. } = case;
            let status = one.status.as_str();
            println!("{label:?}: {artist} | {title} | {year:?}: {status}, {:?}", one.year());
            if let Some(found) = &one.found {
                let group = &found.group;
                println!("    {} | {} ({})", group.artist, group.title, found.method.as_str());
            }
        }
    }
}
