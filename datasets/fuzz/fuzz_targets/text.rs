//! Plain and compressed text, in either encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::{Encoding, english_words, read_text_as};
use recurra_datasets_fuzz::in_file;

fuzz_target!(|input: (bool, bool, &[u8])| {
    let (is_compressed, is_latin1, bytes) = input;
    let name = if is_compressed { "a.txt.gz" } else { "a.txt" };
    let encoding = if is_latin1 {
        Encoding::Latin1
    } else {
        Encoding::Utf8
    };
    if let Ok(text) = in_file(name, bytes, |path| read_text_as(path, encoding)) {
        assert!(!text.is_empty());
        english_words(text);
    }
});
