//! A teacher in training.

use burn::tensor::Device;
use recurra_cells::SeededRng;
use recurra_datasets::batches::PaddedBatch;
use recurra_datasets::labelled::LabelledText;
use recurra_datasets::{Vocabulary, VocabularyLimits, english_words};
use recurra_distill::{
    EncoderClassifier, EncoderConfig, FineTuning, FineTuningConfig, Pooling, TextTokenizer,
};
use recurra_train::Schedule;
use recurra_train::schedule::{Linear, Sequence};

use super::super::config::TeacherConfig;
use super::super::corpus::Parts;
use super::super::steps::Steps;
use crate::error::Error;
use crate::training::Trainer;
use crate::training::streams::DROPOUT;

/// The most tokens of a text that a teacher without a folder reads.
const LONGEST: usize = 64;

/// An encoder that knows every word of the texts that it may see.
pub fn scratch(
    config: &TeacherConfig,
    parts: &Parts,
    classes: &[String],
    device: &Device,
    rng: &mut SeededRng,
) -> Result<(EncoderClassifier, TextTokenizer), Error> {
    let seen = parts.teacher.iter().map(|it| it.text.as_str());
    let seen = seen.chain(parts.pool.iter().map(String::as_str));
    let texts: Vec<Vec<String>> = seen.map(english_words).collect();
    let words = Vocabulary::from_texts(&texts, VocabularyLimits::default());
    let special = [words.padding(), words.unknown()];
    let words = (0..words.len() as u32)
        .filter(|&id| !special.contains(&Some(id)))
        .filter_map(|id| words.token(id));
    let tokenizer = TextTokenizer::of_words(words, LONGEST)?;
    let size = tokenizer.vocab_size();
    let mut encoder = EncoderConfig::new(size, config.hidden_size, config.num_layers, config.heads)
        .with_classes(classes);
    encoder.max_position_embeddings = LONGEST;
    (
        encoder.hidden_dropout_prob,
        encoder.attention_probs_dropout_prob,
    ) = (config.dropout, config.dropout);
    // BERT's 0.02 suits its width of 768.
    encoder.initializer_range = (config.hidden_size as f64).sqrt().recip();
    Ok((
        encoder.init_classifier(Pooling::Mean, device, rng),
        tokenizer,
    ))
}

/// Trains a classifier on labelled texts; `None` after Ctrl-C.
pub fn fine_tune(
    classifier: EncoderClassifier,
    tokenizer: &TextTokenizer,
    texts: &[LabelledText],
    (config, seed): (&TeacherConfig, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Option<EncoderClassifier>, Error> {
    let device = classifier.device();
    let rows = tokenizer.encode(&texts.iter().map(|it| &it.text).collect::<Vec<_>>())?;
    let told = FineTuningConfig {
        freeze_embeddings: config.freeze_embeddings,
        ..FineTuningConfig::default()
    };
    let mut training = FineTuning::new(classifier, told, SeededRng::for_stream(seed, DROPOUT))?;
    let steps = Steps {
        name: "teacher",
        seed,
        epochs: config.epochs,
        least: config.least_steps,
        batch_size: config.batch_size,
        learning_rate: config.learning_rate,
    };
    let schedule = course(steps.over(rows.len()), config.warm_up);
    let step = |batch: &PaddedBatch, learning_rate| {
        let labels: Vec<usize> = batch.rows.iter().map(|&row| texts[row].label).collect();
        // Its own padding, not the batch's.
        let ids: Vec<&Vec<u32>> = batch.rows.iter().map(|&row| &rows[row]).collect();
        let tokens = tokenizer.batch(&ids, &device);
        Ok(training.train_batch(tokens, &labels, learning_rate)?)
    };
    let is_whole = steps.make(&rows, schedule, trainer, step)?;
    Ok(is_whole.then(|| training.classifier()))
}

/// Up in a straight line, then down to 0.
fn course(steps: usize, warm_up: f64) -> Schedule {
    let rising = (warm_up * steps as f64) as usize;
    let falling = Schedule::Linear(Linear::decay((steps - rising).max(1)));
    match rising {
        0 => falling,
        _ => {
            let rise = Schedule::Linear(Linear::warm_up(0.0, rising));
            Schedule::Sequence(Sequence::new(vec![rise, falling], vec![rising]))
        }
    }
}
