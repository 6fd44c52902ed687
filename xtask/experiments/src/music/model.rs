//! The models that a run compares, at the same number of parameters.

use recurra_cells::{AnyCellConfig, RecurrentConfig};
use recurra_datasets::PIANO_KEYS;
use recurra_train::MultiLabelPredictorConfig;

use super::config::Config;
use crate::cells::CellKind;

/// The model of `kind` whose number of parameters comes closest to the settings'.
pub fn model_config(config: &Config, kind: CellKind) -> MultiLabelPredictorConfig<AnyCellConfig> {
    let count = |hidden| parameters(config, kind, hidden);
    let hidden = CellKind::closest_hidden_size(config.parameters, count);
    let network = RecurrentConfig::new(kind.config(hidden)).with_num_layers(config.num_layers);
    MultiLabelPredictorConfig::new(PIANO_KEYS, network)
}

/// The parameters with one hidden unit, of the chosen cell that then has the most.
pub fn least_parameters(config: &Config) -> usize {
    let least = |kind| parameters(config, kind, 1);
    let chosen = CellKind::chosen(config.cell).into_iter();
    chosen.map(least).max().unwrap_or(0)
}

/// The parameters of a whole model.
fn parameters(config: &Config, kind: CellKind, hidden: usize) -> usize {
    let first = kind.parameters(PIANO_KEYS, hidden);
    let others = (config.num_layers - 1) * kind.parameters(hidden, hidden);
    first + others + (hidden + 1) * PIANO_KEYS
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::tensor::Device;
    use recurra_cells::SeededRng;

    use super::*;
    use crate::cells::CellChoice;

    #[test]
    fn models_have_the_number_of_parameters_that_was_asked_for() {
        for num_layers in [1, 2] {
            let config = Config {
                num_layers,
                parameters: 20_000,
                ..Config::full()
            };
            for kind in CellKind::chosen(CellChoice::All) {
                let model =
                    model_config(&config, kind).init(&Device::default(), &mut SeededRng::new(1));
                let built = model.num_params();
                assert_eq!(
                    built,
                    parameters(&config, kind, model.network.hidden_size())
                );
                assert!(built.abs_diff(20_000) < 1000, "{kind:?}: {built}");
            }
        }
    }
}
