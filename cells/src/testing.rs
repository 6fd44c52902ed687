//! Tests that run on every device of a build.

/// Makes a test of each function `fn(&burn::tensor::Device)` for every device: `flex::name`, `ndarray::name`, `wgpu::name`
/// and `cuda::name`. The invoking crate has features of those names; a device whose feature is off is reported as ignored,
/// never as passed.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// fn zeros_are_zero(device: &Device) {
///     assert_eq!(Tensor::<1>::zeros([2], device).sum().into_scalar::<f32>(), 0.0);
/// }
///
/// recurra_cells::device_tests!(zeros_are_zero);
/// ```
#[macro_export]
macro_rules! device_tests {
    ($($name:ident),+ $(,)?) => {
        $crate::device_tests!(@on flex, "flex", ::burn::tensor::Device::flex(), [$($name),+]);
        $crate::device_tests!(@on ndarray, "ndarray", $crate::testing::ndarray(), [$($name),+]);
        $crate::device_tests!(@on wgpu, "wgpu", ::burn::tensor::Device::wgpu(Default::default()), [$($name),+]);
        $crate::device_tests!(@on cuda, "cuda", ::burn::tensor::Device::cuda(0usize), [$($name),+]);
    };
    (@on $module:ident, $feature:literal, $device:expr, [$($name:ident),+]) => {
        mod $module {
            $(
                #[test]
                #[cfg_attr(not(feature = $feature), ignore = "this build leaves the device's feature off")]
                fn $name() {
                    #[cfg(feature = $feature)]
                    super::$name(&$device);
                    #[cfg(not(feature = $feature))]
                    panic!("this build leaves the feature {} off", $feature);
                }
            )+
        }
    };
}

/// [`device_tests`](crate::device_tests) on the CPU devices alone: for what trains until it succeeds or draws thousands of
/// cases, which takes a GPU in software too long.
#[macro_export]
macro_rules! cpu_tests {
    ($($name:ident),+ $(,)?) => {
        $crate::device_tests!(@on flex, "flex", ::burn::tensor::Device::flex(), [$($name),+]);
        $crate::device_tests!(@on ndarray, "ndarray", $crate::testing::ndarray(), [$($name),+]);
    };
}

/// [`device_tests`](crate::device_tests) on the devices that may compute in half precision, which ndarray does not.
#[macro_export]
macro_rules! half_precision_tests {
    ($($name:ident),+ $(,)?) => {
        $crate::device_tests!(@on flex, "flex", ::burn::tensor::Device::flex(), [$($name),+]);
        $crate::device_tests!(@on wgpu, "wgpu", ::burn::tensor::Device::wgpu(Default::default()), [$($name),+]);
        $crate::device_tests!(@on cuda, "cuda", ::burn::tensor::Device::cuda(0usize), [$($name),+]);
    };
}

/// burn's ndarray device.
#[cfg(feature = "ndarray")]
#[expect(
    deprecated,
    reason = "burn deprecates the constructor, but ndarray is one of the devices we support"
)]
pub fn ndarray() -> burn::tensor::Device {
    burn::tensor::Device::ndarray()
}
