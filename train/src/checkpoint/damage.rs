//! Why a file cannot be read as a checkpoint.

use std::fmt;

/// Why a file cannot be read as a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// It does not begin as a checkpoint does.
    NotACheckpoint,
    /// It is whole, but of another version of the format.
    Version {
        /// The version it is of.
        found: u32,
        /// The only version that this program reads.
        known: u32,
    },
    /// It has not as many bytes as it should.
    Length {
        /// The bytes it has.
        found: u64,
        /// The bytes it should have, at least.
        expected: u64,
    },
    /// The bytes before its sections do not match their checksum.
    Header,
    /// Its bytes do not match its SHA-256.
    Checksum,
    /// Its bytes match its SHA-256, but whoever wrote it wrote a section that cannot be read.
    Content {
        /// What cannot be read, on one line.
        cause: String,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACheckpoint => formatter.write_str("not a checkpoint"),
            Self::Version { found, known } => write!(
                formatter,
                "written in version {found} of the format, this program reads version {known}"
            ),
            Self::Length { found, expected } if found < expected => {
                write!(formatter, "cut off, {found} bytes of {expected} are there")
            }
            Self::Length { found, expected } => write!(
                formatter,
                "damaged, {found} bytes are there and {expected} belong to it"
            ),
            Self::Header => formatter.write_str("damaged, its header does not match its checksum"),
            Self::Checksum => formatter.write_str("damaged, its bytes do not match their SHA-256"),
            Self::Content { cause } => write!(formatter, "badly written, {cause}"),
        }
    }
}
