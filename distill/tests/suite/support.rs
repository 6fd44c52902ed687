//! The golden folders, and what `transformers` computes for them.

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::Tensor;
use recurra_cells::interop::StateDict;

/// The texts of `goldens/reference.py`.
pub const TEXTS: [&str; 6] = [
    "although the plot is good, the film is not",
    "Good!",
    "a café isn't a film",
    "the the the plot was never bad before, and it is not bad now: 7 of 10",
    "x",
    "",
];

/// The golden folders.
pub const FOLDERS: [&str; 2] = ["bert", "roberta"];

/// How far a number may be from that of `transformers`.
pub const TOLERANCE: f32 = 1e-4;

/// A golden folder.
pub fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/goldens")
        .join(name)
}

/// A copy of a golden folder that a test may spoil.
pub fn copy(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in fs::read_dir(golden(name)).expect("the golden folder") {
        let path = entry.expect("an entry").path();
        let to = folder.path().join(path.file_name().expect("a name"));
        fs::copy(path, to).expect("a copy");
    }
    folder
}

/// What `transformers` computes for [`TEXTS`].
pub struct Expected {
    dict: StateDict,
    /// How many tokens each text has.
    pub lengths: Vec<usize>,
}

impl Expected {
    /// Reads an `expected.safetensors`.
    pub fn read(path: &Path) -> Self {
        let dict = StateDict::read_safetensors(path).expect("the expected numbers");
        let lengths = dict.get("lengths").expect("lengths").values().to_vec();
        Self {
            dict,
            lengths: lengths.into_iter().map(|length| length as usize).collect(),
        }
    }

    /// The ids of each text's tokens.
    pub fn tokens(&self) -> Vec<Vec<u32>> {
        let tokens = self.dict.get("tokens").expect("tokens");
        let steps = tokens.shape()[1];
        let rows = tokens.values().chunks(steps).zip(&self.lengths);
        rows.map(|(row, &length)| row[..length].iter().map(|&id| id as u32).collect())
            .collect()
    }

    /// A hidden state, zero in the padding.
    pub fn hidden(&self, layer: usize) -> Option<&[f32]> {
        let tensor = self.dict.get(&format!("hidden.{layer}"));
        tensor.map(|tensor| tensor.values())
    }

    /// The logits.
    pub fn logits(&self) -> &[f32] {
        self.dict.get("logits").expect("logits").values()
    }
}

/// A tensor's numbers in row-major order.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// The largest difference.
pub fn worst(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len(), "the numbers are not as many");
    let differences = left.iter().zip(right).map(|(l, r)| (l - r).abs());
    // A NaN must not be lost in a maximum.
    differences.fold(0.0, |worst, next| {
        if next > worst || next.is_nan() {
            next
        } else {
            worst
        }
    })
}
