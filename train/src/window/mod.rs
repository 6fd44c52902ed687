//! The tokens of one training step.

mod lengths;

pub use lengths::WindowLengths;

use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::Lengths;

use crate::SequenceWindow;

/// `T` consecutive steps of `B` token streams that are read side by side, and for each token the one to predict.
///
/// It lives on the host; training and evaluation upload it to the model's device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenWindow {
    inputs: Vec<u32>,
    targets: Vec<u32>,
    shape: [usize; 2],
    lengths: Option<Lengths>,
    begins: Option<Vec<bool>>,
}

impl TokenWindow {
    /// `inputs` and `targets`, each `[B, T]` in row-major order.
    ///
    /// # Panics
    ///
    /// If `shape` has a 0, or either list has another number of tokens.
    pub fn new(inputs: Vec<u32>, targets: Vec<u32>, shape: [usize; 2]) -> Self {
        let [batch, steps] = shape;
        assert!(
            batch * steps > 0,
            "a window needs at least one token, got [B, T] = {shape:?}"
        );
        assert_eq!(
            inputs.len(),
            batch * steps,
            "the inputs do not fill [B, T] = {shape:?}"
        );
        assert_eq!(
            targets.len(),
            batch * steps,
            "the targets do not fill [B, T] = {shape:?}"
        );
        Self {
            inputs,
            targets,
            shape,
            lengths: None,
            begins: None,
        }
    }

    /// The window with rows that end before it does: the first `lengths[b]` steps of row `b` are valid. Behind them may stand
    /// any token of the vocabulary; it is neither read nor predicted.
    ///
    /// # Panics
    ///
    /// If the lengths are not for `[B, T]`, or no step is valid.
    #[must_use]
    pub fn with_lengths(mut self, lengths: Lengths) -> Self {
        let own = [lengths.as_slice().len(), lengths.steps()];
        assert_eq!(
            own, self.shape,
            "the lengths are for [B, T] = {own:?}, but the window is {:?}",
            self.shape
        );
        assert!(
            lengths.longest() > 0,
            "a window needs at least one valid step, got rows that are all empty"
        );
        self.lengths = Some(lengths);
        self
    }

    /// The window with rows that begin a document where `begins[b]` holds: they start from the initial state.
    ///
    /// # Panics
    ///
    /// If there is not one entry for each of the `B` rows.
    #[must_use]
    pub fn with_beginnings(mut self, begins: Vec<bool>) -> Self {
        assert_eq!(
            begins.len(),
            self.shape[0],
            "the beginnings are of {} rows, but the window is [B, T] = {:?}",
            begins.len(),
            self.shape
        );
        self.begins = Some(begins);
        self
    }

    /// How many predictions it asks for: the valid steps of all rows.
    pub fn tokens(&self) -> usize {
        match &self.lengths {
            Some(lengths) => lengths.as_slice().iter().sum(),
            None => self.inputs.len(),
        }
    }

    /// `T`.
    pub fn steps(&self) -> usize {
        self.shape[1]
    }

    /// How many steps of each row are valid; none where all are.
    pub fn lengths(&self) -> Option<&Lengths> {
        self.lengths.as_ref()
    }

    /// # Panics
    /// If a token is not below `vocabulary_size`: on the host, because a GPU would read beyond its table without a word.
    pub(crate) fn assert_below(&self, vocabulary_size: usize) {
        assert_tokens_below(&self.inputs, vocabulary_size);
        assert_tokens_below(&self.targets, vocabulary_size);
    }

    /// The tokens to read, `[B, T]`.
    pub fn inputs(&self, device: &Device) -> Tensor<2, Int> {
        upload(&self.inputs, self.shape, device)
    }

    /// The tokens to predict, `[B, T]`.
    pub fn targets(&self, device: &Device) -> Tensor<2, Int> {
        upload(&self.targets, self.shape, device)
    }
}

impl SequenceWindow for TokenWindow {
    fn batch_size(&self) -> usize {
        self.shape[0]
    }

    fn valid_steps(&self) -> usize {
        self.tokens()
    }

    fn begins(&self) -> Option<&[bool]> {
        self.begins.as_deref()
    }
}

/// # Panics
/// If a token is not below `vocabulary_size`.
pub(crate) fn assert_tokens_below(tokens: &[u32], vocabulary_size: usize) {
    let highest = tokens.iter().max();
    if let Some(&token) = highest.filter(|&&token| token as usize >= vocabulary_size) {
        panic!("token {token} is not below the vocabulary of {vocabulary_size}");
    }
}

/// Token ids as a tensor `[B, T]`.
pub(crate) fn upload(tokens: &[u32], shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    let tokens: Vec<i64> = tokens.iter().map(|&token| i64::from(token)).collect();
    Tensor::from_data(TensorData::new(tokens, shape), device)
}
