//! How time grows with each of T, B and H, the others held.

use serde::Serialize;

use super::case::{Case, Cell, Mode, Selection, Shape};
use super::contest::Contest;
use super::rows::{self, Implementation, Row};
use crate::error::Error;

/// The shape in the middle, unless told otherwise.
const CENTRE: Shape = [32, 64, 128, 128];
/// From a quarter of the middle to four times as much.
const DOUBLINGS: usize = 5;

/// What varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Axis {
    T,
    B,
    H,
}

/// One point of a curve, for one path.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    #[serde(flatten)]
    row: Row,
    axis: Axis,
    /// The time for one step of one row of the batch, in microseconds.
    step_row_us: f64,
}

/// The curves asked for.
pub struct Curves {
    cells: Vec<Cell>,
    modes: Vec<Mode>,
    centre: Shape,
}

impl Axis {
    const ALL: [Self; 3] = [Self::T, Self::B, Self::H];

    /// Its place in a shape.
    fn index(self) -> usize {
        match self {
            Self::T => 1,
            Self::B => 0,
            Self::H => 3,
        }
    }

    fn shapes(self, centre: Shape) -> Vec<Shape> {
        let smallest = (centre[self.index()] / 4).max(1);
        let shape = |doubling| {
            let mut shape = centre;
            shape[self.index()] = smallest << doubling;
            shape
        };
        (0..DOUBLINGS).map(shape).collect()
    }
}

impl Curves {
    /// What the command line asks for: LSTM and GRU, training and inference, around one shape, unless it says otherwise.
    ///
    /// # Errors
    ///
    /// If it asks for streaming or words, or for several shapes.
    pub fn new(selection: &Selection) -> Result<Self, Error> {
        let varies = |mode: &Mode| matches!(mode, Mode::Train | Mode::Infer);
        if !selection.modes.iter().all(varies) {
            return Err(Error::CommandLine(
                "--scaling needs --mode train or infer: a step has no T to vary, and most of words is not the network"
                    .to_owned(),
            ));
        }
        let centre = match selection.shapes.as_slice() {
            [] => CENTRE,
            [centre] => *centre,
            several => {
                return Err(Error::CommandLine(format!(
                    "--scaling needs one --shape to vary around, got {}",
                    several.len()
                )));
            }
        };
        Ok(Self {
            cells: or(&selection.cells, &[Cell::Lstm, Cell::Gru]),
            modes: or(&selection.modes, &[Mode::Train, Mode::Infer]),
            centre,
        })
    }

    /// Measures and prints every curve; what was measured goes to `points`, also where an error ends it.
    ///
    /// # Errors
    ///
    /// If a path fails.
    pub fn measure(&self, contest: &Contest<'_>, points: &mut Vec<Point>) -> Result<(), Error> {
        for &cell in &self.cells {
            for &mode in &self.modes {
                for axis in Axis::ALL {
                    print_header(cell, mode, axis);
                    let mut before: Vec<Row> = Vec::new();
                    for shape in axis.shapes(self.centre) {
                        let case = Case { cell, mode, shape };
                        let rows = contest.rows(case, paths(mode))?;
                        rows.iter().for_each(|row| print(row, axis, &before));
                        points.extend(rows.iter().cloned().map(|row| Point::new(row, axis)));
                        before = rows;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Point {
    fn new(row: Row, axis: Axis) -> Self {
        let step_row_us = step_row_us(&row);
        Self {
            row,
            axis,
            step_row_us,
        }
    }
}

/// Our best and PyTorch's.
fn paths(mode: Mode) -> &'static [Implementation] {
    match mode {
        Mode::Train | Mode::Words => &[
            Implementation::Fused,
            Implementation::Stepwise,
            Implementation::Torch,
        ],
        Mode::Infer | Mode::Step => &[
            Implementation::Handle,
            Implementation::Stepwise,
            Implementation::Torch,
            Implementation::OnnxRuntime,
        ],
    }
}

fn or<E: Clone>(listed: &[E], default: &[E]) -> Vec<E> {
    match listed {
        [] => default.to_vec(),
        some => some.to_vec(),
    }
}

fn step_row_us(row: &Row) -> f64 {
    let [batch, steps, _, _] = row.shape;
    row.median_ms * 1e3 / (batch * steps) as f64
}

fn print_header(cell: Cell, mode: Mode, axis: Axis) {
    println!(
        "\n{} {} over {axis:?}",
        rows::lower(&cell),
        rows::lower(&mode)
    );
    println!(
        "{:>20} {:12} {:>10} {:>10} {:>10} {:>10} {:>7} {:>7}",
        "[B, T, D, H]", "path", "median", "p10", "p90", "us/step", "growth", "ratio"
    );
}

/// Prints one point, and how many times the time of the point before it took.
fn print(row: &Row, axis: Axis, before: &[Row]) {
    let previous = before.iter().find(|previous| previous.path == row.path);
    let growth = previous.map_or(String::new(), |previous| {
        assert!(previous.shape[axis.index()] < row.shape[axis.index()]);
        format!("{:.2}", row.median_ms / previous.median_ms)
    });
    println!(
        "{:>20} {:12} {:10.4} {:10.4} {:10.4} {:10.4} {growth:>7} {:>7}",
        format!("{:?}", row.shape),
        rows::lower(&row.path),
        row.median_ms,
        row.p10_ms,
        row.p90_ms,
        step_row_us(row),
        rows::ratio(row)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_axis_doubles_alone() {
        let shapes = Axis::T.shapes([4, 8, 3, 2]);
        let steps: Vec<usize> = shapes.iter().map(|shape| shape[1]).collect();
        assert_eq!(steps, [2, 4, 8, 16, 32]);
        assert!(shapes.iter().all(|&[b, _, d, h]| [b, d, h] == [4, 3, 2]));
        assert_eq!(Axis::B.shapes([1, 8, 3, 2])[0], [1, 8, 3, 2]);
        assert_eq!(Axis::H.shapes([1, 8, 3, 8])[4], [1, 8, 3, 32]);
    }

    #[test]
    fn what_has_no_curve_is_refused() {
        let mut selection = Selection::default();
        let curves = Curves::new(&selection).expect("the default");
        assert_eq!(curves.centre, CENTRE);
        selection.shapes = vec![[1; 4], [2; 4]];
        assert!(Curves::new(&selection).is_err());
        selection.shapes = vec![[2; 4]];
        assert!(Curves::new(&selection).is_ok());
        for mode in [Mode::Step, Mode::Words] {
            selection.modes = vec![Mode::Train, mode];
            assert!(Curves::new(&selection).is_err());
        }
    }
}
