//! Pairs of token sequences for one training step.

use burn::tensor::{Device, Int, Tensor};
use recurra_cells::Lengths;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::window::upload;

/// The tokens that stand around a target, each below the target's `V`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetMarks {
    /// What the decoder reads first.
    pub begin: u32,
    /// What it predicts after a target's last token.
    pub end: u32,
}

/// Source and target sequences, padded on the right to `S` and `T` steps.
///
/// For a target `a b` the decoder reads `begin a b` and is to predict `a b end`. The tokens live on the host; training
/// uploads them to the model's device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seq2SeqBatch {
    sources: Rows,
    inputs: Rows,
    targets: Rows,
}

/// Padded rows of tokens, at least one step wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    tokens: Vec<u32>,
    lengths: Lengths,
}

impl Seq2SeqBatch {
    /// `B` pairs of a source and its target, without marks; either may be empty.
    ///
    /// # Panics
    ///
    /// If there is no pair.
    pub fn new<S: AsRef<[u32]>, T: AsRef<[u32]>>(pairs: &[(S, T)], marks: TargetMarks) -> Self {
        assert!(
            !pairs.is_empty(),
            "a batch needs at least one pair, got none"
        );
        let sources: Vec<&[u32]> = pairs.iter().map(|(source, _)| source.as_ref()).collect();
        let inputs: Vec<Vec<u32>> = pairs
            .iter()
            .map(|(_, target)| [&[marks.begin], target.as_ref()].concat())
            .collect();
        let targets: Vec<Vec<u32>> = pairs
            .iter()
            .map(|(_, target)| [target.as_ref(), &[marks.end]].concat())
            .collect();
        Self {
            sources: Rows::new(&sources),
            inputs: Rows::new(&inputs),
            targets: Rows::new(&targets),
        }
    }

    /// What the encoder reads, `[B, S]`.
    pub fn sources(&self, device: &Device) -> Tensor<2, Int> {
        self.sources.upload(device)
    }

    /// The sources' lengths.
    pub fn source_lengths(&self) -> &Lengths {
        &self.sources.lengths
    }

    /// What the decoder reads, `[B, T]`.
    pub fn inputs(&self, device: &Device) -> Tensor<2, Int> {
        self.inputs.upload(device)
    }

    /// What it is to predict, `[B, T]`.
    pub fn targets(&self, device: &Device) -> Tensor<2, Int> {
        self.targets.upload(device)
    }

    /// The targets' lengths, their end marks counted.
    pub fn target_lengths(&self) -> &Lengths {
        &self.targets.lengths
    }

    /// The predictions that count, at least `B`.
    pub fn tokens(&self) -> usize {
        self.target_lengths().as_slice().iter().sum()
    }

    /// # Errors
    /// If a token is not below its vocabulary, of which the source's comes first: on the host, because a GPU would read
    /// beyond its table without a word.
    pub(super) fn check_below(&self, [source, target]: [usize; 2]) -> Result<(), Error> {
        check_below("sources", &self.sources.tokens, source)?;
        check_below("targets", &self.inputs.tokens, target)?;
        check_below("targets", &self.targets.tokens, target)
    }
}

impl Rows {
    pub(super) fn new(rows: &[impl AsRef<[u32]>]) -> Self {
        let lengths: Vec<usize> = rows.iter().map(|row| row.as_ref().len()).collect();
        let steps = lengths.iter().copied().max().unwrap_or(0).max(1);
        let padded = rows.iter().flat_map(|row| {
            let padding = steps - row.as_ref().len();
            // Any token below the vocabulary does: nothing looks at the padding.
            let padding = std::iter::repeat_n(0, padding);
            row.as_ref().iter().copied().chain(padding)
        });
        Self {
            tokens: padded.collect(),
            lengths: Lengths::new(lengths, steps).expect("no row is longer than the longest"),
        }
    }

    pub(super) fn upload(&self, device: &Device) -> Tensor<2, Int> {
        let shape = [self.lengths.as_slice().len(), self.lengths.steps()];
        upload(&self.tokens, shape, device)
    }

    pub(super) fn lengths(&self) -> &Lengths {
        &self.lengths
    }
}

/// # Errors
/// If a token is not below `size`.
pub(super) fn check_below(field: &'static str, tokens: &[u32], size: usize) -> Result<(), Error> {
    match tokens.iter().find(|&&token| token as usize >= size) {
        Some(token) => Err(Error::config(field, format!("tokens below {size}"), token)),
        None => Ok(()),
    }
}
