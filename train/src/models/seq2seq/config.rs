//! What a [`Seq2Seq`] is built from.

use std::iter;

use burn::tensor::Device;
use recurra_cells::{CellConfig, Direction, Merge, RecurrentConfig, SeededRng};
use serde::{Deserialize, Serialize};

use super::super::output_layer::{OutputLayer, tied_embedding};
use super::super::weights::embedding;
use super::writing::initial_state;
use super::{AttentionScore, Bridge, Seq2Seq};
use crate::Error;

/// Configuration of a [`Seq2Seq`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seq2SeqConfig<C> {
    /// How many tokens a source is made of, at least 1.
    pub source_vocabulary_size: usize,
    /// `V`, how many tokens a target is made of, its marks among them, at least 1.
    pub target_vocabulary_size: usize,
    /// `E`, the width of both embeddings, at least 1.
    pub embedding_size: usize,
    /// Reads the source, in whichever direction.
    pub encoder: RecurrentConfig<C>,
    /// Writes the target; it must run forward, because the other direction would see the token it is to predict.
    pub decoder: RecurrentConfig<C>,
    /// How the decoder looks back at the source.
    pub attention: AttentionScore,
    /// Whether the output layer's weight is the target embedding's (Press and Wolf 2017). What the attention gives is then as
    /// wide as an embedding: `Ho = E`. Default: no.
    #[serde(default)]
    pub tie_embeddings: bool,
    /// The share in `[0, 1)` of a token to predict that is spread over the whole vocabulary in training, as a
    /// [`SequenceModel`](crate::SequenceModel); the losses that are called by name are without (label smoothing; Szegedy et al.
    /// 2016, who take 0.1). Default: 0.
    #[serde(default)]
    pub label_smoothing: f64,
    /// The decoder's layers above the attention, which read what those below give together with what it looked at (Wu et al.
    /// 2016); they must run forward. Default: none.
    pub upper: Option<RecurrentConfig<C>>,
    /// Whether the decoder reads what the attention gave at the step before beside each token (Luong et al. 2015), so that it
    /// knows what has been translated. Its steps are then computed one by one. Default: no.
    #[serde(default)]
    pub input_feeding: bool,
}

impl<C: CellConfig> Seq2SeqConfig<C> {
    /// A model with vocabularies of `[source, target]` tokens, and the networks `[encoder, decoder]`.
    pub fn new(
        [source_vocabulary_size, target_vocabulary_size]: [usize; 2],
        embedding_size: usize,
        [encoder, decoder]: [RecurrentConfig<C>; 2],
        attention: AttentionScore,
    ) -> Self {
        Self {
            source_vocabulary_size,
            target_vocabulary_size,
            embedding_size,
            encoder,
            decoder,
            attention,
            tie_embeddings: false,
            label_smoothing: 0.0,
            upper: None,
            input_feeding: false,
        }
    }

    /// Says which field is out of its range, if one is.
    pub fn validate(&self) -> Result<(), Error> {
        self.encoder.validate()?;
        for (field, size) in [
            ("source_vocabulary_size", self.source_vocabulary_size),
            ("target_vocabulary_size", self.target_vocabulary_size),
            ("embedding_size", self.embedding_size),
        ] {
            if size == 0 {
                return Err(Error::config(field, "at least 1", size));
            }
        }
        for decoder in iter::once(&self.decoder).chain(&self.upper) {
            decoder.validate()?;
            if decoder.direction != Direction::Forward {
                let got = format!("{:?}", decoder.direction).to_lowercase();
                return Err(Error::config("decoder direction", "forward", got));
            }
        }
        if !(0.0..1.0).contains(&self.label_smoothing) {
            let got = self.label_smoothing;
            return Err(Error::config("label_smoothing", "in [0, 1)", got));
        }
        let widths = [self.decoder.cell.hidden_size(), self.encoder_width()];
        self.attention.validate(widths)
    }

    /// The width of the encoder's outputs.
    fn encoder_width(&self) -> usize {
        let hidden = self.encoder.cell.hidden_size();
        match (self.encoder.direction, self.encoder.merge) {
            (Direction::Both, Merge::Concat | Merge::Separate) => 2 * hidden,
            _ => hidden,
        }
    }

    /// `Hu`, the width of the decoder's last layer.
    fn last_width(&self) -> usize {
        let last = self.upper.as_ref().unwrap_or(&self.decoder);
        last.cell.hidden_size()
    }

    /// `Ho`, the width of what the attention gives.
    fn attended_width(&self) -> usize {
        match self.tie_embeddings {
            true => self.embedding_size,
            false => self.last_width(),
        }
    }

    /// Builds the model with weights drawn from `rng`: standard normal embeddings, the networks' own weights, and for each
    /// other weight `[I, O]` `U(-1/sqrt(I), 1/sqrt(I))` with zero biases. A tied embedding is drawn as an output layer is.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> Seq2Seq<C::Cell> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        let size = self.embedding_size;
        let source_embedding = embedding([self.source_vocabulary_size, size], device, rng);
        let shape = [self.target_vocabulary_size, size];
        let target_embedding = match self.tie_embeddings {
            true => tied_embedding(shape, device, rng),
            false => embedding(shape, device, rng),
        };
        let (last, width) = (self.last_width(), self.attended_width());
        let fed = if self.input_feeding { width } else { 0 };
        let encoder = self.encoder.init(size, device, rng);
        let decoder = self.decoder.init(size + fed, device, rng);
        let widths = [decoder.output_size(), encoder.output_size()];
        let upper = self.upper.as_ref();
        let upper = upper.map(|it| it.init(widths.iter().sum(), device, rng));
        let blank = initial_state(&decoder, upper.as_ref(), 1, device);
        Seq2Seq {
            bridge: Bridge::init(&encoder, blank, device, rng),
            attention: self.attention.init(widths, [last, width], device, rng),
            output: OutputLayer::init(
                [width, self.target_vocabulary_size],
                self.tie_embeddings,
                device,
                rng,
            ),
            label_smoothing: self.label_smoothing,
            input_feeding: self.input_feeding,
            source_embedding,
            target_embedding,
            encoder,
            decoder,
            upper,
        }
    }
}
