//! The claims by name.

use serde::{Deserialize, Serialize};

use super::Measuring;
use super::claims::{
    adding, capacity, clipping, convolution, counting, dropout, gradients, horizon, n_grams,
    parameters, perceptron, precision, speed, texts, truncation,
};
use super::finding::Finding;
use crate::error::Error;

/// What is commonly said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    Parameters,
    SpeedEqualSize,
    SpeedEqualParameters,
    FusedPath,
    GradientReach,
    ForgetDecay,
    SigmoidBound,
    MemoryHorizon,
    CopyHorizon,
    ShortSequences,
    Convergence,
    ForgetBias,
    Clipping,
    OrthogonalStart,
    TruncationCost,
    NaiveDropout,
    NGrams,
    Perceptron,
    Convolution,
    Directions,
    Depth,
    Schedule,
    DataSize,
    Counting,
    Timing,
    HalfPrecision,
}

impl Claim {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 26] = [
        Self::Parameters,
        Self::SpeedEqualSize,
        Self::SpeedEqualParameters,
        Self::FusedPath,
        Self::GradientReach,
        Self::ForgetDecay,
        Self::SigmoidBound,
        Self::MemoryHorizon,
        Self::CopyHorizon,
        Self::ShortSequences,
        Self::Convergence,
        Self::ForgetBias,
        Self::Clipping,
        Self::OrthogonalStart,
        Self::TruncationCost,
        Self::NaiveDropout,
        Self::NGrams,
        Self::Perceptron,
        Self::Convolution,
        Self::Directions,
        Self::Depth,
        Self::Schedule,
        Self::DataSize,
        Self::Counting,
        Self::Timing,
        Self::HalfPrecision,
    ];

    /// The name in settings, and the stem of its metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parameters => "parameters",
            Self::SpeedEqualSize => "speed_equal_size",
            Self::SpeedEqualParameters => "speed_equal_parameters",
            Self::FusedPath => "fused_path",
            Self::GradientReach => "gradient_reach",
            Self::ForgetDecay => "forget_decay",
            Self::SigmoidBound => "sigmoid_bound",
            Self::MemoryHorizon => "memory_horizon",
            Self::CopyHorizon => "copy_horizon",
            Self::ShortSequences => "short_sequences",
            Self::Convergence => "convergence",
            Self::ForgetBias => "forget_bias",
            Self::Clipping => "clipping",
            Self::OrthogonalStart => "orthogonal_start",
            Self::TruncationCost => "truncation_cost",
            Self::NaiveDropout => "naive_dropout",
            Self::NGrams => "n_grams",
            Self::Perceptron => "perceptron",
            Self::Convolution => "convolution",
            Self::Directions => "directions",
            Self::Depth => "depth",
            Self::Schedule => "schedule",
            Self::DataSize => "data_size",
            Self::Counting => "counting",
            Self::Timing => "timing",
            Self::HalfPrecision => "half_precision",
        }
    }

    /// Measures it.
    pub fn measure(self, mut with: Measuring<'_, '_>) -> Result<Finding, Error> {
        let with = &mut with;
        match self {
            Self::Parameters => Ok(parameters::measure(with)),
            Self::SpeedEqualSize => speed::equal_size(with),
            Self::SpeedEqualParameters => speed::equal_parameters(with),
            Self::FusedPath => speed::fused_path(with),
            Self::GradientReach => gradients::reach(with),
            Self::ForgetDecay => gradients::forget_decay(with),
            Self::SigmoidBound => gradients::sigmoid_bound(with),
            Self::MemoryHorizon => horizon::adding(with),
            Self::CopyHorizon => horizon::copying(with),
            Self::ShortSequences => adding::short(with),
            Self::Convergence => adding::convergence(with),
            Self::ForgetBias => adding::forget_bias(with),
            Self::Clipping => clipping::measure(with),
            Self::OrthogonalStart => adding::orthogonal(with),
            Self::TruncationCost => truncation::cost(with),
            Self::NaiveDropout => dropout::measure(with),
            Self::NGrams => n_grams::measure(with),
            Self::Perceptron => perceptron::measure(with),
            Self::Convolution => convolution::measure(with),
            Self::Directions => texts::directions(with),
            Self::Depth => capacity::depth(with),
            Self::Schedule => texts::schedule(with),
            Self::DataSize => capacity::data_size(with),
            Self::Counting => counting::count(with),
            Self::Timing => counting::time(with),
            Self::HalfPrecision => precision::measure(with),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_called_the_same_in_settings_and_metrics() {
        for claim in Claim::ALL {
            let written = serde_json::to_string(&claim).expect("a name");
            assert_eq!(written, format!("\"{}\"", claim.name()));
        }
    }
}
