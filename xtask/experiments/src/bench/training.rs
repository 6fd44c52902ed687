//! The training step under measure, the same for every network of tensors, and the same as PyTorch's in `peers.py`.

use burn::module::Module;
use burn::nn::loss::{CrossEntropyLoss, MseLoss, Reduction};
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::{SeededRng, kernel};
use recurra_train::{ClippedAdam, ClippedAdamConfig};

use super::case::WORDS;
use super::networks::random;

const LEARNING_RATE: f64 = 1e-4;
const MAX_NORM: f64 = 1.0;
/// The scale of the random targets.
const TARGET_SCALE: f64 = 0.1;

/// A module in training.
pub struct Training<M> {
    /// There but for the moment of an update, which takes it by value.
    module: Option<M>,
    optimizer: ClippedAdam,
}

impl<M: Module> Training<M> {
    /// Trains `module`, whose weights have gradients.
    pub fn new(module: M) -> Self {
        Self {
            module: Some(module),
            optimizer: ClippedAdam::new(ClippedAdamConfig::new(MAX_NORM))
                .expect("the default settings are in their ranges"),
        }
    }

    /// Forward, loss, backward, clipping by the global norm, Adam.
    pub fn step(&mut self, loss: impl Fn(&M) -> Tensor<1>) {
        let module = self.module.take().expect("every step puts it back");
        let gradients = gradients(&module, loss);
        let (module, _norm) = self.optimizer.step(LEARNING_RATE, module, gradients);
        self.module = Some(module);
    }
}

/// Leaves nothing behind that would hold on to the weights, which are then updated in place.
fn gradients<M: Module>(module: &M, loss: impl Fn(&M) -> Tensor<1>) -> GradientsParams {
    GradientsParams::from_grads(loss(module).backward(), module)
}

/// Random numbers, and what a network is to make of them.
pub struct Regression {
    inputs: Tensor<3>,
    target: Tensor<3>,
}

impl Regression {
    /// Inputs of this shape, and targets of width `outputs`.
    pub fn new([batch, steps, width]: [usize; 3], outputs: usize, device: &Device) -> Self {
        Self {
            inputs: random([batch, steps, width], device),
            target: random([batch, steps, outputs], device) * TARGET_SCALE,
        }
    }

    /// The mean squared error over all outputs.
    pub fn loss(&self, forward: impl Fn(Tensor<3>) -> Tensor<3>) -> Tensor<1> {
        let outputs = forward(self.inputs.clone());
        MseLoss::new().forward(outputs, self.target.clone(), Reduction::Mean)
    }
}

/// A network between an embedding and an output layer over [`WORDS`].
#[derive(Module, Debug)]
pub struct WordModel<M> {
    embedding: Embedding,
    network: M,
    output: Linear,
}

/// The cross-entropy of logits `[N, V]` against words `[N]`, in the mean.
pub type CrossEntropy = fn(Tensor<2>, Tensor<1, Int>) -> Tensor<1>;

/// Random words, and those that come after them.
pub struct Words {
    tokens: Tensor<2, Int>,
    targets: Tensor<1, Int>,
}

impl<M: Module> WordModel<M> {
    /// From words of vectors of `width` numbers to a network of `outputs` numbers a step.
    pub fn new(network: M, [width, outputs]: [usize; 2], device: &Device) -> Self {
        Self {
            embedding: EmbeddingConfig::new(WORDS, width).init(device),
            network,
            output: LinearConfig::new(outputs, WORDS).init(device),
        }
    }

    /// The loss of the words by this network's way forward.
    pub fn loss(
        &self,
        words: &Words,
        forward: impl Fn(&M, Tensor<3>) -> Tensor<3>,
        cross_entropy: CrossEntropy,
    ) -> Tensor<1> {
        let embedded = self.embedding.forward(words.tokens.clone());
        let logits = self.output.forward(forward(&self.network, embedded));
        cross_entropy(logits.flatten(0, 1), words.targets.clone())
    }
}

impl Words {
    /// `steps` of each of `batch` rows.
    pub fn new([batch, steps]: [usize; 2], device: &Device) -> Self {
        let mut rng = SeededRng::new(3);
        let mut words = || -> Vec<i64> {
            let count = batch * steps;
            (0..count).map(|_| rng.below(WORDS) as i64).collect()
        };
        Self {
            tokens: Tensor::from_data(TensorData::new(words(), [batch, steps]), device),
            targets: Tensor::from_data(TensorData::new(words(), [batch * steps]), device),
        }
    }
}

/// Ours, where there is one for this device.
pub fn our_cross_entropy(logits: Tensor<2>, words: Tensor<1, Int>) -> Tensor<1> {
    match kernel::cross_entropy(&logits, &words, 0.0) {
        Some(nats) => nats.mean(),
        None => burns_cross_entropy(logits, words),
    }
}

/// burn's.
pub fn burns_cross_entropy(logits: Tensor<2>, words: Tensor<1, Int>) -> Tensor<1> {
    CrossEntropyLoss::new(None, &logits.device()).forward(logits, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(before: Tensor<2>, after: Tensor<2>) -> f32 {
        (after - before).abs().max().into_scalar()
    }

    #[test]
    fn a_step_moves_every_weight() {
        let device = Device::default().autodiff();
        let network = LinearConfig::new(3, 2).init(&device);
        let mut training = Training::new(network.clone());
        let regression = Regression::new([4, 5, 3], 2, &device);
        training.step(|network| regression.loss(|inputs| network.forward(inputs)));
        let after = training.module.expect("it is put back");
        let moved = after.weight.val() - network.weight.val();
        assert!(moved.abs().min().into_scalar::<f32>() > 0.0);
    }

    #[test]
    fn a_step_over_words_moves_all_three_layers_by_either_cross_entropy() {
        let device = Device::default().autodiff();
        let network = LinearConfig::new(3, 2).init(&device);
        let model = WordModel::new(network, [3, 2], &device);
        let words = Words::new([4, 5], &device);
        let after = [our_cross_entropy, burns_cross_entropy].map(|cross_entropy| {
            let mut training = Training::new(model.clone());
            training.step(|model| {
                model.loss(
                    &words,
                    |network, inputs| network.forward(inputs),
                    cross_entropy,
                )
            });
            training.module.expect("it is put back")
        });
        for after in &after {
            for (before, after) in [
                (&model.embedding.weight, &after.embedding.weight),
                (&model.network.weight, &after.network.weight),
                (&model.output.weight, &after.output.weight),
            ] {
                assert!(moved(before.val(), after.val()) > 0.0);
            }
        }
        let [ours, burns] = after.map(|after| after.network.weight.val());
        assert!(moved(ours, burns) < 1e-6);
    }
}
