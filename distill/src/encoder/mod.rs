//! Encoders of the BERT family, as Hugging Face's `transformers` stores them.
//!
//! | from and to | by way of |
//! | --- | --- |
//! | a folder with `config.json`, `model.safetensors` and a tokenizer | [`HuggingFaceFolder`] |
//! | texts to padded batches of tokens | [`TextTokenizer`], [`TokenBatch`] |
//! | tokens to the hidden states of every layer | [`Encoder`] |
//! | tokens to the logits of classes, and back to a folder | [`EncoderClassifier`] |
//!
//! Layouts are BERT (Devlin et al. 2019), RoBERTa (Liu et al. 2019) and MiniLM (Wang et al. 2020). The results are those of
//! `transformers` to 1e-4 in every layer; what stands in the padding has no influence on the valid steps.

mod attention;
mod config;
mod dropout;
mod embeddings;
mod folder;
mod head;
mod hidden_act;
mod kind;
mod layer;
mod model;
mod parameters;
mod save;
mod tensors;
mod tokenizer;

pub use attention::SelfAttention;
pub use config::{EncoderConfig, Layout};
pub use embeddings::Embeddings;
pub use folder::HuggingFaceFolder;
pub use head::{EncoderClassifier, Pooling};
pub use hidden_act::HiddenAct;
pub use layer::EncoderLayer;
pub use model::Encoder;
pub use tokenizer::{TextTokenizer, TokenBatch};
