//! The models that a run compares, at the same number of parameters.

use recurra_cells::{AnyCellConfig, CellConfig, Direction, RecurrentConfig};
use recurra_train::{TagDecoder, WordTaggerConfig};

use super::config::Config;
use super::data::Reader;
use crate::cells::CellKind;

/// The tagger of `kind`, both of whose networks have as many parameters as those of an LSTM, as closely as hidden sizes can.
pub fn model_config(
    config: &Config,
    kind: CellKind,
    reader: &Reader,
    decoder: TagDecoder,
) -> WordTaggerConfig<AnyCellConfig> {
    let inputs = config.character_embedding_size;
    let over_characters = network(kind, inputs, (config.character_hidden_size, 1));
    let spelled = 2 * over_characters.cell.hidden_size();
    let inputs = config.embedding_size + spelled;
    let over_words = network(kind, inputs, (config.hidden_size, config.num_layers));
    let mut model = WordTaggerConfig::new(
        [reader.words.vocabulary.len(), config.embedding_size],
        [reader.characters.len(), config.character_embedding_size],
        [over_characters, over_words],
        reader.tags.len(),
    );
    model.decoder = decoder;
    model
}

/// A network in both directions.
fn network(
    kind: CellKind,
    inputs: usize,
    (hidden_size, num_layers): (usize, usize),
) -> RecurrentConfig<AnyCellConfig> {
    let parameters = |kind: CellKind, hidden| {
        let further = (num_layers - 1) * kind.parameters(2 * hidden, hidden);
        kind.parameters(inputs, hidden) + further
    };
    let target = parameters(CellKind::Lstm, hidden_size);
    let hidden = CellKind::closest_hidden_size(target, |it| parameters(kind, it));
    RecurrentConfig::new(kind.config(hidden))
        .with_num_layers(num_layers)
        .with_direction(Direction::Both)
}
