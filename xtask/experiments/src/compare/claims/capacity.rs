//! What deeper networks and larger cells gain on reviews, and when.

use recurra_cells::RecurrentConfig;

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use super::super::reviews::{Arm, EMBEDDING, HIDDEN, MARGIN};
use crate::cells::CellKind;
use crate::error::Error;

/// The layers of a deep network.
const LAYERS: usize = 3;

/// One layer against three, with residual connections and without, at equal parameters.
pub fn depth(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let kind = CellKind::Lstm;
    let deep = |hidden| {
        kind.parameters(EMBEDDING, hidden) + (LAYERS - 1) * kind.parameters(hidden, hidden)
    };
    let hidden = CellKind::closest_hidden_size(kind.parameters(EMBEDDING, HIDDEN), deep);
    let deep = RecurrentConfig::new(kind.config(hidden)).with_num_layers(LAYERS);
    let residual = deep.clone().with_residual_from(1);
    let networks = [
        ("one", None),
        ("three", Some(deep)),
        ("residual", Some(residual)),
    ];
    let (mut figures, mut accuracies) = (Vec::new(), Vec::new());
    for (name, network) in networks {
        let arm = Arm {
            network,
            ..Arm::new(with, Claim::Depth, name)
        };
        let (accuracy, parameters) = arm.train(with)?;
        figures.push((format!("{name}_parameters"), parameters));
        figures.push((format!("{name}_accuracy_percent"), accuracy));
        accuracies.push(accuracy);
    }
    let [one, three, residual] = accuracies[..] else {
        unreachable!("there are three networks")
    };
    Ok(Finding::new(
        Claim::Depth,
        "Three layers tell better what a text is for than one of equal parameters.",
        figures,
        Verdict::of(three.max(residual) >= one + MARGIN),
        format!(
            "Holds if three layers of an LSTM, with residual connections or without, tell at least {MARGIN} more of a hundred \
             generated reviews rightly than one."
        ),
    ))
}

/// A GRU and an LSTM on few and on many reviews, at equal hidden size.
pub fn data_size(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let (few, many) = (with.config.few_texts, with.config.texts);
    // As many updates from few reviews as from many.
    let amounts = [
        ("few", few, with.config.epochs * many.div_ceil(few)),
        ("many", many, with.config.epochs),
    ];
    let (mut figures, mut gains) = (Vec::new(), Vec::new());
    for (amount, texts, epochs) in amounts {
        let mut accuracies = Vec::new();
        for kind in [CellKind::Gru, CellKind::Lstm] {
            let name = format!("{}-{amount}", kind.name());
            let arm = Arm {
                kind,
                network: Some(RecurrentConfig::new(kind.config(HIDDEN))),
                texts,
                epochs,
                ..Arm::new(with, Claim::DataSize, &name)
            };
            let (accuracy, _) = arm.train(with)?;
            figures.push((
                format!("{}_{amount}_accuracy_percent", kind.name()),
                accuracy,
            ));
            accuracies.push(accuracy);
        }
        gains.push(accuracies[1] - accuracies[0]);
    }
    Ok(Finding::new(
        Claim::DataSize,
        "A GRU is better on little data, an LSTM on much.",
        figures,
        Verdict::of(gains[0] <= -MARGIN && gains[1] >= MARGIN),
        format!(
            "Holds if the GRU tells at least {MARGIN} more of a hundred generated reviews rightly after {few} of them, and the \
             LSTM after {many}; equal hidden size, as many updates."
        ),
    ))
}
