//! Which checkpoints stay.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Which checkpoints of a folder stay when a new one is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// How many of the highest step stay, at least 1; by default 3.
    pub last: usize,
    /// Which one stays besides, however old it is; by default none.
    pub best: Option<Best>,
}

/// What makes a validation metric the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Best {
    /// A loss, an error rate, a perplexity.
    Lowest,
    /// An accuracy, a score.
    Highest,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            last: 3,
            best: None,
        }
    }
}

impl Retention {
    /// Says which field is out of its range, if one is.
    pub fn validate(&self) -> Result<(), Error> {
        match self.last {
            0 => Err(Error::config("last", "at least 1", 0)),
            _ => Ok(()),
        }
    }

    /// The steps of `all` that may go after `written` was written, lowest first. `all` has a step and a metric for each
    /// checkpoint.
    pub(super) fn surplus(&self, all: &[(u64, Option<f64>)], written: u64) -> Vec<u64> {
        let mut steps: Vec<u64> = all.iter().map(|(step, _)| *step).collect();
        steps.sort_unstable();
        let last = steps.len().saturating_sub(self.last);
        let mut kept: BTreeSet<u64> = steps[last..].iter().copied().collect();
        kept.insert(written);
        kept.extend(self.best.and_then(|best| best.ranked(all).first().copied()));
        steps.retain(|step| !kept.contains(step));
        steps
    }
}

impl Best {
    /// The steps that have a metric, the best first. Of equal ones, the lower step is better; NaN is none.
    pub(super) fn ranked(self, all: &[(u64, Option<f64>)]) -> Vec<u64> {
        let with_metric = all
            .iter()
            .filter_map(|&(step, metric)| Some((step, metric?)));
        let mut ranked: Vec<(u64, f64)> = with_metric.filter(|(_, m)| !m.is_nan()).collect();
        ranked.sort_by(|(step, metric), (other_step, other)| {
            let order = metric.partial_cmp(other).unwrap_or(Ordering::Equal);
            let order = match self {
                Self::Lowest => order,
                Self::Highest => order.reverse(),
            };
            order.then(step.cmp(other_step))
        });
        ranked.into_iter().map(|(step, _)| step).collect()
    }
}
