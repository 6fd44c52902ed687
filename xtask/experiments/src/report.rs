//! A run's reports: `report.json` for scripts, `report.html` for people.

mod axis;
mod chart;
mod page;
mod roll;
mod summary;
mod training;

pub use axis::Scale;
pub use chart::{Chart, Curve, Size, Stroke};
pub use page::{Page, Table, html};
pub use roll::Roll;
pub use summary::{Metric, Outcome, best, over_seeds, summary};
pub use training::{charts, notes};

use std::collections::BTreeMap;

use serde::Serialize;

/// What `report.json` says.
#[derive(Serialize)]
pub struct Report<'a, C> {
    pub experiment: &'a str,
    pub status: Status,
    pub device: &'a str,
    /// The first of them.
    pub seed: u64,
    /// How many there are.
    pub seeds: u32,
    pub quick: bool,
    /// The settings in effect.
    pub config: C,
    /// Metrics by name, each with its unit at the end.
    pub results: BTreeMap<String, f64>,
    /// Published figures for some of the metrics.
    pub expected: BTreeMap<&'a str, Expected>,
    /// The whole run's wall time.
    pub seconds: f64,
    pub versions: BTreeMap<&'a str, &'a str>,
    /// With `-modified` behind it where the work tree was not that commit.
    pub commit: String,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Ok,
    Interrupted,
    /// With what was finished before.
    Failed,
}

/// A published figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Expected {
    pub value: f64,
    pub source: &'static str,
}

/// The report as JSON.
pub fn json<C: Serialize>(report: &Report<'_, C>) -> String {
    serde_json::to_string_pretty(report).expect("a report is plain values under names")
}
