//! Downloading into a file that grows, across interruptions.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    path::Path,
};

use super::{
    Job, Progress,
    client::Answer,
    files::{open_part, unwritable},
};
use crate::{DatasetError, registry::Address};

/// How many bytes are read at once.
const BLOCK: usize = 1 << 16;

/// What is to be downloaded.
#[derive(Clone, Copy)]
pub(super) struct Download<'a> {
    pub address: &'a Address,
    /// Where it grows; what is there already is its beginning.
    pub part: &'a Path,
    /// How many bytes it has, if that is known.
    pub size: Option<u64>,
    /// How many bytes it is given up behind.
    pub at_most: u64,
}

impl Job<'_> {
    /// Downloads what the part lacks. It is complete then, but nobody has looked at it yet.
    ///
    /// An answer that breaks off leaves what has arrived; one that is too long leaves nothing.
    pub(super) fn download(&mut self, wanted: Download<'_>) -> Result<(), DatasetError> {
        let mut part = open_part(wanted.part)?;
        let unreadable = DatasetError::read(wanted.part);
        let there = part.metadata().map_err(unreadable)?.len();
        if wanted.size == Some(there) {
            return Ok(());
        }
        let resumed = if there < wanted.at_most { there } else { 0 };
        let address = wanted.address;
        self.tell(Progress::Connecting { address, resumed });
        let answer = self.client.get(&address.to_string(), resumed)?;
        if let (Some(size), Some(total)) = (wanted.size, answer.total)
            && size != total
        {
            let text = format!("size: expected {size} bytes, got {total}");
            return Err(wanted.failed(ErrorKind::InvalidData, text));
        }
        let unwritable = unwritable(wanted.part);
        part.set_len(answer.start).map_err(&unwritable)?;
        let received = self.receive(&mut part, answer, wanted);
        // What has arrived is worth keeping, whatever became of the rest.
        part.sync_all().map_err(&unwritable)?;
        received
    }

    fn receive(
        &mut self,
        part: &mut File,
        mut answer: Answer,
        wanted: Download<'_>,
    ) -> Result<(), DatasetError> {
        let unwritable = unwritable(wanted.part);
        let total = answer.total.or(wanted.size);
        let (mut received, mut block) = (answer.start, vec![0; BLOCK]);
        loop {
            let count = match answer.body.read(&mut block) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(wanted.broken_off(received, &error.to_string())),
            };
            if count == 0 {
                break;
            }
            received += count as u64;
            if received > wanted.at_most {
                part.set_len(0).map_err(&unwritable)?;
                let text = format!("size: expected at most {} bytes, got more", wanted.at_most);
                return Err(wanted.failed(ErrorKind::InvalidData, text));
            }
            part.write_all(&block[..count]).map_err(&unwritable)?;
            self.tell(Progress::Received {
                bytes: received,
                of: total,
            });
        }
        match total {
            Some(total) if received < total => {
                Err(wanted.broken_off(received, &format!("expected {total} bytes")))
            }
            _ => Ok(()),
        }
    }
}

impl Download<'_> {
    pub fn failed(&self, kind: ErrorKind, text: String) -> DatasetError {
        DatasetError::Fetch {
            address: self.address.to_string(),
            cause: io::Error::new(kind, text),
        }
    }

    fn broken_off(&self, received: u64, cause: &str) -> DatasetError {
        let text = format!(
            "it broke off behind {received} bytes ({cause}); another fetch goes on from there"
        );
        self.failed(ErrorKind::UnexpectedEof, text)
    }
}
