//! Images and their labels.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::images::ImageCorpus;
use recurra_datasets_fuzz::in_files;

fuzz_target!(|files: (&[u8], &[u8])| {
    let (images, labels) = files;
    let read = in_files(
        [("images", images), ("labels", labels)],
        |[images, labels]| ImageCorpus::read(images, labels),
    );
    if let Ok(corpus) = read {
        assert!(!corpus.is_empty());
        assert!(!corpus.image(corpus.len() - 1).is_empty());
    }
});
