//! Labelled texts, parted by commas.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::labelled::Syntax;
use recurra_datasets_fuzz::labelled;

fuzz_target!(|bytes: &[u8]| labelled(Syntax::Csv, bytes));
