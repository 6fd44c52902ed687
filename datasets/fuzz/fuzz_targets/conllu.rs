//! Tagged sentences in the columns of CoNLL-U.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| recurra_datasets_fuzz::targets::conllu(bytes));
