//! From one sequence of tokens to another: an encoder, a decoder, and attention between them.
//!
//! ```text
//! k_1 .. k_S, state = encoder(embedding(source))
//! h_1 .. h_T        = decoder(embedding(begin target), bridge(state))     or of [embedding; h~_{t-1}] with input feeding
//! u_1 .. u_T        = upper([h_1; c_1] .. [h_T; c_T], bridge(state))       c_t is what h_t looks at; u_t is h_t without upper
//! h~_t              = tanh(W_c [u_t; c_t] + b_c)
//! logits_t          = W_out h~_t + b_out
//! ```

mod attention;
mod batch;
mod beam;
mod bridge;
mod config;
mod decode;
mod search;
mod training;
mod writing;

pub use attention::{Attention, AttentionScore, Memory};
pub use batch::{Seq2SeqBatch, TargetMarks};
pub use beam::{BeamSearchConfig, beam_search, length_penalty};
pub use bridge::Bridge;
pub use config::Seq2SeqConfig;
pub use decode::{Ending, Hypothesis, SearchLimits, greedy_search};
pub use training::Seq2SeqPass;
pub use writing::DecoderState;

use burn::module::Module;
use burn::nn::Embedding;
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::{Lengths, NetworkInput, Recurrent, RecurrentCell, SeededRng};

use super::cross_entropy::cross_entropies;
use super::output_layer::OutputLayer;
use crate::Error;
use crate::regularize::dropped;
use writing::Reading;

/// An encoder over source tokens, and a decoder over target tokens that attends to it (Bahdanau et al. 2015; Luong et al.
/// 2015).
///
/// Without input feeding a whole target is decoded at once in training, layers of the decoder above the attention too, which know
/// what it has looked at so far. With it the attention knows that as well, and a target is decoded step by step.
///
/// Shape letters beside the crate's: `S` source steps, `T` target steps, `V` target tokens; `He`, `Hd`, `Hu` and `Ho` are the
/// widths of what the encoder gives, the decoder below the attention, its last layer, and the attention.
#[derive(Module, Debug)]
pub struct Seq2Seq<C: RecurrentCell> {
    /// Weight `[source vocabulary, E]`.
    pub source_embedding: Embedding,
    /// Weight `[V, E]`.
    pub target_embedding: Embedding,
    /// Reads the source.
    pub encoder: Recurrent<C>,
    /// Gives the decoder its first state.
    pub bridge: Bridge,
    /// Writes the target; runs forward.
    pub decoder: Recurrent<C>,
    /// The decoder's layers above the attention, if there are any.
    pub upper: Option<Recurrent<C>>,
    /// How the decoder looks back at the source.
    pub attention: Attention,
    /// Weight `[Ho, V]`, bias `[V]`; the target embedding's weight where they are tied.
    pub output: OutputLayer,
    /// The share in `[0, 1)` of a token to predict that is spread over the whole vocabulary in training.
    #[module(skip)]
    pub label_smoothing: f64,
    /// Whether the decoder reads what the attention gave at the step before beside each token.
    #[module(skip)]
    pub input_feeding: bool,
}

/// A source that has been read.
#[derive(Clone, Debug)]
pub struct Encoded<S> {
    /// What the decoder attends to.
    pub memory: Memory,
    /// The decoder's state before its first step.
    pub state: DecoderState<S>,
}

impl<C: RecurrentCell> Seq2Seq<C> {
    /// How many tokens a source and a target are made of.
    pub fn vocabulary_sizes(&self) -> [usize; 2] {
        [&self.source_embedding, &self.target_embedding].map(|it| it.weight.dims()[0])
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.output.bias.device()
    }

    /// Reads `sources [B, S]`, of which only each row's valid steps count.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit. A token must be below its vocabulary, as in
    /// [`LanguageModel::forward`](crate::LanguageModel::forward).
    pub fn encode(
        &self,
        sources: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Encoded<C::State> {
        let lengths = lengths.into();
        let input = NetworkInput::new(self.source_embedding.forward(sources));
        self.encode_embedded(input.with_lengths(lengths.clone()), lengths.as_ref(), None)
    }

    /// Reads what is embedded already, with these lengths; `mask [B, He]` multiplies what the attention looks at.
    fn encode_embedded(
        &self,
        input: NetworkInput<C::State>,
        lengths: Option<&Lengths>,
        mask: Option<Tensor<2>>,
    ) -> Encoded<C::State> {
        let output = self.encoder.forward(input);
        let [batch, _, _] = output.outputs.dims();
        let blank = self.blank_state(batch);
        let outputs = dropped(output.outputs, mask);
        let state = self.bridge.forward(output.state, blank);
        Encoded {
            memory: self.attention.remember(outputs, lengths),
            state: self.first_state(state, batch),
        }
    }

    /// The logits `[B, T, V]` of the token after each of `inputs [B, T]`, and the state after the last; `state` is that of
    /// the [`Encoded`] source, or of the step before.
    ///
    /// # Panics
    ///
    /// If a batch size does not fit. A token must be below `V`, as in [`encode`](Self::encode).
    pub fn decode(
        &self,
        inputs: Tensor<2, Int>,
        memory: &Memory,
        state: DecoderState<C::State>,
    ) -> (Tensor<3>, DecoderState<C::State>) {
        let written = self.write(
            Reading {
                inputs: self.target_embedding.forward(inputs),
                state,
                lengths: None,
                masks: [None, None],
            },
            memory,
        );
        (self.logits(written.attended), written.state)
    }

    /// What the output layer makes of what the attention gives: `[B, T, Ho] -> [B, T, V]`.
    fn logits(&self, attended: Tensor<3>) -> Tensor<3> {
        self.output.forward(attended, &self.target_embedding)
    }

    /// The logits `[B, T, V]` of the token after each of `inputs [B, T]`, given `sources [B, S]`: teacher forcing, with the
    /// true token fed at every step.
    ///
    /// # Panics
    ///
    /// As [`encode`](Self::encode) and [`decode`](Self::decode).
    pub fn forward(
        &self,
        sources: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
        inputs: Tensor<2, Int>,
    ) -> Tensor<3> {
        let Encoded { memory, state } = self.encode(sources, lengths);
        self.decode(inputs, &memory, state).0
    }

    /// [`forward`](Self::forward) with scheduled sampling (Bengio et al. 2015): at each step but the first, each row is fed
    /// with this probability in `[0, 1]` the model's own likeliest token instead of the true one. No gradient flows through
    /// that choice. `rng` is drawn from `B * (T - 1)` times, whatever the probability.
    ///
    /// # Panics
    ///
    /// If the probability is outside `[0, 1]`, or as [`forward`](Self::forward).
    pub fn forward_sampled(
        &self,
        sources: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
        inputs: Tensor<2, Int>,
        probability: f64,
        rng: &mut SeededRng,
    ) -> Tensor<3> {
        if let Err(error) = check_probability(probability) {
            panic!("{error}");
        }
        let [batch, steps] = inputs.dims();
        let Encoded { memory, mut state } = self.encode(sources, lengths);
        let mut logits: Vec<Tensor<3>> = Vec::with_capacity(steps);
        for step in 0..steps {
            let mut tokens = inputs.clone().narrow(1, step, 1);
            if let Some(last) = logits.last() {
                let own: Vec<bool> = (0..batch).map(|_| rng.unit() < probability).collect();
                let own = Tensor::from_data(TensorData::new(own, [batch, 1]), &tokens.device());
                let likeliest = last.clone().detach().argmax(2).squeeze_dim(2);
                tokens = tokens.mask_where(own, likeliest);
            }
            let (next, following) = self.decode(tokens, &memory, state);
            logits.push(next);
            state = following;
        }
        Tensor::cat(logits, 1)
    }

    /// The mean cross-entropy of `logits [B, T, V]` against the valid steps of `targets [B, T]`, in nats per token: `[1]`.
    /// NaN where no step is valid.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit each other.
    pub fn loss(
        &self,
        logits: Tensor<3>,
        targets: Tensor<2, Int>,
        lengths: Option<&Lengths>,
    ) -> Tensor<1> {
        self.smoothed_loss(logits, targets, lengths, 0.0)
    }

    /// The [`loss`](Self::loss) with a smoothing in `[0, 1)`.
    fn smoothed_loss(
        &self,
        logits: Tensor<3>,
        targets: Tensor<2, Int>,
        lengths: Option<&Lengths>,
        smoothing: f64,
    ) -> Tensor<1> {
        let [batch, steps, vocabulary] = logits.dims();
        let dims = targets.dims();
        assert_eq!(
            dims,
            [batch, steps],
            "the targets are {dims:?}, but the logits are [{batch}, {steps}, {vocabulary}]"
        );
        let rows = batch * steps;
        let logits = logits.reshape([rows, vocabulary]);
        let nats = cross_entropies(logits, targets.reshape([rows]), smoothing);
        match lengths {
            Some(lengths) => {
                let valid: usize = lengths.as_slice().iter().sum();
                let nats = nats.reshape([batch, steps, 1]);
                lengths.zero_padding(nats).sum() / valid as f64
            }
            None => nats.mean(),
        }
    }

    /// The [`loss`](Self::loss) of a batch under teacher forcing.
    ///
    /// # Errors
    ///
    /// If a token is not below its vocabulary.
    pub fn batch_loss(&self, batch: &Seq2SeqBatch) -> Result<Tensor<1>, Error> {
        batch.check_below(self.vocabulary_sizes())?;
        let device = self.device();
        let lengths = batch.source_lengths().clone();
        let logits = self.forward(batch.sources(&device), lengths, batch.inputs(&device));
        Ok(self.loss(logits, batch.targets(&device), Some(batch.target_lengths())))
    }

    /// The [`loss`](Self::loss) of a batch under scheduled sampling, as in [`forward_sampled`](Self::forward_sampled).
    ///
    /// # Errors
    ///
    /// If the probability is outside `[0, 1]`, or a token is not below its vocabulary.
    pub fn batch_loss_sampled(
        &self,
        batch: &Seq2SeqBatch,
        probability: f64,
        rng: &mut SeededRng,
    ) -> Result<Tensor<1>, Error> {
        check_probability(probability)?;
        batch.check_below(self.vocabulary_sizes())?;
        let device = self.device();
        let lengths = batch.source_lengths().clone();
        let (sources, inputs) = (batch.sources(&device), batch.inputs(&device));
        let logits = self.forward_sampled(sources, lengths, inputs, probability, rng);
        Ok(self.loss(logits, batch.targets(&device), Some(batch.target_lengths())))
    }
}

fn check_probability(probability: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&probability) {
        return Ok(());
    }
    Err(Error::config("probability", "in [0, 1]", probability))
}
