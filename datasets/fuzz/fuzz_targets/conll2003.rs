//! Tagged sentences in the columns of CoNLL-2003.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::tagged::read_conll2003;
use recurra_datasets_fuzz::{in_file, tagged};

fuzz_target!(|bytes: &[u8]| tagged(in_file("a", bytes, |path| read_conll2003(path))));
