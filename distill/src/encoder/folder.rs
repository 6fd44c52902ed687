//! A folder as Hugging Face's `transformers` writes it.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use recurra_cells::SeededRng;

use super::head::{self, HeadNames};
use super::parameters::{Drawn, Stored};
use super::tensors::StoredTensors;
use super::{Encoder, EncoderClassifier, EncoderConfig, Pooling, TextTokenizer};
use crate::Error;

/// The file of the configuration.
pub(super) const CONFIG: &str = "config.json";

/// The files of an encoder, read and compared with each other before anything is computed: configuration, tokenizer and
/// weights.
///
/// Tensors have their names with or without the prefix `bert.` or `roberta.`; those that nothing asks for, such as the head
/// of a language model, are left where they are.
pub struct HuggingFaceFolder {
    path: PathBuf,
    config: EncoderConfig,
    tokenizer: TextTokenizer,
    tensors: StoredTensors,
}

impl HuggingFaceFolder {
    /// Reads `config.json`, `tokenizer.json` or else `vocab.txt`, and `model.safetensors` or else the files that
    /// `model.safetensors.index.json` names.
    ///
    /// # Errors
    /// [`Error::MissingFile`] for another folder, [`Error::Unsupported`] for another network, [`Error::InvalidFile`],
    /// [`Error::Cells`] for a truncated file of weights, [`Error::Vocabulary`] for another tokenizer.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let config_file = path.join(CONFIG);
        if !config_file.is_file() {
            return Err(missing(&path, CONFIG));
        }
        let config = EncoderConfig::read(&config_file)?;
        let tokenizer = TextTokenizer::open(&path, &config)?;
        let tensors = StoredTensors::read(&path)?;
        Ok(Self {
            path,
            config,
            tokenizer,
            tensors,
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What `config.json` says.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &TextTokenizer {
        &self.tokenizer
    }

    /// Whether there is a classifier in it.
    pub fn has_classifier(&self) -> bool {
        let output = HeadNames::of(self.config.layout).output;
        self.tensors.contains(&format!("{output}.weight"))
    }

    /// The encoder alone.
    ///
    /// # Errors
    /// [`Error::MissingTensor`], [`Error::TensorShape`].
    pub fn encoder(&self, device: &Device) -> Result<Encoder, Error> {
        Encoder::build(&self.config, &mut self.stored(device))
    }

    /// The encoder with the classifier that is in the folder. Classes without names are called `LABEL_0` and so on, as
    /// `transformers` does.
    ///
    /// # Errors
    /// [`Error::MissingTensor`] if there is no classifier either, [`Error::TensorShape`].
    pub fn classifier(&self, device: &Device) -> Result<EncoderClassifier, Error> {
        let output = HeadNames::of(self.config.layout).output;
        let rows = self.tensors.rows(&format!("{output}.weight"));
        let classes = match self.config.classes() {
            named if !named.is_empty() => named,
            _ => (0..rows.unwrap_or(1))
                .map(|class| format!("LABEL_{class}"))
                .collect(),
        };
        let encoder = self.encoder(device)?;
        let mut stored = self.stored(device);
        let pooling = self.config.classifier_pooling;
        head::build(encoder, pooling, classes, None, &mut stored)
    }

    /// The encoder with a new classifier of these classes, drawn from `rng`: `N(0, initializer_range^2)` with zero biases.
    /// The pooler of [`Pooling::First`] is the folder's where it has one.
    ///
    /// # Errors
    /// [`Error::MissingTensor`], [`Error::TensorShape`].
    ///
    /// # Panics
    /// If there is no class.
    pub fn new_classifier<S: Into<String>>(
        &self,
        classes: impl IntoIterator<Item = S>,
        pooling: Pooling,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Result<EncoderClassifier, Error> {
        let config = self.config.clone().with_classes(classes);
        let encoder = Encoder::build(&config, &mut self.stored(device))?;
        let pooler = HeadNames::of(config.layout).pooler;
        let mut stored = self
            .tensors
            .contains(&format!("{pooler}.weight"))
            .then(|| self.stored(device));
        let mut drawn = Drawn::new(config.initializer_range, device, rng);
        head::build(
            encoder,
            pooling,
            config.classes(),
            stored.as_mut(),
            &mut drawn,
        )
    }

    fn stored<'a>(&'a self, device: &'a Device) -> Stored<'a> {
        Stored {
            tensors: &self.tensors,
            device,
        }
    }
}

/// A file that the folder should have.
pub(super) fn missing(folder: &Path, expected: &'static str) -> Error {
    Error::MissingFile {
        folder: folder.to_owned(),
        expected,
    }
}
