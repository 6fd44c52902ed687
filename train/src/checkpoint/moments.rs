//! What an optimiser remembers of each parameter as tensors, and back.
//!
//! A parameter's identity is drawn at random by each process; its path in the module stays.

use std::collections::BTreeMap;

use burn::module::{Module, ParamId};
use burn::tensor::{Tensor, TensorData};

use super::Tensors;
use super::parameters::{Place, places};
use super::tensors::{Form, check, upload};
use crate::{AdamMoments, Error};

const FIRST: &str = ".first";
const SECOND: &str = ".second";
const STEPS: &str = ".steps";

/// Vectors `[n]` of a module's parameters of `n` numbers, such as
/// [`WeightAverage::means`](crate::WeightAverage::means), by the parameters' paths. Not every parameter needs one.
///
/// # Errors
///
/// [`Error::Tensor`] if one belongs to no parameter of the module.
pub fn named<M: Module>(
    module: &M,
    vectors: &BTreeMap<ParamId, Tensor<1>>,
) -> Result<Tensors, Error> {
    let places = places(module);
    check_known(&places, vectors.keys())?;
    let data = |(path, place): (String, Place)| {
        let vector = vectors.get(&place.id)?;
        Some((path, vector.to_data()))
    };
    Ok(places.into_iter().filter_map(data).collect())
}

/// Vectors that [`named`] has named, in this process or another, by the identities that the parameters of `module` have
/// now, and on their devices.
///
/// # Errors
///
/// [`Error::Tensor`] if one is of no parameter of the module, or has not its numbers' count and type.
pub fn identified<M: Module>(
    module: &M,
    tensors: &Tensors,
) -> Result<BTreeMap<ParamId, Tensor<1>>, Error> {
    let places = places(module);
    let stored = places
        .iter()
        .filter(|(path, _)| tensors.contains_key(*path));
    let forms = stored.map(|(path, place)| (path.clone(), place.form.flat()));
    check(tensors, &forms.collect())?;
    let vector = |(path, place): (&String, &Place)| {
        let data = tensors.get(path)?;
        Some((place.id, upload(data, &place.device)))
    };
    Ok(places.iter().filter_map(vector).collect())
}

/// What Adam remembers of each parameter: `PATH.first [n]`, `PATH.second [n]` and `PATH.steps [1]`.
///
/// # Errors
///
/// [`Error::Tensor`] if moments belong to no parameter of the module.
pub fn adam_tensors<M: Module>(
    module: &M,
    moments: &BTreeMap<ParamId, AdamMoments>,
) -> Result<Tensors, Error> {
    let places = places(module);
    check_known(&places, moments.keys())?;
    let mut tensors = Tensors::new();
    for (path, place) in places {
        let Some(moments) = moments.get(&place.id) else {
            continue;
        };
        let steps = TensorData::new(vec![moments.steps as i64], [1]);
        tensors.insert(path.clone() + FIRST, moments.first.to_data());
        tensors.insert(path.clone() + SECOND, moments.second.to_data());
        tensors.insert(path + STEPS, steps);
    }
    Ok(tensors)
}

/// What [`adam_tensors`] has stored, for [`ClippedAdam::set_moments`](crate::ClippedAdam::set_moments): by the identities
/// that the parameters of `module` have now, and on their devices.
///
/// # Errors
///
/// [`Error::Tensor`] if a tensor is of no parameter of the module, one of the three is missing, or a shape or number type is
/// wrong.
pub fn adam_moments<M: Module>(
    module: &M,
    tensors: &Tensors,
) -> Result<BTreeMap<ParamId, AdamMoments>, Error> {
    let places = places(module);
    let is_stored = |path: &String| {
        let names = [FIRST, SECOND, STEPS].map(|suffix| path.clone() + suffix);
        names.iter().any(|name| tensors.contains_key(name))
    };
    let stored: Vec<_> = places.iter().filter(|(path, _)| is_stored(path)).collect();
    check(tensors, &adam_forms(&stored))?;
    let restore = |(path, place): (&String, &Place)| {
        let tensor = |suffix: &str| tensors.get(&(path.clone() + suffix));
        let (first, second, steps) = (tensor(FIRST)?, tensor(SECOND)?, tensor(STEPS)?);
        Some(adam(path, place, [first, second, steps]).map(|moments| (place.id, moments)))
    };
    stored.into_iter().filter_map(restore).collect()
}

fn adam_forms(stored: &[(&String, &Place)]) -> BTreeMap<String, Form> {
    let forms = stored.iter().flat_map(|(path, place)| {
        let path = path.as_str();
        [
            (path.to_owned() + FIRST, place.form.flat()),
            (path.to_owned() + SECOND, place.form.flat()),
            (path.to_owned() + STEPS, Form::number()),
        ]
    });
    forms.collect()
}

fn adam(path: &str, place: &Place, data: [&TensorData; 3]) -> Result<AdamMoments, Error> {
    let [first, second, steps] = data;
    let count: i64 = steps.iter::<i64>().sum();
    let steps = usize::try_from(count)
        .map_err(|_| Error::tensor(path.to_owned() + STEPS, "at least 0", count))?;
    Ok(AdamMoments {
        steps,
        first: upload(first, &place.device),
        second: upload(second, &place.device),
    })
}

/// Whether every one of these identities is that of a parameter.
fn check_known<'a>(
    places: &BTreeMap<String, Place>,
    mut ids: impl Iterator<Item = &'a ParamId>,
) -> Result<(), Error> {
    let is_known = |id: &ParamId| places.values().any(|place| place.id == *id);
    match ids.find(|id| !is_known(id)) {
        Some(id) => Err(Error::tensor(id, "of a parameter of the module", "another")),
        None => Ok(()),
    }
}
