//! Data sets are fetched from a server on this machine that does what servers do.

#![cfg(feature = "fetch")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use recurra_datasets::DatasetError;
use recurra_datasets::registry::{Places, Source, SourceFile, fetch};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const CONTENT: &[u8] = b"the quick brown fox jumps over the lazy dog, again and again and again";

/// How the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Willing,
    /// Sends everything from the start, whatever was asked for.
    WithoutRanges,
    /// Says that no such range exists.
    RefusesRanges,
    /// Breaks off after 20 bytes.
    BreaksOff,
    /// Sends other bytes of the same number.
    Wrong,
    /// Sends elsewhere first.
    Redirects,
    Missing,
}

struct Server {
    address: String,
    /// The `Range` of each request, in their order.
    ranges: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}/file", listener.local_addr().expect("an address"));
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ranges);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, manner, &seen);
            }
        });
        Self { address, ranges }
    }

    fn ranges(&self) -> Vec<String> {
        self.ranges.lock().expect("no thread has panicked").clone()
    }
}

/// Path and range of a request.
fn request(stream: &TcpStream) -> (String, String) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let range = headers.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("range")
            .then(|| value.trim().to_owned())
    });
    (path, range.unwrap_or_default())
}

fn answer(mut stream: TcpStream, manner: Manner, seen: &Mutex<Vec<String>>) {
    let (path, range) = request(&stream);
    seen.lock()
        .expect("no thread has panicked")
        .push(range.clone());
    let first = range
        .strip_prefix("bytes=")
        .and_then(|it| it.strip_suffix('-'));
    let first: usize = first.and_then(|it| it.parse().ok()).unwrap_or(0);
    let head = |status: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n")
    };
    let (head, body): (String, Vec<u8>) = match manner {
        Manner::Redirects if path == "/file" => {
            let head = head("302 Found", 0) + "Location: /elsewhere\r\n";
            (head, Vec::new())
        }
        Manner::Missing => (head("404 Not Found", 0), Vec::new()),
        Manner::RefusesRanges if first > 0 => (head("416 Range Not Satisfiable", 0), Vec::new()),
        Manner::BreaksOff => {
            let rest = &CONTENT[first..];
            let status = if first > 0 {
                "206 Partial Content"
            } else {
                "200 OK"
            };
            (
                head(status, rest.len()),
                rest[..20.min(rest.len())].to_vec(),
            )
        }
        Manner::Wrong => (head("200 OK", CONTENT.len()), vec![b'x'; CONTENT.len()]),
        Manner::Willing if first > 0 => {
            let rest = &CONTENT[first..];
            (head("206 Partial Content", rest.len()), rest.to_vec())
        }
        _ => (head("200 OK", CONTENT.len()), CONTENT.to_vec()),
    };
    // A client that has had enough is no concern of a server's.
    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
    let _ = stream.write_all(&body);
}

fn source(address: Option<&str>) -> Source {
    Source {
        name: "fables".to_owned(),
        what: "a fable".to_owned(),
        terms: "none".to_owned(),
        counts: "1 fable".to_owned(),
        by_hand: "write one".to_owned(),
        files: vec![SourceFile {
            path: "deep/fable.txt".to_owned(),
            size: CONTENT.len() as u64,
            sha256: format!("{:x}", Sha256::digest(CONTENT)),
            address: address.map(str::to_owned),
        }],
    }
}

fn cache(folder: &TempDir) -> Places {
    Places {
        mirror: None,
        cache: Some(folder.path().to_owned()),
    }
}

fn in_cache(folder: &TempDir) -> Option<Vec<u8>> {
    fs::read(folder.path().join("fables/deep/fable.txt")).ok()
}

fn put(folder: &Path, name: &str, content: &[u8]) {
    let place = folder.join(name);
    fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
    fs::write(place, content).expect("a file");
}

#[test]
fn a_file_is_received_and_then_left_alone() {
    for manner in [Manner::Willing, Manner::Redirects] {
        let (server, folder) = (Server::start(manner), TempDir::new().unwrap());
        let source = source(Some(&server.address));
        let mut last = 0;
        let found = fetch(&source, &cache(&folder), |it| last = it.received).unwrap();
        assert_eq!(found, folder.path().join("fables"));
        assert_eq!(
            (in_cache(&folder).as_deref(), last),
            (Some(CONTENT), CONTENT.len() as u64)
        );
        assert_eq!(cache(&folder).find(&source), Some(found));
        let asked = server.ranges().len();
        fetch(&source, &cache(&folder), |_| {}).unwrap();
        assert_eq!(server.ranges().len(), asked);
    }
}

#[test]
fn what_breaks_off_goes_on_where_it_was() {
    let (server, folder) = (Server::start(Manner::BreaksOff), TempDir::new().unwrap());
    let source = source(Some(&server.address));
    let mut errors = 0;
    while let Err(error) = fetch(&source, &cache(&folder), |_| {}) {
        let text = error.to_string();
        assert!(matches!(error, DatasetError::Download { .. }), "{text}");
        assert!(
            text.contains(&server.address) && in_cache(&folder).is_none(),
            "{text}"
        );
        errors += 1;
        assert!(errors < 10, "{text}");
    }
    assert_eq!(in_cache(&folder).as_deref(), Some(CONTENT));
    assert_eq!(server.ranges()[..3], ["", "bytes=20-", "bytes=40-"]);
}

#[test]
fn a_server_that_does_not_go_on_sends_all_of_it() {
    for manner in [Manner::WithoutRanges, Manner::RefusesRanges] {
        let (server, folder) = (Server::start(manner), TempDir::new().unwrap());
        put(
            folder.path(),
            "fables/deep/fable.txt.part",
            b"something else",
        );
        let source = source(Some(&server.address));
        fetch(&source, &cache(&folder), |_| {}).unwrap();
        assert_eq!(in_cache(&folder).as_deref(), Some(CONTENT), "{manner:?}");
        assert_eq!(server.ranges()[0], "bytes=14-");
    }
}

#[test]
fn what_is_not_right_is_removed_and_nothing_else() {
    for manner in [Manner::Wrong, Manner::Missing] {
        let (server, folder) = (Server::start(manner), TempDir::new().unwrap());
        put(folder.path(), "fables/deep/fable.txt", b"an old fable");
        let source = source(Some(&server.address));
        let error = fetch(&source, &cache(&folder), |_| {})
            .unwrap_err()
            .to_string();
        let expected = match manner {
            Manner::Wrong => source.files[0].sha256.as_str(),
            _ => "404",
        };
        assert!(
            error.contains(expected) && error.lines().count() == 1,
            "{error}"
        );
        assert_eq!(in_cache(&folder).as_deref(), Some(&b"an old fable"[..]));
        let part = folder.path().join("fables/deep/fable.txt.part");
        assert!(!part.exists());
    }
}

#[test]
fn without_a_network_the_error_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    // A port that nobody listens at.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/file", listener.local_addr().unwrap());
    drop(listener);
    let error = fetch(&source(Some(&address)), &cache(&folder), |_| {}).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&address) && text.contains("--data"), "{text}");
    let error = fetch(&source(None), &cache(&folder), |_| {}).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("fables") && text.contains("write one"),
        "{text}"
    );
}

#[test]
fn a_mirror_is_copied_and_checked() {
    let (folder, mirror) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    put(mirror.path(), "fables/deep/fable.txt", CONTENT);
    let places = Places {
        mirror: Some(mirror.path().to_owned()),
        ..cache(&folder)
    };
    assert_eq!(
        places.find(&source(None)),
        Some(mirror.path().join("fables"))
    );
    fetch(&source(None), &places, |_| {}).unwrap();
    assert_eq!(in_cache(&folder).as_deref(), Some(CONTENT));
    let other = vec![b'y'; CONTENT.len()];
    put(mirror.path(), "fables/deep/fable.txt", &other);
    fs::remove_dir_all(folder.path().join("fables")).unwrap();
    let error = fetch(&source(None), &places, |_| {})
        .unwrap_err()
        .to_string();
    assert!(error.contains("SHA-256"), "{error}");
    assert!(in_cache(&folder).is_none());
}
