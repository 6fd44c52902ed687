//! The data sets that are known by name: found, compared, listed.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use recurra_datasets::registry::{
    Content, Packing, Places, SOURCES, Source, SourceFile, source, table,
};

/// The SHA-256 of `abc`.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A data set of two files, of which the second lies in a subfolder.
fn small() -> Source {
    let files = [
        SourceFile::new("a.txt", 3, ABC),
        SourceFile::new("b/c.txt", 3, ABC),
    ];
    Source {
        name: "small",
        what: "a set",
        licence: "none",
        counts: "",
        content: Content::Files(Box::leak(Box::new(files))),
        by_hand: "put a.txt and b/c.txt into a folder",
    }
}

fn write(path: PathBuf, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// An empty machine, and its places.
fn machine() -> (tempfile::TempDir, Places) {
    let folder = tempfile::tempdir().unwrap();
    let places = Places {
        mirror: Some(folder.path().join("mirror")),
        cache: Some(folder.path().join("cache")),
    };
    (folder, places)
}

#[test]
fn the_users_own_data_come_first_and_are_taken_as_they_are() {
    let (folder, places) = machine();
    let own = folder.path().join("own");
    write(own.join("x.txt"), b"x");
    let locate = |path: &Path| small().locate(Some(path), &places).unwrap();
    assert_eq!(locate(&own), own);
    assert_eq!(locate(&own.join("x.txt")), own.join("x.txt"));
    write(own.join("small/a.txt"), b"x");
    assert_eq!(locate(&own), own.join("small"));

    let missing = own.join("none");
    let error = small().locate(Some(&missing), &places).unwrap_err();
    assert!(error.to_string().starts_with("cannot read "), "{error}");
}

#[test]
fn the_mirror_comes_before_the_cache_if_it_is_complete() {
    let (folder, places) = machine();
    let [mirror, cache] = ["mirror/small", "cache/small"].map(|path| folder.path().join(path));
    for file in ["a.txt", "b/c.txt"] {
        write(cache.join(file), b"abc");
    }
    write(mirror.join("a.txt"), b"abc");
    assert_eq!(small().locate(None, &places).unwrap(), cache);
    write(mirror.join("b/c.txt"), b"abc");
    assert_eq!(small().locate(None, &places).unwrap(), mirror);
}

#[test]
fn a_folder_with_a_file_that_broke_off_is_passed_over() {
    let (folder, places) = machine();
    let [mirror, cache] = ["mirror/small", "cache/small"].map(|path| folder.path().join(path));
    for place in [&mirror, &cache] {
        write(place.join("a.txt"), b"abc");
        write(place.join("b/c.txt"), b"abc");
    }
    write(mirror.join("b/c.txt"), b"ab");
    assert_eq!(small().locate(None, &places).unwrap(), cache);
    write(cache.join("a.txt"), b"");
    let text = small().locate(None, &places).unwrap_err().to_string();
    assert_eq!(
        text.replace(folder.path().to_str().unwrap(), "DIR"),
        "found no data set small: DIR/mirror/small/b/c.txt has 2 of 3 bytes; \
         DIR/cache/small/a.txt has 0 of 3 bytes\n\
         put a.txt and b/c.txt into a folder, and name that folder with --data"
    );
}

#[test]
fn what_is_missing_is_named_with_what_helps() {
    let (folder, places) = machine();
    write(folder.path().join("cache/small/a.txt"), b"abc");
    let text = |source: &Source, places: &Places| {
        let text = source.locate(None, places).unwrap_err().to_string();
        text.replace(folder.path().to_str().unwrap(), "DIR")
    };
    assert_eq!(
        text(&small(), &places),
        "found no data set small: DIR/mirror/small does not exist; DIR/cache/small has no b/c.txt\n\
         put a.txt and b/c.txt into a folder, and name that folder with --data"
    );
    assert_eq!(
        text(source("ett").unwrap(), &Places::default()),
        "found no data set ett: neither RECURRA_DATA nor RECURRA_CACHE names a folder\n\
         fetch it with cargo xtask fetch ett; or put ETTh1.csv into a folder, and name that folder with --data"
    );
    write(
        folder.path().join("cache/fsdd/recordings/0_theo_0.wav"),
        b"x",
    );
    let text = text(source("fsdd").unwrap(), &places);
    assert!(
        text.contains("DIR/cache/fsdd has 1 of 2000 files in recordings\n"),
        "{text}"
    );
}

#[test]
fn the_first_file_that_differs_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = || {
        let text = small().verify(folder.path()).unwrap_err().to_string();
        text.replace(folder.path().to_str().unwrap(), "DIR")
    };
    let file = |name: &str, bytes: &[u8]| write(folder.path().join(name), bytes);
    file("a.txt", b"abc");
    assert!(
        text().starts_with("cannot read DIR/b/c.txt: "),
        "{}",
        text()
    );
    file("b/c.txt", b"abcd");
    assert_eq!(text(), "DIR/b/c.txt: size: expected 3 bytes, got more");
    file("b/c.txt", b"ab");
    assert_eq!(text(), "DIR/b/c.txt: size: expected 3 bytes, got 2");
    file("b/c.txt", b"abd");
    let got = "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9";
    assert_eq!(
        text(),
        format!("DIR/b/c.txt: SHA-256: expected {ABC}, got {got}")
    );
    file("b/c.txt", b"abc");
    small().verify(folder.path()).unwrap();
}

#[test]
fn an_unknown_name_is_answered_with_all_names() {
    let text = source("ptp").unwrap_err().to_string();
    assert!(
        text.starts_with("data set must be one of ptb, tinyshakespeare, sst2, "),
        "{text}"
    );
    assert!(text.ends_with(", glove, got \"ptp\""), "{text}");
}

#[test]
fn all_entries_are_well_formed() {
    for entry in SOURCES {
        assert_eq!(source(entry.name).unwrap(), entry);
        for address in entry.addresses().into_iter().flatten() {
            let address = address.to_string();
            assert!(address.starts_with("https://"), "{address}");
            assert!(
                address.is_ascii() && !address.contains([' ', '%', '?']),
                "{address}"
            );
        }
        let Content::Files(files) = entry.content else {
            continue;
        };
        for file in files {
            let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
            assert!(
                file.sha256.len() == 64 && file.sha256.bytes().all(is_digit),
                "{file:?}"
            );
            assert!(
                !file.path.contains("..") && !file.path.starts_with('/'),
                "{file:?}"
            );
            assert!(
                file.packing == Packing::AsIs || file.path.ends_with(".gz"),
                "{file:?}"
            );
        }
    }
}

#[test]
fn what_must_not_be_downloaded_has_no_address() {
    let by_hand = SOURCES.iter().filter(|entry| entry.addresses().is_none());
    let names: Vec<_> = by_hand.map(|entry| entry.name).collect();
    assert_eq!(names, ["ptb", "conll2003", "glove"]);
    assert_eq!(table(SOURCES).matches("  by hand  ").count(), 3);
}

/// Of each data set that `RECURRA_DATA` has a folder for; of the others a line says that nothing was
/// compared, which the test harness does not swallow as it does that of `eprintln!`.
#[test]
fn the_real_files_have_these_sizes_and_hashes() {
    let mirror = env::var_os("RECURRA_DATA").map(PathBuf::from);
    for entry in SOURCES {
        let folder = mirror.as_ref().map(|mirror| mirror.join(entry.name));
        match folder.filter(|folder| folder.is_dir()) {
            Some(folder) => entry.verify(folder).unwrap(),
            None => {
                let name = entry.name;
                let text = format!("skipped: RECURRA_DATA names no folder with {name}\n");
                io::stderr().write_all(text.as_bytes()).unwrap();
            }
        }
    }
}
