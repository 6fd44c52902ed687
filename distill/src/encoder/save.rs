//! Writing a classifier as the folder that it could have been read from.

use std::fs;
use std::path::Path;

use burn::nn::{Embedding, LayerNorm, Linear};
use burn::tensor::Tensor;
use recurra_cells::interop::{HostTensor, StateDict, write_atomically};

use super::folder::CONFIG;
use super::head::HeadNames;
use super::tensors::WEIGHTS;
use super::tokenizer::TOKENIZER;
use super::{EncoderClassifier, EncoderLayer, Layout, TextTokenizer};
use crate::Error;

impl EncoderClassifier {
    /// Writes `config.json`, `model.safetensors` and `tokenizer.json` into a folder, which is made where there is none, as
    /// `transformers` names and lays out their contents. [`HuggingFaceFolder`](super::HuggingFaceFolder) reads them back, and
    /// so does `transformers` where the pooling is [`Pooling::First`](super::Pooling::First).
    ///
    /// # Errors
    /// [`Error::Write`]. Each file is whole or not there; the configuration, without which nothing is read, comes last.
    pub fn save(&self, folder: &Path, tokenizer: &TextTokenizer) -> Result<(), Error> {
        fs::create_dir_all(folder).map_err(|cause| Error::write(folder, cause))?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            write_atomically(&path, bytes).map_err(|cause| Error::write(&path, cause))
        };
        write(TOKENIZER, tokenizer.to_json().as_bytes())?;
        let metadata = self.state_dict().with_metadata("format", "pt");
        metadata.write_safetensors(folder.join(WEIGHTS))?;
        let mut config = self.encoder.config().clone().with_classes(self.classes());
        config.classifier_pooling = self.pooling();
        let json = serde_json::to_string_pretty(&config).expect("a configuration serialises");
        write(CONFIG, json.as_bytes())
    }

    /// Every tensor by its name.
    fn state_dict(&self) -> StateDict {
        let layout = self.encoder.config().layout;
        let mut names = Names {
            dict: StateDict::new(),
            prefix: match layout {
                Layout::Bert => "bert.",
                Layout::Roberta => "roberta.",
            },
        };
        let embeddings = &self.encoder.embeddings;
        names.embedding("word_embeddings", &embeddings.word);
        names.embedding("position_embeddings", &embeddings.position);
        names.embedding("token_type_embeddings", &embeddings.token_type);
        names.layer_norm("embeddings.LayerNorm", &embeddings.norm);
        for (index, layer) in self.encoder.layers.iter().enumerate() {
            names.layer(&format!("encoder.layer.{index}"), layer);
        }
        let heads = HeadNames::of(layout);
        if let Some(pooler) = &self.pooler {
            // BERT's pooler is a part of its encoder, RoBERTa's of its classifier.
            match layout {
                Layout::Bert => names.linear(heads.pooler, pooler),
                Layout::Roberta => names.linear_without_prefix(heads.pooler, pooler),
            }
        }
        names.linear_without_prefix(heads.output, &self.output);
        names.dict
    }
}

/// Collects tensors under the prefix of a layout.
struct Names {
    dict: StateDict,
    prefix: &'static str,
}

impl Names {
    fn layer(&mut self, name: &str, layer: &EncoderLayer) {
        let attention = &layer.attention;
        for (part, linear) in [
            ("attention.self.query", &attention.query),
            ("attention.self.key", &attention.key),
            ("attention.self.value", &attention.value),
            ("attention.output.dense", &attention.output),
            ("intermediate.dense", &layer.intermediate),
            ("output.dense", &layer.output),
        ] {
            self.linear(&format!("{name}.{part}"), linear);
        }
        let norm = &layer.attention_norm;
        self.layer_norm(&format!("{name}.attention.output.LayerNorm"), norm);
        self.layer_norm(&format!("{name}.output.LayerNorm"), &layer.output_norm);
    }

    fn embedding(&mut self, name: &str, embedding: &Embedding) {
        let name = format!("{}embeddings.{name}.weight", self.prefix);
        self.insert(&name, embedding.weight.val());
    }

    fn layer_norm(&mut self, name: &str, norm: &LayerNorm) {
        let name = format!("{}{name}", self.prefix);
        self.insert(&format!("{name}.weight"), norm.gamma.val());
        let beta = norm.beta.as_ref().map(|beta| beta.val());
        let bias = beta.unwrap_or_else(|| norm.gamma.val().zeros_like());
        self.insert(&format!("{name}.bias"), bias);
    }

    fn linear(&mut self, name: &str, linear: &Linear) {
        self.linear_without_prefix(&format!("{}{name}", self.prefix), linear);
    }

    /// A stored weight is `[outputs, inputs]`.
    fn linear_without_prefix(&mut self, name: &str, linear: &Linear) {
        self.insert(&format!("{name}.weight"), linear.weight.val().transpose());
        let bias = linear.bias.as_ref().map(|bias| bias.val());
        let outputs = linear.weight.dims()[1];
        let bias = bias.unwrap_or_else(|| Tensor::zeros([outputs], &linear.weight.device()));
        self.insert(&format!("{name}.bias"), bias);
    }

    fn insert<const D: usize>(&mut self, name: &str, tensor: Tensor<D>) {
        let (shape, data) = (tensor.dims(), tensor.into_data());
        let tensor = HostTensor::new(name, shape, data.iter::<f32>().collect());
        let tensor = tensor.expect("the values are those of the shape");
        self.dict.insert_tensor(name, tensor);
    }
}
