//! The devices that a command may be asked for, and the `--device` option that names one.

use std::ffi::OsString;
use std::fmt;

use crate::error::Error;

/// A device, named as the cargo feature that builds it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    Ndarray,
    Flex,
    Wgpu,
    Cuda,
}

impl Device {
    pub const ALL: [Self; 4] = [Self::Ndarray, Self::Flex, Self::Wgpu, Self::Cuda];

    /// The name in options, in cargo features and in the names of tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ndarray => "ndarray",
            Self::Flex => "flex",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        }
    }

    /// Whether every machine has it.
    pub fn is_cpu(self) -> bool {
        matches!(self, Self::Ndarray | Self::Flex)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|device| device.name() == name)
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The value of the first `--device X` or `--device=X`, wherever it stands among other arguments.
pub fn from_args(args: &[OsString]) -> Result<Option<Device>, Error> {
    let mut args = args.iter().take_while(|arg| *arg != "--");
    while let Some(arg) = args.next() {
        let arg = arg.to_string_lossy();
        if let Some(value) = arg.strip_prefix("--device=") {
            return parse(value).map(Some);
        }
        if arg == "--device" {
            let value = args.next().map(|value| value.to_string_lossy());
            return parse(value.as_deref().unwrap_or("")).map(Some);
        }
    }
    Ok(None)
}

fn parse(value: &str) -> Result<Device, Error> {
    Device::from_name(value).ok_or_else(|| {
        Error::Usage(format!(
            "device must be ndarray, flex, wgpu or cuda, got {value:?}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(line: &str) -> Result<Option<Device>, Error> {
        let args: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        from_args(&args)
    }

    #[test]
    fn both_spellings_are_read_among_other_arguments() {
        assert_eq!(device("adding --quick").unwrap(), None);
        assert_eq!(device("--device wgpu adding").unwrap(), Some(Device::Wgpu));
        assert_eq!(
            device("adding --device=cuda --seed 1").unwrap(),
            Some(Device::Cuda)
        );
    }

    #[test]
    fn missing_or_unknown_values_are_refused() {
        for line in ["--device", "--device=", "--device gpu", "--device=Flex"] {
            assert!(matches!(device(line), Err(Error::Usage(_))), "{line}");
        }
    }

    #[test]
    fn arguments_after_two_dashes_are_not_options() {
        assert_eq!(device("adding -- --device gpu").unwrap(), None);
    }
}
