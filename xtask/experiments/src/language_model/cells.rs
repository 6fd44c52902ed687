//! The cells that a run compares, at the same number of parameters.

use recurra_cells::{AnyCellConfig, RecurrentConfig};
use recurra_train::LanguageModelConfig;

use super::config::Config;
use crate::cells::{CellChoice, CellKind};

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
    LanguageModelConfig {
        tie_embeddings: config.tie_embeddings,
        ..LanguageModelConfig::new(vocabulary, config.embedding_size, network)
    }
}

/// The hidden size whose model comes closest to the LSTM's of `config.hidden_size`.
fn equal_hidden_size(config: &Config, kind: CellKind, vocabulary: usize) -> usize {
    let count = |kind, hidden| model_parameters(config, kind, vocabulary, hidden);
    let target = count(CellKind::Lstm, config.hidden_size);
    CellKind::closest_hidden_size(target, |hidden| count(kind, hidden))
}

/// The parameters of a whole model.
fn model_parameters(config: &Config, kind: CellKind, vocabulary: usize, hidden: usize) -> usize {
    let first = kind.parameters(config.embedding_size, hidden);
    let others = (config.num_layers - 1) * kind.parameters(hidden, hidden);
    let output = match config.tie_embeddings {
        true => vocabulary,
        false => (hidden + 1) * vocabulary,
    };
    vocabulary * config.embedding_size + first + others + output
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::tensor::Device;
    use recurra_cells::SeededRng;

    use super::*;
    use crate::language_model::preset::Preset;

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
