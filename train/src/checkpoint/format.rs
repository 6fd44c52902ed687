//! The bytes of a checkpoint, as the documentation of [`checkpoint`](super) lays them out.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::Damage;

const MAGIC: &[u8; 8] = b"RECURRA\0";
const VERSION: u32 = 1;
/// The bytes that the header's checksum is of.
const CHECKED: usize = 40;
pub(super) const HEADER: usize = CHECKED + 4;
const DIGEST: usize = 32;
/// What a section takes beside its name and its content.
const SECTION: usize = 1 + 4 + 8;

/// What stands before the sections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Header {
    pub length: u64,
    pub step: u64,
    pub metric: Option<f64>,
}

/// One section before it is interpreted.
pub(super) struct RawSection<'a> {
    pub kind: u8,
    pub name: &'a str,
    pub content: &'a [u8],
}

impl Header {
    /// The header of these sections.
    pub fn new(step: u64, metric: Option<f64>, sections: &[RawSection<'_>]) -> Self {
        let bytes = |section: &RawSection<'_>| SECTION + section.name.len() + section.content.len();
        let sections: usize = sections.iter().map(bytes).sum();
        Self {
            length: (HEADER + sections + DIGEST) as u64,
            step,
            metric,
        }
    }

    fn bytes(self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(u32::from(self.metric.is_some()).to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(self.step.to_le_bytes());
        bytes.extend(self.metric.unwrap_or(0.0).to_le_bytes());
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    /// The header of a file that begins with `bytes` and has `length` of them.
    pub fn read(bytes: &[u8], length: u64) -> Result<Self, Damage> {
        if !bytes.starts_with(&MAGIC[..MAGIC.len().min(bytes.len())]) || bytes.is_empty() {
            return Err(Damage::NotACheckpoint);
        }
        let fields = Fields::read(bytes).ok_or(Damage::Length {
            found: length,
            expected: (HEADER + DIGEST) as u64,
        })?;
        if fields.version != VERSION {
            return Err(Damage::Version {
                found: fields.version,
                known: VERSION,
            });
        }
        if fields.checksum != crc32c::crc32c(&bytes[..CHECKED]) || fields.flags > 1 {
            return Err(Damage::Header);
        }
        if fields.length != length {
            return Err(Damage::Length {
                found: length,
                expected: fields.length,
            });
        }
        Ok(Self {
            length,
            step: fields.step,
            metric: (fields.flags == 1).then_some(fields.metric),
        })
    }
}

/// The numbers of a header, whatever they are.
struct Fields {
    version: u32,
    flags: u32,
    length: u64,
    step: u64,
    metric: f64,
    checksum: u32,
}

impl Fields {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes.get(MAGIC.len()..)?);
        Some(Self {
            version: cursor.u32()?,
            flags: cursor.u32()?,
            length: cursor.u64()?,
            step: cursor.u64()?,
            metric: f64::from_bits(cursor.u64()?),
            checksum: cursor.u32()?,
        })
    }
}

/// Writes a whole file.
pub(super) fn write(
    header: Header,
    sections: &[RawSection<'_>],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = Hashing {
        out,
        hash: Sha256::new(),
    };
    out.write_all(&header.bytes())?;
    for section in sections {
        out.write_all(&[section.kind])?;
        let name = u32::try_from(section.name.len()).map_err(io::Error::other)?;
        out.write_all(&name.to_le_bytes())?;
        out.write_all(section.name.as_bytes())?;
        out.write_all(&(section.content.len() as u64).to_le_bytes())?;
        out.write_all(section.content)?;
    }
    let digest = out.hash.finalize();
    out.out.write_all(&digest)
}

/// The header and the sections of a whole file.
pub(super) fn read(bytes: &[u8]) -> Result<(Header, Vec<RawSection<'_>>), Damage> {
    let header = Header::read(bytes, bytes.len() as u64);
    if let Err(damage) = &header
        && !matches!(damage, Damage::Version { .. })
    {
        return Err(damage.clone());
    }
    let cut = bytes.len().checked_sub(DIGEST).filter(|&cut| cut >= HEADER);
    let (body, digest) = bytes.split_at(cut.ok_or(Damage::Length {
        found: bytes.len() as u64,
        expected: (HEADER + DIGEST) as u64,
    })?);
    // Before the version is believed, because its own bits may be the ones that flipped.
    if Sha256::digest(body).as_slice() != digest {
        return Err(Damage::Checksum);
    }
    let header = header?;
    let mut cursor = Cursor(&body[HEADER..]);
    let mut sections = Vec::new();
    while !cursor.0.is_empty() {
        sections.push(cursor.section().ok_or_else(|| Damage::Content {
            cause: format!("section {} is no section", sections.len() + 1),
        })?);
    }
    Ok((header, sections))
}

/// Passes bytes on and hashes them on the way, so that a checkpoint need not lie in memory a second time.
struct Hashing<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
}

impl Hashing<'_> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.out.write_all(bytes)
    }
}

/// Bytes that have not been read yet. Nothing here trusts a length.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn section(&mut self) -> Option<RawSection<'a>> {
        let [kind] = self.array()?;
        let name = self.u32()?;
        let name = std::str::from_utf8(self.take(usize::try_from(name).ok()?)?).ok()?;
        let content = self.u64()?;
        let content = self.take(usize::try_from(content).ok()?)?;
        (!name.is_empty()).then_some(RawSection {
            kind,
            name,
            content,
        })
    }
}
