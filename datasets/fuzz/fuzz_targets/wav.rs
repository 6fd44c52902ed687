//! Recordings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::speech::Recording;
use recurra_datasets_fuzz::in_file;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(recording) = in_file("a.wav", bytes, |path| Recording::read(path)) {
        assert!(recording.seconds() > 0.0);
        assert!(
            recording
                .samples
                .iter()
                .all(|sample| (-1.0..=1.0).contains(sample))
        );
    }
});
