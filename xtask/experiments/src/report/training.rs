//! What a page shows of every training.

use recurra_train::checkpoint::Best;

use super::{Chart, Curve, Scale, Size, Stroke};
use crate::training::{self, Trained};

/// The curves of trainings: `title` names the loss, with the validation in the foreground and training in thin lines; small
/// ones of gradients and learning rate follow, in the same colours.
pub fn charts(title: String, trained: &[&Trained]) -> Vec<Chart> {
    let epochs = trained.iter().any(|it| it.plan.epoch.is_some());
    let x_label = if epochs { "epoch" } else { "step" };
    let chart = |title: &str, size, curves: Vec<Curve>| Chart {
        title: title.to_owned(),
        x_label: x_label.to_owned(),
        size,
        x_scale: Scale::Linear,
        y_scale: Scale::Linear,
        curves,
    };
    let over_all = |curves: fn(&Trained) -> Vec<Curve>| {
        let all = trained.iter().flat_map(|trained| curves(trained));
        all.collect()
    };
    // An accuracy has no place on a loss's axis.
    let is_loss = |it: &&Trained| it.measures.best == Best::Lowest;
    let first = match trained.iter().all(is_loss) {
        true => vec![chart(&title, Size::Whole, over_all(train_and_valid))],
        false => vec![
            chart(&title, Size::Whole, over_all(valid)),
            chart("Training loss", Size::Half, over_all(train)),
        ],
    };
    let small = |title, curves| chart(title, Size::Half, over_all(curves));
    let mut others = vec![
        small("Norm of the gradients before clipping", |it| {
            vec![curve(it, Stroke::Plain, &it.history.grad_norm)]
        }),
        small("Learning rate", |it| {
            vec![curve(it, Stroke::Plain, &it.history.learning_rate)]
        }),
    ];
    if trained.iter().any(|it| !it.history.loss_scale.is_empty()) {
        others.push(small("What losses are scaled by", |it| {
            vec![curve(it, Stroke::Plain, &it.history.loss_scale)]
        }));
    }
    first.into_iter().chain(others).collect()
}

fn train_and_valid(trained: &Trained) -> Vec<Curve> {
    train(trained).into_iter().chain(valid(trained)).collect()
}

fn train(trained: &Trained) -> Vec<Curve> {
    vec![curve(trained, Stroke::Thin, &trained.history.train)]
}

fn valid(trained: &Trained) -> Vec<Curve> {
    vec![curve(trained, Stroke::Marked, &trained.history.valid)]
}

/// A curve without the points that are not finite, over epochs if that is what is counted.
fn curve(trained: &Trained, stroke: Stroke, points: &training::Curve) -> Curve {
    let epoch = trained.plan.epoch.unwrap_or(1) as f64;
    let finite = points.iter().filter(|(_, value)| value.is_finite());
    Curve {
        label: trained.cell.name().to_owned(),
        colour: trained.cell as usize,
        stroke,
        points: finite
            .map(|&(step, value)| (step as f64 / epoch, value))
            .collect(),
    }
}

/// What was unusual about trainings: a sentence for each that skipped steps or averaged weights.
pub fn notes(trained: &[&Trained]) -> Vec<String> {
    let notes = trained.iter().flat_map(|it| {
        let label = it.label();
        let skipped = match it.skipped {
            0 => None,
            1 => {
                Some("1 step was skipped because its loss or gradients were not finite".to_owned())
            }
            steps => Some(format!(
                "{steps} steps were skipped because their loss or gradients were not finite"
            )),
        };
        let from = |step| format!("weights were averaged from {} on", it.plan.name_of(step));
        let averaged = it.history.averaged_from.map(from);
        let sentence = move |text| format!("{label}: {text}.");
        skipped.into_iter().chain(averaged).map(sentence)
    });
    notes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::CellKind;
    use crate::training::{History, Measures, Plan};

    fn trained(best: Best, skipped: usize, seen: impl FnOnce(&mut History)) -> Trained {
        let mut history = History::default();
        seen(&mut history);
        Trained {
            cell: CellKind::Gru,
            seed: 3,
            measures: Measures {
                train: "train_nats",
                valid: "valid_nats",
                unit: "nats per token",
                best,
                rate: "tokens_per_second",
                counted: "tokens",
            },
            plan: Plan {
                steps: 8,
                validate_every: 4,
                checkpoint_every: 4,
                point_every: 1,
                epoch: Some(4),
            },
            parameters: 1,
            peak_bytes: 1 << 20,
            valid: 0.5,
            seconds: 1.0,
            skipped,
            history,
        }
    }

    #[test]
    fn only_what_was_unusual_is_noted() {
        let quiet = trained(Best::Lowest, 0, |_| {});
        assert!(notes(&[&quiet]).is_empty());
        let unusual = trained(Best::Lowest, 2, |it| it.averaged_from = Some(4));
        let found = notes(&[&unusual]);
        assert_eq!(found.len(), 2);
        assert!(
            found[0].starts_with("gru, seed 3: 2 steps were skipped"),
            "{found:?}"
        );
        assert_eq!(
            found[1],
            "gru, seed 3: weights were averaged from epoch 1 on."
        );
    }

    #[test]
    fn curves_are_over_epochs_and_without_what_is_not_finite() {
        let points = vec![(2, 1.0), (4, f64::NAN), (8, 0.5)];
        let trained = trained(Best::Lowest, 0, |it| it.train = points);
        let charts = charts("Loss".to_owned(), &[&trained]);
        assert_eq!((charts.len(), charts[0].x_label.as_str()), (3, "epoch"));
        assert_eq!(charts[0].curves[0].points, [(0.5, 1.0), (2.0, 0.5)]);
    }

    #[test]
    fn an_accuracy_has_a_chart_without_the_training_loss() {
        let accuracy = trained(Best::Highest, 0, |_| {});
        let charts = charts("Accuracy".to_owned(), &[&accuracy]);
        let titles: Vec<&str> = charts.iter().map(|chart| chart.title.as_str()).collect();
        assert_eq!(titles[..2], ["Accuracy", "Training loss"]);
        assert_eq!(charts[0].curves.len(), 1);
    }
}
