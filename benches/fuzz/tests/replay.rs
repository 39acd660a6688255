//! Every input that is kept runs through its target, whole and cut short.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use fuzz::TARGETS;

/// In how many places an input is cut short at most.
const CUTS: usize = 100;

/// Inputs of a target, by their names.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{target}: {error}"));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

#[test]
fn what_was_found_once_holds() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(corpus.len() >= 5, "{name} has no corpus");
        for (file, input) in corpus {
            eprintln!("{name}: {file}");
            target(&input);
        }
    }
}

#[test]
fn what_is_cut_short_anywhere_holds() {
    for (name, target) in TARGETS {
        // Those of ours are called so; the others have the names that the search gives them.
        for (file, input) in corpus(name).iter().filter(|(file, _)| file.starts_with("seed-")) {
            eprintln!("{name}: {file}");
            for end in (0..input.len()).step_by(input.len().div_ceil(CUTS).max(1)) {
                target(&input[..end]);
            }
        }
    }
}

#[test]
fn an_index_that_is_built_today_holds() {
    fuzz::offline_index(&fuzz::small_index());
}

/// For whoever changes the format: what is kept of the target is of no use any more then.
#[test]
#[ignore = "writes a seed into the corpus"]
fn an_index_is_written_into_the_corpus() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus/offline_index");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("seed-small"), fuzz::small_index()).unwrap();
}

#[test]
fn a_corpus_is_small() {
    for (name, _) in TARGETS {
        let corpus = corpus(name);
        let bytes: usize = corpus.iter().map(|(_, input)| input.len()).sum();
        assert!(
            corpus.len() <= 60 && bytes <= 200_000,
            "{name}: {} files, {bytes} B",
            corpus.len()
        );
    }
}

#[test]
fn every_target_is_searched() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("search");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(folder.join(format!("src/{name}.rs")).is_file(), "{name} has no program");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in the manifest");
    }
}
