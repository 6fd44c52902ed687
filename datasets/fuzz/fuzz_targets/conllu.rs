//! Tagged sentences in the columns of CoNLL-U.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::tagged::{PartOfSpeech, read_conllu};
use recurra_datasets_fuzz::{in_file, tagged};

fuzz_target!(|bytes: &[u8]| {
    for tags in [PartOfSpeech::Universal, PartOfSpeech::Treebank] {
        tagged(in_file("a.conllu", bytes, |path| read_conllu(path, tags)));
    }
});
