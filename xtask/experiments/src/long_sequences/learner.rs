//! An LSTM that learns from one long sequence a pass, and what the pass costs.

use std::time::{Duration, Instant};

use burn::nn::loss::{MseLoss, Reduction};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use peakmem_alloc::PeakMemAllocTrait;
use recurra_cells::{Lstm, LstmConfig, LstmState, NetworkInput, NetworkState};
use recurra_cells::{RecurrentConfig, SeededRng};
use recurra_train::{ClippedAdam, ClippedAdamConfig};

use super::config::Config;
use crate::ALLOCATOR;
use crate::error::Error;

const LEARNING_RATE: f64 = 1e-4;
const MAX_NORM: f64 = 1.0;
/// The streams of random numbers under one seed.
const WEIGHTS: u64 = 0;
const DATA: u64 = 1;

/// How a sequence is learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Backpropagation through all of its steps.
    Full,
    /// Backpropagation through one window at a time, the state carried on; one update of the weights by the sum of the
    /// windows' gradients.
    Accumulated,
    /// The same with an update after each window.
    Updated,
}

/// What a pass over a sequence took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The time of forward, backward and update, without the drawing of numbers.
    pub seconds: f64,
    /// The most that was allocated at any moment on top of what was before.
    pub peak_bytes: usize,
}

/// A network in training.
pub struct Learner {
    /// Given to the optimiser whole: of a clone it would have to copy every weight in every step.
    network: Option<Lstm>,
    optimizer: ClippedAdam,
    data: Data,
    window: usize,
}

/// Steps of a sequence.
struct Part {
    /// `[B, T, D]`.
    inputs: Tensor<3>,
    /// `[B, T, H]`.
    targets: Tensor<3>,
}

/// Where sequences come from: uniform noise, drawn as it is needed.
struct Data {
    rng: SeededRng,
    device: Device,
    /// `B`, `D` and `H`.
    sizes: [usize; 3],
}

impl Learner {
    /// A fresh network. The same seed gives the same weights and sequences.
    pub fn new(config: &Config, seed: u64, device: &Device) -> Result<Self, Error> {
        let device = device.clone().autodiff();
        let network = RecurrentConfig::new(LstmConfig::new(config.hidden_size));
        let rng = &mut SeededRng::for_stream(seed, WEIGHTS);
        Ok(Self {
            network: Some(network.init(config.input_size, &device, rng)),
            optimizer: ClippedAdam::new(ClippedAdamConfig::new(MAX_NORM))?,
            data: Data {
                rng: SeededRng::for_stream(seed, DATA),
                device,
                sizes: [config.batch_size, config.input_size, config.hidden_size],
            },
            window: config.window,
        })
    }

    /// Learns from the next sequence of `steps` steps, whole windows of them.
    ///
    /// The whole sequence of full backpropagation is there before the pass, and not counted. A window is drawn within the
    /// pass, and counted.
    pub fn pass(&mut self, method: Method, steps: usize) -> Cost {
        match method {
            Method::Full => self.full(steps),
            Method::Accumulated => self.accumulated(steps),
            Method::Updated => self.updated(steps),
        }
    }

    fn full(&mut self, steps: usize) -> Cost {
        let part = self.data.part(steps);
        let mut meter = Meter::start();
        meter.time(|| {
            let (gradients, _) = gradients(self.network(), part, None, 1.0);
            self.update(gradients);
        });
        meter.end()
    }

    fn accumulated(&mut self, steps: usize) -> Cost {
        let mut meter = Meter::start();
        let mut accumulator = GradientsAccumulator::new();
        let mut state = None;
        let windows = steps / self.window;
        for _ in 0..windows {
            let part = self.data.part(self.window);
            meter.time(|| {
                let network = self.network();
                let share = 1.0 / windows as f64;
                let (gradients, next) = gradients(network, part, state.take(), share);
                accumulator.accumulate(network, gradients);
                state = Some(next);
            });
        }
        meter.time(|| self.update(accumulator.grads()));
        meter.end()
    }

    fn updated(&mut self, steps: usize) -> Cost {
        let mut meter = Meter::start();
        let mut state = None;
        for _ in 0..steps / self.window {
            let part = self.data.part(self.window);
            meter.time(|| {
                let (gradients, next) = gradients(self.network(), part, state.take(), 1.0);
                self.update(gradients);
                state = Some(next);
            });
        }
        meter.end()
    }

    fn network(&self) -> &Lstm {
        self.network.as_ref().expect(AT_HOME)
    }

    fn update(&mut self, gradients: GradientsParams) {
        let network = self.network.take().expect(AT_HOME);
        let (network, _norm) = self.optimizer.step(LEARNING_RATE, network, gradients);
        self.network = Some(network);
    }
}

const AT_HOME: &str = "the network is away only while the optimiser has it";

/// The gradients of a part's mean squared error from `state` on, times `share`, and the state behind it, cut off.
fn gradients(
    network: &Lstm,
    part: Part,
    state: Option<NetworkState<LstmState>>,
    share: f64,
) -> (GradientsParams, NetworkState<LstmState>) {
    let output = network.forward(NetworkInput::new(part.inputs).with_state(state));
    let loss = MseLoss::new().forward(output.outputs, part.targets, Reduction::Mean) * share;
    let gradients = GradientsParams::from_grads(loss.backward(), network);
    (gradients, output.state.detach())
}

impl Data {
    /// The next steps.
    fn part(&mut self, steps: usize) -> Part {
        let [batch, inputs, outputs] = self.sizes;
        Part {
            inputs: self.noise([batch, steps, inputs]),
            targets: self.noise([batch, steps, outputs]),
        }
    }

    /// Uniform in `[-1, 1)`.
    fn noise(&mut self, shape: [usize; 3]) -> Tensor<3> {
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count)
            .map(|_| self.rng.uniform(-1.0, 1.0) as f32)
            .collect();
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }
}

/// Adds up what a pass takes.
struct Meter {
    time: Duration,
}

impl Meter {
    /// From now on memory counts.
    fn start() -> Self {
        ALLOCATOR.reset_peak_memory();
        Self {
            time: Duration::ZERO,
        }
    }

    /// What takes time.
    fn time(&mut self, work: impl FnOnce()) {
        let started = Instant::now();
        work();
        self.time += started.elapsed();
    }

    fn end(self) -> Cost {
        Cost {
            seconds: self.time.as_secs_f64(),
            peak_bytes: ALLOCATOR.get_peak_memory(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [Method; 3] = [Method::Full, Method::Accumulated, Method::Updated];

    /// The recurrent weights after a pass over so many windows, or before the first.
    fn weights(method: Method, windows: usize) -> Vec<f32> {
        let config = Config {
            batch_size: 2,
            input_size: 3,
            hidden_size: 4,
            window: 5,
            ..Config::full()
        };
        let learner = Learner::new(&config, 1, &Device::default());
        let mut learner = learner.expect("the settings are in their ranges");
        if windows > 0 {
            learner.pass(method, windows * config.window);
        }
        let cell = learner.network().layers[0].forward.as_ref();
        let weights = cell.expect("it runs forward").weight_hh.val();
        weights.into_data().iter::<f32>().collect()
    }

    fn difference(one: &[f32], other: &[f32]) -> f32 {
        let differences = one.iter().zip(other).map(|(a, b)| (a - b).abs());
        differences.fold(0.0, f32::max)
    }

    #[test]
    fn a_single_window_is_the_whole_sequence() {
        let [full, accumulated, updated] = METHODS.map(|method| weights(method, 1));
        assert_eq!(full, updated);
        assert!(difference(&full, &accumulated) < 1e-6);
    }

    /// An update of Adam's moves a weight by about the learning rate, whichever gradients it is made of.
    #[test]
    fn only_updates_after_each_window_are_several() {
        let start = weights(Method::Full, 0);
        let moved = METHODS.map(|method| difference(&weights(method, 4), &start) as f64);
        assert!(
            moved[..2]
                .iter()
                .all(|by| (by / LEARNING_RATE - 1.0).abs() < 0.1),
            "{moved:?}"
        );
        assert!(moved[2] > 1.5 * LEARNING_RATE, "{moved:?}");
    }
}
