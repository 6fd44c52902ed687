//! Ctrl-C: the first asks the run to end after its step, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;
use crate::progress;

/// What a shell reports for a program that SIGINT ended.
const EXIT_CODE: i32 = 130;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Watches for Ctrl-C from now on.
pub fn watch() -> Result<(), Error> {
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            exit();
        }
    })?;
    Ok(())
}

/// Whether the run has been asked to end.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Asks the run to end after its step, as the first Ctrl-C does.
pub fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Ends the program at once, as the second Ctrl-C does.
pub fn exit() -> ! {
    progress::restore_terminal();
    std::process::exit(EXIT_CODE)
}
