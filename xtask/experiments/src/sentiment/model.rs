//! The models that a run compares, at the same number of parameters.

use recurra_cells::{AnyCellConfig, Direction, RecurrentConfig};
use recurra_train::{Pooling, SequenceClassifierConfig};

use super::config::Config;
use crate::cells::CellKind;

/// The classifier of `kind` over so many words, whose network has as many parameters as that of an LSTM, as closely as a hidden
/// size can.
pub fn model_config(
    config: &Config,
    kind: CellKind,
    (words, classes): (usize, usize),
) -> SequenceClassifierConfig<AnyCellConfig> {
    let target = parameters(config, CellKind::Lstm, config.hidden_size);
    let count = |hidden| parameters(config, kind, hidden);
    let hidden = CellKind::closest_hidden_size(target, count);
    let network = RecurrentConfig::new(kind.config(hidden))
        .with_num_layers(config.num_layers)
        .with_direction(config.direction);
    let mut model = SequenceClassifierConfig::new(words, config.embedding_size, network, classes);
    model.pooling = config.pooling;
    model.hidden_layer = (config.hidden_layer > 0).then_some(config.hidden_layer);
    model
}

/// The parameters of a network, and of what reads it and grows with it.
fn parameters(config: &Config, kind: CellKind, hidden: usize) -> usize {
    let directions = match config.direction {
        Direction::Both => 2,
        Direction::Forward | Direction::Backward => 1,
    };
    let width = directions * hidden;
    let first = kind.parameters(config.embedding_size, hidden);
    let others = (config.num_layers - 1) * kind.parameters(width, hidden);
    let attention = match config.pooling {
        Pooling::Attention => width * (width + 2),
        Pooling::Last | Pooling::Mean | Pooling::Max => 0,
    };
    directions * (first + others) + attention + width * config.hidden_layer.max(1)
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::tensor::Device;
    use recurra_cells::SeededRng;

    use super::*;
    use crate::cells::CellChoice;

    #[test]
    fn cells_have_as_many_parameters_as_the_lstm() {
        let counts = CellKind::chosen(CellChoice::All).into_iter().map(|kind| {
            let model = model_config(&Config::quick(), kind, (50, 2));
            let model = model.init(&Device::default(), &mut SeededRng::new(1));
            model.num_params()
        });
        let counts: Vec<usize> = counts.collect();
        assert!(
            counts.iter().all(|count| count.abs_diff(counts[1]) < 600),
            "{counts:?}"
        );
    }
}
