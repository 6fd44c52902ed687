//! What a run's reports say about its outcomes.

use std::collections::BTreeMap;

use recurra_train::diagnostics::{GateActivity, StateGradients};

use super::config::Config;
use super::train::Outcome;
use crate::cells::GateBiases;
use crate::progress::duration;
use crate::report::{Chart, Curve, Page, Scale, Size, Stroke, Table, over_seeds};

/// The metrics of a run, each with its cell's name before it.
///
/// With several seeds each metric is the mean over them, and `NAME_std` its standard deviation.
pub fn summary(seeds: &[Vec<Outcome>]) -> BTreeMap<String, f64> {
    over_seeds(seeds.iter().map(|outcomes| {
        let metrics = outcomes.iter().map(|outcome| {
            let own = of_outcome(outcome).into_iter();
            own.map(|(name, value)| (format!("{}_{name}", outcome.kind.name()), value))
        });
        metrics.flatten().collect()
    }))
}

fn of_outcome(outcome: &Outcome) -> [(&'static str, f64); 8] {
    [
        ("decay_usual_biases", outcome.usual.decay_per_step()),
        ("decay_at_init", outcome.at_init.decay_per_step()),
        ("decay_trained", outcome.trained.decay_per_step()),
        ("farthest_norm_usual_biases", farthest(&outcome.usual)),
        ("farthest_norm_at_init", farthest(&outcome.at_init)),
        ("farthest_norm_trained", farthest(&outcome.trained)),
        ("test_accuracy", outcome.test_accuracy),
        ("parameters", outcome.parameters as f64),
    ]
}

/// The norm at the first step as a share of that at the last.
fn farthest(gradients: &StateGradients) -> f64 {
    let relative = gradients.relative();
    *relative.last().expect("a sequence has at least one step")
}

/// The columns of a page's table.
const HEAD: [&str; 9] = [
    "cell",
    "parameters",
    "factor a step, usual biases",
    "factor at the start",
    "factor trained",
    "first step's norm at the start",
    "first step's norm trained",
    "symbols recalled",
    "time",
];

/// The page of a run.
pub fn page(outcomes: &[&Outcome], config: &Config) -> Page {
    let start = match config.gate_biases {
        GateBiases::Usual => "the usual biases: forget 1, update 0",
        GateBiases::Chrono => "chrono biases for dependencies of the sequence's length",
    };
    Page {
        title: "Vanishing gradients".to_owned(),
        summary: text(config, start),
        charts: charts(outcomes, config, start),
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: outcomes.iter().map(|outcome| row(outcome)).collect(),
        },
        notes: Vec::new(),
        tables: vec![gates(outcomes), weights(outcomes)],
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

/// The gradients' norms over the distance, before and after training.
fn charts(outcomes: &[&Outcome], config: &Config, start: &str) -> Vec<Chart> {
    // One seed's names are enough.
    let stroke = |outcome: &Outcome| match outcome.seed == outcomes[0].seed {
        true => Stroke::Marked,
        false => Stroke::Thin,
    };
    let chart = |when: &str, gradients: fn(&Outcome) -> &StateGradients| Chart {
        title: format!("Norm of the gradient at the state, relative to the last step's: {when}"),
        x_label: "distance from the last step".to_owned(),
        size: Size::Whole,
        x_scale: Scale::Linear,
        y_scale: Scale::Log,
        curves: outcomes
            .iter()
            .map(|outcome| curve(outcome, stroke(outcome), gradients(outcome)))
            .collect(),
    };
    let mut charts = vec![
        chart(&format!("before training, with {start}"), |it| &it.at_init),
        chart("after training", |it| &it.trained),
    ];
    if config.gate_biases != GateBiases::Usual {
        let usual = "before training, with the usual biases: forget 1, update 0";
        charts.push(chart(usual, |it| &it.usual));
    }
    charts
}

/// How open the gates were over the measured sequences.
fn gates(outcomes: &[&Outcome]) -> (String, Table) {
    let share = |share: f64| format!("{:.0} %", 100.0 * share);
    let rows = outcomes.iter().flat_map(|outcome| {
        let pairs = outcome.gates_at_init.iter().zip(&outcome.gates_trained);
        pairs.map(|(init, trained)| {
            let of = |gate: &GateActivity| {
                let mean = format!("{:.3}", gate.mean);
                [mean, share(gate.shut), share(gate.open)]
            };
            let name = format!("{}, {} gate", label(outcome), init.gate);
            [vec![name], of(init).to_vec(), of(trained).to_vec()].concat()
        })
    });
    let head = ["gate", "mean at the start", "below 0.1", "above 0.9"];
    let trained = ["mean trained", "below 0.1", "above 0.9"];
    let table = Table {
        head: head
            .iter()
            .chain(&trained)
            .map(|&it| it.to_owned())
            .collect(),
        rows: rows.collect(),
    };
    ("How open the gates are".to_owned(), table)
}

/// The size of each parameter, and of what training has changed about it.
fn weights(outcomes: &[&Outcome]) -> (String, Table) {
    let rows = outcomes.iter().flat_map(|outcome| {
        outcome.updates.iter().map(|(path, update)| {
            vec![
                format!("{}, {path}", label(outcome)),
                format!("{:.3}", update.weight_norm),
                format!("{:.3}", update.update_norm),
            ]
        })
    });
    let head = [
        "parameter",
        "norm at the start",
        "norm of the change by training",
    ];
    let table = Table {
        head: head.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    };
    (
        "The weights, and what training changes about them".to_owned(),
        table,
    )
}

fn label(outcome: &Outcome) -> String {
    format!("{}, seed {}", outcome.kind.name(), outcome.seed)
}

fn text(config: &Config, start: &str) -> String {
    format!(
        "How the loss after the last of {} steps depends on the state at each step before, in networks of {} hidden units \
         that learn to recall the first of their tokens ({} symbols, guessing recalls {:.1} %) behind noise: {} steps of \
         training, from orthogonal recurrent weights and {start}. A factor below 1 a step means that gradients vanish; \
         it is fitted to the logarithm of the norm from distance 1 on. The state is all that a cell carries, the memory \
         cell included. Peepholes start at zero, so that the two LSTMs are the same at first. A plain cell may come to \
         recall under some seeds: from resting states, out of which gradients vanish all the faster (Bengio et al. 1994), \
         or so that its gradients, too, reach back.",
        config.steps,
        config.hidden_size,
        config.symbols,
        100.0 / f64::from(config.symbols),
        config.updates,
    )
}

fn curve(outcome: &Outcome, stroke: Stroke, gradients: &StateGradients) -> Curve {
    let norms = gradients.relative().into_iter().enumerate();
    Curve {
        label: outcome.kind.name().to_owned(),
        colour: outcome.kind as usize,
        stroke,
        points: norms
            .map(|(distance, norm)| (distance as f64, norm))
            .collect(),
    }
}

fn row(outcome: &Outcome) -> Vec<String> {
    let decay = |gradients: &StateGradients| format!("{:.4}", gradients.decay_per_step());
    let far = |gradients: &StateGradients| format!("{:.1e}", farthest(gradients));
    vec![
        label(outcome),
        outcome.parameters.to_string(),
        decay(&outcome.usual),
        decay(&outcome.at_init),
        decay(&outcome.trained),
        far(&outcome.at_init),
        far(&outcome.trained),
        format!("{:.1} %", 100.0 * outcome.test_accuracy),
        duration(outcome.seconds),
    ]
}
