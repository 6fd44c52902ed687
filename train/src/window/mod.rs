//! The tokens of one training step.

mod lengths;

pub use lengths::WindowLengths;

use burn::tensor::{Device, Int, Tensor, TensorData};

/// `T` consecutive steps of `B` token streams that are read side by side, and for each token the one to predict.
///
/// It lives on the host; training and evaluation upload it to the model's device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenWindow {
    inputs: Vec<u32>,
    targets: Vec<u32>,
    shape: [usize; 2],
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
        }
    }

    /// `B * T`, the number of predictions.
    pub fn tokens(&self) -> usize {
        self.inputs.len()
    }

    /// # Panics
    /// If a token is not below `vocabulary_size`: on the host, because a GPU would read beyond its table without a word.
    pub(crate) fn assert_below(&self, vocabulary_size: usize) {
        let highest = self.inputs.iter().chain(&self.targets).max();
        if let Some(&token) = highest.filter(|&&token| token as usize >= vocabulary_size) {
            panic!("token {token} is not below the vocabulary of {vocabulary_size}");
        }
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

/// Token ids as a tensor `[B, T]`.
pub(crate) fn upload(tokens: &[u32], shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    let tokens: Vec<i64> = tokens.iter().map(|&token| i64::from(token)).collect();
    Tensor::from_data(TensorData::new(tokens, shape), device)
}
