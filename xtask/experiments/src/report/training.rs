//! What a page shows of every training.

use recurra_train::checkpoint::Best;

use super::{Chart, Curve, Size, Stroke};
use crate::training::{self, Trained};

/// The curves of trainings: `title` names the loss, with the validation in the foreground and training in thin lines; small
/// ones of gradients and learning rate follow.
pub fn charts(title: String, trained: &[&Trained]) -> Vec<Chart> {
    let epochs = trained.iter().any(|it| it.plan.epoch.is_some());
    let x_label = if epochs { "epoch" } else { "step" };
    let chart = |title: &str, size, curves: Vec<Curve>| Chart {
        title: title.to_owned(),
        x_label: x_label.to_owned(),
        size,
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
            vec![curve(it, Stroke::Thin, &it.history.grad_norm)]
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
