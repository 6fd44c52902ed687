//! Parallel text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::parallel::ParallelText;
use recurra_datasets_fuzz::in_files;

fuzz_target!(|files: (&[u8], &[u8])| {
    let (source, target) = files;
    let read = in_files([("a.en", source), ("a.de", target)], |[source, target]| {
        ParallelText::read(source, target)
    });
    if let Ok(text) = read {
        assert_eq!(text.sources.len(), text.targets.len());
        assert!(
            text.pairs()
                .all(|(source, target)| !source.is_empty() && !target.is_empty())
        );
    }
});
