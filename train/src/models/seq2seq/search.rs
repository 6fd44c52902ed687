//! Searching a [`Seq2Seq`] for the targets of sources.

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};
use recurra_cells::{RecurrentCell, RecurrentState};

use super::batch::{Rows, check_below};
use super::decode::log_softmax;
use super::{
    BeamSearchConfig, Encoded, Hypothesis, SearchLimits, Seq2Seq, beam_search, greedy_search,
};
use crate::Error;
use crate::window::upload;

impl<C: RecurrentCell> Seq2Seq<C> {
    /// For each source the target that takes the likeliest token at every step: [`greedy_search`], all sources at once.
    ///
    /// # Errors
    ///
    /// If `limits` are out of their range, or a source's token is not below its vocabulary.
    pub fn greedy(
        &self,
        sources: &[impl AsRef<[u32]>],
        limits: SearchLimits,
    ) -> Result<Vec<Hypothesis>, Error> {
        limits.validate(self.vocabulary_sizes()[1])?;
        let Some(next) = self.follow(sources)? else {
            return Ok(Vec::new());
        };
        Ok(greedy_search(sources.len(), limits, next))
    }

    /// For each source its best targets, the best first: [`beam_search`], all sources at once.
    ///
    /// # Errors
    ///
    /// If `config` is out of its range, or a source's token is not below its vocabulary.
    pub fn beam_search(
        &self,
        sources: &[impl AsRef<[u32]>],
        config: BeamSearchConfig,
    ) -> Result<Vec<Vec<Hypothesis>>, Error> {
        config.validate(self.vocabulary_sizes()[1])?;
        let Some(next) = self.follow(sources)? else {
            return Ok(Vec::new());
        };
        Ok(beam_search(sources.len(), config, next))
    }

    /// What a search asks for; none without sources.
    #[expect(
        clippy::type_complexity,
        reason = "an opaque type cannot be given a name"
    )]
    fn follow(
        &self,
        sources: &[impl AsRef<[u32]>],
    ) -> Result<Option<impl FnMut(&[usize], &[u32]) -> Vec<Vec<f64>>>, Error> {
        for source in sources {
            check_below("sources", source.as_ref(), self.vocabulary_sizes()[0])?;
        }
        if sources.is_empty() {
            return Ok(None);
        }
        let (model, rows) = (self.valid(), Rows::new(sources));
        let device = model.device();
        let lengths = rows.lengths().clone();
        let mut encoded = model.encode(rows.upload(&device), lengths);
        let mut count = sources.len();
        Ok(Some(move |parents: &[usize], tokens: &[u32]| {
            // As long as every row goes on, there is nothing to gather.
            if !parents.iter().copied().eq(0..count) {
                encoded = select_rows(encoded.clone(), parents);
            }
            count = parents.len();
            let inputs = upload(tokens, [count, 1], &device);
            let (logits, state) = model.decode(inputs, &encoded.memory, encoded.state.clone());
            encoded.state = state;
            rows_of(logits)
        }))
    }
}

fn select_rows<S: RecurrentState>(encoded: Encoded<S>, rows: &[usize]) -> Encoded<S> {
    let indices: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
    let device = encoded.memory.device();
    let indices: Tensor<1, Int> =
        Tensor::from_data(TensorData::new(indices, [rows.len()]), &device);
    Encoded {
        memory: encoded.memory.select_rows(indices.clone()),
        state: encoded.state.select_rows(indices),
    }
}

/// The log-probabilities of logits `[N, 1, V]`, a row each.
fn rows_of(logits: Tensor<3>) -> Vec<Vec<f64>> {
    let [_, _, vocabulary] = logits.dims();
    let logits: Vec<f64> = logits.into_data().iter::<f64>().collect();
    logits.chunks(vocabulary).map(log_softmax).collect()
}
