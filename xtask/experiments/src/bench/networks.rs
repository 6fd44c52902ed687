//! The networks of tensors under measure, ours and burn's, and what is done with them; and our handle on slices.

use std::num::NonZeroUsize;

use burn::module::{Module, ModuleDisplay};
use burn::nn;
use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::kernel::{self, Path};
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, LstmConfig, NetworkInput, PeepholeLstmConfig,
    Recurrent, RecurrentConfig, RnnConfig, SeededRng,
};

use super::case::{Case, Cell, Mode, Shape};
use super::training::{
    CrossEntropy, Regression, Training, WordModel, Words, burns_cross_entropy, our_cross_entropy,
};
use crate::error::Error;

/// Something to time.
pub type Way = Box<dyn FnMut()>;

/// Runs a network over inputs `[B, T, D]`.
type Forward<M> = Box<dyn Fn(&M, Tensor<3>) -> Tensor<3>>;
/// Takes one step over an input `[B, D]`, from the zero state where there is none yet.
type Step<M, S> = Box<dyn Fn(&M, Tensor<2>, Option<S>) -> S>;

/// A module and how it is called.
struct Network<M, S> {
    module: M,
    forward: Forward<M>,
    /// Absent where it cannot stream.
    step: Option<Step<M, S>>,
    cross_entropy: CrossEntropy,
}

/// Our network through the plain tensor API, by one of its paths; nothing where it has no fused path.
pub fn ours(case: Case, path: Path, device: &Device) -> Option<Way> {
    let forward = move |network: &Recurrent<AnyCell>, inputs| {
        kernel::with_path(path, || network.forward(NetworkInput::new(inputs)).outputs)
    };
    let step = move |network: &Recurrent<AnyCell>, input: Tensor<2>, state: Option<_>| {
        let [batch, _] = input.dims();
        let state = state.unwrap_or_else(|| network.initial_state(batch, &input.device()));
        let stepped = kernel::with_path(path, || network.step(input, state));
        stepped.expect("a forward network streams").1
    };
    let network = Network {
        module: build(case, &device.clone().autodiff()),
        forward: Box::new(forward),
        step: Some(Box::new(step)),
        cross_entropy: match path {
            Path::Fused => our_cross_entropy,
            Path::Stepwise => burns_cross_entropy,
        },
    };
    let mut way = network.way(case, device)?;
    let before = kernel::runs().fused;
    way();
    let is_fused = kernel::runs().fused > before;
    (is_fused || path == Path::Stepwise).then_some(way)
}

/// Our network as a handle that owns its weights and buffers, on slices and so many threads; it does not train.
///
/// # Errors
///
/// If the network cannot be prepared.
pub fn handle(case: Case, threads: NonZeroUsize, device: &Device) -> Result<Option<Way>, Error> {
    let [batch, steps, width, hidden] = case.shape;
    let network = build(case, device);
    let mut handle = network.prepare_for(threads)?;
    let inputs = normal([batch, steps, width]);
    let mut outputs = vec![0.0; batch * steps * hidden * case.cell.directions()];
    let way: Option<Way> = match case.mode {
        Mode::Train | Mode::Words => None,
        Mode::Infer => Some(Box::new(move || handle.run(&inputs, batch, &mut outputs))),
        Mode::Step => {
            let mut state = handle.initial_state(batch)?;
            Some(Box::new(move || {
                handle.step(&inputs, &mut state, &mut outputs);
            }))
        }
    };
    Ok(way)
}

fn build(case: Case, device: &Device) -> Recurrent<AnyCell> {
    let [_, _, width, hidden] = case.shape;
    let cell = match case.cell {
        Cell::Rnn => AnyCellConfig::Rnn(RnnConfig::new(hidden)),
        Cell::Lstm | Cell::Bilstm => AnyCellConfig::Lstm(LstmConfig::new(hidden)),
        Cell::Peephole => AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden)),
        Cell::Gru => AnyCellConfig::Gru(GruConfig::new(hidden)),
    };
    let direction = match case.cell {
        Cell::Bilstm => Direction::Both,
        Cell::Rnn | Cell::Lstm | Cell::Peephole | Cell::Gru => Direction::Forward,
    };
    let config = RecurrentConfig::new(cell).with_direction(direction);
    config.init(width, device, &mut SeededRng::new(1))
}

/// burn's network, where it has one for this cell and mode.
pub fn burns(case: Case, device: &Device) -> Option<Way> {
    let home = device.clone().autodiff();
    match case.cell {
        Cell::Rnn => burn_rnn(case.shape, &home).way(case, device),
        Cell::Lstm => burn_lstm(case.shape, &home).way(case, device),
        Cell::Gru => burn_gru(case.shape, &home).way(case, device),
        Cell::Bilstm => burn_bilstm(case.shape, &home).way(case, device),
        Cell::Peephole => None,
    }
}

fn burn_rnn([_, _, width, hidden]: Shape, device: &Device) -> Network<nn::Rnn, nn::RnnState<2>> {
    Network {
        module: nn::RnnConfig::new(width, hidden, true).init(device),
        forward: Box::new(|network, inputs| network.forward(inputs, None).0),
        step: Some(Box::new(|network, input, state| {
            network.forward(input.unsqueeze_dim(1), state).1
        })),
        cross_entropy: burns_cross_entropy,
    }
}

fn burn_lstm([_, _, width, hidden]: Shape, device: &Device) -> Network<nn::Lstm, nn::LstmState<2>> {
    Network {
        module: nn::LstmConfig::new(width, hidden, true).init(device),
        forward: Box::new(|network, inputs| network.forward(inputs, None).0),
        step: Some(Box::new(|network, input, state| {
            network.forward(input.unsqueeze_dim(1), state).1
        })),
        cross_entropy: burns_cross_entropy,
    }
}

fn burn_gru([_, _, width, hidden]: Shape, device: &Device) -> Network<nn::Gru, Tensor<2>> {
    Network {
        module: nn::GruConfig::new(width, hidden, true).init(device),
        forward: Box::new(|network, inputs| network.forward(inputs, None)),
        step: Some(Box::new(|network, input, state| {
            network
                .forward(input.unsqueeze_dim(1), state)
                .squeeze_dim(1)
        })),
        cross_entropy: burns_cross_entropy,
    }
}

fn burn_bilstm(
    [_, _, width, hidden]: Shape,
    device: &Device,
) -> Network<nn::BiLstm, nn::LstmState<3>> {
    Network {
        module: nn::BiLstmConfig::new(width, hidden, true).init(device),
        forward: Box::new(|network, inputs| network.forward(inputs, None).0),
        step: None,
        cross_entropy: burns_cross_entropy,
    }
}

impl<M: Module + ModuleDisplay + 'static, S: 'static> Network<M, S> {
    /// What is timed; nothing where the network cannot do it. The module's weights have gradients, `device` has none.
    fn way(self, case: Case, device: &Device) -> Option<Way> {
        let [batch, steps, width, hidden] = case.shape;
        let (sequence, home) = ([batch, steps, width], device.clone().autodiff());
        let forward = self.forward;
        let mut way: Way = match case.mode {
            Mode::Train => {
                let outputs = hidden * case.cell.directions();
                let regression = Regression::new(sequence, outputs, &home);
                let mut training = Training::new(self.module);
                Box::new(move || {
                    training.step(|module| regression.loss(|inputs| forward(module, inputs)));
                })
            }
            Mode::Words => {
                let words = Words::new([batch, steps], &home);
                let model = WordModel::new(self.module, [width, hidden], &home);
                let mut training = Training::new(model);
                Box::new(move || {
                    training.step(|model| model.loss(&words, &forward, self.cross_entropy));
                })
            }
            Mode::Infer => {
                let (module, inputs) = (self.module.valid(), random(sequence, device));
                Box::new(move || {
                    forward(&module, inputs.clone());
                })
            }
            Mode::Step => {
                let (module, step) = (self.module.valid(), self.step?);
                let input = random(sequence, device).squeeze_dim::<2>(1);
                let mut state = None;
                Box::new(move || state = Some(step(&module, input.clone(), state.take())))
            }
        };
        let device = device.clone();
        Some(Box::new(move || {
            way();
            finish(&device);
        }))
    }
}

/// Waits until the device has done what it was told.
fn finish(device: &Device) {
    device.sync().expect("the device finishes its work");
}

/// Standard normal draws of this shape, without gradients.
pub fn random(shape: [usize; 3], device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(normal(shape), shape), device)
}

fn normal(shape: [usize; 3]) -> Vec<f32> {
    let mut rng = SeededRng::new(2);
    let draws = (0..shape.iter().product()).map(|_| rng.normal() as f32);
    draws.collect()
}
