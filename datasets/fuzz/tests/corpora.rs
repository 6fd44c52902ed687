//! What fuzzers have found is read again: all seeds, and all inputs of the corpora that are kept.

use std::{
    fs::{self, File},
    io::{self, Read},
    panic,
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use recurra_datasets_fuzz::{TARGETS, Target};
use tar::Archive;

/// Bytes for a target, and what to call them.
struct Input {
    name: String,
    bytes: Vec<u8>,
}

fn in_package(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn paths_in(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let entries = fs::read_dir(in_package(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn seeds(target: &str) -> Vec<Input> {
    let paths = paths_in(Path::new("seeds").join(target)).into_iter();
    let inputs = paths.map(|path| Input {
        name: path.display().to_string(),
        bytes: fs::read(path).unwrap(),
    });
    inputs.collect()
}

fn corpus(target: &str) -> io::Result<Vec<Input>> {
    let path = in_package(format!("corpora/{target}.tar.gz"));
    let mut archive = Archive::new(GzDecoder::new(File::open(&path)?));
    let mut inputs = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = format!("{} in {}", entry.path()?.display(), path.display());
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        inputs.push(Input { name, bytes });
    }
    Ok(inputs)
}

/// The names of the inputs at which the target panics.
fn failing(target: Target, inputs: Vec<Input>) -> Vec<String> {
    let fails = |input: &Input| panic::catch_unwind(|| target(&input.bytes)).is_err();
    let failing = inputs.into_iter().filter(fails);
    failing.map(|input| input.name).collect()
}

#[test]
fn every_target_has_a_program_seeds_and_a_corpus() {
    for folder in ["fuzz_targets", "seeds", "corpora"] {
        let paths = paths_in(folder);
        let names = paths
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap());
        let stems: Vec<&str> = names.map(|name| name.split('.').next().unwrap()).collect();
        assert_eq!(stems, TARGETS.map(|(name, _)| name), "{folder}");
    }
}

#[test]
fn no_input_makes_a_reader_fail() {
    for (name, target) in TARGETS {
        let (seeds, corpus) = (seeds(name), corpus(name).unwrap());
        assert!(!seeds.is_empty() && !corpus.is_empty(), "{name}");
        assert_eq!(failing(target, seeds), [""; 0]);
        assert_eq!(failing(target, corpus), [""; 0]);
    }
}

#[test]
fn an_input_that_fails_is_named() {
    let inputs = ["good", "bad"].map(|word| Input {
        name: word.to_owned(),
        bytes: word.as_bytes().to_owned(),
    });
    let target = |bytes: &[u8]| assert_eq!(bytes, b"good");
    assert_eq!(failing(target, inputs.into()), ["bad"]);
}
