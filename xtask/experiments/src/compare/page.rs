//! What a run's page shows of its findings.

use super::finding::{Finding, Verdict};
use crate::report::{Page, Table};

/// The page of a run, findings for each seed.
pub fn page(outcomes: &[&Vec<Finding>]) -> Page {
    let first = outcomes.first().map_or(&[][..], |findings| findings);
    let of_claim = |one: &Finding| {
        let all = outcomes.iter().flat_map(|findings| findings.iter());
        all.filter(|it| it.claim == one.claim).collect::<Vec<_>>()
    };
    Page {
        title: "What is said of recurrent networks".to_owned(),
        summary: "Common claims, each measured on generated data, small networks and few trainings: whether one holds here is \
                  decided by the criterion beside it, and says nothing of other sizes and data. Times are ratios of this run."
            .to_owned(),
        table: Table {
            head: ["claim", "figures", "here", "why"].map(str::to_owned).into(),
            rows: first.iter().map(|it| row(&of_claim(it))).collect(),
        },
        tables: Vec::new(),
        notes: Vec::new(),
        charts: first.iter().filter_map(|it| Some(it.chart.as_ref()?.chart())).collect(),
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

/// A claim under each seed, the first of which has its words.
fn row(findings: &[&Finding]) -> Vec<String> {
    let first = findings[0];
    let figures = names(findings).into_iter();
    let figures = figures.map(|name| figure(findings, name));
    vec![
        first.text.clone(),
        figures.collect::<Vec<_>>().join("; "),
        verdicts(findings),
        first.why.clone(),
    ]
}

/// The figures of all seeds, each once.
fn names<'a>(findings: &[&'a Finding]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in findings.iter().flat_map(|finding| &finding.figures) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

/// A figure's name and its mean over the seeds that have it, and how many these are if not all.
fn figure(findings: &[&Finding], name: &str) -> String {
    let figures = findings.iter().flat_map(|finding| &finding.figures);
    let values = figures.filter(|(own, _)| own == name);
    let values: Vec<f64> = values.map(|(_, value)| *value).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let told = format!("{} {}", name.replace('_', " "), number(mean));
    match values.len() == findings.len() {
        true => told,
        false => format!("{told} (seeds: {})", values.len()),
    }
}

/// The verdict, or how often each came out.
fn verdicts(findings: &[&Finding]) -> String {
    let all = [Verdict::Holds, Verdict::DoesNotHold, Verdict::Undecided];
    let counted = all.map(|verdict| {
        let times = findings.iter().filter(|it| it.verdict == verdict).count();
        (verdict.text(), times)
    });
    let seeds = findings.len();
    let told = counted.into_iter().filter(|(_, times)| *times > 0);
    let told = told.map(|(text, times)| match times == seeds {
        true => text.to_owned(),
        false => format!("{text} under {times} of {seeds} seeds"),
    });
    told.collect::<Vec<_>>().join(", ")
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
    use super::super::claim::Claim;
    use super::*;

    #[test]
    fn seeds_that_differ_are_told_so() {
        let finding = |value, verdict| {
            Finding::new(
                Claim::Depth,
                "deep",
                vec![("x".to_owned(), value)],
                verdict,
                "why",
            )
        };
        let holds = finding(1.0, Verdict::Holds);
        let not = finding(4.0, Verdict::DoesNotHold);
        assert_eq!(row(&[&holds]), ["deep", "x 1", "holds here", "why"]);
        let mixed = "holds here under 2 of 3 seeds, does not hold here under 1 of 3 seeds";
        assert_eq!(row(&[&holds, &holds, &not]), ["deep", "x 2", mixed, "why"]);
        let mut further = finding(1.0, Verdict::Holds);
        further.figures.push(("y".to_owned(), 7.0));
        let figures = row(&[&holds, &further]).swap_remove(1);
        assert_eq!(figures, "x 1; y 7 (seeds: 1)");
    }

    #[test]
    fn numbers_are_short_to_read() {
        let read = [3.0, 0.73456, 12.345, 0.00456, 1e-9, 2.5e7 + 0.5].map(number);
        assert_eq!(read, ["3", "0.73", "12.3", "0.0046", "1.0e-9", "2.5e7"]);
    }
}
