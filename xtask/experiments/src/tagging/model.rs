//! The models that a run compares, at the same number of parameters.

use recurra_cells::{AnyCellConfig, CellConfig, Direction};
use recurra_train::{TagDecoder, WordTaggerConfig};

use super::config::Config;
use super::data::Reader;
use crate::cells::{CellKind, NetworkShape};

/// The tagger of `kind`, both of whose networks have as many parameters as those of an LSTM, as closely as hidden sizes can.
pub fn model_config(
    config: &Config,
    kind: CellKind,
    reader: &Reader,
    decoder: TagDecoder,
) -> WordTaggerConfig<AnyCellConfig> {
    let inputs = config.character_embedding_size;
    let over_characters = kind.network_like_lstms(inputs, shape(config.character_hidden_size, 1));
    let spelled = 2 * over_characters.cell.hidden_size();
    let inputs = config.embedding_size + spelled;
    let over_words = kind.network_like_lstms(inputs, shape(config.hidden_size, config.num_layers));
    let mut model = WordTaggerConfig::new(
        [reader.words.vocabulary.len(), config.embedding_size],
        [reader.characters.len(), config.character_embedding_size],
        [over_characters, over_words],
        reader.tags.len(),
    );
    model.decoder = decoder;
    model
}

/// The shape of a network in both directions.
fn shape(hidden_size: usize, num_layers: usize) -> NetworkShape {
    NetworkShape {
        hidden_size,
        num_layers,
        direction: Direction::Both,
    }
}
