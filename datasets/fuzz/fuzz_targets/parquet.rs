//! Labelled texts and soft labels from Parquet files.
#![no_main]

use std::panic;

libfuzzer_sys::fuzz_target!(
    // The crate that reads these files panics at damaged ones and our readers catch that, so a panic may not end the fuzzer
    // before it gets there. One that nobody catches still does.
    init: panic::set_hook(Box::new(|_| ())),
    |bytes: &[u8]| recurra_datasets_fuzz::targets::parquet(bytes)
);
