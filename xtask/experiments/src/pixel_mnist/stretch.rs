//! A model that has learned short sequences, made ready for the same ones with more steps.

use burn::module::Param;
use burn::tensor::{Tensor, TensorData};
use recurra_cells::AnyCell;
use recurra_train::SeriesClassifier;

/// The model with gates that keep about `factor` times as long what they hold, where they hold it for long at all. As the chrono
/// initialisation does, it adds `log(factor)` to the bias of the gate that keeps, and takes it from that of an LSTM's input gate
/// (Tallec and Ollivier 2018). Cells without gates or biases stay as they are.
pub fn stretched(mut model: SeriesClassifier<AnyCell>, factor: f64) -> SeriesClassifier<AnyCell> {
    for layer in &mut model.network.layers {
        for cell in [&mut layer.forward, &mut layer.backward] {
            *cell = cell.take().map(|cell| stretched_cell(cell, factor));
        }
    }
    model
}

fn stretched_cell(cell: AnyCell, factor: f64) -> AnyCell {
    let longer = factor.ln();
    match cell {
        AnyCell::Rnn(cell) => AnyCell::Rnn(cell),
        AnyCell::Lstm(mut cell) => {
            cell.bias = cell.bias.map(|it| moved(&it, [-longer, longer, 0.0, 0.0]));
            AnyCell::Lstm(cell)
        }
        AnyCell::Peephole(mut cell) => {
            cell.bias = cell.bias.map(|it| moved(&it, [-longer, longer, 0.0, 0.0]));
            AnyCell::Peephole(cell)
        }
        AnyCell::Gru(mut cell) => {
            cell.bias = cell.bias.map(|it| moved(&it, [0.0, longer, 0.0]));
            AnyCell::Gru(cell)
        }
    }
}

/// Biases `[G*H]`, each gate's moved by a number of its own.
fn moved<const G: usize>(bias: &Param<Tensor<1>>, by: [f64; G]) -> Param<Tensor<1>> {
    let value = bias.val();
    let options = (&value.device(), value.dtype());
    let data = value.into_data();
    let hidden = data.num_elements() / G;
    let moved = data.iter::<f64>().enumerate();
    let moved: Vec<f64> = moved.map(|(place, it)| it + by[place / hidden]).collect();
    let shape = [moved.len()];
    Param::from_tensor(Tensor::from_data(TensorData::new(moved, shape), options))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use recurra_cells::{NetworkInput, RecurrentConfig, SeededRng};
    use recurra_train::SeriesClassifierConfig;

    use super::*;
    use crate::cells::{CellKind, GateBiases};

    /// The hidden states after `steps` steps that all read the same.
    fn state(model: &SeriesClassifier<AnyCell>, steps: usize) -> Vec<f64> {
        let values = Tensor::ones([1, steps, 1], &model.device());
        let output = model.network.forward(NetworkInput::new(values));
        let last = output.outputs.slice([0..1, steps - 1..steps]);
        last.into_data().iter().collect()
    }

    #[test]
    fn a_stretched_memory_is_after_four_times_the_steps_where_it_was() {
        for kind in [CellKind::Lstm, CellKind::Peephole, CellKind::Gru] {
            let mut config = kind.config(12);
            config = GateBiases::Chrono.of(config, 200);
            let network = RecurrentConfig::new(config);
            let config = SeriesClassifierConfig::new(1, network, 3);
            let model = config.init(&Device::flex(), &mut SeededRng::new(4));
            let [short, long, unstretched] = [
                state(&model, 50),
                state(&stretched(model.clone(), 4.0), 200),
                state(&model, 200),
            ];
            let far = |a: &[f64], b: &[f64]| -> f64 {
                a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
            };
            assert!(
                far(&short, &long) < 0.1 * far(&short, &unstretched),
                "{kind:?}: {short:?} {long:?}"
            );
        }
    }
}
