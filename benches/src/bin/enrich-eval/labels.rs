//! The labelled albums.

use std::fs;
use std::io;
use std::path::Path;

/// A group of the catalogue.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) artist: String,
    pub(crate) title: String,
    pub(crate) year: Option<i16>,
}

/// An album that is asked for.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) label: Label,
    pub(crate) artist: String,
    pub(crate) title: String,
    pub(crate) track: String,
    /// The right answer.
    pub(crate) year: Option<i16>,
}

/// What a person said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// Its name is in the catalogue.
    Exact,
    /// It is an edition of what is in the catalogue.
    Same,
    /// It looks like something in the catalogue, and is not there.
    Other,
    /// Nobody can tell.
    Ambiguous,
    /// It is not there.
    Absent,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Labels {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) cases: Vec<Case>,
}

impl Labels {
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        let candidates = rows(&folder.join("candidates.tsv"))?;
        let candidates = candidates.into_iter().map(|row| Candidate {
            artist: cell(&row, 0),
            title: cell(&row, 1),
            year: cell(&row, 2).parse().ok(),
        });
        let mut files: Vec<_> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        files.sort();
        let mut cases = Vec::new();
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("albums_") {
                for row in rows(&file)? {
                    cases.push(labelled(&row)?);
                }
            } else if name.starts_with("absent_") {
                cases.extend(rows(&file)?.into_iter().map(|row| Case {
                    label: Label::Absent,
                    artist: cell(&row, 0),
                    title: cell(&row, 1),
                    track: String::new(),
                    year: None,
                }));
            }
        }
        Ok(Self { candidates: candidates.collect(), cases })
    }

    pub(crate) fn summary(&self) -> String {
        let count = |label| self.cases.iter().filter(|case| case.label == label).count();
        format!(
            "{} groups in the catalogue; albums: {} exact, {} decorated, {} near misses, {} absent, \
             {} that nobody can tell (left out)",
            self.candidates.len(),
            count(Label::Exact),
            count(Label::Same),
            count(Label::Other),
            count(Label::Absent),
            count(Label::Ambiguous),
        )
    }
}

fn labelled(row: &[String]) -> io::Result<Case> {
    let label = match row.first().map_or("", String::as_str) {
        "exact" => Label::Exact,
        "same" => Label::Same,
        "other" => Label::Other,
        "ambiguous" => Label::Ambiguous,
        unknown => return Err(io::Error::other(format!("`{unknown}` is no label"))),
    };
    Ok(Case {
        label,
        artist: cell(row, 1),
        title: cell(row, 2),
        track: cell(row, 3),
        year: cell(row, 6).parse().ok(),
    })
}

/// The rows below the head.
fn rows(file: &Path) -> io::Result<Vec<Vec<String>>> {
    let text = fs::read_to_string(file)?;
    let row = |line: &str| line.split('\t').map(str::to_owned).collect();
    Ok(text.lines().skip(1).map(row).collect())
}

fn cell(row: &[String], place: usize) -> String {
    row.get(place).cloned().unwrap_or_default()
}
