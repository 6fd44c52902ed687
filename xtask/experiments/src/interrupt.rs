//! Ctrl-C: the first asks the run to end after its step, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

/// What a shell reports for a program that SIGINT ended.
const EXIT_CODE: i32 = 130;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Watches for Ctrl-C from now on.
pub fn watch() -> Result<(), Error> {
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            std::process::exit(EXIT_CODE);
        }
    })?;
    Ok(())
}

/// Whether the run has been asked to end.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
