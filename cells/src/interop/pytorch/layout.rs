//! What the names and shapes of a state dict tell of the network.

use super::super::{StateDict, WeightMismatch};
use super::{PytorchCell, suffix};
use crate::{CellConfig, Direction, Error, Peepholes, RecurrentConfig};

/// A cell whose configuration follows from the names and shapes of its weights.
pub trait InferCell: PytorchCell {
    /// What the cell is built from.
    type Config: CellConfig<Cell = Self>;

    /// The configuration that `layout` tells; what it cannot tell is as PyTorch has it by default.
    ///
    /// # Errors
    /// If the weights are another cell's.
    fn infer(layout: &PytorchLayout) -> Result<Self::Config, Error>;
}

/// What the names and shapes under a prefix tell of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PytorchLayout {
    /// `D`, the columns of `weight_ih_l0`.
    pub input_size: usize,
    /// `H`, the columns of `weight_hh_l0`; with a projection, of `weight_hr_l0`.
    pub hidden_size: usize,
    /// `G`, how often the rows of `weight_ih_l0` hold `H`.
    pub gates: usize,
    /// `L`, the layers that have a `weight_ih`.
    pub num_layers: usize,
    /// Backward where all names end in `_reverse`, both where some do.
    pub direction: Direction,
    /// The rows of `weight_hr_l0`.
    pub projection_size: Option<usize>,
    /// Whether there is a `bias_ih_l0`.
    pub bias: bool,
    /// Which of `peephole_i_l0`, `peephole_f_l0` and `peephole_o_l0` there are.
    pub peepholes: Peepholes,
}

impl PytorchLayout {
    /// Reads the names and shapes under `prefix`.
    ///
    /// # Errors
    /// If there is no `weight_ih_l0` or `weight_hh_l0`, or their shapes belong to no recurrent network.
    pub fn infer(dict: &StateDict, prefix: &str) -> Result<Self, Error> {
        let runs = |layer, direction| {
            dict.contains(&format!("{prefix}weight_ih{}", suffix(layer, direction)))
        };
        let direction = direction(runs(0, Direction::Forward), runs(0, Direction::Backward));
        let full_name = |name: &str| format!("{prefix}{name}{}", suffix(0, direction));
        let has = |name: &str| dict.contains(&full_name(name));
        let shape = |name: &str| matrix(dict, &full_name(name));
        let [rows, input_size] = shape("weight_ih")?;
        let [_, recurrent] = shape("weight_hh")?;
        let projection = has("weight_hr").then(|| shape("weight_hr")).transpose()?;
        let hidden_size = projection.map_or(recurrent, |[_, hidden]| hidden);
        if hidden_size == 0 || input_size == 0 || rows == 0 || rows % hidden_size != 0 {
            let expected = format!("[G*{hidden_size}, D], both at least 1");
            return Err(Error::tensor_shape(
                full_name("weight_ih"),
                expected,
                &[rows, input_size],
            ));
        }
        Ok(Self {
            input_size,
            hidden_size,
            gates: rows / hidden_size,
            num_layers: (0..).take_while(|&layer| runs(layer, direction)).count(),
            direction,
            projection_size: projection.map(|[size, _]| size),
            bias: has("bias_ih"),
            peepholes: Peepholes {
                input: has("peephole_i"),
                forget: has("peephole_f"),
                output: has("peephole_o"),
            },
        })
    }

    /// A network of `cell` with these layers and this direction.
    pub fn config<C: CellConfig>(&self, cell: C) -> RecurrentConfig<C> {
        RecurrentConfig::new(cell)
            .with_num_layers(self.num_layers)
            .with_direction(self.direction)
    }

    /// # Errors
    /// If there is another number of gates than `expected`, so that the weights are another cell's.
    pub(super) fn check_gates(&self, expected: usize) -> Result<(), Error> {
        if self.gates == expected {
            return Ok(());
        }
        let shape = |gates| [gates * self.hidden_size, self.input_size];
        Err(Error::tensor_shape(
            "weight_ih_l0",
            format!("{:?}", shape(expected)),
            &shape(self.gates),
        ))
    }
}

/// The direction of a network that runs forward, backward, or both; forward if neither, whose weights are then missing.
fn direction(forward: bool, backward: bool) -> Direction {
    match (forward, backward) {
        (true, true) => Direction::Both,
        (false, true) => Direction::Backward,
        (_, false) => Direction::Forward,
    }
}

/// The shape of the weight `name`.
fn matrix(dict: &StateDict, name: &str) -> Result<[usize; 2], Error> {
    let missing = || WeightMismatch {
        missing: vec![name.to_owned()],
        ..WeightMismatch::default()
    };
    let shape = dict
        .get(name)
        .ok_or_else(|| Error::Weights(missing()))?
        .shape();
    shape
        .try_into()
        .map_err(|_| Error::tensor_shape(name, "a matrix", shape))
}
