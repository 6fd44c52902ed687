//! What burn-train's metrics are told of a window.

use burn::tensor::{DType, ExecutionError, Int, Tensor};
use burn_train::ItemLazy;
use burn_train::metric::{Adaptor, LossInput, PerplexityInput};

/// What a pass over a window came to, for burn-train's metrics: its loss counts by its valid steps, so that an epoch's loss
/// is the mean over all of them.
///
/// `LossMetric` and, for a loss in nats, `PerplexityMetric` take it as it is; a metric of your own does after
/// `impl Adaptor<YourInput> for WindowOutput`.
#[derive(Clone, Debug)]
pub struct WindowOutput {
    /// The mean loss of a valid step, without penalties: `[1]`, outside of autodiff, in single precision because metrics
    /// add it up over the steps.
    pub loss: Tensor<1>,
    /// How many steps of all rows together the loss is a mean over.
    pub valid_steps: usize,
}

impl WindowOutput {
    /// Of a loss `[1]`, whose graph is let go.
    pub fn new(loss: Tensor<1>, valid_steps: usize) -> Self {
        Self {
            loss: loss.inner().cast(DType::F32),
            valid_steps,
        }
    }
}

impl ItemLazy for WindowOutput {
    /// Nothing is read back here: the metrics do that, in their own thread.
    fn sync(self) -> Result<Self, ExecutionError> {
        self.loss.device().flush()?;
        Ok(self)
    }
}

/// The loss of each valid step, `[N]`, because the metric weights a batch by the length of its losses.
impl Adaptor<LossInput> for WindowOutput {
    fn adapt(&self) -> LossInput {
        LossInput::new(self.loss.clone().expand([self.valid_steps]))
    }
}

/// Logits `[N, 2]` that give the target, class 0, the probability `exp(-loss)` at each valid step. The metric makes of them
/// the perplexity of the loss without the logits of a whole vocabulary.
impl Adaptor<PerplexityInput> for WindowOutput {
    fn adapt(&self) -> PerplexityInput {
        let steps = self.valid_steps;
        let loss = self.loss.clone().reshape([1, 1]);
        // log(exp(loss) - 1), which does not overflow.
        let other = loss.clone() + (-(-loss.clone()).exp() + 1.0).log();
        let logits = Tensor::cat(vec![loss.zeros_like(), other], 1).expand([steps, 2]);
        let targets = Tensor::<1, Int>::zeros([steps], &logits.device());
        PerplexityInput::new(logits, targets)
    }
}
