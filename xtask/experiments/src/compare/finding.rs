//! What measuring a claim came to.

use serde::{Deserialize, Serialize};

use super::claim::Claim;
use crate::report::{Chart, Curve, Scale, Size, Stroke};

/// A claim, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub claim: Claim,
    /// What is said, in one sentence.
    pub text: String,
    /// Names with their units at the end, and values.
    pub figures: Vec<(String, f64)>,
    pub verdict: Verdict,
    /// By which criterion, and what else there is to know.
    pub why: String,
    pub chart: Option<ChartData>,
}

/// What the figures say of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Holds,
    DoesNotHold,
    /// The device cannot do what it would take, or no network learned enough to be compared.
    Undecided,
}

impl Verdict {
    /// What a criterion says.
    pub fn of(holds: bool) -> Self {
        match holds {
            true => Self::Holds,
            false => Self::DoesNotHold,
        }
    }

    /// To be read.
    pub fn text(self) -> &'static str {
        match self {
            Self::Holds => "holds here",
            Self::DoesNotHold => "does not hold here",
            Self::Undecided => "undecided",
        }
    }
}

/// A chart, as a run's folder keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChartData {
    pub title: String,
    pub x_label: String,
    /// Whether the distances along each axis are ratios.
    pub x_log: bool,
    pub y_log: bool,
    /// Each with its name.
    pub curves: Vec<(String, Vec<(f64, f64)>)>,
}

impl Finding {
    /// Figures that are not finite are left out: a training that diverged has no error.
    pub fn new(
        claim: Claim,
        text: impl Into<String>,
        figures: Vec<(String, f64)>,
        verdict: Verdict,
        why: impl Into<String>,
    ) -> Self {
        let figures = figures.into_iter().filter(|(_, value)| value.is_finite());
        Self {
            claim,
            text: text.into(),
            figures: figures.collect(),
            verdict,
            why: why.into(),
            chart: None,
        }
    }

    /// The same with a chart. Points that are not finite are left out as well: JSON has no word for them, and could not be read back.
    pub fn with_chart(self, mut chart: ChartData) -> Self {
        for (_, points) in &mut chart.curves {
            points.retain(|(x, y)| x.is_finite() && y.is_finite());
        }
        Self {
            chart: Some(chart),
            ..self
        }
    }

    /// Its metrics, with the claim's name before them; `CLAIM_holds` is 1 or 0, where that was decided.
    pub fn metrics(&self) -> Vec<(String, f64)> {
        let name = self.claim.name();
        let named = |(figure, value): &(String, f64)| (format!("{name}_{figure}"), *value);
        let holds = match self.verdict {
            Verdict::Holds => Some(1.0),
            Verdict::DoesNotHold => Some(0.0),
            Verdict::Undecided => None,
        };
        let holds = holds.map(|value| (format!("{name}_holds"), value));
        self.figures.iter().map(named).chain(holds).collect()
    }
}

impl ChartData {
    /// As the page draws it.
    pub fn chart(&self) -> Chart {
        let scale = |log| match log {
            true => Scale::Log,
            false => Scale::Linear,
        };
        let curves = self.curves.iter().enumerate();
        Chart {
            title: self.title.clone(),
            x_label: self.x_label.clone(),
            size: Size::Whole,
            x_scale: scale(self.x_log),
            y_scale: scale(self.y_log),
            curves: curves
                .map(|(colour, (label, points))| Curve {
                    label: label.clone(),
                    colour,
                    stroke: Stroke::Marked,
                    points: points.clone(),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_no_figure() {
        let figures = vec![("a".to_owned(), 1.0), ("b".to_owned(), f64::NAN)];
        let finding = Finding::new(Claim::Depth, "", figures, Verdict::of(false), "");
        let expected = [("depth_a", 1.0), ("depth_holds", 0.0)];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(finding.metrics(), expected);
        let chart = ChartData {
            title: String::new(),
            x_label: String::new(),
            x_log: false,
            y_log: false,
            curves: vec![("c".to_owned(), vec![(1.0, f64::INFINITY), (2.0, 3.0)])],
        };
        let finding = finding.with_chart(chart);
        let written = serde_json::to_string(&finding).expect("a finding");
        let read: Finding = serde_json::from_str(&written).expect("the same");
        assert_eq!(read.chart.expect("a chart").curves[0].1, [(2.0, 3.0)]);
    }
}
