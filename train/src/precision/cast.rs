//! Number types, and modules cast to them.

use std::fmt;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::Error;

/// The number type that a model computes in; its weights are kept in `f32` whatever this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// IEEE half precision: 11 bits of precision, from 6e-8 to 65504. Training in it wants a
    /// [`LossScaler`](super::LossScaler).
    F16,
    /// The upper half of an `f32`: 8 bits of precision and the range of `f32`, so that no loss need be scaled.
    BF16,
}

impl Precision {
    const ALL: [Self; 3] = [Self::F32, Self::F16, Self::BF16];

    /// burn's name for it.
    pub fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::F16 => DType::F16,
            Self::BF16 => DType::BF16,
        }
    }

    /// Says whether `device` computes in it.
    ///
    /// # Errors
    ///
    /// If it does not; the error names the device and what it computes in.
    pub fn check(self, device: &Device) -> Result<(), Error> {
        let has = |precision: &Self| device.supports_dtype(precision.dtype());
        if has(&self) {
            return Ok(());
        }
        let own: Vec<_> = Self::ALL.into_iter().filter(has).map(Self::name).collect();
        let expected = format!("{} on {:?}", own.join(" or "), device.clone().inner());
        Err(Error::config("precision", expected, self))
    }

    fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::BF16 => "bf16",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// `module` with its floating-point parameters cast to `precision`; for [`Precision::F32`] the module itself.
///
/// The result is for forward passes between two steps of the weights. Each of its parameters is computed from one of the
/// module that was given and has its identity: gradients flow through the cast to the parameters of that module, in their
/// own number type, and it is the one to collect gradients for, to step and to evaluate. States and masks are made in the
/// number type of the result if it is the result that makes them. It composes with
/// [`drop_recurrent_weights`](crate::drop_recurrent_weights) in either order.
///
/// What is no parameter, such as features that a network reads, keeps its type and must be cast by whoever has it.
pub fn cast_weights<M: Module>(module: M, precision: Precision) -> M {
    match precision {
        Precision::F32 => module,
        Precision::F16 | Precision::BF16 => module.map(&mut Cast(precision.dtype())),
    }
}

/// Casts parameters within the graph.
struct Cast(DType);

impl ModuleMapper for Cast {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|weight| weight.cast(self.0))
    }
}

/// Half-precision numbers as `f32`, others as they are: for what sums over many numbers or takes their logarithm.
pub(crate) fn at_least_single<const D: usize>(values: Tensor<D>) -> Tensor<D> {
    match values.dtype() {
        DType::F16 | DType::BF16 => values.cast(DType::F32),
        _ => values,
    }
}
