//! Recordings of speech.

use super::{Address, Archive, Content, Source};

/// The Free Spoken Digit Dataset, of which four of six speakers are used.
pub(super) const FSDD: Source = Source {
    name: "fsdd",
    what: "Free Spoken Digit Dataset, four speakers, 8 kHz",
    licence: "CC BY-SA 4.0",
    counts: "1,800 recordings to train on (index 5 to 49), 200 to test (index 0 to 4)",
    content: Content::Archive(Archive {
        address: Address::new(
            "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/",
            "26eb9aaf76e81b692f806f9140c2d2777410d7a1.tar.gz",
        ),
        at_most: 256 << 20,
        root: "free-spoken-digit-dataset-26eb9aaf76e81b692f806f9140c2d2777410d7a1",
        folder: "recordings",
        infixes: &["_jackson_", "_nicolas_", "_theo_", "_george_"],
        ending: ".wav",
        files: 2000,
        size: 13_657_820,
        sha256: "e388e01898d7568a1361152158d66b3866348344c6e2d47dd1cc696bf1ac7a84",
    }),
    by_hand: "put the recordings of the Free Spoken Digit Dataset into a folder",
};
