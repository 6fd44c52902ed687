//! Training one cell, and what that comes to.

use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_datasets::tagged::{TagKind, TaggedSentence};
use recurra_train::checkpoint::Best;
use recurra_train::{SpelledRows, SpelledWord, WordTagger, WordTaggerBatch, WordTaggerConfig};

use super::config::Config;
use super::data::Data;
use super::model::model_config;
use super::results::Outcome;
use super::score::Score;
use crate::cells::CellKind;
use crate::error::Error;
use crate::training::{Epochs, Lesson, Measures, Trainer};

/// How many sentences are read at a time where nothing is learned.
const READ: usize = 64;

/// Trains a cell under a seed and tests it.
pub fn train(
    config: &Config,
    data: &Data,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Outcome, Error> {
    let decoder = config.decoder.of(data.kind);
    let rows = data.train.iter().map(|it| data.reader.row(&it.words));
    let sentences = Sentences {
        config,
        data,
        rows: rows.collect::<Result<_, Error>>()?,
        model: model_config(config, cell, &data.reader, decoder),
    };
    let task = Epochs::new(sentences, cell, &config.training);
    let (model, trained) = trainer.train(&task, seed)?;
    let sentences = task.lesson;
    let tags = sentences.tags(&model, &data.test)?;
    Ok(Outcome {
        kind: data.kind,
        dev: sentences.score(&model, &data.dev)?,
        test: Score::new(&data.reader, &data.test, &tags),
        tags,
        model_config: sentences.model,
        model,
        trained,
    })
}

/// The sentences of the training part, to be tagged.
struct Sentences<'a> {
    config: &'a Config,
    data: &'a Data,
    /// As the network reads them.
    rows: Vec<Vec<SpelledWord>>,
    model: WordTaggerConfig<AnyCellConfig>,
}

impl Sentences<'_> {
    /// The model's tags of sentences, in their order.
    fn tags(
        &self,
        model: &WordTagger<AnyCell>,
        part: &[TaggedSentence],
    ) -> Result<Vec<Vec<String>>, Error> {
        let (model, reader) = (model.valid(), &self.data.reader);
        // Sentences of about the same length are read together.
        let mut order: Vec<usize> = (0..part.len()).collect();
        order.sort_by_key(|&place| part[place].words.len());
        let mut all = vec![Vec::new(); part.len()];
        for places in order.chunks(READ) {
            let rows = places.iter().map(|&place| reader.row(&part[place].words));
            let rows: Vec<Vec<SpelledWord>> = rows.collect::<Result<_, Error>>()?;
            let tags = model.predict(&SpelledRows::new(&rows));
            for (&place, tags) in places.iter().zip(tags) {
                let tags = tags.into_iter();
                all[place] = tags.map(|tag| reader.tags[tag as usize].clone()).collect();
            }
        }
        Ok(all)
    }

    fn score(&self, model: &WordTagger<AnyCell>, part: &[TaggedSentence]) -> Result<Score, Error> {
        let tags = self.tags(model, part)?;
        Ok(Score::new(&self.data.reader, part, &tags))
    }
}

impl Lesson for Sentences<'_> {
    type Model = WordTagger<AnyCell>;

    const MEASURES: Measures = Measures {
        train: "train_loss",
        valid: "dev_score",
        unit: "% (names: F1; otherwise words)",
        best: Best::Highest,
        rate: "words_per_second",
        counted: "words",
    };

    fn lengths(&self) -> Vec<usize> {
        self.rows.iter().map(Vec::len).collect()
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> WordTagger<AnyCell> {
        let mut model = self.model.init(device, rng);
        let words = &self.data.reader.words;
        words.begin(&mut model.word_embedding, self.config.embedding_std);
        model
    }

    fn batch(&self, rows: &[usize]) -> Result<WordTaggerBatch, Error> {
        let sentences: Vec<&[SpelledWord]> =
            rows.iter().map(|&row| self.rows[row].as_slice()).collect();
        let labels = rows.iter().map(|&row| {
            let tags = &self.data.train[row].tags;
            self.data.reader.labels(tags)
        });
        let labels: Vec<Vec<u32>> = labels.collect();
        Ok(WordTaggerBatch::new(SpelledRows::new(&sentences), &labels))
    }

    fn validate(&self, model: &WordTagger<AnyCell>) -> Result<f64, Error> {
        let score = self.score(model, &self.data.dev)?;
        Ok(match self.data.kind {
            TagKind::PartsOfSpeech => score.accuracy,
            TagKind::Entities => score.f1,
        })
    }
}
