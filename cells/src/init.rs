//! Initial weights, drawn on the host from a [`SeededRng`], so that a seed gives the same weights on every device.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::{Error, SeededRng, ops};

/// How one weight starts. Matrices of several gates are drawn gate by gate, each as its own `[H, fan_in]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Init {
    /// All zero.
    Zeros,
    /// `U(-sqrt(6 / (fan_in + H)), +sqrt(6 / (fan_in + H)))` (Glorot and Bengio 2010).
    XavierUniform,
    /// `U(-1/sqrt(H), 1/sqrt(H))`, what PyTorch's recurrent layers start from.
    UniformHidden,
    /// `N(0, std^2)`.
    Normal {
        /// The standard deviation, finite and at least 0.
        std: f64,
    },
    /// Orthonormal rows or columns, whichever are fewer (Saxe et al. 2014).
    Orthogonal,
    /// `gain` on the diagonal (Le et al. 2015, for the IRNN).
    Identity {
        /// The diagonal's value, finite.
        gain: f64,
    },
}

/// How the weights of a cell start: input, recurrent and bias, each on its own.
///
/// The default is Xavier-uniform input weights, orthogonal recurrent weights and zero biases (cells with a forget gate add
/// their `forget_bias`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeightInit {
    /// `weight_ih`. Default: [`Init::XavierUniform`].
    pub input: Init,
    /// `weight_hh`, and an LSTM's projection `weight_hr`. Default: [`Init::Orthogonal`].
    pub recurrent: Init,
    /// The biases and peepholes. Default: [`Init::Zeros`].
    pub bias: Init,
}

impl Default for WeightInit {
    fn default() -> Self {
        Self {
            input: Init::XavierUniform,
            recurrent: Init::Orthogonal,
            bias: Init::Zeros,
        }
    }
}

impl WeightInit {
    /// Says which number is out of its range, if one is.
    pub(crate) fn validate(self) -> Result<(), Error> {
        [self.input, self.recurrent, self.bias]
            .into_iter()
            .try_for_each(Init::validate)
    }

    /// PyTorch's: `U(-1/sqrt(H), 1/sqrt(H))` for every weight. The folded bias is one such draw, where PyTorch adds two.
    pub fn pytorch() -> Self {
        Self {
            input: Init::UniformHidden,
            recurrent: Init::UniformHidden,
            bias: Init::UniformHidden,
        }
    }
}

impl Init {
    /// Says which number is out of its range, if one is.
    fn validate(self) -> Result<(), Error> {
        match self {
            Self::Normal { std } if !(std.is_finite() && std >= 0.0) => {
                Err(Error::config("std", "finite and at least 0", std))
            }
            Self::Identity { gain } => ops::check_finite("gain", gain),
            _ => Ok(()),
        }
    }

    /// A weight `[gates * rows, columns]`; `hidden_size` is `H` of [`Init::UniformHidden`].
    pub(crate) fn matrix(
        self,
        [gates, rows, columns]: [usize; 3],
        hidden_size: usize,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Param<Tensor<2>> {
        let values: Vec<f64> = (0..gates)
            .flat_map(|_| self.draw(rows, columns, hidden_size, rng))
            .collect();
        Param::from_tensor(Tensor::from_data(
            TensorData::new(values, [gates * rows, columns]),
            device,
        ))
    }

    /// A bias or peephole `[gates * hidden_size]` with an offset added to each number, which are as many.
    pub(crate) fn vector(
        self,
        offsets: &[f64],
        hidden_size: usize,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Param<Tensor<1>> {
        let values: Vec<f64> = offsets
            .chunks_exact(hidden_size)
            .flat_map(|offsets| {
                let gate = self.draw(hidden_size, 1, hidden_size, rng);
                gate.into_iter()
                    .zip(offsets)
                    .map(|(value, offset)| value + offset)
            })
            .collect();
        let size = values.len();
        Param::from_tensor(Tensor::from_data(TensorData::new(values, [size]), device))
    }

    /// One gate's `[rows, columns]`, row by row.
    fn draw(
        self,
        rows: usize,
        columns: usize,
        hidden_size: usize,
        rng: &mut SeededRng,
    ) -> Vec<f64> {
        let mut fill = |bound: f64| {
            (0..rows * columns)
                .map(|_| rng.uniform(-bound, bound))
                .collect()
        };
        match self {
            Self::Zeros => vec![0.0; rows * columns],
            Self::XavierUniform => fill((6.0 / (rows + columns) as f64).sqrt()),
            Self::UniformHidden => fill((hidden_size as f64).sqrt().recip()),
            Self::Normal { std } => (0..rows * columns).map(|_| std * rng.normal()).collect(),
            Self::Orthogonal => orthogonal(rows, columns, rng),
            Self::Identity { gain } => (0..rows * columns)
                .map(|index| {
                    if index / columns == index % columns {
                        gain
                    } else {
                        0.0
                    }
                })
                .collect(),
        }
    }
}

/// The biases of the gate that keeps a memory, a unit each: `log(u)` with `u` from `U(1, longest - 1)`, so that the units
/// forget over `u + 1` steps (chrono initialisation; Tallec and Ollivier 2018).
pub(crate) fn chrono_biases(longest: usize, hidden_size: usize, rng: &mut SeededRng) -> Vec<f64> {
    let last = (longest - 1) as f64;
    (0..hidden_size)
        .map(|_| rng.uniform(1.0, last).ln())
        .collect()
}

/// What is added to the initial biases of an LSTM's input and forget gate, `[H]` each: nothing and `forget_bias`, unless the
/// longest dependency of a chrono initialisation is given.
pub(crate) fn memory_bias_offsets(
    forget_bias: f64,
    chrono: Option<usize>,
    hidden_size: usize,
    rng: &mut SeededRng,
) -> [Vec<f64>; 2] {
    match chrono {
        None => [vec![0.0; hidden_size], vec![forget_bias; hidden_size]],
        Some(longest) => {
            let forget = chrono_biases(longest, hidden_size, rng);
            [forget.iter().map(|bias| -bias).collect(), forget]
        }
    }
}

/// A matrix with orthonormal rows (or columns, where they are fewer): a normal draw made orthonormal by Gram and Schmidt,
/// twice over, which in double precision leaves no more than rounding.
fn orthogonal(rows: usize, columns: usize, rng: &mut SeededRng) -> Vec<f64> {
    let (count, width) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    while basis.len() < count {
        let mut vector: Vec<f64> = (0..width).map(|_| rng.normal()).collect();
        for other in basis.iter().chain(&basis) {
            let along: f64 = vector.iter().zip(other).map(|(x, y)| x * y).sum();
            vector
                .iter_mut()
                .zip(other)
                .for_each(|(x, y)| *x -= along * y);
        }
        let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        // A draw that lies in the span of the others has no direction of its own left.
        if norm > 1e-6 {
            vector.iter_mut().for_each(|x| *x /= norm);
            basis.push(vector);
        }
    }
    let at = |row: usize, column: usize| match rows <= columns {
        true => basis[row][column],
        false => basis[column][row],
    };
    (0..rows * columns)
        .map(|index| at(index / columns, index % columns))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn orthogonal_weights_are_orthonormal(rows in 1usize..12, columns in 1usize..12, seed: u64) {
            let weights = orthogonal(rows, columns, &mut SeededRng::new(seed));
            let at = |r: usize, c: usize| weights[r * columns + c];
            let count = rows.min(columns);
            for i in 0..count {
                for j in 0..count {
                    let product: f64 = match rows <= columns {
                        true => (0..columns).map(|c| at(i, c) * at(j, c)).sum(),
                        false => (0..rows).map(|r| at(r, i) * at(r, j)).sum(),
                    };
                    let expected = if i == j { 1.0 } else { 0.0 };
                    prop_assert!((product - expected).abs() < 1e-9, "{i} {j}: {product}");
                }
            }
        }

        #[test]
        fn uniform_weights_keep_their_bounds(rows in 1usize..12, columns in 1usize..12, seed: u64) {
            let mut rng = SeededRng::new(seed);
            let xavier = (6.0 / (rows + columns) as f64).sqrt();
            prop_assert!(Init::XavierUniform.draw(rows, columns, rows, &mut rng).iter().all(|w| w.abs() <= xavier));
            let hidden = (rows as f64).sqrt().recip();
            prop_assert!(Init::UniformHidden.draw(rows, columns, rows, &mut rng).iter().all(|w| w.abs() <= hidden));
        }
    }
}
