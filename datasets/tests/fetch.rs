//! Downloads from a server on this machine: whole, interrupted, resumed, wrong.

mod server;

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};

use flate2::read::GzDecoder;
use recurra_datasets::{
    DatasetError,
    fetch::{FetchOptions, Progress, fetch},
    registry::{Content, Places, Source, SourceFile},
};
use server::{Server, ranged, response, status, whole};
use sha2::{Digest, Sha256};

/// What the servers give out: more than is read at once, and nowhere the same.
fn content() -> Vec<u8> {
    (0..200_000_u32)
        .map(|byte| (byte.wrapping_mul(byte) / 7) as u8)
        .collect()
}

fn sha256(bytes: &[u8]) -> &'static str {
    format!("{:x}", Sha256::digest(bytes)).leak()
}

/// A data set `set` of one file `a.bin` that should be [`content`].
fn file() -> SourceFile {
    SourceFile::new("a.bin", content().len() as u64, sha256(&content()))
}

fn source_of(file: SourceFile) -> Source {
    Source {
        name: "set",
        what: "a set",
        licence: "none",
        counts: "",
        content: Content::Files(vec![file].leak()),
        by_hand: "put a.bin into a folder",
    }
}

/// A cache, and perhaps a mirror, in a folder of their own.
struct Machine {
    folder: tempfile::TempDir,
    options: FetchOptions,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = FetchOptions::new(Places {
            mirror: None,
            cache: Some(folder.path().join("cache")),
        });
        Self { folder, options }
    }

    fn cached(&self, name: &str) -> PathBuf {
        self.folder.path().join("cache/set").join(name)
    }

    /// A file that is in the cache from the beginning.
    fn put(&self, name: &str, bytes: &[u8]) {
        fs::create_dir_all(self.cached("")).unwrap();
        fs::write(self.cached(name), bytes).unwrap();
    }

    fn mirror(&mut self, bytes: &[u8]) {
        let mirror = self.folder.path().join("mirror");
        fs::create_dir_all(mirror.join("set")).unwrap();
        fs::write(mirror.join("set/a.bin"), bytes).unwrap();
        self.options.places.mirror = Some(mirror);
    }

    /// What the fetch answers, with the lines that it tells but for those of single blocks.
    fn fetch(&self, source: &Source) -> (Result<PathBuf, DatasetError>, Vec<String>) {
        let mut lines = Vec::new();
        let result = fetch(source, &self.options, |progress| {
            if !matches!(progress, Progress::Received { .. }) {
                lines.push(progress.to_string());
            }
        });
        (result, lines)
    }

    fn succeeds(&self, source: &Source) -> Vec<String> {
        let (result, lines) = self.fetch(source);
        assert_eq!(result.unwrap(), self.folder.path().join("cache/set"));
        lines
    }

    /// The error's text, with `DIR` for the machine's folder.
    fn fails(&self, source: &Source) -> String {
        let text = self.fetch(source).0.unwrap_err().to_string();
        text.replace(self.folder.path().to_str().unwrap(), "DIR")
    }

    /// The names of all that is in the folder of the data set.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.cached("")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

#[test]
fn a_file_is_downloaded_once() {
    let server = Server::start(|_| whole(&content()));
    let source = source_of(file().at(server.base, "a.bin"));
    let machine = Machine::new();
    let lines = machine.succeeds(&source);
    let place = machine.cached("a.bin").display().to_string();
    let fetching = format!("fetching {}a.bin (unverified address)", server.base);
    assert_eq!(lines, [fetching, format!("{place} is complete")]);
    assert_eq!(fs::read(machine.cached("a.bin")).unwrap(), content());
    assert_eq!(machine.names(), ["a.bin"]);
    source.verify(machine.cached("")).unwrap();

    assert_eq!(
        machine.succeeds(&source),
        [format!("{place} is there already")]
    );
    assert_eq!(server.starts(), [None]);
}

#[test]
fn received_bytes_add_up() {
    let server = Server::start(|_| whole(&content()));
    let source = source_of(file().at(server.base, "a.bin"));
    let machine = Machine::new();
    let mut received = Vec::new();
    fetch(&source, &machine.options, |progress| {
        if let Progress::Received { bytes, of } = progress {
            assert_eq!(of, Some(200_000));
            received.push(bytes);
        }
    })
    .unwrap();
    assert!(received.is_sorted() && received.len() > 1, "{received:?}");
    assert_eq!(received.last(), Some(&200_000));
}

#[test]
fn a_download_that_broke_off_goes_on() {
    // The first answer promises everything and stops early.
    let server = Server::start(|request| match request.from {
        None => {
            let cut = whole(&content()).len() - 50_000;
            whole(&content())[..cut].to_vec()
        }
        Some(_) => ranged(request, &content()),
    });
    let source = source_of(file().at(server.base, "a.bin"));
    let machine = Machine::new();
    let text = machine.fails(&source);
    let begin = format!(
        "cannot fetch {}a.bin: it broke off behind 150000 bytes (",
        server.base
    );
    assert!(text.starts_with(&begin), "{text}");
    assert!(
        text.ends_with("; another fetch goes on from there"),
        "{text}"
    );
    assert_eq!(machine.names(), ["a.bin.part"]);

    let lines = machine.succeeds(&source);
    assert!(
        lines[0].ends_with(", going on behind 150.0 kB"),
        "{}",
        lines[0]
    );
    assert_eq!(fs::read(machine.cached("a.bin")).unwrap(), content());
    assert_eq!(machine.names(), ["a.bin"]);
    assert_eq!(server.starts(), [None, Some(150_000)]);
}

#[test]
fn an_answer_without_a_length_that_ends_early_broke_off() {
    let server = Server::start(|_| response("200 OK", "", &content()[..7]));
    let source = source_of(file().at(server.base, "a.bin"));
    let machine = Machine::new();
    let error = machine.fetch(&source).0.unwrap_err();
    let DatasetError::Fetch { cause, .. } = &error else {
        panic!("expected an error of a fetch, got {error}");
    };
    assert_eq!(cause.kind(), std::io::ErrorKind::UnexpectedEof, "{error}");
    assert!(
        error
            .to_string()
            .contains("behind 7 bytes (expected 200000 bytes)"),
        "{error}"
    );
}

#[test]
fn a_server_that_knows_no_ranges_starts_over() {
    let server = Server::start(|_| whole(&content()));
    let source = source_of(file().at(server.base, "a.bin"));
    let machine = Machine::new();
    machine.put("a.bin.part", b"some other beginning");
    machine.succeeds(&source);
    assert_eq!(fs::read(machine.cached("a.bin")).unwrap(), content());
    assert_eq!(server.starts(), [Some(20)]);
}

#[test]
fn a_range_that_is_refused_or_another_is_asked_for_again() {
    for refusal in [
        status("416 Range Not Satisfiable"),
        response(
            "206 Partial Content",
            "Content-Length: 1\r\nContent-Range: bytes 5-5/9\r\n",
            b"x",
        ),
    ] {
        let server = Server::start(move |request| match request.from {
            None => whole(&content()),
            Some(_) => refusal.clone(),
        });
        let source = source_of(file().at(server.base, "a.bin"));
        let machine = Machine::new();
        machine.put("a.bin.part", &content()[..20]);
        machine.succeeds(&source);
        assert_eq!(fs::read(machine.cached("a.bin")).unwrap(), content());
        assert_eq!(server.starts(), [Some(20), None]);
    }
}

#[test]
fn a_part_that_is_complete_is_not_downloaded() {
    let server = Server::start(|_| status("500 Internal Server Error"));
    let source = source_of(file().at(server.base, "a.bin"));
    let machine = Machine::new();
    machine.put("a.bin.part", &content());
    machine.succeeds(&source);
    assert_eq!(machine.names(), ["a.bin"]);
    assert_eq!(server.starts(), []);
}

#[test]
fn a_wrong_hash_leaves_what_was_there() {
    let wrong: Vec<u8> = content().into_iter().rev().collect();
    let got = sha256(&wrong);
    let server = Server::start(move |_| whole(&wrong));
    let source = source_of(file().at(server.base, "a.bin"));
    let machine = Machine::new();
    machine.put("a.bin", b"older");
    let expected = sha256(&content());
    let text = format!("SHA-256: expected {expected}, got {got}");
    assert_eq!(
        machine.fails(&source),
        format!("cannot fetch {}a.bin: {text}", server.base)
    );
    assert_eq!(fs::read(machine.cached("a.bin")).unwrap(), b"older");
    assert_eq!(machine.names(), ["a.bin"]);
}

#[test]
fn a_wrong_size_is_refused_before_and_while_it_arrives() {
    for headers in ["Content-Length: 200001\r\n", ""] {
        let longer = [content(), vec![0]].concat();
        let server = Server::start(move |_| response("200 OK", headers, &longer));
        let source = source_of(file().at(server.base, "a.bin"));
        let machine = Machine::new();
        machine.put("a.bin", b"older");
        let text = machine.fails(&source);
        assert!(text.contains(": size: expected "), "{text}");
        assert_eq!(fs::read(machine.cached("a.bin")).unwrap(), b"older");
        assert_eq!(fs::metadata(machine.cached("a.bin.part")).unwrap().len(), 0);
    }
}

#[test]
fn a_redirect_is_followed_with_its_range() {
    let server = Server::start(|request| match request.path.as_str() {
        "/old/a.bin" => response("302 Found", "Location: /new\r\nContent-Length: 0\r\n", b""),
        _ => ranged(request, &content()),
    });
    let source = source_of(file().at(server.base, "old/a.bin"));
    let machine = Machine::new();
    machine.put("a.bin.part", &content()[..1000]);
    machine.succeeds(&source);
    assert_eq!(fs::read(machine.cached("a.bin")).unwrap(), content());
    assert_eq!(server.starts(), [Some(1000), Some(1000)]);
}

#[test]
fn a_file_that_has_gone_is_told_so() {
    let server = Server::start(|_| status("404 Not Found"));
    let source = source_of(file().at(server.base, "a.bin"));
    assert_eq!(
        Machine::new().fails(&source),
        format!(
            "cannot fetch {}a.bin: the server answered with status 404, expected 200",
            server.base
        )
    );
}

#[test]
fn a_server_that_is_not_there_is_told_so() {
    // A port that nobody listens on any more.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let base = format!("http://127.0.0.1:{port}/").leak();
    let machine = Machine::new();
    machine.put("a.bin.part", b"kept");
    let text = machine.fails(&source_of(file().at(base, "a.bin")));
    let begin = format!("cannot fetch {base}a.bin: no connection (");
    assert!(text.starts_with(&begin), "{text}");
    let end = "); is this machine online?\n\
               if not, put a.bin into a folder, and name that folder with --data";
    assert!(text.ends_with(end), "{text}");
    assert_eq!(fs::read(machine.cached("a.bin.part")).unwrap(), b"kept");
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap()).leak();
    // It says a little to the first client, and nothing to the second; both stay connected.
    let silent = std::thread::spawn(move || {
        let mut first = listener.accept().unwrap().0;
        first.write_all(&whole(&content())[..150_000]).unwrap();
        (first, listener.accept().unwrap().0)
    });
    let mut machine = Machine::new();
    machine.options.idle_timeout = Duration::from_millis(200);
    let source = source_of(file().at(base, "a.bin"));
    let text = machine.fails(&source);
    assert!(text.contains(": it broke off behind 149"), "{text}");
    let text = machine.fails(&source);
    assert!(text.contains(": no connection (timeout"), "{text}");
    assert_eq!(machine.names(), ["a.bin.part"]);
    silent.join().unwrap();
}

#[test]
fn an_address_must_be_encrypted_but_on_this_machine() {
    for base in [
        "http://example.org/",
        "ftp://localhost/",
        "file:///",
        "http://localhost.example/",
    ] {
        let text = Machine::new().fails(&source_of(file().at(base, "a.bin")));
        assert!(text.contains(base), "{text}");
    }
    let text = Machine::new().fails(&source_of(file().at("http://example.org/", "a.bin")));
    let expected = "an address must begin with https://, except on localhost";
    assert_eq!(
        text,
        format!("cannot fetch http://example.org/a.bin: {expected}")
    );
}

#[test]
fn what_has_no_address_is_got_by_hand() {
    let text = "found no data set set: it cannot be downloaded\n\
                put a.bin into a folder, and name that folder with --data";
    let machine = Machine::new();
    assert_eq!(machine.fails(&source_of(file())), text);
    assert!(!machine.cached("").exists());
    let options = FetchOptions::new(Places::default());
    let error = fetch(&source_of(file()), &options, |_| ()).unwrap_err();
    let text = "found no data set set: this user has no folder for caches\n\
                name a folder in RECURRA_CACHE";
    assert_eq!(error.to_string(), text);
}

#[test]
fn the_mirror_is_copied_instead() {
    let server = Server::start(|_| status("500 Internal Server Error"));
    let source = source_of(file().at(server.base, "a.bin"));
    let mut machine = Machine::new();
    machine.mirror(&content());
    let lines = machine.succeeds(&source);
    assert!(lines[0].starts_with("copying "), "{}", lines[0]);
    assert_eq!(fs::read(machine.cached("a.bin")).unwrap(), content());
    assert_eq!(machine.names(), ["a.bin"]);
    assert_eq!(server.starts(), []);

    let mut machine = Machine::new();
    machine.mirror(&[0; 200_000]);
    let text = machine.fails(&source);
    assert!(
        text.starts_with("DIR/mirror/set/a.bin: SHA-256: expected "),
        "{text}"
    );
    assert!(!machine.cached("a.bin").exists());

    // What broke off there is no copy of it.
    let server = Server::start(|_| whole(&content()));
    let source = source_of(file().at(server.base, "a.bin"));
    let mut machine = Machine::new();
    machine.mirror(b"damaged");
    assert!(machine.succeeds(&source)[0].starts_with("fetching "));
}

#[test]
fn what_is_kept_compressed_is_compressed_here_or_comes_so() {
    let compressed = compress(&content());
    let server = Server::start(move |request| match request.path.as_str() {
        "/a.bin.gz" => whole(&compressed),
        _ => whole(&content()),
    });
    for path in ["a.bin", "a.bin.gz"] {
        let file = SourceFile {
            path: "a.bin.gz",
            ..file().packed().at(server.base, path)
        };
        let machine = Machine::new();
        let source = source_of(file);
        machine.succeeds(&source);
        assert_eq!(machine.names(), ["a.bin.gz"]);
        let packed = fs::File::open(machine.cached("a.bin.gz")).unwrap();
        let mut plain = Vec::new();
        GzDecoder::new(packed).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, content());
        machine.succeeds(&source);
    }
    assert_eq!(server.starts().len(), 2);
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
    encoder.read_to_end(&mut packed).unwrap();
    packed
}

#[test]
fn compressed_nonsense_is_refused() {
    let server = Server::start(|_| whole(b"<html>"));
    let file = file().packed().at(server.base, "a.bin.gz");
    let machine = Machine::new();
    let text = machine.fails(&source_of(file));
    assert!(
        text.contains("whole file: expected 200000 bytes compressed with gzip, got "),
        "{text}"
    );
    assert!(machine.names().is_empty());
}

#[test]
fn two_processes_do_not_write_the_same_part() {
    let server = Server::start(|_| whole(&content()));
    let source = source_of(file().at(server.base, "a.bin"));
    let machine = Machine::new();
    machine.put("a.bin.part", b"");
    let other = fs::File::open(machine.cached("a.bin.part")).unwrap();
    other.lock().unwrap();
    let text = "cannot write DIR/cache/set/a.bin.part: another process is fetching it";
    assert_eq!(machine.fails(&source), text);
    drop(other);
    machine.succeeds(&source);
}

#[test]
fn progress_reads_as_lines() {
    let lines = [
        Progress::Received {
            bytes: 1500,
            of: None,
        }
        .to_string(),
        Progress::Received {
            bytes: 1500,
            of: Some(2_000_000),
        }
        .to_string(),
        Progress::Unpacking {
            archive: Path::new("a.part"),
        }
        .to_string(),
    ];
    assert_eq!(lines, ["1.5 kB", "1.5 kB of 2.0 MB", "unpacking a.part"]);
}
