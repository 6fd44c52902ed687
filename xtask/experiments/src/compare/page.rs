//! What a run's page shows of its findings.

use super::finding::Finding;
use crate::report::{Page, Table};

/// The page of a run, findings for each seed.
pub fn page(outcomes: &[&Vec<Finding>]) -> Page {
    let findings = || outcomes.iter().flat_map(|findings| findings.iter());
    let first = outcomes.first().map_or(&[][..], |findings| findings);
    Page {
        title: "What is said of recurrent networks".to_owned(),
        summary: "Common claims, each measured on generated data, small networks and few trainings: whether one holds here is \
                  decided by the criterion beside it, and says nothing of other sizes and data. Times are ratios of this run."
            .to_owned(),
        table: Table {
            head: ["claim", "figures", "here", "why"].map(str::to_owned).into(),
            rows: findings().map(row).collect(),
        },
        tables: Vec::new(),
        notes: Vec::new(),
        charts: first.iter().filter_map(|it| Some(it.chart.as_ref()?.chart())).collect(),
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

fn row(finding: &Finding) -> Vec<String> {
    let figures = finding.figures.iter();
    let figures: Vec<String> = figures
        .map(|(name, value)| format!("{} {}", name.replace('_', " "), number(*value)))
        .collect();
    vec![
        finding.text.clone(),
        figures.join("; "),
        finding.verdict.text().to_owned(),
        finding.why.clone(),
    ]
}

/// Whole numbers as they are, others with three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        size if !(1e-3..1e5).contains(&size) => format!("{value:.1e}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_short_to_read() {
        let read = [3.0, 0.73456, 12.345, 0.00456, 1e-9, 2.5e7 + 0.5].map(number);
        assert_eq!(read, ["3", "0.73", "12.3", "0.0046", "1.0e-9", "2.5e7"]);
    }
}
