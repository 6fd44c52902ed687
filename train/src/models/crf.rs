//! Labels that depend on their neighbours: a linear-chain conditional random field over the steps of a sequence.
//!
//! ```text
//! score(y)   = start[y_1] + sum_t e_t[y_t] + sum_(t > 1) transitions[y_(t-1), y_t] + end[y_T]
//! log p(y)   = score(y) - log Z
//!
//! alpha_1    = start + e_1                                                   forward algorithm, in log space
//! alpha_t[j] = log sum_i exp(alpha_(t-1)[i] + transitions[i, j]) + e_t[j]
//! log Z      = log sum_j exp(alpha_T[j] + end[j])
//! ```

mod viterbi;

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::Lengths;

use super::valid_steps::assert_lengths;
use crate::at_least_single;

/// What a transition that cannot be scores. Its probability is 0 in single precision, and so is the gradient by it, yet sums
/// of many are finite.
const IMPOSSIBLE: f64 = -1e4;

/// A conditional random field over chains of labels (Lafferty et al. 2001), on top of what a network says of each step, its
/// emissions (Huang et al. 2015; Lample et al. 2016).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use recurra_cells::Lengths;
/// use recurra_train::LinearChainCrf;
///
/// let device = Device::default();
/// let crf = LinearChainCrf::new(2, &device);
/// // Two rows of at most three steps.
/// let emissions = Tensor::from_data(
///     [[[1., 0.], [0., 2.], [3., 0.]], [[0., 1.], [0., 0.], [0., 0.]]],
///     &device,
/// );
/// let lengths = Lengths::new(vec![3, 1], 3)?;
/// assert_eq!(crf.decode(emissions, lengths), [vec![0, 1, 0], vec![1]]);
/// # Ok::<(), recurra_cells::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct LinearChainCrf {
    /// `[V, V]`, from the label of a row to that of a column.
    pub transitions: Param<Tensor<2>>,
    /// What a label scores as the first, `[V]`.
    pub start: Param<Tensor<1>>,
    /// What a label scores as the last, `[V]`.
    pub end: Param<Tensor<1>>,
}

impl LinearChainCrf {
    /// A field over `classes` labels with scores of zero, which says the same as a softmax over each step.
    ///
    /// # Panics
    ///
    /// If there is no class.
    pub fn new(classes: usize, device: &Device) -> Self {
        assert!(classes > 0, "a field needs at least one class, got 0");
        let zeros = || Param::from_tensor(Tensor::zeros([classes], device));
        Self {
            transitions: Param::from_tensor(Tensor::zeros([classes, classes], device)),
            start: zeros(),
            end: zeros(),
        }
    }

    /// The field with transitions that cannot be, such as from `O` to `I-LOC`: those `(from, to)` of which `impossible` holds,
    /// where no `from` is the beginning of a row, and no `to` its end.
    ///
    /// They get a score so low that no gradient reaches them, and stay impossible in training, unless weights decay or a
    /// training label has them.
    #[must_use]
    pub fn forbidding(self, impossible: impl Fn(Option<usize>, Option<usize>) -> bool) -> Self {
        let classes = self.classes();
        let labels = || (0..classes).map(Some);
        let among = labels().flat_map(|from| labels().map(move |to| (from, to)));
        let among: Vec<bool> = among.map(|(from, to)| impossible(from, to)).collect();
        let first = labels().map(|to| impossible(None, to)).collect();
        let last = labels().map(|from| impossible(from, None)).collect();
        Self {
            transitions: forbid(self.transitions, among),
            start: forbid(self.start, first),
            end: forbid(self.end, last),
        }
    }

    /// `V`.
    pub fn classes(&self) -> usize {
        self.start.dims()[0]
    }

    /// The log-probability of each row of `labels [B, T]` under `emissions [B, T, V]`, of which the first `lengths[b]` steps
    /// are valid, or all: `[B]`, in nats per row. That of a row of length 0 is 0.
    ///
    /// What stands in the padding has no influence, whatever numbers these are. Half precision is computed in `f32`.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit each other. A valid step's label must be below `V`: the CPU devices panic on another, a GPU
    /// reads anything.
    pub fn log_likelihood(
        &self,
        emissions: Tensor<3>,
        labels: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<1> {
        let (dims, own) = (emissions.dims(), labels.dims());
        let lengths = self.lengths(dims, lengths.into());
        assert_eq!(
            own,
            [dims[0], dims[1]],
            "the labels are {own:?}, but the emissions are {dims:?}"
        );
        let emissions = lengths.zero_padding(at_least_single(emissions));
        let score = self.score(emissions.clone(), labels, &lengths);
        score - self.log_partition(emissions, &lengths)
    }

    /// The mean negative [`log_likelihood`](Self::log_likelihood) in nats per valid step: `[1]`.
    ///
    /// # Panics
    ///
    /// If no step is valid, or as [`log_likelihood`](Self::log_likelihood).
    pub fn loss(
        &self,
        emissions: Tensor<3>,
        labels: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<1> {
        let dims = emissions.dims();
        let lengths = self.lengths(dims, lengths.into());
        let valid: usize = lengths.as_slice().iter().sum();
        assert!(
            valid > 0,
            "a mean needs at least one valid step, got emissions {dims:?} whose rows are all empty"
        );
        // A product, because burn takes the gradient of a quotient to single precision.
        self.log_likelihood(emissions, labels, lengths).sum() * -(valid as f64).recip()
    }

    /// The scores `[B]` of labels under emissions `[B, T, V]` that are zero in the padding.
    fn score(&self, emissions: Tensor<3>, labels: Tensor<2, Int>, lengths: &Lengths) -> Tensor<1> {
        let ([batch, steps, classes], device) = (emissions.dims(), emissions.device());
        let padding = lengths.padding(&device);
        let labels = labels.mask_fill(padding.clone(), 0);
        let emitted = emissions.gather(2, labels.clone().unsqueeze_dim(2));
        let mut score = emitted.sum_dim(1).reshape([batch]);
        if steps > 1 {
            let from = labels.clone().narrow(1, 0, steps - 1);
            let to = labels.clone().narrow(1, 1, steps - 1);
            let pairs = (from * classes as i64 + to).reshape([batch * (steps - 1)]);
            let table = at_least_single(self.transitions.val()).reshape([classes * classes]);
            let moved = table.select(0, pairs).reshape([batch, steps - 1]);
            let moved = moved.mask_fill(padding.narrow(1, 1, steps - 1), 0.0);
            score = score + moved.sum_dim(1).reshape([batch]);
        }
        let last = lengths.as_slice().iter();
        let last: Vec<i64> = last.map(|&length| length.max(1) as i64 - 1).collect();
        let last = Tensor::from_data(TensorData::new(last, [batch, 1]), &device);
        let first = labels.clone().narrow(1, 0, 1).reshape([batch]);
        let last = labels.gather(1, last).reshape([batch]);
        let borders = at_least_single(self.start.val()).select(0, first)
            + at_least_single(self.end.val()).select(0, last);
        score + zero_empty(borders, lengths)
    }

    /// `log Z [B]` of emissions `[B, T, V]` that are zero in the padding.
    fn log_partition(&self, emissions: Tensor<3>, lengths: &Lengths) -> Tensor<1> {
        let [batch, _, classes] = emissions.dims();
        let padding = lengths.padding(&emissions.device());
        let transitions = at_least_single(self.transitions.val()).unsqueeze_dim::<3>(0);
        let at = |step| emissions.clone().narrow(1, step, 1).squeeze_dim::<2>(1);
        let mut alpha = at_least_single(self.start.val()).unsqueeze_dim(0) + at(0);
        for step in 1..lengths.longest() {
            let paths = alpha.clone().unsqueeze_dim::<3>(2) + transitions.clone();
            let next = log_sum_exp(paths, 1).squeeze_dim::<2>(1) + at(step);
            alpha = match step < lengths.shortest() {
                true => next,
                false => {
                    let over = padding.clone().narrow(1, step, 1);
                    next.mask_where(over.expand([batch, classes]), alpha)
                }
            };
        }
        let ends = alpha + at_least_single(self.end.val()).unsqueeze_dim(0);
        zero_empty(log_sum_exp(ends, 1).reshape([batch]), lengths)
    }

    /// # Panics
    /// If the emissions are not `[B, T, V]`, or the lengths not for them.
    fn lengths(&self, dims: [usize; 3], lengths: Option<Lengths>) -> Lengths {
        let ([batch, steps, own], classes) = (dims, self.classes());
        assert_eq!(
            own, classes,
            "the emissions are {dims:?}, but the field has {classes} classes"
        );
        match lengths {
            Some(lengths) => {
                assert_lengths(&lengths, dims);
                lengths
            }
            None => Lengths::new(vec![steps; batch], steps).expect("no row is longer than it is"),
        }
    }
}

/// `log sum exp` along `dim`, which is left with a size of 1. The maximum only keeps the sum in range, so no gradient flows
/// through it.
fn log_sum_exp<const D: usize>(values: Tensor<D>, dim: usize) -> Tensor<D> {
    let highest = values.clone().detach().max_dim(dim);
    (values - highest.clone()).exp().sum_dim(dim).log() + highest
}

/// `values [B]`, zero for rows of length 0.
fn zero_empty(values: Tensor<1>, lengths: &Lengths) -> Tensor<1> {
    if lengths.shortest() > 0 {
        return values;
    }
    let empty: Vec<bool> = lengths.as_slice().iter().map(|&it| it == 0).collect();
    let data = TensorData::new(empty, values.shape());
    let empty = Tensor::from_data(data, &values.device());
    values.mask_fill(empty, 0.0)
}

/// The parameter with the score of what is impossible where `impossible` holds, in row-major order.
fn forbid<const D: usize>(param: Param<Tensor<D>>, impossible: Vec<bool>) -> Param<Tensor<D>> {
    let scores = param.val();
    let data = TensorData::new(impossible, scores.shape());
    let impossible = Tensor::from_data(data, &scores.device());
    Param::from_tensor(scores.mask_fill(impossible, IMPOSSIBLE).detach())
}
