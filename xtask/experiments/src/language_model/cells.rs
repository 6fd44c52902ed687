//! The cells that a run compares, at the same number of parameters.

use recurra_cells::{
    AnyCellConfig, GruConfig, LstmConfig, PeepholeLstmConfig, RecurrentConfig, RnnConfig,
};
use recurra_train::LanguageModelConfig;

use super::config::{CellChoice, Config};

/// One of the four cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    Rnn,
    Lstm,
    Peephole,
    Gru,
}

impl CellKind {
    /// The cells that a choice stands for.
    pub fn chosen(choice: CellChoice) -> Vec<Self> {
        match choice {
            CellChoice::Rnn => vec![Self::Rnn],
            CellChoice::Lstm => vec![Self::Lstm],
            CellChoice::Peephole => vec![Self::Peephole],
            CellChoice::Gru => vec![Self::Gru],
            CellChoice::All => vec![Self::Rnn, Self::Lstm, Self::Peephole, Self::Gru],
        }
    }

    /// The name in options and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rnn => "rnn",
            Self::Lstm => "lstm",
            Self::Peephole => "peephole",
            Self::Gru => "gru",
        }
    }

    fn config(self, hidden_size: usize) -> AnyCellConfig {
        match self {
            Self::Rnn => AnyCellConfig::Rnn(RnnConfig::new(hidden_size)),
            Self::Lstm => AnyCellConfig::Lstm(LstmConfig::new(hidden_size)),
            Self::Peephole => AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden_size)),
            Self::Gru => AnyCellConfig::Gru(GruConfig::new(hidden_size)),
        }
    }

    /// The parameters of a cell with `D` inputs and `H` hidden units.
    fn parameters(self, inputs: usize, hidden: usize) -> usize {
        // The GRU has a second bias for its candidate, the peephole LSTM three peepholes.
        let (gates, vectors) = match self {
            Self::Rnn => (1, 1),
            Self::Lstm => (4, 4),
            Self::Peephole => (4, 7),
            Self::Gru => (3, 4),
        };
        gates * hidden * (inputs + hidden) + vectors * hidden
    }
}

/// The model of `kind` that the settings ask for: with all cells, as close as possible to the LSTM's number of parameters.
pub fn model_config(
    config: &Config,
    kind: CellKind,
    vocabulary: usize,
) -> LanguageModelConfig<AnyCellConfig> {
    let hidden = match config.cell {
        CellChoice::All => equal_hidden_size(config, kind, vocabulary),
        _ => config.hidden_size,
    };
    let network = RecurrentConfig::new(kind.config(hidden)).with_num_layers(config.num_layers);
    LanguageModelConfig::new(vocabulary, config.embedding_size, network)
}

/// The hidden size whose model comes closest to the LSTM's of `config.hidden_size`.
fn equal_hidden_size(config: &Config, kind: CellKind, vocabulary: usize) -> usize {
    let count = |kind, hidden| model_parameters(config, kind, vocabulary, hidden);
    let target = count(CellKind::Lstm, config.hidden_size);
    let above = (1..)
        .find(|&hidden| count(kind, hidden) >= target)
        .expect("models grow without bound");
    let below = (above - 1).max(1);
    if target.abs_diff(count(kind, below)) < target.abs_diff(count(kind, above)) {
        below
    } else {
        above
    }
}

/// The parameters of a whole model.
fn model_parameters(config: &Config, kind: CellKind, vocabulary: usize, hidden: usize) -> usize {
    let first = kind.parameters(config.embedding_size, hidden);
    let others = (config.num_layers - 1) * kind.parameters(hidden, hidden);
    vocabulary * config.embedding_size + first + others + (hidden + 1) * vocabulary
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::tensor::Device;
    use recurra_cells::SeededRng;

    use super::*;
    use crate::language_model::config::Preset;

    #[test]
    fn parameters_are_those_of_the_built_model_and_nearly_equal() {
        let base = Config {
            cell: CellChoice::All,
            num_layers: 2,
            hidden_size: 20,
            ..Preset::TinyChar.config()
        };
        let target = model_parameters(&base, CellKind::Lstm, 11, 20);
        for kind in CellKind::chosen(CellChoice::All) {
            let hidden = equal_hidden_size(&base, kind, 11);
            let model =
                model_config(&base, kind, 11).init(&Device::default(), &mut SeededRng::new(1));
            let parameters = model.num_params();
            assert_eq!(
                parameters,
                model_parameters(&base, kind, 11, hidden),
                "{kind:?}"
            );
            assert!(
                parameters.abs_diff(target) * 20 < target,
                "{kind:?}: {parameters} against {target}"
            );
        }
    }
}
