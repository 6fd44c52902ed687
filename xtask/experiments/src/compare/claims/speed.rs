//! How long cells take, as ratios of medians within the same rounds.

use recurra_cells::kernel::Path;

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use super::{KINDS, of_cell};
use crate::bench::case::{Case, Cell, Mode};
use crate::bench::measure::{Timed, Times, here, in_turn};
use crate::bench::networks::{Way, ours};
use crate::cells::CellKind;
use crate::error::Error;

/// What is timed, and its name.
const MODES: [(Mode, &str); 2] = [(Mode::Train, "training"), (Mode::Infer, "inference")];
/// The place of the LSTM among the cells.
const LSTM: usize = 1;
/// How far two times may be apart that are called the same.
const SAME: f64 = 0.15;

/// All cells with the settings' hidden size.
pub fn equal_size(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let ratios = against_lstm(with, [with.config.timed[3]; 4])?;
    let holds = ratios
        .iter()
        .all(|[rnn, _, _, gru]| rnn < gru && *gru < 1.0);
    Ok(Finding::new(
        Claim::SpeedEqualSize,
        "At equal hidden size an RNN is faster than a GRU, and a GRU faster than an LSTM.",
        figures(&ratios),
        Verdict::of(holds),
        "Holds if the median ratios of time to the LSTM's, training step and inference, are in that order, and below 1.",
    ))
}

/// All cells with as many parameters as an LSTM of the settings' hidden size.
pub fn equal_parameters(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let [_, _, width, hidden] = with.config.timed;
    let target = CellKind::Lstm.parameters(width, hidden);
    let size = |kind: CellKind| {
        CellKind::closest_hidden_size(target, |hidden| kind.parameters(width, hidden))
    };
    let sizes = KINDS.map(size);
    let ratios = against_lstm(with, sizes)?;
    let same = |[_, _, _, gru]: &[f64; 4]| (gru - 1.0).abs() <= SAME;
    let mut figures = figures(&ratios);
    let named = KINDS.iter().zip(sizes);
    figures.extend(named.map(|(&kind, size)| (of_cell(kind, "hidden_units"), size as f64)));
    Ok(Finding::new(
        Claim::SpeedEqualParameters,
        "A GRU is faster than an LSTM only because it is smaller: at equal parameters they take the same time.",
        figures,
        Verdict::of(ratios.iter().all(same)),
        format!(
            "Holds if the GRU's times are within {:.0} % of the LSTM's, in training and inference.",
            100.0 * SAME
        ),
    ))
}

/// Each cell as one operation, against the same one step at a time.
pub fn fused_path(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let (mut figures, mut holds) = (Vec::new(), true);
    for (mode, name) in MODES {
        for kind in KINDS {
            let case = case(with, kind, mode, with.config.timed[3]);
            let device = with.trainer.device();
            let ways = [Path::Stepwise, Path::Fused].map(|path| ours(case, path, device));
            let [Some(stepwise), Some(fused)] = ways else {
                return Ok(no_fused_path());
            };
            let times = times(with, case, vec![stepwise, fused])?;
            let ratio = times[1].ratio(&times[0]);
            holds &= ratio < 1.0;
            figures.push((of_cell(kind, &format!("{name}_time_ratio")), ratio));
        }
    }
    Ok(Finding::new(
        Claim::FusedPath,
        "A whole sequence as one operation is faster than one step at a time.",
        figures,
        Verdict::of(holds),
        "Holds if the median ratio of the fused path's time to the other's is below 1 for all cells, in training and inference.",
    ))
}

fn no_fused_path() -> Finding {
    Finding::new(
        Claim::FusedPath,
        "A whole sequence as one operation is faster than one step at a time.",
        Vec::new(),
        Verdict::Undecided,
        "This device has no fused path.",
    )
}

/// For each mode the ratio of each cell's time to the LSTM's.
fn against_lstm(with: &Measuring<'_, '_>, sizes: [usize; 4]) -> Result<[[f64; 4]; 2], Error> {
    let mut ratios = [[1.0; 4]; 2];
    for ((mode, _), ratios) in MODES.iter().zip(&mut ratios) {
        let cases: Vec<Case> = KINDS
            .iter()
            .zip(sizes)
            .map(|(&kind, hidden)| case(with, kind, *mode, hidden))
            .collect();
        let device = with.trainer.device();
        let way = |&case: &Case| {
            let fused = ours(case, with.config.path, device);
            let way = fused.or_else(|| ours(case, Path::Stepwise, device));
            way.expect("every cell can be run one step at a time")
        };
        let times = times(with, cases[LSTM], cases.iter().map(way).collect())?;
        for (ratio, own) in ratios.iter_mut().zip(&times) {
            *ratio = own.ratio(&times[LSTM]);
        }
    }
    Ok(ratios)
}

fn case(with: &Measuring<'_, '_>, kind: CellKind, mode: Mode, hidden: usize) -> Case {
    let [batch, steps, width, _] = with.config.timed;
    let cell = match kind {
        CellKind::Rnn => Cell::Rnn,
        CellKind::Lstm => Cell::Lstm,
        CellKind::Peephole => Cell::Peephole,
        CellKind::Gru => Cell::Gru,
    };
    Case {
        cell,
        mode,
        shape: [batch, steps, width, hidden],
    }
}

/// The times of all in turn, each sample of as many calls as suit `case`.
fn times(with: &Measuring<'_, '_>, case: Case, ways: Vec<Way>) -> Result<Vec<Times>, Error> {
    let mut ways: Vec<Timed<'_>> = ways.into_iter().map(|way| here(way)).collect();
    in_turn(with.effort(), case.calls(), &mut ways)
}

fn figures(ratios: &[[f64; 4]; 2]) -> Vec<(String, f64)> {
    let of_mode = |((_, name), ratios): (&(Mode, &str), &[f64; 4])| {
        let named = KINDS.iter().zip(*ratios);
        let figures =
            named.map(|(&kind, ratio)| (of_cell(kind, &format!("{name}_time_ratio")), ratio));
        figures.collect::<Vec<_>>()
    };
    MODES.iter().zip(ratios).flat_map(of_mode).collect()
}
