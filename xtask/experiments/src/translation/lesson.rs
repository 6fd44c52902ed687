//! Training one cell, and what that comes to.

use burn::module::{Module, Param};
use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, CellConfig, Direction, SeededRng};
use recurra_datasets::parallel::ParallelText;
use recurra_train::checkpoint::Best;
use recurra_train::{
    AttentionScore, BeamSearchConfig, Hypothesis, SearchLimits, Seq2Seq, Seq2SeqBatch,
    Seq2SeqConfig,
};

use super::bleu::bleu;
use super::config::Config;
use super::data::Data;
use super::results::Outcome;
use super::subwords::MARKS;
use crate::cells::{CellKind, NetworkShape};
use crate::error::Error;
use crate::training::{Epochs, Lesson, Measures, Trainer};

/// How many sentences are translated at a time.
const READ: usize = 64;

/// Trains a cell under a seed and tests it.
pub fn train(
    config: &Config,
    data: &Data,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Outcome, Error> {
    let encode = |(source, target): (&str, &str)| -> Result<Pair, Error> {
        Ok((data.source.encode(source)?, data.target.encode(target)?))
    };
    let pairs = Pairs {
        config,
        data,
        pairs: data.train.pairs().map(encode).collect::<Result<_, _>>()?,
        model: model_config(config, cell, [data.source.len(), data.target.len()]),
    };
    let task = Epochs::new(pairs, cell, &config.training);
    let (model, trained) = trainer.train(&task, seed)?;
    let translations = task.lesson.translate(&model, &data.test, config.beam)?;
    Ok(Outcome {
        test_bleu: bleu(&translations, &data.test.targets),
        translations,
        model_config: task.lesson.model,
        model,
        trained,
    })
}

/// The model of `kind`, whose networks have as many parameters as those of an LSTM, as closely as a hidden size can.
fn model_config(
    config: &Config,
    kind: CellKind,
    vocabularies: [usize; 2],
) -> Seq2SeqConfig<AnyCellConfig> {
    let network = |inputs, num_layers, direction| {
        let shape = NetworkShape {
            hidden_size: config.hidden_size,
            num_layers,
            direction,
        };
        kind.network_like_lstms(inputs, shape)
    };
    let inputs = config.embedding_size;
    let reads = network(inputs, 1, Direction::Both);
    let writes = network(inputs, 1, Direction::Forward);
    let attended = 2 * reads.cell.hidden_size() + writes.cell.hidden_size();
    let upper = network(attended, config.upper_layers.max(1), Direction::Forward);
    let attention = match config.attention_size {
        0 => AttentionScore::General,
        size => AttentionScore::Additive { size },
    };
    Seq2SeqConfig {
        label_smoothing: config.label_smoothing,
        tie_embeddings: config.tie_embeddings,
        input_feeding: config.input_feeding,
        upper: (config.upper_layers > 0).then_some(upper),
        ..Seq2SeqConfig::new(vocabularies, inputs, [reads, writes], attention)
    }
}

/// The subwords of a sentence and of its translation.
type Pair = (Vec<u32>, Vec<u32>);

/// The pairs of the training part.
struct Pairs<'a> {
    config: &'a Config,
    data: &'a Data,
    pairs: Vec<Pair>,
    model: Seq2SeqConfig<AnyCellConfig>,
}

impl Pairs<'_> {
    /// The model's translations of the sources, in their order.
    fn translate(
        &self,
        model: &Seq2Seq<AnyCell>,
        text: &ParallelText,
        beam: usize,
    ) -> Result<Vec<String>, Error> {
        let model = model.valid();
        let sources = text.sources.iter().map(|it| self.data.source.encode(it));
        let sources: Vec<Vec<u32>> = sources.collect::<Result<_, _>>()?;
        // Sentences of about the same length end together.
        let mut order: Vec<usize> = (0..sources.len()).collect();
        order.sort_by_key(|&place| sources[place].len());
        let mut all = vec![String::new(); sources.len()];
        for places in order.chunks(READ) {
            let sources = places.iter().map(|&place| sources[place].as_slice());
            let found = self.search(&model, &sources.collect::<Vec<_>>(), beam)?;
            for (&place, hypothesis) in places.iter().zip(found) {
                all[place] = self.data.target.decode(&hypothesis.tokens)?;
            }
        }
        Ok(all)
    }

    /// The best translation of each source.
    fn search(
        &self,
        model: &Seq2Seq<AnyCell>,
        sources: &[&[u32]],
        width: usize,
    ) -> Result<Vec<Hypothesis>, Error> {
        let limits = SearchLimits {
            marks: MARKS,
            max_length: self.config.longest,
        };
        if width == 1 {
            return Ok(model.greedy(sources, limits)?);
        }
        let search = BeamSearchConfig {
            width,
            length_penalty: self.config.length_penalty,
            limits,
        };
        let found = model.beam_search(sources, search)?;
        let best = found.into_iter().map(|mut all| all.swap_remove(0));
        Ok(best.collect())
    }
}

impl Lesson for Pairs<'_> {
    type Model = Seq2Seq<AnyCell>;

    const MEASURES: Measures = Measures {
        train: "train_loss",
        valid: "valid_bleu",
        unit: "BLEU",
        best: Best::Highest,
        rate: "subwords_per_second",
        counted: "subwords",
    };

    fn lengths(&self) -> Vec<usize> {
        let lengths = self
            .pairs
            .iter()
            .map(|(source, target)| source.len() + target.len());
        lengths.collect()
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> Seq2Seq<AnyCell> {
        let mut model = self.model.init(device, rng);
        let weight = &mut model.source_embedding.weight;
        // It was drawn with a deviation of 1.
        *weight = Param::from_tensor(weight.val().detach() * self.config.embedding_std);
        model
    }

    fn batch(&self, rows: &[usize]) -> Result<Seq2SeqBatch, Error> {
        let pair = |&row: &usize| {
            let (source, target) = &self.pairs[row];
            (source.as_slice(), target.as_slice())
        };
        let pairs: Vec<(&[u32], &[u32])> = rows.iter().map(pair).collect();
        Ok(Seq2SeqBatch::new(&pairs, MARKS))
    }

    /// Greedy, which is fast.
    fn validate(&self, model: &Seq2Seq<AnyCell>) -> Result<f64, Error> {
        let translations = self.translate(model, &self.data.valid, 1)?;
        Ok(bleu(&translations, &self.data.valid.targets))
    }
}
