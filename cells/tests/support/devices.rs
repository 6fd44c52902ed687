//! What the tests ask of a device.

use burn::tensor::Device;

/// Whether each operation on this device costs a kernel launch, so that only few and small cases are affordable.
pub fn launches_kernels(device: &Device) -> bool {
    let name = format!("{device:?}").to_lowercase();
    ["wgpu", "vulkan", "cuda"]
        .iter()
        .any(|backend| name.contains(backend))
}
