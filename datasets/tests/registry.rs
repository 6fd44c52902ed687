//! The data sets that the project knows, and where they are looked for.

use std::collections::HashSet;
use std::env;
use std::path::PathBuf;

use recurra_datasets::registry::{Places, Source, sources};
use tempfile::TempDir;

#[test]
fn names_and_paths_are_there_once_and_hashes_have_their_form() {
    let names: HashSet<&str> = sources().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names.len(), sources().len());
    for source in sources() {
        let paths: HashSet<&str> = source.files.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths.len(), source.files.len(), "{}", source.name);
        assert!(
            source.can_be_fetched() || !source.by_hand.is_empty(),
            "{}",
            source.name
        );
        for file in &source.files {
            let is_hash =
                file.sha256.len() == 64 && file.sha256.chars().all(|it| it.is_ascii_hexdigit());
            assert!(
                is_hash && file.size > 0 && !file.path.contains(".."),
                "{}",
                file.path
            );
            let address = file.address.as_deref().unwrap_or("https://");
            assert!(address.starts_with("https://"), "{address}");
        }
    }
}

#[test]
fn what_is_not_here_says_how_to_come_by_it() {
    let empty = TempDir::new().unwrap();
    let places = Places {
        mirror: None,
        cache: Some(empty.path().to_owned()),
    };
    let error = |name| {
        places
            .require(Source::named(name).unwrap())
            .unwrap_err()
            .to_string()
    };
    assert!(
        error("ett").contains("cargo xtask fetch ett"),
        "{}",
        error("ett")
    );
    assert!(error("ptb").contains("--data"), "{}", error("ptb"));
    let unknown = Source::named("etth1").unwrap_err().to_string();
    assert!(
        unknown.contains("etth1") && unknown.contains("ett, "),
        "{unknown}"
    );
}

#[test]
fn the_mirror_has_what_the_list_says() {
    let Some(mirror) = env::var_os("RECURRA_DATA") else {
        eprintln!("skipped: RECURRA_DATA names no folder of data sets");
        return;
    };
    for source in sources() {
        let folder = PathBuf::from(&mirror).join(&source.name);
        source
            .verify(&folder)
            .unwrap_or_else(|error| panic!("{error}"));
    }
}
