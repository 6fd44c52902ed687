//! The tensors of a folder, by one name each, whichever version of `transformers` wrote them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use recurra_cells::interop::StateDict;
use serde::Deserialize;

use crate::Error;

/// The file of weights.
pub(super) const WEIGHTS: &str = "model.safetensors";
/// Which file has which tensor, where the weights are in several.
pub(super) const WEIGHTS_INDEX: &str = "model.safetensors.index.json";

/// What the networks above an encoder put before the names of its tensors.
const PREFIXES: [&str; 2] = ["bert.", "roberta."];

/// Tensors by their names without prefix.
pub(super) struct StoredTensors {
    path: PathBuf,
    tensors: StateDict,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl StoredTensors {
    /// Reads `model.safetensors`, or every file that `model.safetensors.index.json` names.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let single = folder.join(WEIGHTS);
        let index = folder.join(WEIGHTS_INDEX);
        if single.is_file() {
            let read = StateDict::read_safetensors(&single)?;
            return Ok(Self::named(single, [read]));
        }
        if !index.is_file() {
            return Err(Error::MissingFile {
                folder: folder.to_owned(),
                expected: WEIGHTS,
            });
        }
        let json = fs::read(&index).map_err(|cause| Error::read(&index, cause))?;
        let Index { weight_map } = serde_json::from_slice(&json)
            .map_err(|cause| Error::invalid_file(&index, "an index of weights", cause))?;
        let files: BTreeSet<String> = weight_map.into_values().collect();
        let read = files
            .iter()
            .map(|file| Ok(StateDict::read_safetensors(folder.join(file))?))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Self::named(index, read))
    }

    fn named(path: PathBuf, read: impl IntoIterator<Item = StateDict>) -> Self {
        let mut tensors = StateDict::new();
        for mut dict in read {
            let names: Vec<String> = dict.names().map(str::to_owned).collect();
            for name in names {
                let tensor = dict.remove(&name).expect("it is one of the names");
                tensors.insert_tensor(&plain(&name), tensor);
            }
        }
        Self { path, tensors }
    }

    /// Whether there is a tensor of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains(name)
    }

    /// The rows of a tensor, if it is there and has a dimension.
    pub fn rows(&self, name: &str) -> Option<usize> {
        self.tensors.get(name)?.shape().first().copied()
    }

    /// The values of a tensor, which must be there and of this shape.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        match self.tensors.get(name) {
            Some(tensor) if tensor.shape() == shape => Ok(tensor.values().to_vec()),
            Some(tensor) => Err(Error::TensorShape {
                path: self.path.clone(),
                name: name.to_owned(),
                expected: shape.to_vec(),
                got: tensor.shape().to_vec(),
            }),
            None => Err(Error::MissingTensor {
                path: self.path.clone(),
                name: name.to_owned(),
                shape: shape.to_vec(),
            }),
        }
    }
}

/// A name without prefix, and with today's words for a layer norm's parameters.
fn plain(name: &str) -> String {
    let stripped = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    let name = stripped.unwrap_or(name);
    name.replace("LayerNorm.gamma", "LayerNorm.weight")
        .replace("LayerNorm.beta", "LayerNorm.bias")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn prefixes_and_old_names_are_one() {
        let layer = "encoder.layer.0.output.dense.weight";
        for name in [layer, &format!("bert.{layer}"), &format!("roberta.{layer}")] {
            assert_eq!(plain(name), layer);
        }
        assert_eq!(
            plain("bert.embeddings.LayerNorm.gamma"),
            "embeddings.LayerNorm.weight"
        );
        assert_eq!(plain("a.LayerNorm.beta"), "a.LayerNorm.bias");
    }
}
