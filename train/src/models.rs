//! Networks with what goes before and after them, a task each.

mod classifier;
mod crf;
mod cross_entropy;
mod ctc;
mod forecaster;
mod language_model;
mod multi_label;
mod output_layer;
mod pooling;
mod seq2seq;
mod series_classifier;
mod tagger;
mod valid_steps;
mod weights;
mod word_tagger;

pub use classifier::{
    ClassifierBatch, ClassifierPass, PreparedClassifier, SequenceClassifier,
    SequenceClassifierConfig, TokenRows,
};
pub use crf::LinearChainCrf;
pub use ctc::{
    CtcBatch, CtcFrames, CtcHypothesis, CtcPass, CtcRecognizer, CtcRecognizerConfig, ctc_collapse,
    ctc_frames_needed,
};
pub use forecaster::{ForecastBatch, ForecastPass, Forecaster, ForecasterConfig};
pub use language_model::{LanguageModel, LanguageModelConfig, LanguageModelMasks};
pub use multi_label::{
    MultiLabelBatch, MultiLabelMasks, MultiLabelPredictor, MultiLabelPredictorConfig,
    MultiLabelSampler,
};
pub use output_layer::OutputLayer;
pub use pooling::{AttentionPooling, Pooler, Pooling};
pub use seq2seq::*;
pub use series_classifier::{SeriesBatch, SeriesClassifier, SeriesClassifierConfig, SeriesPass};
pub use tagger::{SequenceTagger, SequenceTaggerConfig, TaggerBatch, TaggerPass};
pub use word_tagger::{
    SpelledRows, SpelledWord, TagDecoder, WordTagger, WordTaggerBatch, WordTaggerConfig,
    WordTaggerPass,
};
