//! How many parameters a cell has.

use burn::module::Module;
use recurra_cells::{CellConfig, SeededRng};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use super::{KINDS, of_cell};

/// Counted from built cells, so that the formula is held against the code and not against itself.
pub fn measure(with: &Measuring<'_, '_>) -> Finding {
    let [_, _, width, hidden] = with.config.timed;
    let device = with.trainer.device();
    let counts = KINDS.map(|kind| {
        let rng = &mut SeededRng::new(with.seed);
        kind.config(hidden).init(width, device, rng).num_params()
    });
    let gate = hidden * (width + hidden + 1);
    let told = [gate, 4 * gate, 4 * gate + 3 * hidden, 3 * gate + hidden];
    let figures = KINDS.iter().zip(counts).flat_map(|(&kind, count)| {
        let ratio = count as f64 / counts[0] as f64;
        [
            (of_cell(kind, "parameters"), count as f64),
            (of_cell(kind, "parameters_ratio"), ratio),
        ]
    });
    Finding::new(
        Claim::Parameters,
        "Where an RNN has one set of weights, a GRU has three, an LSTM four, and peepholes add three vectors.",
        figures.collect(),
        Verdict::of(counts == told),
        format!(
            "Holds if the built cells have H(D + H + 1) parameters once, three times and one bias H more (the reset gate \
             behind the product), four times, and 3H more, exactly, at D = {width} and H = {hidden}."
        ),
    )
}
