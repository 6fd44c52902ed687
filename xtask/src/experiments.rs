//! The commands of the experiments' binary: `list`, `run`, `fetch`, `predict` and `bench`.
//!
//! Only the device is read here, because it decides what to build. The binary gets every argument
//! as it was typed and validates it.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::cargo;
use crate::device::{self, Device};
use crate::error::Error;

/// Builds the binary in release, runs `command` of it in the caller's folder and hands its exit
/// code on.
pub fn start(command: &str, args: &[OsString]) -> Result<ExitCode, Error> {
    if command == "run" && args.is_empty() {
        return Err(Error::Usage(
            "run needs the name of an experiment; cargo xtask list names them".to_owned(),
        ));
    }
    let device = device::from_args(args)?;
    // Ctrl-C reaches the whole process group. The experiment decides what to do with it, and this
    // program stays until it is done, so that the terminal is not given back too early.
    ctrlc::set_handler(|| {})
        .map_err(|error| Error::Failed(format!("cannot watch for Ctrl-C: {error}")))?;
    let status = cargo::wait(&mut release(device, command, args))?;
    Ok(ExitCode::from(cargo::exit_code(status)))
}

/// `cargo run` names its progress on standard error, so that standard output is the binary's alone.
fn release(device: Option<Device>, command: &str, args: &[OsString]) -> Command {
    let mut run = Command::new(cargo::program());
    run.args(["run", "--release", "--package", "recurra-experiments"]);
    run.arg("--manifest-path")
        .arg(cargo::root().join("Cargo.toml"));
    // The CPU's backends are the binary's default features.
    if let Some(device) = device.filter(|device| !device.is_cpu()) {
        run.args(["--features", device.name()]);
    }
    run.arg("--").arg(command).args(args);
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(device: Option<Device>) -> String {
        let args = ["adding".into(), "--set".into(), "path=fused".into()];
        let command = release(device, "run", &args);
        let words: Vec<_> = command
            .get_args()
            .map(|arg| arg.to_string_lossy())
            .collect();
        words.join(" ")
    }

    #[test]
    fn a_gpu_is_built_in_on_demand() {
        assert!(line(Some(Device::Wgpu)).contains("--features wgpu -- run adding"));
        assert!(!line(Some(Device::Ndarray)).contains("--features"));
        assert!(!line(None).contains("--features"));
    }

    #[test]
    fn arguments_are_handed_on_untouched() {
        assert!(line(None).ends_with("-- run adding --set path=fused"));
    }
}
