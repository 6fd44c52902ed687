//! Small models of each head, and what the tests read off them.

pub mod metrics;
pub mod padding;
pub mod pooling;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::{
    AnyCellConfig, Direction, GruConfig, Lengths, LstmConfig, PeepholeLstmConfig, RecurrentConfig,
    RnnConfig, SeededRng,
};
use recurra_train::Pooling;

/// How many tokens there are.
pub const VOCABULARY: usize = 7;
/// How many labels there are.
pub const CLASSES: usize = 3;
/// How far a result may be off for sums in another order, relative to 1 and to itself.
pub const TOLERANCE: f32 = 1e-5;

/// Every pooling.
pub const POOLINGS: [Pooling; 4] = [
    Pooling::Last,
    Pooling::Mean,
    Pooling::Max,
    Pooling::Attention,
];
/// Every direction.
pub const DIRECTIONS: [Direction; 3] = [Direction::Forward, Direction::Backward, Direction::Both];

/// Each of the four cells.
pub fn cells(hidden: usize) -> [AnyCellConfig; 4] {
    [
        AnyCellConfig::Rnn(RnnConfig::new(hidden)),
        AnyCellConfig::Lstm(LstmConfig::new(hidden)),
        AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden)),
        AnyCellConfig::Gru(GruConfig::new(hidden)),
    ]
}

/// One layer of each of the four cells, forward.
pub fn networks(hidden: usize) -> [RecurrentConfig<AnyCellConfig>; 4] {
    cells(hidden).map(RecurrentConfig::new)
}

/// Random numbers below `bound`.
pub fn draws(count: usize, bound: usize, rng: &mut SeededRng) -> Vec<i64> {
    (0..count).map(|_| rng.below(bound) as i64).collect()
}

/// Random numbers in `[-1, 1)`.
pub fn reals(count: usize, rng: &mut SeededRng) -> Vec<f32> {
    (0..count).map(|_| rng.uniform(-1.0, 1.0) as f32).collect()
}

/// Integers as a tensor of this shape.
pub fn ints<const D: usize>(values: &[i64], shape: [usize; D], device: &Device) -> Tensor<D, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

/// Numbers as a tensor of this shape.
pub fn floats<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

/// Lengths of rows that are padded to `steps`.
pub fn lengths(valid: &[usize], steps: usize) -> Lengths {
    Lengths::new(valid.to_vec(), steps).expect("no row is longer than the batch")
}

/// A tensor's numbers in row-major order.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// Whether the numbers are the same but for their last digits, and finite.
pub fn close(left: &[f32], right: &[f32]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|(l, r)| (l - r).abs() <= TOLERANCE * (1.0 + r.abs()))
}

/// The gradients of a loss by every parameter of `model`, in its order.
///
/// # Panics
/// If a parameter has none.
pub fn gradients<M: Module>(model: &M, loss: Tensor<1>) -> Vec<f32> {
    struct Collect(GradientsParams, Vec<f32>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id);
            self.1
                .extend(values(gradient.expect("every parameter has a gradient")));
        }
    }
    let gradients = GradientsParams::from_grads(loss.backward(), model);
    let mut collect = Collect(gradients, Vec::new());
    model.visit(&mut collect);
    collect.1
}
