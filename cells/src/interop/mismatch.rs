//! How a state dict and a network differ.

use std::fmt;

/// Everything in which the weights of a state dict differ from those of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightMismatch {
    /// What the network has and the state dict lacks.
    pub missing: Vec<String>,
    /// What the state dict has, under the prefix, and the network lacks.
    pub unexpected: Vec<String>,
    /// What both have, but in different shapes.
    pub wrong_shapes: Vec<WrongShape>,
}

/// A weight whose shape is not the network's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongShape {
    /// The weight's name in the state dict.
    pub name: String,
    /// The network's shape.
    pub expected: Vec<usize>,
    /// The state dict's shape.
    pub got: Vec<usize>,
}

impl WeightMismatch {
    pub(super) fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.wrong_shapes.is_empty()
    }
}

impl fmt::Display for WeightMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.missing.is_empty() {
            parts.push(format!("missing {}", self.missing.join(", ")));
        }
        if !self.unexpected.is_empty() {
            parts.push(format!("unexpected {}", self.unexpected.join(", ")));
        }
        for WrongShape {
            name,
            expected,
            got,
        } in &self.wrong_shapes
        {
            parts.push(format!("{name} must be {expected:?}, got {got:?}"));
        }
        f.write_str(&parts.join("; "))
    }
}
