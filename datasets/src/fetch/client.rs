//! Asking a server for a file, or for the rest of one.

use std::io::{self, ErrorKind, Read};

use ureq::{
    Agent, Body,
    http::{Response, Uri, header},
};

use super::FetchOptions;
use crate::DatasetError;

/// The hosts that are this machine, which need no encryption.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Speaks HTTP.
pub(super) struct Client {
    agent: Agent,
    /// For servers on this machine: without encryption, and without a proxy.
    local: Agent,
    /// What helps whoever has no network.
    advice: String,
}

/// What a server sends.
pub(super) struct Answer {
    /// How many bytes come before those of the body.
    pub start: u64,
    /// How many there are in all, if the server says so.
    pub total: Option<u64>,
    pub body: Box<dyn Read>,
}

impl Client {
    pub fn new(options: &FetchOptions, advice: String) -> Self {
        let settings = || {
            Agent::config_builder()
                .user_agent(concat!("recurra-datasets/", env!("CARGO_PKG_VERSION")))
                // Ranges are of the file itself, not of what a server compresses it to.
                .accept_encoding("identity")
                .http_status_as_error(false)
                .timeout_resolve(Some(options.connect_timeout))
                .timeout_connect(Some(options.connect_timeout))
                .timeout_recv_response(Some(options.idle_timeout))
                .timeout_per_read(Some(options.idle_timeout))
        };
        Self {
            agent: settings().https_only(true).build().new_agent(),
            local: settings().proxy(None).build().new_agent(),
            advice,
        }
    }

    /// Asks for what lies at the address, without its first `from` bytes if the server can leave
    /// them out. If it cannot, the answer starts at 0.
    pub fn get(&self, address: &str, from: u64) -> Result<Answer, DatasetError> {
        let failed = |cause| DatasetError::Fetch {
            address: address.to_owned(),
            cause,
        };
        let answer = self.request(address, from).map_err(failed)?;
        match answer.status().as_u16() {
            200 => Ok(Answer {
                start: 0,
                total: answer.body().content_length(),
                body: Box::new(answer.into_body().into_reader()),
            }),
            206 if from > 0 => match content_range(&answer) {
                Some((start, total)) if start == from => Ok(Answer {
                    start,
                    total,
                    body: Box::new(answer.into_body().into_reader()),
                }),
                _ => self.get(address, 0),
            },
            // What is there is not longer than what was to be left out.
            416 if from > 0 => self.get(address, 0),
            status => {
                let kind = match status {
                    404 | 410 => ErrorKind::NotFound,
                    _ => ErrorKind::Other,
                };
                let text = format!("the server answered with status {status}, expected 200");
                Err(failed(io::Error::new(kind, text)))
            }
        }
    }

    fn request(&self, address: &str, from: u64) -> io::Result<Response<Body>> {
        let mut request = self.agent_for(address)?.get(address);
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        request.call().map_err(|error| self.explained(error))
    }

    /// What may speak to the host of the address.
    fn agent_for(&self, address: &str) -> io::Result<&Agent> {
        let uri: Uri = address.parse().map_err(io::Error::other)?;
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => Ok(&self.agent),
            (Some("http"), Some(host)) if LOCAL.contains(&host) => Ok(&self.local),
            _ => {
                let text = "an address must begin with https://, except on localhost";
                Err(io::Error::new(ErrorKind::InvalidInput, text))
            }
        }
    }

    /// The usual cause is a machine without a network, which no error of a library says.
    fn explained(&self, error: ureq::Error) -> io::Error {
        use ureq::Error::{ConnectionFailed, HostNotFound, Io, Timeout};
        let kind = match &error {
            Io(cause) => cause.kind(),
            Timeout(_) => ErrorKind::TimedOut,
            HostNotFound | ConnectionFailed => ErrorKind::HostUnreachable,
            _ => return io::Error::other(error.to_string()),
        };
        let question = format!("no connection ({error}); is this machine online?");
        io::Error::new(kind, format!("{question}\nif not, {}", self.advice))
    }
}

/// Where the body starts and how long the whole is, out of `Content-Range: bytes 3-9/10`.
fn content_range(answer: &Response<Body>) -> Option<(u64, Option<u64>)> {
    let range = answer.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = range.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}
