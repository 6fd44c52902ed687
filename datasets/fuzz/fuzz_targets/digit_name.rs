//! The names of spoken digits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::speech::SpokenDigits;
use recurra_datasets_fuzz::in_file;

/// A recording of one sample.
const RECORDING: &[u8] = include_bytes!("../seeds/wav/one_sample.wav");

fuzz_target!(|name: &str| {
    // What a file cannot be called, and what an error would show as a second line.
    if name.len() > 200 || name.contains(['/', '\0', '\n']) {
        return;
    }
    let name = format!("{name}.wav");
    let read = in_file(&name, RECORDING, |path| {
        SpokenDigits::read(path.parent().expect("a folder with the file"))
    });
    if let Ok(digits) = read {
        let [one] = &digits.utterances[..] else {
            panic!("one recording, got {}", digits.utterances.len());
        };
        assert_eq!(
            name,
            format!("{}_{}_{}.wav", one.digit, one.speaker, one.index)
        );
    }
});
