//! An encoder from scratch.

use burn::tensor::Device;
use recurra_cells::SeededRng;
use recurra_datasets::{Vocabulary, VocabularyLimits, english_words};
use recurra_distill::{EncoderClassifier, EncoderConfig, Pooling, TextTokenizer};

use super::super::config::TeacherConfig;
use super::super::corpus::Parts;
use crate::error::Error;

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
