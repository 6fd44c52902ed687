//! The bytes of a `tensorflow.Event` and of the record around it.
//!
//! The fields that are written, of `event.proto` and `summary.proto`:
//!
//! ```text
//! Event      { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }
//! Summary    { repeated Value value = 1; }
//! Value      { string tag = 1; float simple_value = 2; }
//! SessionLog { SessionStatus status = 1; }
//! ```

/// The version of the format, which is the first event of every file.
const FILE_VERSION: &str = "brain.Event:2";
/// `SessionLog.START`: events of this step and later, in earlier files, no longer count.
const START: u64 = 1;

/// How the value of a field is encoded; it stands beside the field's number.
const VARINT: u64 = 0;
const FIXED_64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED_32: u64 = 5;

/// One event.
pub(super) struct Event<'a> {
    /// Seconds since 1970.
    pub wall_time: f64,
    pub step: i64,
    pub what: What<'a>,
}

/// What an event reports.
pub(super) enum What<'a> {
    FileVersion,
    SessionStart,
    Scalar { tag: &'a str, value: f32 },
}

impl Event<'_> {
    /// The protocol buffer. A field that has its default, zero, is left out, as the format's own writers do.
    pub fn bytes(&self) -> Vec<u8> {
        let mut event = Message::default();
        event.fixed_64(1, self.wall_time.to_bits());
        event.varint(2, self.step as u64);
        match self.what {
            What::FileVersion => event.bytes(3, FILE_VERSION.as_bytes()),
            What::SessionStart => {
                let mut log = Message::default();
                log.varint(1, START);
                event.bytes(7, &log.0);
            }
            What::Scalar { tag, value } => {
                let (mut summary, mut entry) = (Message::default(), Message::default());
                entry.bytes(1, tag.as_bytes());
                // One of several kinds of value: which it is must show even if it is zero.
                entry.fixed_32(2, value.to_bits());
                summary.bytes(1, &entry.0);
                event.bytes(5, &summary.0);
            }
        }
        event.0
    }
}

/// A protocol buffer that is being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn raw_varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, field: u64, kind: u64) {
        self.raw_varint(field << 3 | kind);
    }

    fn varint(&mut self, field: u64, value: u64) {
        if value != 0 {
            self.key(field, VARINT);
            self.raw_varint(value);
        }
    }

    fn fixed_64(&mut self, field: u64, bits: u64) {
        if bits != 0 {
            self.key(field, FIXED_64);
            self.0.extend(bits.to_le_bytes());
        }
    }

    fn fixed_32(&mut self, field: u64, bits: u32) {
        self.key(field, FIXED_32);
        self.0.extend(bits.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.key(field, LENGTH);
        self.raw_varint(bytes.len() as u64);
        self.0.extend(bytes);
    }
}

/// The record of an event.
pub(super) fn record(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    [
        &length[..],
        &masked(&length).to_le_bytes(),
        event,
        &masked(event).to_le_bytes(),
    ]
    .concat()
}

/// The checksum that TFRecord uses, masked so that a checksum of bytes that contain checksums stays good.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    // What TensorBoard's own writer makes of the same events: tests/goldens/generate_tensorboard.py.
    const GOLDEN: &str = include_str!("../../tests/goldens/tensorboard.json");

    #[derive(Deserialize)]
    struct Golden {
        wall_time: f64,
        file_version: String,
        session_start: String,
        scalars: Vec<GoldenScalar>,
    }

    #[derive(Deserialize)]
    struct GoldenScalar {
        tag: String,
        step: i64,
        bits: u32,
        record: String,
    }

    fn hexadecimal(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn records_are_those_of_tensorboards_own_writer() {
        let golden: Golden = serde_json::from_str(GOLDEN).expect("the golden file is well formed");
        let written = |step, what| {
            let wall_time = golden.wall_time;
            let event = Event {
                wall_time,
                step,
                what,
            };
            hexadecimal(&record(&event.bytes()))
        };
        assert_eq!(written(0, What::FileVersion), golden.file_version);
        assert_eq!(written(300, What::SessionStart), golden.session_start);
        assert_eq!(golden.scalars.len(), 6);
        for scalar in &golden.scalars {
            let value = f32::from_bits(scalar.bits);
            let tag = &scalar.tag;
            assert_eq!(
                written(scalar.step, What::Scalar { tag, value }),
                scalar.record,
                "{tag}"
            );
        }
    }

    // The check value of every CRC-32C, masked by hand: 0xe3069283 turned right by 15 bits, plus 0xa282ead8.
    #[test]
    fn the_checksum_is_crc_32c_masked() {
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(masked(b"123456789"), 0xc78a_b0e5);
    }
}
