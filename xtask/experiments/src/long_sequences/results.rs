//! What a run's reports say about its outcomes.

use std::collections::BTreeMap;

use super::config::Config;
use super::learner::Method;
use super::measure::{METHODS, Outcome, Peak, Source};
use crate::report::{Chart, Curve, Page, Scale, Size, Stroke, Table, over_seeds};

/// The metrics of a run.
///
/// With several seeds each metric is the mean over them, and `NAME_std` its standard deviation.
pub fn summary(outcomes: &[Outcome], config: &Config) -> BTreeMap<String, f64> {
    over_seeds(outcomes.iter().map(|outcome| of_outcome(outcome, config)))
}

fn of_outcome(outcome: &Outcome, config: &Config) -> Vec<(String, f64)> {
    let mut metrics = vec![("memory_ratio".to_owned(), memory_ratio(outcome, config))];
    for (index, name) in ["full", "accumulated", "updated"].into_iter().enumerate() {
        metrics.push((format!("{name}_ms"), outcome.times[index].quantile(0.5)));
        metrics.push((format!("{name}_time_ratio"), time_ratio(outcome, index)));
    }
    metrics.extend(outcome.peaks.iter().map(|peak| of_peak(peak, config)));
    metrics
}

/// A peak, its name with the length of a sequence that is not the settings' own.
fn of_peak(peak: &Peak, config: &Config) -> (String, f64) {
    let name = match peak.method {
        Method::Full => "full",
        Method::Accumulated => "window",
        Method::Updated => "updated",
    };
    let length = match peak.steps == config.steps {
        true => String::new(),
        false => format!("_{}", peak.steps),
    };
    let estimated = match peak.source {
        Source::Measured => "",
        Source::Estimated => "_estimated",
    };
    (format!("{name}_peak_mib{length}{estimated}"), peak.mib)
}

/// A method's time as a share of full backpropagation's, round by round.
fn time_ratio(outcome: &Outcome, index: usize) -> f64 {
    outcome.times[index].ratio(&outcome.times[0])
}

/// How many times as much memory full backpropagation needs as windows with accumulated gradients.
fn memory_ratio(outcome: &Outcome, config: &Config) -> f64 {
    let [full, window] =
        [Method::Full, Method::Accumulated].map(|method| outcome.peak(method, config.steps).mib);
    full / window
}

/// A method's name beside its curve.
fn label(method: Method) -> &'static str {
    match method {
        Method::Full => "full",
        Method::Accumulated => "one update",
        Method::Updated => "update each",
    }
}

/// The page of a run.
pub fn page(outcomes: &[Outcome], config: &Config) -> Page {
    let rows = outcomes.iter().flat_map(|outcome| rows(outcome, config));
    Page {
        title: "Long sequences".to_owned(),
        summary: outcomes
            .first()
            .map_or_else(String::new, |outcome| text(outcome, config)),
        charts: vec![Chart {
            title: format!(
                "Peak memory of a pass in MiB, full or in windows of {}; thin where it is an estimate",
                config.window
            ),
            x_label: "steps of the sequence".to_owned(),
            size: Size::Whole,
            x_scale: Scale::Log,
            y_scale: Scale::Log,
            curves: outcomes.iter().flat_map(curves).collect(),
        }],
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: rows.collect(),
        },
        notes: Vec::new(),
        tables: Vec::new(),
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

/// The columns of a page's table.
const HEAD: [&str; 6] = [
    "backpropagation",
    "steps",
    "time per sequence, ms",
    "of full",
    "peak memory, MiB",
    "of full",
];

fn text(outcome: &Outcome, config: &Config) -> String {
    let [accumulated, updated] = [1, 2].map(|index| time_ratio(outcome, index));
    format!(
        "An LSTM [B, T, D, H] = [{}, {}, {}, {}] learns from one sequence by backpropagation through all of its steps, or \
         through windows of {}, between which the state is carried but no gradient. Windows need {:.0} times less memory \
         at their peak, however long the sequence is, because the activations of one window are kept and not those of all \
         steps. They take {accumulated:.2} of the time with one update a sequence and {updated:.2} with one a window. The \
         arithmetic is the same, forward and backward: on a CPU with memory at hand truncation saves memory, not much \
         time, and what time it saves are the trips to memory of activations that fit the processor's caches. With \
         windows beyond these (try --set window=1024) the times come together. To be several times as fast, as is said of \
         truncation elsewhere, takes an allocator or a machine short of memory. \
         Memory is all that is allocated during a pass on top of what was before: the weights, the optimiser's moments, \
         and, for full backpropagation alone, the sequence itself; the numbers of a window are drawn within its pass and \
         counted. Times are medians of {} rounds in turn, without that drawing.",
        config.batch_size,
        config.steps,
        config.input_size,
        config.hidden_size,
        config.window,
        memory_ratio(outcome, config),
        config.rounds,
    )
}

fn rows(outcome: &Outcome, config: &Config) -> Vec<Vec<String>> {
    let row = |peak: &Peak| {
        let full = outcome.peak(Method::Full, peak.steps);
        let timed = METHODS.iter().position(|&it| it == peak.method);
        let timed = timed.filter(|_| peak.steps == config.steps);
        let [time, share] = timed.map_or_else(Default::default, |index| {
            let median = outcome.times[index].quantile(0.5);
            [
                format!("{median:.0}"),
                format!("{:.3}", time_ratio(outcome, index)),
            ]
        });
        let estimated = match peak.source {
            Source::Measured => "",
            Source::Estimated => " (estimate)",
        };
        let of_windows = match peak.method {
            Method::Full => "",
            Method::Accumulated | Method::Updated => "windows, ",
        };
        vec![
            format!("{of_windows}{}, seed {}", label(peak.method), outcome.seed),
            peak.steps.to_string(),
            time,
            share,
            format!("{:.2}{estimated}", peak.mib),
            format!("{:.4}", peak.mib / full.mib),
        ]
    };
    outcome.peaks.iter().map(row).collect()
}

/// What was measured of each method, and a thin line on to what was not.
fn curves(outcome: &Outcome) -> Vec<Curve> {
    let curve = |method, stroke, peaks: Vec<&Peak>| Curve {
        label: label(method).to_owned(),
        colour: 1 + method as usize,
        stroke,
        points: peaks
            .iter()
            .map(|peak| (peak.steps as f64, peak.mib))
            .collect(),
    };
    let of_method = |method| {
        let own = outcome
            .peaks
            .iter()
            .filter(move |peak| peak.method == method);
        let measured = own.clone().filter(|peak| peak.source == Source::Measured);
        [
            curve(method, Stroke::Thin, own.collect()),
            curve(method, Stroke::Marked, measured.collect()),
        ]
    };
    METHODS.into_iter().flat_map(of_method).collect()
}
