//! The workspace's folder, and cargo started in it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::error::Error;

/// The workspace's folder.
///
/// Cargo names the package it runs in the environment. The path known at build time is only the
/// fallback, because checkouts that share a target folder may share the binary as well.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let package = package.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    package.parent().map(Path::to_path_buf).unwrap_or(package)
}

/// The text of a file of the workspace.
pub fn read(path: &str) -> Result<String, Error> {
    fs::read_to_string(root().join(path)).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

/// The cargo that started this program, so that the toolchain stays the same.
pub fn program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Cargo in the workspace's folder, whose selection of packages is then the whole workspace.
pub fn at_root<I: AsRef<OsStr>>(args: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(program());
    command.args(args).current_dir(root());
    command
}

/// Waits for the command, which shares this program's terminal and process group.
pub fn wait(command: &mut Command) -> Result<ExitStatus, Error> {
    command
        .status()
        .map_err(|source| start_error(command, source))
}

/// The error for a command that could not be started.
pub fn start_error(command: &Command, source: io::Error) -> Error {
    Error::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    }
}

/// The code to exit with for a finished child: its own, or the shell's convention of 128 + n after
/// signal n.
pub fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(1);
    }
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1)
}
