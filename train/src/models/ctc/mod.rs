//! Recognising symbols in frames that nobody has aligned with them.
//!
//! ```text
//! log p_t = log_softmax(W_out network(features)_t + b_out)
//! ```

mod batch;
mod config;
mod decode;
mod training;

pub use batch::CtcBatch;
pub use config::CtcRecognizerConfig;
pub use decode::{CtcFrames, CtcHypothesis, ctc_collapse, ctc_frames_needed};
pub use training::CtcPass;

use burn::module::Module;
use burn::nn::Linear;
use burn::nn::loss::CTCLossConfig;
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use recurra_cells::{Lengths, NetworkInput, Recurrent, RecurrentCell};

use crate::{Error, at_least_single};

/// A recurrent network whose outputs are the classes of frames: `V` symbols, numbered from 0, and the blank, which is class
/// `V` (connectionist temporal classification; Graves et al. 2006).
#[derive(Module, Debug)]
pub struct CtcRecognizer<C: RecurrentCell> {
    /// Runs in whichever direction.
    pub network: Recurrent<C>,
    /// Weight `[network's output size, V + 1]`, bias `[V + 1]`.
    pub output: Linear,
}

impl<C: RecurrentCell> CtcRecognizer<C> {
    /// `V`, without the blank.
    pub fn vocabulary_size(&self) -> usize {
        self.blank()
    }

    /// The blank's class, `V`.
    pub fn blank(&self) -> usize {
        self.output.weight.dims()[1] - 1
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.output.weight.device()
    }

    /// The log-probabilities `[B, T, V + 1]` of each frame of `features [B, T, D]`, in nats. Those beyond a row's length mean
    /// nothing.
    ///
    /// # Panics
    ///
    /// If the shape of the features or the lengths does not fit.
    pub fn forward(&self, features: Tensor<3>, lengths: impl Into<Option<Lengths>>) -> Tensor<3> {
        let input = NetworkInput::new(features).with_lengths(lengths);
        self.log_probs(self.network.forward(input).outputs)
    }

    /// The log-probabilities of what the output layer makes of the network's outputs.
    fn log_probs(&self, outputs: Tensor<3>) -> Tensor<3> {
        activation::log_softmax(at_least_single(self.output.forward(outputs)), 2)
    }

    /// The mean over the rows of the negative log-probability of each row's target, summed over all alignments with its
    /// valid frames, in nats per row: `[1]`. `log_probs [B, T, V + 1]` come from [`forward`](Self::forward), with the same
    /// lengths.
    ///
    /// # Errors
    ///
    /// If a symbol is not below `V`; [`Error::TargetTooLong`] if a row has fewer frames than its target needs
    /// ([`ctc_frames_needed`], and at least 1).
    ///
    /// # Panics
    ///
    /// If there is not one target and one length a row.
    pub fn loss(
        &self,
        log_probs: Tensor<3>,
        lengths: Option<&Lengths>,
        targets: &[impl AsRef<[u32]>],
    ) -> Result<Tensor<1>, Error> {
        let [batch, steps, _] = log_probs.dims();
        let frames = valid_frames(lengths, [batch, steps]);
        let rows = targets.len();
        assert_eq!(
            rows, batch,
            "there are {rows} targets for log-probabilities of {batch} rows"
        );
        self.check_targets(targets, &frames)?;
        let device = log_probs.device();
        let longest = targets.iter().map(|target| target.as_ref().len()).max();
        let width = longest.unwrap_or(0).max(1);
        let symbols = targets.iter().flat_map(|target| {
            let symbols = target.as_ref().iter().map(|&symbol| symbol as usize);
            symbols.chain(std::iter::repeat(self.blank())).take(width)
        });
        let symbols = integers(symbols, &device).reshape([batch, width]);
        let target_lengths = targets.iter().map(|target| target.as_ref().len());
        let loss = CTCLossConfig::new().with_blank(self.blank()).init();
        let nats = loss.forward(
            log_probs.swap_dims(0, 1),
            symbols,
            integers(frames, &device),
            integers(target_lengths, &device),
        );
        Ok(nats.mean())
    }

    /// Whether each row's target can be aligned with its valid frames.
    fn check_targets(&self, targets: &[impl AsRef<[u32]>], frames: &[usize]) -> Result<(), Error> {
        let mut rows = targets.iter().zip(frames).enumerate();
        rows.try_for_each(|(row, (target, &frames))| {
            self.check_target(row, target.as_ref(), frames)
        })
    }

    fn check_target(&self, row: usize, target: &[u32], frames: usize) -> Result<(), Error> {
        let size = self.vocabulary_size();
        if let Some(symbol) = target.iter().find(|&&symbol| symbol as usize >= size) {
            let expected = format!("symbols below {size}");
            return Err(Error::config("targets", expected, symbol));
        }
        // Even no symbol at all is an alignment of blanks, of which the loss wants the first.
        let needed = ctc_frames_needed(target).max(1);
        if frames < needed {
            return Err(Error::TargetTooLong {
                row,
                symbols: target.len(),
                needed,
                frames,
            });
        }
        Ok(())
    }

    /// The symbols of each row's likeliest alignment: [`CtcFrames::greedy`]. Call it on a [`Module::valid`] model, so that
    /// no gradients are tracked.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward).
    pub fn greedy(&self, features: Tensor<3>, lengths: Option<&Lengths>) -> Vec<Vec<u32>> {
        self.decode(features, lengths, |frames| frames.greedy())
    }

    /// Each row's likeliest symbols, the best first: [`CtcFrames::beam_search`]. Call it on a [`Module::valid`] model, so
    /// that no gradients are tracked.
    ///
    /// # Errors
    ///
    /// If `width` is 0.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward).
    pub fn beam_search(
        &self,
        features: Tensor<3>,
        lengths: Option<&Lengths>,
        width: usize,
    ) -> Result<Vec<Vec<CtcHypothesis>>, Error> {
        if width == 0 {
            return Err(Error::config("width", "at least 1", width));
        }
        Ok(self.decode(features, lengths, |frames| frames.beam_search(width)))
    }

    /// What `decode` makes of each row's valid frames.
    fn decode<T>(
        &self,
        features: Tensor<3>,
        lengths: Option<&Lengths>,
        decode: impl Fn(CtcFrames<'_>) -> T,
    ) -> Vec<T> {
        let [batch, steps, _] = features.dims();
        let log_probs = self.forward(features, lengths.cloned());
        let values: Vec<f64> = log_probs.into_data().iter::<f64>().collect();
        let classes = self.blank() + 1;
        values
            .chunks(steps * classes)
            .zip(valid_frames(lengths, [batch, steps]))
            .map(|(row, frames)| {
                decode(CtcFrames::new(
                    &row[..frames * classes],
                    classes,
                    self.blank(),
                ))
            })
            .collect()
    }
}

/// # Panics
/// If the lengths are not for `[B, T]`.
fn valid_frames(lengths: Option<&Lengths>, shape: [usize; 2]) -> Vec<usize> {
    let Some(lengths) = lengths else {
        return vec![shape[1]; shape[0]];
    };
    let own = [lengths.as_slice().len(), lengths.steps()];
    assert_eq!(
        own, shape,
        "the lengths are for [B, T] = {own:?}, but the log-probabilities are {shape:?}"
    );
    lengths.as_slice().to_vec()
}

/// Numbers of the host as a tensor.
fn integers(numbers: impl IntoIterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let numbers: Vec<i64> = numbers.into_iter().map(|number| number as i64).collect();
    let count = numbers.len();
    Tensor::from_data(TensorData::new(numbers, [count]), device)
}
