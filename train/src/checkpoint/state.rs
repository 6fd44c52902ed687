//! The state that a network carries from window to window as tensors, and back.

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use recurra_cells::{NetworkState, RecurrentState};

use super::Tensors;
use super::tensors::{Form, check, upload};
use crate::Error;

/// The tensors `[B, _]` of a cell's state, named `0`, `1` and so on, in the order of
/// [`map_tensors`](RecurrentState::map_tensors).
pub fn state_tensors<S: RecurrentState>(state: &S) -> Tensors {
    let mut tensors = Tensors::new();
    visit("", state, &mut |name, tensor| {
        tensors.insert(name, tensor.into_data());
    });
    tensors
}

/// What [`state_tensors`] has stored, as a state that is otherwise `like` (a cell's initial state of the same batch).
///
/// # Errors
///
/// [`Error::Tensor`] if a tensor is missing, is of another shape or number type than that of `like`, or has no place there.
pub fn set_state<S: RecurrentState>(like: S, tensors: &Tensors) -> Result<S, Error> {
    let mut forms = BTreeMap::new();
    visit("", &like, &mut |name, tensor| {
        forms.insert(name, Form::of(&tensor));
    });
    check(tensors, &forms)?;
    Ok(replace("", like, tensors))
}

/// The tensors `[B, _]` of a network's state, named `0.forward.0`: the layer, the direction, and the tensor's number in the
/// order of [`map_tensors`](RecurrentState::map_tensors).
pub fn network_state_tensors<S: RecurrentState>(state: &NetworkState<S>) -> Tensors {
    let mut tensors = Tensors::new();
    visit_network(state, &mut |name, tensor| {
        tensors.insert(name, tensor.into_data());
    });
    tensors
}

/// What [`network_state_tensors`] has stored, as a state that is otherwise `like` (the network's initial state of the same
/// batch).
///
/// # Errors
///
/// As [`set_state`].
pub fn set_network_state<S: RecurrentState>(
    like: NetworkState<S>,
    tensors: &Tensors,
) -> Result<NetworkState<S>, Error> {
    let mut forms = BTreeMap::new();
    visit_network(&like, &mut |name, tensor| {
        forms.insert(name, Form::of(&tensor));
    });
    check(tensors, &forms)?;
    let mut state = like;
    for (index, layer) in state.layers.iter_mut().enumerate() {
        let [forward, backward] = prefixes(index);
        let replace = |prefix: String| move |state| replace(&prefix, state, tensors);
        layer.forward = layer.forward.take().map(replace(forward));
        layer.backward = layer.backward.take().map(replace(backward));
    }
    Ok(state)
}

fn prefixes(layer: usize) -> [String; 2] {
    ["forward", "backward"].map(|direction| format!("{layer}.{direction}."))
}

fn visit_network<S: RecurrentState>(state: &NetworkState<S>, f: &mut dyn FnMut(String, Tensor<2>)) {
    for (index, layer) in state.layers.iter().enumerate() {
        let [forward, backward] = prefixes(index);
        for (prefix, state) in [(forward, &layer.forward), (backward, &layer.backward)] {
            if let Some(state) = state {
                visit(&prefix, state, f);
            }
        }
    }
}

fn visit<S: RecurrentState>(prefix: &str, state: &S, f: &mut dyn FnMut(String, Tensor<2>)) {
    let mut index = 0;
    // The state has no visitor of its own; its tensors are shared, not copied.
    let _same = state.clone().map_tensors(&mut |tensor| {
        f(format!("{prefix}{index}"), tensor.clone().detach());
        index += 1;
        tensor
    });
}

/// All tensors are there, and they fit.
fn replace<S: RecurrentState>(prefix: &str, state: S, tensors: &Tensors) -> S {
    let mut index = 0;
    state.map_tensors(&mut |old| {
        let data = tensors.get(&format!("{prefix}{index}"));
        index += 1;
        data.map_or(old.clone(), |data| upload(data, &old.device()))
    })
}
