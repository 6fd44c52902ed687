//! A model in a folder: its configuration as JSON, its weights as safetensors.

use std::{fs, path::Path};

use burn::module::Module;
use burn::tensor::Device;
use burn_store::{ModuleSnapshot, SafetensorsStore};
use recurra_cells::interop::write_atomically;
use recurra_cells::{CellConfig, SeededRng};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    CtcRecognizer, CtcRecognizerConfig, Error, Forecaster, ForecasterConfig, LanguageModel,
    LanguageModelConfig, MultiLabelPredictor, MultiLabelPredictorConfig, Seq2Seq, Seq2SeqConfig,
    SequenceClassifier, SequenceClassifierConfig, SequenceTagger, SequenceTaggerConfig,
    SeriesClassifier, SeriesClassifierConfig, WordTagger, WordTaggerConfig,
};

/// The file of the configuration.
pub const CONFIG_FILE: &str = "config.json";
/// The file of the weights. A tensor's name is its path in the model, such as `network.layers.0.forward.weight_hh`.
pub const WEIGHTS_FILE: &str = "model.safetensors";

/// What a model is built from, and can be kept as beside its weights.
pub trait ModelConfig: Serialize + DeserializeOwned {
    /// What is built.
    type Model: Module + ModuleSnapshot;

    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the field, or [`Error::Cells`] with one of the network's.
    fn validate(&self) -> Result<(), Error>;

    /// Builds the model with weights drawn from `rng`.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    fn init(&self, device: &Device, rng: &mut SeededRng) -> Self::Model;
}

macro_rules! model_configs {
    ($($config:ident builds $model:ident),* $(,)?) => {$(
        impl<C: CellConfig + Serialize + DeserializeOwned> ModelConfig for $config<C> {
            type Model = $model<C::Cell>;

            fn validate(&self) -> Result<(), Error> {
                self.validate()
            }

            fn init(&self, device: &Device, rng: &mut SeededRng) -> Self::Model {
                self.init(device, rng)
            }
        }
    )*};
}

model_configs!(
    CtcRecognizerConfig builds CtcRecognizer,
    ForecasterConfig builds Forecaster,
    LanguageModelConfig builds LanguageModel,
    MultiLabelPredictorConfig builds MultiLabelPredictor,
    Seq2SeqConfig builds Seq2Seq,
    SequenceClassifierConfig builds SequenceClassifier,
    SequenceTaggerConfig builds SequenceTagger,
    SeriesClassifierConfig builds SeriesClassifier,
    WordTaggerConfig builds WordTagger,
);

/// Writes a model, of whatever kind, and the configuration that built it to the folder `folder`, which is made if it is not
/// there.
///
/// Each file is written beside its place and renamed, so that there is never half a file.
///
/// # Errors
///
/// [`Error::Write`] if a file cannot be written.
pub fn save<C: Serialize, M: ModuleSnapshot>(
    folder: &Path,
    config: &C,
    model: &M,
) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|cause| cannot_write(folder, cause))?;
    let weights = folder.join(WEIGHTS_FILE);
    let mut store = SafetensorsStore::from_file(&weights)
        .overwrite(true)
        .skip_enum_variants(true);
    model
        .save_into(&mut store)
        .map_err(|cause| cannot_write(&weights, cause))?;
    let path = folder.join(CONFIG_FILE);
    let json = serde_json::to_vec_pretty(config).map_err(|cause| cannot_write(&path, cause))?;
    write_atomically(&path, &json).map_err(|cause| cannot_write(&path, cause))
}

/// Reads a model that [`save`] wrote.
///
/// # Errors
///
/// [`Error::Read`] if a file cannot be read, [`Error::InvalidConfig`] or [`Error::InvalidWeights`] if it does not hold
/// what it should, and those of [`ModelConfig::validate`].
pub fn load<C: ModelConfig>(folder: &Path, device: &Device) -> Result<(C, C::Model), Error> {
    let path = folder.join(CONFIG_FILE);
    let json = fs::read(&path).map_err(|cause| Error::Read {
        path: path.clone(),
        cause,
    })?;
    let config: C =
        serde_json::from_slice(&json).map_err(|cause| Error::InvalidConfig { path, cause })?;
    config.validate()?;
    let path = folder.join(WEIGHTS_FILE);
    fs::metadata(&path).map_err(|cause| Error::Read {
        path: path.clone(),
        cause,
    })?;
    let mut model = config.init(device, &mut SeededRng::new(0));
    let mut store = SafetensorsStore::from_file(&path).skip_enum_variants(true);
    let cause = match model.load_from(&mut store) {
        Ok(applied) if applied.unused.is_empty() => return Ok((config, model)),
        Ok(applied) => format!("the model has no place for {}", applied.unused.join(", ")),
        Err(cause) => one_line(&cause.to_string()),
    };
    Err(Error::InvalidWeights { path, cause })
}

fn cannot_write(path: &Path, cause: impl ToString) -> Error {
    Error::Write {
        path: path.to_owned(),
        cause: one_line(&cause.to_string()),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
