//! How far back cells remember: the adding problem, and symbols to copy.

use recurra_cells::{AnyCellConfig, RnnConfig};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{ChartData, Finding, Verdict};
use crate::cells::CellKind;
use crate::error::Error;
use crate::memory::adding::INPUTS;
use crate::memory::copying::EMBEDDING;
use crate::memory::trial::Learned;

/// The share of symbols told wrongly below which they count as copied.
const COPIED: f64 = 0.25;

/// Each with its name.
type Cells = [(&'static str, AnyCellConfig); 5];

/// What the cells came to, each up to the first distance that it does not solve.
struct Horizons {
    figures: Vec<(String, f64)>,
    curves: Vec<(String, Vec<(f64, f64)>)>,
    /// The longest distance that each cell solves, 0 for none.
    longest: Vec<usize>,
    /// The longest distance that was asked for.
    asked: usize,
}

/// Over which distances each cell learns to add.
pub fn adding(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let solved_below = with.config.solved_below;
    let cells = cells(INPUTS, with.config.hidden_size);
    let horizons = horizons(with, (cells, solved_below), |with, cell, distance| {
        with.add(cell, distance, with.clipped())
    })?;
    let text = "Gates remember further: an LSTM and a GRU solve the adding problem over distances at which an RNN fails.";
    let why = format!(
        "Holds if the longest distance that is solved (error below {solved_below} within {} updates) is shorter for the RNN than for \
         both, at equal parameters and one learning rate.",
        with.config.updates
    );
    let title = "Mean square error of the adding problem";
    Ok(finding(
        (Claim::MemoryHorizon, text),
        horizons,
        (title, why),
    ))
}

/// Over which silence each cell repeats ten symbols.
pub fn copying(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    // Ten symbols take more room than one sum.
    let cells = cells(EMBEDDING, 2 * with.config.hidden_size);
    let horizons = horizons(with, (cells, COPIED), |with, cell, distance| {
        with.copy(cell, distance, COPIED)
    })?;
    let text = "Gates remember more: an LSTM and a GRU repeat ten symbols after a silence at which an RNN fails.";
    let why = format!(
        "Holds if the longest silence after which at least {} % of the symbols are told rightly, within {} updates, is shorter for \
         the RNN than for both, at equal parameters, with chrono biases and one course of the learning rate.",
        100.0 * (1.0 - COPIED),
        with.copying_updates()
    );
    let title = "Share of ten symbols told wrongly";
    Ok(finding((Claim::CopyHorizon, text), horizons, (title, why)))
}

fn horizons(
    with: &mut Measuring<'_, '_>,
    (cells, solved_below): (Cells, f64),
    mut learn: impl FnMut(
        &mut Measuring<'_, '_>,
        (&str, AnyCellConfig),
        usize,
    ) -> Result<Learned, Error>,
) -> Result<Horizons, Error> {
    let mut horizons = Horizons {
        figures: Vec::new(),
        curves: Vec::new(),
        longest: Vec::new(),
        asked: with.config.distances.last().copied().unwrap_or(0),
    };
    for (name, cell) in cells {
        let (mut points, mut solved) = (Vec::new(), 0);
        for &distance in &with.config.distances {
            let learned = learn(with, (name, cell.clone()), distance)?;
            let (updates, error) = (learned.updates() as f64, learned.error());
            let figure = |what: &str, value| (format!("{name}_at_{distance}_{what}"), value);
            horizons.figures.push(figure("updates", updates));
            horizons.figures.push(figure("error", error));
            points.push((distance as f64, error));
            let is_solved = error < solved_below;
            if !is_solved {
                break;
            }
            solved = distance;
        }
        let longest = (format!("{name}_longest_steps"), solved as f64);
        horizons.figures.push(longest);
        horizons.longest.push(solved);
        horizons.curves.push((name.to_owned(), points));
    }
    Ok(horizons)
}

/// The four cells and the IRNN, over so many inputs, with as many parameters as an LSTM of this hidden size.
fn cells(inputs: usize, hidden_size: usize) -> Cells {
    let size = |kind: CellKind| kind.hidden_size_like_lstm(inputs, hidden_size);
    let of = |kind: CellKind| (kind.name(), kind.config(size(kind)));
    let irnn = RnnConfig::irnn(size(CellKind::Rnn));
    [
        of(CellKind::Rnn),
        ("irnn", AnyCellConfig::Rnn(irnn)),
        of(CellKind::Lstm),
        of(CellKind::Peephole),
        of(CellKind::Gru),
    ]
}

fn finding(
    (claim, text): (Claim, &str),
    horizons: Horizons,
    (title, why): (&str, String),
) -> Finding {
    let [rnn, _, lstm, _, gru] = horizons.longest[..] else {
        unreachable!("there are five cells")
    };
    // Where nobody gets anywhere, or the RNN everywhere, nothing is said.
    let verdict = match lstm.max(gru) {
        0 => Verdict::Undecided,
        _ if rnn == horizons.asked => Verdict::Undecided,
        _ => Verdict::of(rnn < lstm.min(gru)),
    };
    let chart = ChartData {
        title: format!("{title} over the distance, up to the first that is not solved"),
        x_label: "T".to_owned(),
        x_log: true,
        y_log: true,
        curves: horizons.curves,
    };
    let why = format!(
        "{why} Undecided if the RNN solves all distances, or neither gated cell any. IRNN: ReLU and recurrent weights that start as \
         the identity. After the first distance that it does not solve, a cell is asked for no longer one."
    );
    Finding::new(claim, text, horizons.figures, verdict, why).with_chart(chart)
}
