//! The operation in burn's graph.

#![cfg_attr(
    feature = "ndarray",
    expect(
        deprecated,
        reason = "burn deprecates its ndarray backend, but it is one of those we support"
    )
)]

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::tensor::{Shape, Tensor};

use crate::kernel::core::cross_entropy::{Rows, Softmax, backward, forward};
use crate::kernel::path::threads;
use crate::kernel::run::HostBackend;

/// The cross-entropies of logits on the host against labels that are in range.
pub(super) fn run(logits: Tensor<2>, labels: Vec<u32>, smoothing: f32) -> Tensor<1> {
    let [rows, classes] = logits.dims();
    let call = Call {
        labels,
        smoothing,
        threads: match rows * classes < WORTH_SHARING {
            true => 1,
            false => threads(),
        },
    };
    let nats = <Dispatch as CrossEntropy>::cross_entropy(logits.into_dispatch(), Arc::new(call));
    Tensor::from_dispatch(nats)
}

/// The number of logits below which a second thread costs more than it saves.
const WORTH_SHARING: usize = 1 << 15;

/// What belongs to the logits.
#[derive(Debug)]
pub struct Call {
    /// `[N]`.
    labels: Vec<u32>,
    smoothing: f32,
    threads: usize,
}

impl Call {
    fn rows<'a>(&'a self, logits: &'a [f32]) -> Rows<'a> {
        Rows {
            logits,
            labels: &self.labels,
            smoothing: self.smoothing,
        }
    }
}

/// The operation, as burn dispatches it.
#[backend_extension(Autodiff, NdArray: cfg(feature = "ndarray"), Flex: cfg(feature = "flex"))]
pub trait CrossEntropy: Backend {
    /// The cross-entropies `[N]` of `logits [N, V]`.
    fn cross_entropy(logits: FloatTensor<Self>, call: Arc<Call>) -> FloatTensor<Self>;
}

/// The operation on a backend that computes.
macro_rules! compute_on {
    ($backend:ty) => {
        impl CrossEntropy for $backend {
            fn cross_entropy(logits: FloatTensor<Self>, call: Arc<Call>) -> FloatTensor<Self> {
                compute::<Self>(&Self::contiguous(logits), &call).0
            }
        }
    };
}
#[cfg(feature = "flex")]
compute_on!(burn::backend::Flex);
#[cfg(feature = "ndarray")]
compute_on!(burn::backend::NdArray);

/// The cross-entropies, and the rows as probabilities.
fn compute<B: HostBackend>(logits: &FloatTensor<B>, call: &Call) -> (FloatTensor<B>, Vec<Softmax>) {
    let (nats, softmax) = forward(call.rows(B::numbers(logits)), call.threads);
    let shape = Shape::new([nats.len()]);
    (B::tensor(nats, shape), softmax)
}

#[derive(Debug)]
struct CrossEntropyBackward;

/// What the forward pass leaves behind in the graph.
#[derive(Clone, Debug)]
struct Done<B: Backend> {
    logits: FloatTensor<B>,
    softmax: Vec<Softmax>,
    call: Arc<Call>,
}

impl<B: HostBackend> Backward<B, 1> for CrossEntropyBackward {
    type State = Done<B>;

    fn backward(self, ops: Ops<Done<B>, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let d_nats = B::contiguous(grads.consume::<B>(&ops.node));
        let Done {
            logits,
            softmax,
            call,
        } = ops.state;
        let [Some(parent)] = ops.parents else {
            return;
        };
        let rows = call.rows(B::numbers(&logits));
        let d_logits = backward(rows, &softmax, B::numbers(&d_nats), call.threads);
        let classes = d_logits.len() / softmax.len();
        let d_logits = B::tensor(d_logits, Shape::new([softmax.len(), classes]));
        grads.register::<B>(parent.id, d_logits);
    }
}

impl<B: CrossEntropy + HostBackend, C: CheckpointStrategy> CrossEntropy for Autodiff<B, C> {
    fn cross_entropy(logits: FloatTensor<Self>, call: Arc<Call>) -> FloatTensor<Self> {
        let node = logits.node();
        let logits = B::contiguous(logits.into_primitive());
        let (nats, softmax) = compute::<B>(&logits, &call);
        let prepared = CrossEntropyBackward.prepare::<C>([node]).compute_bound();
        match prepared.stateful() {
            OpsKind::Tracked(prepared) => {
                let done = Done {
                    logits,
                    softmax,
                    call,
                };
                prepared.finish(done, nats)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(nats),
        }
    }
}
