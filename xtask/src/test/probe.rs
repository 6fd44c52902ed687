//! Which devices this machine has, as the experiments' binary sees them.

use std::process::Stdio;

use crate::cargo;
use crate::device::Device;
use crate::error::Error;
use crate::test::features;

/// One device and, if the machine lacks it, the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    pub device: Device,
    pub absent: Option<String>,
}

impl Presence {
    pub fn is_present(&self) -> bool {
        self.absent.is_none()
    }
}

/// Asks for each device, in the order given. Without a GPU among them nothing has to be built to
/// know the answer.
pub fn probe(devices: &[Device]) -> Result<Vec<Presence>, Error> {
    let seen = if devices.iter().all(|device| device.is_cpu()) {
        Vec::new()
    } else {
        parse(&ask(devices)?)?
    };
    devices.iter().map(|device| find(*device, &seen)).collect()
}

fn find(device: Device, seen: &[Presence]) -> Result<Presence, Error> {
    if device.is_cpu() {
        return Ok(Presence {
            device,
            absent: None,
        });
    }
    let found = seen.iter().find(|presence| presence.device == device);
    found.cloned().ok_or_else(|| {
        Error::Failed(format!(
            "`recurra-experiments devices` says nothing of {device}"
        ))
    })
}

/// Builds with the tests' own profile and features, so that the tests find burn already compiled.
fn ask(devices: &[Device]) -> Result<String, Error> {
    let features = features::with_defaults(devices)?;
    let mut command = cargo::at_root(["run", "--bin", "recurra-experiments"]);
    command.args([
        "--no-default-features",
        "--features",
        &features,
        "--",
        "devices",
    ]);
    command.stderr(Stdio::inherit());
    let output = command
        .output()
        .map_err(|source| cargo::start_error(&command, source))?;
    if !output.status.success() {
        return Err(Error::Failed(format!(
            "the devices cannot be probed: `recurra-experiments devices` ended with {}",
            output.status
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads lines such as `wgpu available NAME` and `wgpu absent: REASON`; others are not about
/// devices.
fn parse(text: &str) -> Result<Vec<Presence>, Error> {
    let mut seen = Vec::new();
    for line in text.lines() {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let Some(device) = Device::from_name(name) else {
            continue;
        };
        let absent = if let Some(reason) = rest.strip_prefix("absent:") {
            Some(reason.trim().to_owned())
        } else if rest.split_whitespace().next() == Some("available") {
            None
        } else {
            return Err(Error::Failed(format!(
                "device line must be `{device} available NAME` or `{device} absent: REASON`, \
                 got {line:?}"
            )));
        };
        seen.push(Presence { device, absent });
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_present_and_absent_devices_are_read() {
        let seen = parse("flex available\nwgpu absent: no adapter found: none\n").unwrap();
        let reason = Some("no adapter found: none".to_owned());
        assert_eq!(
            seen,
            [
                Presence {
                    device: Device::Flex,
                    absent: None
                },
                Presence {
                    device: Device::Wgpu,
                    absent: reason
                },
            ]
        );
        let named = parse("wgpu available llvmpipe (LLVM 19)").unwrap();
        assert!(named[0].is_present());
    }

    #[test]
    fn other_lines_are_skipped_but_half_a_device_line_is_an_error() {
        assert_eq!(parse("a note\n\n").unwrap(), []);
        assert!(parse("wgpu").is_err());
        assert!(parse("wgpu perhaps").is_err());
    }

    #[test]
    fn a_gpu_that_goes_unmentioned_is_an_error_and_a_cpu_is_not() {
        assert!(find(Device::Wgpu, &[]).is_err());
        assert!(find(Device::Flex, &[]).unwrap().is_present());
    }
}
