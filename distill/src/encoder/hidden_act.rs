//! The nonlinearity of the feed-forward layers.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

/// Either form of the Gaussian error linear unit (Hendrycks and Gimpel 2016).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HiddenAct {
    /// `x (1 + erf(x / sqrt(2))) / 2`
    #[default]
    #[serde(rename = "gelu", alias = "gelu_python")]
    Gelu,
    /// `x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`
    #[serde(
        rename = "gelu_new",
        alias = "gelu_fast",
        alias = "gelu_pytorch_tanh",
        alias = "gelu_python_tanh"
    )]
    GeluTanh,
}

impl HiddenAct {
    /// The function, element by element.
    pub(super) fn forward(self, rows: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Gelu => activation::gelu(rows),
            Self::GeluTanh => activation::gelu_approximate(rows),
        }
    }
}
