//! Data sets out of archives, well-meant and not.

mod server;

use std::{fs, path::PathBuf};

use flate2::{Compression, write::GzEncoder};
use recurra_datasets::{
    fetch::{FetchOptions, fetch},
    registry::{Address, Archive, Content, Places, Source},
};
use server::{Server, ranged, whole};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

/// What the archives hold: what belongs to the data set, and what does not.
const MEMBERS: [(&str, &[u8]); 4] = [
    ("root-1/README", b"read me"),
    ("root-1/sounds/0_a_0.wav", b"zero"),
    ("root-1/sounds/1_a_0.wav", b"one"),
    ("root-1/sounds/1_b_0.wav", b"other speaker"),
];

/// A member with its name as it is, which the writer's own check would not let pass.
fn add(archive: &mut Builder<GzEncoder<Vec<u8>>>, name: &str, kind: EntryType, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    if kind.is_symlink() || kind.is_hard_link() {
        header.set_link_name("/etc/passwd").unwrap();
    }
    header.set_cksum();
    archive.append(&header, bytes).unwrap();
}

/// An archive of the usual members and a further one.
fn archive_with(name: &str, kind: EntryType, bytes: &[u8]) -> Vec<u8> {
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    // As GitHub's archives begin.
    add(
        &mut archive,
        "pax_global_header",
        EntryType::XGlobalHeader,
        b"",
    );
    add(&mut archive, "root-1/", EntryType::Directory, b"");
    for (member, bytes) in MEMBERS {
        add(&mut archive, member, EntryType::Regular, bytes);
    }
    add(&mut archive, name, kind, bytes);
    archive.into_inner().unwrap().finish().unwrap()
}

fn good_archive() -> Vec<u8> {
    archive_with("root-1/LICENSE", EntryType::Regular, b"do what you want")
}

fn source(base: &'static str) -> Source {
    let hash = |bytes: &[u8]| format!("{:x}", Sha256::digest(bytes));
    let lines = [(&b"zero"[..], "0_a_0"), (b"one", "1_a_0")]
        .map(|(bytes, name)| format!("{}  set/sounds/{name}.wav\n", hash(bytes)));
    Source {
        name: "set",
        what: "a set",
        licence: "none",
        counts: "",
        content: Content::Archive(Archive {
            address: Address::new(base, "set.tar.gz"),
            at_most: 1 << 20,
            root: "root-1",
            folder: "sounds",
            infixes: &["_a_"],
            ending: ".wav",
            files: 2,
            size: 7,
            sha256: hash(lines.concat().as_bytes()).leak(),
        }),
        by_hand: "get the sounds",
    }
}

/// A folder for a cache, with a file outside of it.
struct Machine {
    folder: tempfile::TempDir,
    options: FetchOptions,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Some(folder.path().join("cache"));
        let options = FetchOptions::new(Places {
            mirror: None,
            cache,
        });
        Self { folder, options }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// The error's text, with `DIR` for the machine's folder.
    fn fails(&self, source: &Source) -> String {
        let error = fetch(source, &self.options, |_| ())
            .unwrap_err()
            .to_string();
        error.replace(self.folder.path().to_str().unwrap(), "DIR")
    }

    fn names(&self) -> Vec<String> {
        names(self.cache())
    }
}

fn names(folder: PathBuf) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn an_archive_becomes_the_folder_of_its_chosen_files() {
    let server = Server::start(|_| whole(&good_archive()));
    let source = source(server.base);
    let machine = Machine::new();
    let mut lines = Vec::new();
    let fetched = fetch(&source, &machine.options, |progress| {
        lines.push(progress.to_string())
    });
    let folder = machine.cache().join("set");
    assert_eq!(fetched.unwrap(), folder);
    source.verify(&folder).unwrap();
    assert_eq!(machine.names(), ["set"]);
    assert_eq!(names(folder.clone()), ["sounds"]);
    assert_eq!(names(folder.join("sounds")), ["0_a_0.wav", "1_a_0.wav"]);
    assert_eq!(
        lines[0],
        format!("fetching {}set.tar.gz (unverified address)", server.base)
    );
    assert!(lines.iter().any(|line| line.starts_with("unpacking ")));

    fetch(&source, &machine.options, |_| ()).unwrap();
    assert_eq!(server.starts().len(), 1);
}

#[test]
fn an_archive_that_broke_off_goes_on() {
    let server = Server::start(|request| match request.from {
        None => whole(&good_archive())[..150].to_vec(),
        Some(_) => ranged(request, &good_archive()),
    });
    let source = source(server.base);
    let machine = Machine::new();
    assert!(machine.fails(&source).contains("it broke off behind "));
    assert_eq!(machine.names(), ["set.tar.gz.part"]);
    fetch(&source, &machine.options, |_| ()).unwrap();
    assert_eq!(machine.names(), ["set"]);
    assert!(server.starts()[1].is_some());
}

#[test]
fn a_folder_that_is_incomplete_is_replaced_as_a_whole() {
    let server = Server::start(|_| whole(&good_archive()));
    let source = source(server.base);
    let machine = Machine::new();
    let sounds = machine.cache().join("set/sounds");
    fs::create_dir_all(&sounds).unwrap();
    fs::write(sounds.join("9_a_9.wav"), b"of another version").unwrap();
    fetch(&source, &machine.options, |_| ()).unwrap();
    assert_eq!(names(sounds), ["0_a_0.wav", "1_a_0.wav"]);
    assert_eq!(machine.names(), ["set"]);
}

#[test]
fn members_that_lead_out_of_the_folder_are_refused() {
    let wav = "sounds/2_a_0.wav";
    let escapes = [
        "../escaped.wav".to_owned(),
        format!("/{wav}"),
        format!("root-1/../../{wav}"),
        format!("root-1/sounds/../../../{wav}"),
        format!("root-1/sounds\\..\\..\\{wav}"),
        format!("root-1//{wav}"),
        format!("other/{wav}"),
    ];
    for name in escapes {
        let archive = archive_with(&name, EntryType::Regular, b"");
        let server = Server::start(move |_| whole(&archive));
        let machine = Machine::new();
        assert_eq!(
            machine.fails(&source(server.base)),
            format!(
                "DIR/cache/set.tar.gz.part: member {name:?}: expected a path below root-1, got another"
            )
        );
        assert!(machine.names().is_empty());
        assert_eq!(names(machine.folder.path().to_owned()), ["cache"]);
    }
}

#[test]
fn links_and_devices_are_refused() {
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Fifo,
        EntryType::Char,
    ] {
        let archive = archive_with("root-1/sounds/2_a_0.wav", kind, b"");
        let server = Server::start(move |_| whole(&archive));
        let machine = Machine::new();
        let text = machine.fails(&source(server.base));
        assert!(
            text.ends_with(&format!(": expected a file or folder, got {kind:?}")),
            "{text}"
        );
        assert!(machine.names().is_empty());
    }
}

#[test]
fn files_that_are_too_many_or_too_large_are_refused() {
    let cases = [
        (
            "root-1/sounds/2_a_0.wav",
            &b"more"[..],
            "expected 7 bytes of files in all, got more",
        ),
        (
            "root-1/sounds/1_a_0.wav",
            b"",
            "expected each file once, got it again",
        ),
        (
            "root-1/sounds/2_a_0.wav",
            b"",
            "expected 2 files of 7 bytes in all, got 3 files of 7",
        ),
    ];
    for (name, bytes, expected) in cases {
        let archive = archive_with(name, EntryType::Regular, bytes);
        let server = Server::start(move |_| whole(&archive));
        let machine = Machine::new();
        let text = machine.fails(&source(server.base));
        assert!(text.contains(expected), "{text}");
        assert!(machine.names().is_empty());
    }
}

#[test]
fn a_damaged_archive_leaves_what_was_there() {
    let mut damaged = good_archive();
    let middle = damaged.len() / 2;
    damaged[middle..].fill(0);
    for archive in [damaged, b"<html>".to_vec()] {
        let server = Server::start(move |_| whole(&archive));
        let machine = Machine::new();
        let kept = machine.cache().join("set/kept.txt");
        fs::create_dir_all(kept.parent().unwrap()).unwrap();
        fs::write(&kept, b"kept").unwrap();
        machine.fails(&source(server.base));
        assert_eq!(machine.names(), ["set"]);
        assert_eq!(fs::read(&kept).unwrap(), b"kept");
    }
}

#[test]
fn a_mirror_is_copied_file_by_file() {
    let server = Server::start(|_| whole(b""));
    let mut machine = Machine::new();
    let sounds = machine.folder.path().join("mirror/set/sounds");
    fs::create_dir_all(&sounds).unwrap();
    for (name, bytes) in [
        ("0_a_0.wav", &b"zero"[..]),
        ("1_a_0.wav", b"one"),
        ("x.txt", b"x"),
    ] {
        fs::write(sounds.join(name), bytes).unwrap();
    }
    machine.options.places.mirror = Some(machine.folder.path().join("mirror"));
    let folder = fetch(&source(server.base), &machine.options, |_| ()).unwrap();
    assert_eq!(names(folder.join("sounds")), ["0_a_0.wav", "1_a_0.wav"]);
    assert_eq!(server.starts(), []);
}
