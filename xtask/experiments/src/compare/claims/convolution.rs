//! A convolution against a cell: what lies beyond its receptive field.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv1d, Conv1dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData, activation};
use recurra_cells::{AnyState, NetworkState, RecurrentConfig, SeededRng};
use recurra_datasets::AddingProblem;
use recurra_train::{ForecastBatch, Pass, SequenceModel, WindowLoss};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use super::super::learners::diverged_or;
use crate::cells::CellKind;
use crate::error::Error;
use crate::memory::adding::{INPUTS, Sums, adder};
use crate::memory::trial::{Learned, Of, Sequences, learn};
use crate::training::streams::WEIGHTS;

/// The steps that a layer sees, each twice as far apart as in the layer before.
const KERNEL: usize = 3;

/// Dilated causal convolutions, of which the last step is read (Bai et al. 2018, without residual connections).
#[derive(Module, Debug)]
struct Convolution {
    layers: Vec<Conv1d>,
    output: Linear,
}

impl Convolution {
    /// As many layers as it takes to see `steps` steps, of `channels` each.
    fn init(steps: usize, channels: usize, device: &Device, rng: &mut SeededRng) -> Self {
        let layers = (0..layers(steps)).map(|layer| {
            let inputs = if layer == 0 { INPUTS } else { channels };
            let config = Conv1dConfig::new(inputs, channels, KERNEL);
            let mut conv = config.with_dilation(1 << layer).init(device);
            conv.weight = Param::from_tensor(drawn(
                [channels, inputs, KERNEL],
                inputs * KERNEL,
                device,
                rng,
            ));
            conv.bias = Some(Param::from_tensor(Tensor::zeros([channels], device)));
            conv
        });
        let layers = layers.collect();
        let mut output = LinearConfig::new(channels, 1).init(device);
        output.weight = Param::from_tensor(drawn([channels, 1], channels, device, rng));
        output.bias = Some(Param::from_tensor(Tensor::zeros([1], device)));
        Self { layers, output }
    }

    /// `[B, T, D]` to `[B, 1, 1]`.
    fn forward(&self, inputs: Tensor<3>) -> Tensor<3> {
        let mut values = inputs.swap_dims(1, 2);
        for (layer, conv) in self.layers.iter().enumerate() {
            let [rows, channels, _] = values.dims();
            // Zeros before the first step, so that no step sees a later one.
            let before = [rows, channels, (KERNEL - 1) << layer];
            let before = Tensor::zeros(before, &values.device());
            values = activation::relu(conv.forward(Tensor::cat(vec![before, values], 2)));
        }
        let last = values.dims()[2] - 1;
        self.output
            .forward(values.narrow(2, last, 1).swap_dims(1, 2))
    }
}

/// Uniform with the deviation of He et al. (2015), drawn on the host.
fn drawn<const D: usize>(
    shape: [usize; D],
    inputs: usize,
    device: &Device,
    rng: &mut SeededRng,
) -> Tensor<D> {
    let bound = (6.0 / inputs as f64).sqrt();
    let values = (0..shape.iter().product()).map(|_| rng.uniform(-bound, bound) as f32);
    Tensor::from_data(TensorData::new(values.collect::<Vec<f32>>(), shape), device)
}

/// How many layers see so many steps.
fn layers(steps: usize) -> usize {
    let enough = |&layers: &usize| field(layers) >= steps;
    (1..).find(enough).expect("each layer doubles the field")
}

/// How many steps so many layers see.
fn field(layers: usize) -> usize {
    1 + (KERNEL - 1) * ((1 << layers) - 1)
}

fn parameters(layers: usize, channels: usize) -> usize {
    let first = channels * (INPUTS * KERNEL + 1);
    first + (layers - 1) * channels * (channels * KERNEL + 1) + channels + 1
}

impl SequenceModel for Convolution {
    type Window = ForecastBatch;
    /// It carries none.
    type State = AnyState;

    fn device(&self) -> Device {
        self.output.weight.device()
    }

    fn initial_state(&self, _: usize) -> NetworkState<AnyState> {
        NetworkState { layers: Vec::new() }
    }

    fn window_loss(
        &self,
        batch: &ForecastBatch,
        _: Option<NetworkState<AnyState>>,
        _: Pass<'_>,
    ) -> WindowLoss<AnyState> {
        let device = self.device();
        let error = self.forward(batch.inputs(&device)) - batch.targets(&device);
        let state = NetworkState { layers: Vec::new() };
        WindowLoss::new(error.powi_scalar(2).mean(), state)
    }
}

/// The adding problem, for a convolution.
struct Convolved(Sums);

impl Sequences for Convolved {
    type Model = Convolution;

    fn new(seed: u64, distance: usize) -> Self {
        Self(Sums::new(seed, distance))
    }

    fn batch(&mut self, rows: usize) -> ForecastBatch {
        self.0.batch(rows)
    }

    fn error(model: &Convolution, sequences: &ForecastBatch) -> f64 {
        let loss = model.window_loss(sequences, None, Pass::Evaluation);
        loss.mean.into_scalar::<f64>()
    }
}

/// A convolution and a GRU of as many parameters, within what the convolution sees and at twice that.
pub fn measure(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let near = with.config.distance;
    let seen = layers(near);
    let far = 2 * field(seen);
    let size = with.hidden_size(CellKind::Gru);
    let network = || RecurrentConfig::new(CellKind::Gru.config(size));
    // The output layer counts on both sides.
    let of_gru = CellKind::Gru.parameters(INPUTS, size) + size + 1;
    let channels = CellKind::closest_hidden_size(of_gru, |channels| parameters(seen, channels));
    let mut figures = vec![
        ("gru_parameters".to_owned(), of_gru as f64),
        (
            "convolution_parameters".to_owned(),
            parameters(seen, channels) as f64,
        ),
        ("receptive_field_steps".to_owned(), field(seen) as f64),
    ];
    let mut solved = Vec::new();
    let config = with.config.adding();
    for (place, distance) in [("within", near), ("beyond", far)] {
        let gru = reads::<Sums>(with, ("gru-convolution", distance), |device, rng| {
            adder(network(), device, rng)
        })?;
        let convolution = reads::<Convolved>(with, ("convolution", distance), |device, rng| {
            Convolution::init(near, channels, device, rng)
        })?;
        for (name, learned) in [("gru", &gru), ("convolution", &convolution)] {
            figures.push((format!("{name}_{place}_updates"), learned.updates() as f64));
            figures.push((format!("{name}_{place}_mse"), learned.error()));
        }
        solved.push((gru.solved(&config), convolution.solved(&config)));
    }
    let verdict = match solved[..] {
        [(true, true), (true, beyond)] => Verdict::of(!beyond),
        _ => Verdict::Undecided,
    };
    Ok(finding(figures, verdict, [near, far], with.config.updates))
}

fn finding(
    figures: Vec<(String, f64)>,
    verdict: Verdict,
    [near, far]: [usize; 2],
    updates: usize,
) -> Finding {
    Finding::new(
        Claim::Convolution,
        "A convolution learns nothing that lies beyond its receptive field; a GRU of as many parameters does.",
        figures,
        verdict,
        format!(
            "Holds if both solve the adding problem over {near} steps, which the dilated causal convolution sees whole, and the GRU \
             alone over {far}, each trained anew within {updates} updates; undecided if the GRU does not solve both or the convolution not the first. \
             Guessing has an error of {:.3}.",
            AddingProblem::GUESSING
        ),
    )
}

/// What a fresh model learns over a distance.
fn reads<S: Sequences>(
    with: &mut Measuring<'_, '_>,
    (name, distance): (&str, usize),
    init: impl FnOnce(&Device, &mut SeededRng) -> S::Model,
) -> Result<Learned, Error> {
    let device = with.trainer.device().clone().autodiff();
    let rng = &mut SeededRng::for_stream(with.seed, WEIGHTS);
    let of = Of {
        name,
        seed: with.seed,
        distance,
    };
    let (told, _) = with.clipped();
    let model = init(&device, rng);
    let config = with.config.adding();
    diverged_or(learn::<S>(&config, (model, told), of, with.trainer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convolution_sees_its_field_and_no_more() {
        let device = Device::default();
        let model = Convolution::init(20, 4, &device, &mut SeededRng::new(1));
        assert_eq!(model.num_params(), parameters(layers(20), 4));
        let field = field(layers(20));
        assert_eq!(field, 31);
        let answer = |changed: usize| {
            let mut steps = vec![0.5_f32; 40 * INPUTS];
            // Counted from the last step.
            steps[(39 - changed) * INPUTS] = 5.0;
            let steps = Tensor::from_data(TensorData::new(steps, [1, 40, INPUTS]), &device);
            model.forward(steps).into_scalar::<f32>()
        };
        assert_eq!(answer(field), answer(field + 3));
        assert_ne!(answer(field), answer(field - 1));
    }
}
