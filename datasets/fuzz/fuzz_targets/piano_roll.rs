//! Piano rolls.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::{PIANO_KEYS, PianoRollCorpus};
use recurra_datasets_fuzz::in_file;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(corpus) = in_file("a.json", bytes, |path| PianoRollCorpus::read(path)) {
        for part in [corpus.train, corpus.valid, corpus.test] {
            assert!(part.iter().all(|piece| piece.len() >= 2));
            let mut keys = part.iter().flat_map(|piece| piece.steps()).flatten();
            assert!(keys.all(|&key| key < PIANO_KEYS));
        }
    }
});
