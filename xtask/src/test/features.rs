//! The cargo features of a test build: the devices chosen, and all else that is on by default.
//!
//! The tests are built without default features, because those choose devices. What else a package
//! turns on by default (a fused kernel, say) belongs to what users get, hence to what is tested.

use toml::{Table, Value};

use crate::cargo;
use crate::device::Device;
use crate::error::Error;

/// What is off by default because of what it depends on, and tested all the same.
const OPTIONAL: [&str; 3] = [
    "recurra-train/learner",
    "recurra-datasets/parquet",
    "recurra-datasets/fetch",
];

/// The value for cargo's `--features`.
pub fn with_defaults(devices: &[Device]) -> Result<String, Error> {
    let mut features: Vec<String> = devices.iter().map(|d| d.name().to_owned()).collect();
    let workspace = manifest("Cargo.toml")?;
    for member in strings(workspace.get("workspace").and_then(|w| w.get("members"))) {
        features.extend(other_defaults(&manifest(&format!("{member}/Cargo.toml"))?));
    }
    features.extend(OPTIONAL.map(str::to_owned));
    Ok(features.join(","))
}

fn manifest(path: &str) -> Result<Table, Error> {
    let text = cargo::read(path)?;
    text.parse()
        .map_err(|error: toml::de::Error| Error::Manifest {
            path: path.to_owned(),
            message: error.message().to_owned(),
        })
}

/// The package's default features that are not devices, as `package/feature`.
fn other_defaults(manifest: &Table) -> Vec<String> {
    let name = manifest
        .get("package")
        .and_then(|p| p.get("name"))
        .and_then(Value::as_str);
    let name = name.unwrap_or_default();
    let defaults = strings(manifest.get("features").and_then(|f| f.get("default")));
    defaults
        .into_iter()
        // `dependency/feature` and `dep:` entries cannot be asked for from outside the package.
        .filter(|feature| Device::from_name(feature).is_none() && !feature.contains(['/', ':']))
        .map(|feature| format!("{name}/{feature}"))
        .collect()
}

fn strings(value: Option<&Value>) -> Vec<&str> {
    let array = value.and_then(Value::as_array);
    array
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_left_out_and_the_rest_is_qualified() {
        let text = "package.name = 'p'\n\
                    features.default = ['flex', 'fused', 'dep:x', 'y/z']";
        assert_eq!(other_defaults(&text.parse().unwrap()), ["p/fused"]);
    }

    #[test]
    fn a_package_without_features_adds_nothing() {
        let text = "package.name = 'p'";
        assert!(other_defaults(&text.parse().unwrap()).is_empty());
    }

    #[test]
    fn the_workspace_itself_can_be_read() {
        let features = with_defaults(&[Device::Flex, Device::Ndarray]).unwrap();
        assert!(features.starts_with("flex,ndarray"), "{features}");
    }
}
