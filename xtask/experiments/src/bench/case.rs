//! What is measured: cells, modes and shapes, and which of them a command line asks for.

use clap::ValueEnum;
use serde::Serialize;

use crate::error::Error;

/// `[B, T, D, H]`.
pub type Shape = [usize; 4];

/// The cells of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    Rnn,
    Lstm,
    Peephole,
    Gru,
    /// An LSTM in both directions, side by side.
    Bilstm,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A training step: forward, loss, backward, clipping, optimiser
    Train,
    /// A training step of a language model of 10,000 words: the network between an embedding and an output layer, and the
    /// cross-entropy
    Words,
    /// The forward pass alone, without a graph
    Infer,
    /// One step of streaming, at T = 1, the state carried from call to call
    Step,
}

/// A cell in one mode, on one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub cell: Cell,
    pub mode: Mode,
    pub shape: Shape,
}

/// The words of a language model.
pub const WORDS: usize = 10_000;

/// Which rows of the table to measure. Default: all.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Selection {
    /// Only these cells; several with commas
    #[arg(long = "cell", value_name = "CELL", value_delimiter = ',')]
    pub cells: Vec<Cell>,
    /// Only these modes; several with commas
    #[arg(long = "mode", value_name = "MODE", value_delimiter = ',')]
    pub modes: Vec<Mode>,
    /// This shape instead of the table's, in training and inference unless --mode says otherwise; may be given again.
    /// With --scaling, the shape around which it varies
    #[arg(long = "shape", value_name = "B,T,D,H", value_parser = parse_shape)]
    pub shapes: Vec<Shape>,
}

/// The work of one sample, in multiplications with a gate's weights. A sample of less would measure the clock and what
/// the caches lost while another path ran.
const SAMPLE_WORK: usize = 40_000_000;
/// The most calls in one sample.
const MOST_CALLS: usize = 200;

/// The shapes that each mode is measured on.
const TABLE: [(Mode, &[Shape]); 4] = [
    (
        Mode::Train,
        &[[32, 64, 256, 256], [64, 128, 128, 128], [16, 512, 64, 64]],
    ),
    (Mode::Words, &[[20, 35, 200, 200]]),
    (Mode::Infer, &[[1, 64, 128, 128], [32, 64, 256, 256]]),
    (Mode::Step, &[[1, 1, 128, 128]]),
];

impl Cell {
    /// How many directions it runs in.
    pub fn directions(self) -> usize {
        match self {
            Self::Bilstm => 2,
            Self::Rnn | Self::Lstm | Self::Peephole | Self::Gru => 1,
        }
    }
}

impl Mode {
    /// Whether weights are updated.
    pub fn trains(self) -> bool {
        matches!(self, Self::Train | Self::Words)
    }
}

impl Case {
    /// The calls that one sample is the mean of: the same for every path, so that none is favoured.
    pub fn calls(self) -> usize {
        let [batch, steps, width, hidden] = self.shape;
        let work = [batch, steps, width + hidden, hidden]
            .into_iter()
            .fold(1, usize::saturating_mul);
        (SAMPLE_WORK / work).clamp(1, MOST_CALLS)
    }

    /// A bidirectional network cannot stream, and would see the word that it is to tell.
    fn exists(self) -> bool {
        self.cell != Cell::Bilstm || matches!(self.mode, Mode::Train | Mode::Infer)
    }
}

impl Selection {
    /// The cases of the table that are asked for.
    ///
    /// # Errors
    ///
    /// If there are none, or streaming is asked for on a shape of several steps.
    pub fn cases(&self) -> Result<Vec<Case>, Error> {
        let cells = all_unless(&self.cells);
        let mut cases = Vec::new();
        for (mode, shapes) in self.shapes_by_mode()? {
            let of_mode = shapes.into_iter().flat_map(|shape| {
                let case = move |&cell| Case { cell, mode, shape };
                cells.iter().map(case)
            });
            cases.extend(of_mode.filter(|case| case.exists()));
        }
        match cases.is_empty() {
            true => Err(Error::CommandLine(
                "--mode step and words need a cell other than bilstm, which cannot stream and would see the next word"
                    .to_owned(),
            )),
            false => Ok(cases),
        }
    }

    fn shapes_by_mode(&self) -> Result<Vec<(Mode, Vec<Shape>)>, Error> {
        if self.shapes.is_empty() {
            let modes = all_unless(&self.modes);
            let table = TABLE.iter().filter(|(mode, _)| modes.contains(mode));
            return Ok(table
                .map(|(mode, shapes)| (*mode, shapes.to_vec()))
                .collect());
        }
        let modes = match self.modes.as_slice() {
            [] => &[Mode::Train, Mode::Infer],
            some => some,
        };
        let long = self.shapes.iter().find(|[_, steps, _, _]| *steps != 1);
        match long {
            Some([_, steps, _, _]) if modes.contains(&Mode::Step) => Err(Error::CommandLine(
                format!("--mode step needs a --shape of one step, B,1,D,H, got T = {steps}"),
            )),
            _ => Ok(modes
                .iter()
                .map(|&mode| (mode, self.shapes.clone()))
                .collect()),
        }
    }
}

/// What is listed, or every variant where nothing is.
fn all_unless<E: ValueEnum + Clone>(listed: &[E]) -> Vec<E> {
    match listed {
        [] => E::value_variants().to_vec(),
        some => some.to_vec(),
    }
}

fn parse_shape(text: &str) -> Result<Shape, String> {
    let sizes: Result<Vec<usize>, _> = text.split(',').map(|size| size.trim().parse()).collect();
    match sizes.map(Shape::try_from) {
        Ok(Ok(shape)) if !shape.contains(&0) => Ok(shape),
        _ => Err("a shape is four sizes of at least 1, B,T,D,H, such as 32,64,256,256".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(mode: Mode, shape: Shape) -> Case {
        let cell = Cell::Lstm;
        Case { cell, mode, shape }
    }

    #[test]
    fn the_table_has_every_cell_but_for_a_bidirectional_stream() {
        let cases = Selection::default().cases().expect("the whole table");
        assert_eq!(cases.len(), 5 * 3 + 4 + 5 * 2 + 4);
        assert!(cases.contains(&case(Mode::Train, [16, 512, 64, 64])));
        assert!(cases.iter().all(|case| case.exists()));
    }

    #[test]
    fn one_row_can_be_asked_for() {
        let selection = Selection {
            cells: vec![Cell::Lstm],
            modes: vec![Mode::Infer],
            shapes: vec![[2, 3, 4, 5]],
        };
        let expected = [case(Mode::Infer, [2, 3, 4, 5])];
        assert_eq!(selection.cases().expect("one row"), expected);
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        let mut selection = Selection {
            cells: vec![Cell::Bilstm],
            modes: vec![Mode::Step],
            shapes: Vec::new(),
        };
        assert!(selection.cases().is_err());
        selection.modes = vec![Mode::Words];
        assert!(selection.cases().is_err());
        selection = Selection {
            cells: vec![Cell::Gru],
            modes: vec![Mode::Step],
            shapes: Vec::new(),
        };
        selection.shapes = vec![[1, 64, 128, 128]];
        assert!(selection.cases().is_err());
        selection.shapes = vec![[1, 1, 128, 128]];
        assert!(selection.cases().is_ok());
    }

    #[test]
    fn a_shape_is_four_sizes() {
        assert_eq!(parse_shape("32, 64,256,256"), Ok([32, 64, 256, 256]));
        for wrong in ["", "1,2,3", "1,2,3,4,5", "1,2,3,0", "1,2,3,x"] {
            assert!(parse_shape(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn small_cases_are_sampled_many_calls_at_a_time() {
        assert_eq!(case(Mode::Train, [32, 64, 256, 256]).calls(), 1);
        assert_eq!(case(Mode::Infer, [1, 64, 128, 128]).calls(), 19);
        assert_eq!(case(Mode::Step, [1, 1, 128, 128]).calls(), MOST_CALLS);
    }
}
