//! `cargo xtask test`: the whole test suite, doctests included, on one device or on all that this
//! machine has.
//!
//! The suite names its tests by device (`flex::..`, `wgpu::..`); those of a device that is not
//! built in are listed as ignored. One build with the features of all devices at hand therefore
//! covers them all.

mod features;
mod probe;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::cargo;
use crate::device::{self, Device};
use crate::error::Error;
use probe::Presence;

/// What is tried when no device is named. CUDA takes a toolkit to build, so it has to be asked for.
const USUAL: [Device; 3] = [Device::Flex, Device::Ndarray, Device::Wgpu];

pub fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    let asked = parse(args)?;
    let devices = match asked {
        Some(device) => vec![device],
        None => USUAL.to_vec(),
    };
    let probed = probe::probe(&devices)?;
    let present: Vec<_> = probed
        .iter()
        .filter(|p| p.is_present())
        .map(|p| p.device)
        .collect();
    if present.is_empty() {
        print_summary(&probed, true);
        return Err(Error::Failed("no device to run the tests on".to_owned()));
    }
    let mut args = vec!["test", "--workspace", "--no-default-features"];
    // A failure on one device must not hide the results of the others.
    args.push("--no-fail-fast");
    let features = features::with_defaults(&present)?;
    args.extend(["--features", &features]);
    let mut command = cargo::at_root(args);
    // What a test leaves open: examples in the docs would otherwise all start the GPU's driver at once.
    command.env("BURN_DEVICE", present[0].name());
    let passed = cargo::wait(&mut command)?.success();
    print_summary(&probed, passed);
    if passed {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Error::Failed("the test suite failed".to_owned()))
    }
}

fn parse(args: &[OsString]) -> Result<Option<Device>, Error> {
    let device = device::from_args(args)?;
    let expected = match args.first() {
        Some(first) if first == "--device" => 2,
        Some(first) if first.to_string_lossy().starts_with("--device=") => 1,
        _ => 0,
    };
    match args.get(expected) {
        Some(extra) => Err(Error::Usage(format!(
            "test takes only --device ndarray|flex|wgpu|cuda, got {extra:?}"
        ))),
        None => Ok(device),
    }
}

fn print_summary(probed: &[Presence], passed: bool) {
    println!();
    for presence in probed {
        println!("{}", summary(presence, passed));
    }
}

fn summary(presence: &Presence, passed: bool) -> String {
    let device = presence.device;
    match &presence.absent {
        Some(reason) => format!("{device}: not run ({reason})"),
        None if passed => format!("{device}: tested"),
        None => format!("{device}: built in, but the suite failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Option<Device>, Error> {
        let args: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        parse(&args)
    }

    #[test]
    fn only_a_device_may_be_asked_for() {
        assert_eq!(parse_line("").unwrap(), None);
        assert_eq!(parse_line("--device wgpu").unwrap(), Some(Device::Wgpu));
        assert_eq!(parse_line("--device=flex").unwrap(), Some(Device::Flex));
        for line in [
            "x",
            "--device flex x",
            "x --device flex",
            "--device=flex --device=flex",
        ] {
            assert!(matches!(parse_line(line), Err(Error::Usage(_))), "{line}");
        }
    }

    #[test]
    fn the_summary_tells_absence_and_failure_from_success() {
        let present = Presence {
            device: Device::Flex,
            absent: None,
        };
        assert_eq!(summary(&present, true), "flex: tested");
        assert_eq!(
            summary(&present, false),
            "flex: built in, but the suite failed"
        );
        let reason = Some("no adapter found".to_owned());
        let absent = Presence {
            device: Device::Wgpu,
            absent: reason,
        };
        assert_eq!(summary(&absent, true), "wgpu: not run (no adapter found)");
    }
}
