//! Tagged sentences in the columns of CoNLL-2003.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| recurra_datasets_fuzz::targets::conll2003(bytes));
