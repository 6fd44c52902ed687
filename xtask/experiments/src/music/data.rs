//! The music: a corpus from disk, or one that the project writes itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use recurra_datasets::PianoRollCorpus;

use super::config::Config;
use crate::cells::{CellChoice, CellKind};
use crate::comparison::StudyData;
use crate::error::Error;
use crate::report::Expected;

/// The size in bytes of the JSB chorales with a step for each quarter note.
const JSB_QUARTER_SIZE: u64 = 407_200;

const SOURCE: &str = "Bai et al. 2018, about 300k parameters";

/// A corpus and how it is called in the report.
pub struct Data {
    pub corpus: PianoRollCorpus,
    pub name: String,
    /// Whether it is the one of the published figures.
    is_jsb: bool,
}

impl StudyData for Data {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Data {
    /// Reads the corpus at `path`, or generates one from `seed`.
    pub fn read(path: Option<&Path>, config: &Config, seed: u64) -> Result<Self, Error> {
        let Some(path) = path else {
            return Ok(Self {
                corpus: PianoRollCorpus::generated(seed, config.generated_pieces),
                name: "generated".to_owned(),
                is_jsb: false,
            });
        };
        let file = PianoRollCorpus::locate(path)?;
        Ok(Self {
            corpus: PianoRollCorpus::read(&file)?,
            name: file.display().to_string(),
            is_jsb: fs::metadata(&file).is_ok_and(|it| it.len() == JSB_QUARTER_SIZE),
        })
    }

    /// Published figures for this corpus, under the names that the results of these cells have.
    pub fn expected(&self, cell: CellChoice) -> BTreeMap<&'static str, Expected> {
        if !self.is_jsb {
            return BTreeMap::new();
        }
        let source = SOURCE;
        let figure = |kind| match kind {
            CellKind::Rnn => Some(("rnn_test_nll", 8.91)),
            CellKind::Lstm => Some(("lstm_test_nll", 8.45)),
            CellKind::Peephole => None,
            CellKind::Gru => Some(("gru_test_nll", 8.43)),
        };
        let kinds = CellKind::chosen(cell);
        let alone = kinds.len() == 1;
        let figures = kinds.into_iter().filter_map(figure);
        figures
            .map(|(name, value)| (if alone { "test_nll" } else { name }, value))
            .map(|(name, value)| (name, Expected { value, source }))
            .collect()
    }
}
