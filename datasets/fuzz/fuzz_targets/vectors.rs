//! Vectors of words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::text_vectors::TextVectors;
use recurra_datasets_fuzz::in_file;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(vectors) = in_file("a.txt", bytes, |path| TextVectors::read(path)) {
        vectors.coverage(["the", "of"]);
        if let Some(vector) = vectors.vector("the") {
            assert_eq!(vector.len(), vectors.dimensions());
        }
    }
});
