//! A trained classifier with all that it takes to use it, in a folder of its own.

use std::path::Path;

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig};
use recurra_datasets::Vocabulary;
use recurra_distill::{Fingerprint, Fingerprinter, SoftLabels, Teacher};
use recurra_train::{SequenceClassifier, SequenceClassifierConfig, load, save};

use super::{Reader, logits};
use crate::error::Error;
use crate::run_folder::RunFolder;

const VOCABULARY: &str = "vocabulary.json";
const CLASSES: &str = "classes.json";

/// A classifier, the words that it knows, and its classes. As a teacher it gives texts its logits.
pub struct Model {
    pub config: SequenceClassifierConfig<AnyCellConfig>,
    pub classifier: SequenceClassifier<AnyCell>,
    pub reader: Reader,
    pub classes: Vec<String>,
}

impl Model {
    /// Whether a folder is that of one; a language model has a vocabulary too, but no classes.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(CLASSES).is_file()
    }

    /// Reads one.
    pub fn read(folder: &Path, device: &Device) -> Result<Self, Error> {
        let (config, classifier) = load(folder, device)?;
        let vocabulary = Vocabulary::read(folder.join(VOCABULARY))?;
        Ok(Self {
            config,
            classifier,
            reader: Reader {
                vocabulary,
                vectors: None,
            },
            classes: RunFolder::at(folder).read(CLASSES)?,
        })
    }

    /// Writes it.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        save(folder, &self.config, &self.classifier)?;
        self.reader.vocabulary.write(folder.join(VOCABULARY))?;
        RunFolder::at(folder).write_json(CLASSES, &self.classes)?;
        Ok(())
    }
}

impl Teacher for Model {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn fingerprint(&self) -> Fingerprint {
        let config = serde_json::to_string(&self.config);
        let hash = Fingerprinter::default()
            .text("recurrent classifier")
            .text(&config.expect("a configuration serialises"))
            .text(&self.classes.join("\n"));
        let words = self.reader.vocabulary.tokens();
        words
            .fold(hash, |hash, word| hash.text(word))
            .module(&self.classifier)
            .finish()
    }

    fn label(&self, texts: &[&str]) -> Result<SoftLabels, recurra_distill::Error> {
        let answer = || -> Result<SoftLabels, Error> {
            let rows = self.reader.rows(texts.iter().copied())?;
            logits(&self.classifier, &rows)
        };
        answer().map_err(|error| recurra_distill::Error::teacher(&error))
    }
}
