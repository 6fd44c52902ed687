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
    let mut metrics = Vec::new();
    for (index, method) in METHODS.into_iter().enumerate() {
        let (name, speed) = (name(method), &outcome.speeds[index]);
        metrics.push((format!("{name}_ms"), speed.times.quantile(0.5)));
        let faults = speed.page_faults.map(|faults| faults as f64);
        metrics.extend(faults.map(|faults| (format!("{name}_page_faults"), faults)));
        let peak = outcome.peak(method, config.steps).mib;
        metrics.push((format!("{name}_peak_mib"), peak));
        if method != Method::Full {
            metrics.push((format!("{name}_time_ratio"), time_ratio(outcome, index)));
        }
    }
    // The memory of a window, whichever way its gradients are used.
    let window = outcome.peak(Method::Accumulated, config.steps).mib;
    metrics.push(("window_peak_mib".to_owned(), window));
    metrics.push(("memory_ratio".to_owned(), memory_ratio(outcome, config)));
    for peak in outcome
        .peaks
        .iter()
        .filter(|peak| peak.steps > config.steps)
    {
        let name = match peak.method {
            Method::Full => "full",
            Method::Accumulated => "window",
            Method::Updated => "updated",
        };
        let estimated = match peak.source {
            Source::Measured => "",
            Source::Estimated => "_estimated",
        };
        metrics.push((
            format!("{name}_peak_mib_{}{estimated}", peak.steps),
            peak.mib,
        ));
    }
    metrics
}

/// A method's time as a share of full backpropagation's, round by round.
fn time_ratio(outcome: &Outcome, index: usize) -> f64 {
    let full = &outcome.speeds[0].times;
    outcome.speeds[index].times.ratio(full)
}

/// How many times as much memory full backpropagation needs as windows with accumulated gradients.
fn memory_ratio(outcome: &Outcome, config: &Config) -> f64 {
    let [full, window] =
        [Method::Full, Method::Accumulated].map(|method| outcome.peak(method, config.steps).mib);
    full / window
}

/// A method's name in metrics.
fn name(method: Method) -> &'static str {
    match method {
        Method::Full => "full",
        Method::Accumulated => "accumulated",
        Method::Updated => "updated",
    }
}

/// A method's name to be read.
fn label(method: Method) -> &'static str {
    match method {
        Method::Full => "full",
        Method::Accumulated => "windows, one update",
        Method::Updated => "windows, an update each",
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
            title: "Peak memory of a pass in MiB; thin where it is an estimate".to_owned(),
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
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

/// The columns of a page's table.
const HEAD: [&str; 7] = [
    "backpropagation",
    "steps",
    "time per sequence, ms",
    "of full",
    "page faults",
    "peak memory, MiB",
    "of full",
];

fn text(outcome: &Outcome, config: &Config) -> String {
    let [accumulated, updated] = [1, 2].map(|index| time_ratio(outcome, index));
    format!(
        "An LSTM [B, T, D, H] = [{}, {}, {}, {}] learns from one sequence by backpropagation through all of its steps, or \
         through windows of {}, between which the state is carried but no gradient. Windows need {:.0} times less memory \
         at their peak, however long the sequence is, because the activations of one window are kept and not those of all \
         steps. They take {accumulated:.2} of the time with one update a sequence and {updated:.2} with one a window. That \
         is not arithmetic: the same steps are computed, forward and backward. It is the allocator's doing, which gives \
         the pages of tensors as large as a whole sequence back and has to ask for them anew in the next pass, where a \
         window's are at hand (see the page faults; with MIMALLOC_PURGE_DELAY=-1 the allocator keeps all pages, and what \
         is left is what truncation itself saves or costs). Truncation saves memory; where it is said to be several times \
         as fast, memory was short. Memory is all that is allocated during a pass on top of what was before: the weights, \
         the optimiser's moments, and, for full backpropagation alone, the sequence itself; the numbers of a window are \
         drawn within its pass and counted. Times are medians of {} rounds in turn, without that drawing.",
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
        let [time, share, faults] = timed.map_or_else(Default::default, |at| speed(outcome, at));
        let estimated = match peak.source {
            Source::Measured => "",
            Source::Estimated => " (estimate)",
        };
        vec![
            format!("{}, seed {}", label(peak.method), outcome.seed),
            peak.steps.to_string(),
            time,
            share,
            faults,
            format!("{:.2}{estimated}", peak.mib),
            format!("1/{:.1}", full.mib / peak.mib),
        ]
    };
    outcome.peaks.iter().map(row).collect()
}

/// A method's time, that as a share of full backpropagation's, and its page faults.
fn speed(outcome: &Outcome, index: usize) -> [String; 3] {
    let speed = &outcome.speeds[index];
    let faults = speed.page_faults.map(|faults| faults.to_string());
    [
        format!("{:.0}", speed.times.quantile(0.5)),
        format!("{:.3}", time_ratio(outcome, index)),
        faults.unwrap_or_default(),
    ]
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
