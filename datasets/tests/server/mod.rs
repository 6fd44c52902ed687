//! A server of a few lines that answers as a test wants it to.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub path: String,
    /// How many bytes it wants left out.
    pub from: Option<usize>,
}

/// A server on this machine that lives as long as the test.
pub struct Server {
    /// Its address, with a slash at the end.
    pub base: &'static str,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers each request by the bytes of a whole response, and closes the connection.
    pub fn start(answer: impl Fn(&Request) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).leak();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read(&stream);
                let response = answer(&request);
                heard.lock().unwrap().push(request);
                // A client that has heard enough may have gone.
                stream.write_all(&response).ok();
            }
        });
        Self { base, requests }
    }

    /// Where each request so far wanted to start.
    pub fn starts(&self) -> Vec<Option<usize>> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|request| request.from).collect()
    }
}

fn read(stream: &TcpStream) -> Request {
    let lines = BufReader::new(stream).lines().map(|line| line.unwrap());
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let path = lines[0].split(' ').nth(1).unwrap().to_owned();
    let lower = lines.iter().map(|line| line.to_lowercase());
    let from = lower
        .filter_map(|line| {
            line.strip_prefix("range: bytes=")?
                .trim_end_matches('-')
                .parse()
                .ok()
        })
        .next();
    Request { path, from }
}

/// A response with this status line, headers and body.
pub fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut response =
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n").into_bytes();
    response.extend_from_slice(body);
    response
}

/// All of the content.
pub fn whole(content: &[u8]) -> Vec<u8> {
    let headers = format!("Content-Length: {}\r\n", content.len());
    response("200 OK", &headers, content)
}

/// The content from where the request wants it to start.
pub fn ranged(request: &Request, content: &[u8]) -> Vec<u8> {
    let size = content.len();
    match request.from {
        None => whole(content),
        Some(from) if from < size => {
            let headers = format!(
                "Content-Length: {}\r\nContent-Range: bytes {from}-{}/{size}\r\n",
                size - from,
                size - 1
            );
            response("206 Partial Content", &headers, &content[from..])
        }
        Some(_) => status("416 Range Not Satisfiable"),
    }
}

/// A status and nothing else.
pub fn status(status: &str) -> Vec<u8> {
    response(status, "Content-Length: 0\r\n", b"")
}
