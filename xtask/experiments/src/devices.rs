//! The devices of a build, by name, and whether they work on this machine.

use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};

use burn::tensor::{Device, Tensor};
use clap::ValueEnum;
use recurra_cells::kernel;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A device, named as the feature that builds it in; in the order in which a run prefers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum DeviceName {
    Flex,
    Ndarray,
    Wgpu,
    Cuda,
}

impl DeviceName {
    /// The name in options, features and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        }
    }

    /// The device asked for, or the first of this build.
    pub fn or_first(asked: Option<Self>) -> Self {
        asked.or_else(|| Self::built().next()).unwrap_or(Self::Flex)
    }

    /// Whether it computes on the CPU itself, where a cell runs over a sequence as one operation.
    pub fn is_cpu(self) -> bool {
        matches!(self, Self::Flex | Self::Ndarray)
    }

    fn is_built(self) -> bool {
        match self {
            Self::Flex => cfg!(feature = "flex"),
            Self::Ndarray => cfg!(feature = "ndarray"),
            Self::Wgpu => cfg!(feature = "wgpu"),
            Self::Cuda => cfg!(feature = "cuda"),
        }
    }

    fn built() -> impl Iterator<Item = Self> {
        Self::value_variants()
            .iter()
            .copied()
            .filter(|name| name.is_built())
    }

    /// burn's device of this name.
    ///
    /// # Panics
    ///
    /// If this build leaves it off.
    fn open(self) -> Device {
        match self {
            #[cfg(feature = "flex")]
            Self::Flex => Device::flex(),
            #[cfg(feature = "ndarray")]
            Self::Ndarray => ndarray(),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Device::wgpu(burn::tensor::DeviceKind::DefaultDevice),
            #[cfg(feature = "cuda")]
            Self::Cuda => Device::cuda(0usize),
            #[cfg(not(all(
                feature = "flex",
                feature = "ndarray",
                feature = "wgpu",
                feature = "cuda"
            )))]
            other => panic!("this build leaves {} off", other.name()),
        }
    }
}

#[cfg(feature = "ndarray")]
#[expect(
    deprecated,
    reason = "burn deprecates the constructor, but ndarray is one of the devices we support"
)]
fn ndarray() -> Device {
    Device::ndarray()
}

/// The device asked for, or the first of this build, after it has shown that it works.
///
/// # Errors
///
/// If this build leaves it off, or it does not work on this machine.
pub fn choose(asked: Option<DeviceName>) -> Result<(DeviceName, Device), Error> {
    let name = DeviceName::or_first(asked);
    if !name.is_built() {
        let built: Vec<&str> = DeviceName::built().map(DeviceName::name).collect();
        return Err(Error::DeviceNotBuilt {
            name: name.name(),
            built: built.join(", "),
        });
    }
    match probe(name) {
        Ok((device, _)) => Ok((name, device)),
        Err(reason) => Err(Error::DeviceAbsent {
            name: name.name(),
            reason,
        }),
    }
}

/// How many batches to compute at a time where nothing is learned: as many as there may be threads on a CPU, whose cores one small
/// batch leaves idle; one on any other device.
pub fn workers(device: &Device) -> NonZeroUsize {
    let own = device.clone().inner();
    let mut cpus = DeviceName::built().filter(|it| it.is_cpu());
    let threads = match cpus.any(|cpu| cpu.open() == own) {
        true => kernel::threads(),
        false => 1,
    };
    NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN)
}

/// Prints a line for each device.
pub fn list() {
    for &name in DeviceName::value_variants() {
        println!("{}", line(name));
    }
}

fn line(name: DeviceName) -> String {
    if !name.is_built() {
        return format!("{} absent: this build leaves the feature off", name.name());
    }
    match probe(name) {
        Ok((_, adapter)) => format!("{} available {adapter}", name.name())
            .trim_end()
            .to_owned(),
        Err(reason) => format!("{} absent: {reason}", name.name()),
    }
}

/// Opens the device and computes a small sum on it; gives the device and its adapter's name, or why it does not work.
///
/// burn reports a missing driver or adapter by a panic, which must not end a command that only asks.
fn probe(name: DeviceName) -> Result<(Device, String), String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let device = name.open();
        let sum = Tensor::<1>::ones([3], &device).sum().into_scalar::<f32>();
        let adapter = adapter(&device);
        (device, adapter, sum)
    }));
    panic::set_hook(hook);
    match outcome {
        Ok((device, adapter, 3.0)) => Ok((device, adapter)),
        Ok((_, _, sum)) => Err(format!("1 + 1 + 1 gives {sum}")),
        Err(payload) => Err(reason(payload.as_ref())),
    }
}

/// The adapter's own name; empty for a device without one.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn adapter(device: &Device) -> String {
    device
        .identity()
        .map(|identity| identity.name)
        .unwrap_or_default()
}

#[cfg(not(any(feature = "wgpu", feature = "cuda")))]
fn adapter(_device: &Device) -> String {
    String::new()
}

/// A panic's message on one line.
fn reason(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("it panics without a message");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_built_cpu_device_is_available() {
        for name in [DeviceName::Flex, DeviceName::Ndarray]
            .into_iter()
            .filter(|name| name.is_built())
        {
            assert_eq!(line(name), format!("{} available", name.name()));
        }
    }

    #[test]
    fn a_device_that_is_left_off_says_so() {
        for &name in DeviceName::value_variants()
            .iter()
            .filter(|name| !name.is_built())
        {
            assert_eq!(
                line(name),
                format!("{} absent: this build leaves the feature off", name.name())
            );
            assert!(matches!(
                choose(Some(name)),
                Err(Error::DeviceNotBuilt { .. })
            ));
        }
    }
}
