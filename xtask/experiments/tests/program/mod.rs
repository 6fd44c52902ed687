//! The program under test.

use std::process::Command;

/// The program, blind to what data sets this machine has: whoever gives no data gets generated data.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recurra-experiments"));
    command
        .env("RECURRA_DATA", "")
        .env("RECURRA_CACHE", "no folder");
    command
}
