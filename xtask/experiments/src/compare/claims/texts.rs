//! What a network on reviews gains from a second direction and from a falling learning rate.

use recurra_cells::{Direction, RecurrentConfig};
use recurra_train::Course;

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use super::super::reviews::{Arm, EMBEDDING, HIDDEN, MARGIN};
use crate::cells::CellKind;
use crate::error::Error;

/// One direction against two, at equal parameters.
pub fn directions(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let target = CellKind::Lstm.parameters(EMBEDDING, HIDDEN);
    let both = |hidden| 2 * CellKind::Lstm.parameters(EMBEDDING, hidden);
    let hidden = CellKind::closest_hidden_size(target, both);
    let network = RecurrentConfig::new(CellKind::Lstm.config(hidden));
    let both = Arm {
        network: Some(network.with_direction(Direction::Both)),
        ..Arm::new(with, Claim::Directions, "both")
    };
    let one = Arm::new(with, Claim::Directions, "one").train(with)?;
    let both = both.train(with)?;
    let figures = vec![
        ("one_parameters".to_owned(), one.1),
        ("both_parameters".to_owned(), both.1),
        ("one_accuracy_percent".to_owned(), one.0),
        ("both_accuracy_percent".to_owned(), both.0),
    ];
    Ok(Finding::new(
        Claim::Directions,
        "A network that reads a text in both directions tells better what it is for than one that reads it forward.",
        figures,
        Verdict::of(both.0 >= one.0 + MARGIN),
        format!(
            "Holds if an LSTM in both directions tells at least {MARGIN} more of a hundred generated reviews rightly than one of \
             equal parameters that reads forward, each by its final states. The part that is read last decides most of them."
        ),
    ))
}

/// A learning rate that stays against one that falls, from the same height.
pub fn schedule(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let constant = Arm {
        schedule: Course::Constant,
        ..Arm::new(with, Claim::Schedule, "constant")
    };
    let (constant, _) = constant.train(with)?;
    let (cosine, _) = Arm::new(with, Claim::Schedule, "cosine").train(with)?;
    let figures = vec![
        ("constant_accuracy_percent".to_owned(), constant),
        ("cosine_accuracy_percent".to_owned(), cosine),
    ];
    Ok(Finding::new(
        Claim::Schedule,
        "A learning rate that falls as a cosine ends at a better model than one that stays.",
        figures,
        Verdict::of(cosine >= constant + MARGIN),
        format!(
            "Holds if at least {MARGIN} more of a hundred generated reviews are told rightly, after {} readings from the same \
             highest rate, each with the weights of its best validation.",
            with.config.epochs
        ),
    ))
}
