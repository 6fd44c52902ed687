//! How soon cells learn to remember, and what their initial weights have to do with it: the adding problem.

use recurra_cells::{AnyCellConfig, Init, LstmConfig, RnnConfig, WeightInit};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use crate::cells::CellKind;
use crate::error::Error;
use crate::memory::Config;
use crate::memory::trial::Learned;

/// A plain cell on sequences of a few steps.
pub fn short(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let distance = with.config.short_steps;
    let claim = Claim::ShortSequences;
    let rnn = learned(with, (claim, CellKind::Rnn), distance)?;
    let lstm = learned(with, (claim, CellKind::Lstm), distance)?;
    let gru = learned(with, (claim, CellKind::Gru), distance)?;
    let figures = [
        figures("rnn", &rnn),
        figures("lstm", &lstm),
        figures("gru", &gru),
    ];
    let config = &with.config.adding();
    let verdict = match [&rnn, &lstm, &gru].iter().any(|it| it.solved(config)) {
        true => Verdict::of(rnn.solved(config)),
        false => Verdict::Undecided,
    };
    Ok(Finding::new(
        claim,
        "For sequences of fewer than ten steps a plain RNN is enough.",
        figures.concat(),
        verdict,
        format!(
            "Holds if the RNN solves the adding problem over {distance} steps in {} updates, as many parameters as the LSTM and the GRU \
             beside it; undecided if none solves it.",
            with.config.updates
        ),
    ))
}

/// How soon gated cells learn the same.
pub fn convergence(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let (claim, distance) = (Claim::Convergence, with.config.distance);
    let lstm = learned(with, (claim, CellKind::Lstm), distance)?;
    let gru = learned(with, (claim, CellKind::Gru), distance)?;
    let ratio = ("gru_time_ratio".to_owned(), gru.seconds / lstm.seconds);
    let figures = [figures("lstm", &lstm), figures("gru", &gru), vec![ratio]];
    Ok(Finding::new(
        claim,
        "A GRU learns in fewer updates than an LSTM.",
        figures.concat(),
        sooner(&with.config.adding(), &gru, &[&lstm]),
        format!(
            "Holds if it solves the adding problem over {distance} steps after fewer updates, at equal parameters, the LSTM with a \
             forget bias of 1; undecided if neither does in {}.",
            with.config.updates
        ),
    ))
}

/// What a cell comes to at a distance, under the claim's name.
fn learned(
    with: &mut Measuring<'_, '_>,
    (claim, kind): (Claim, CellKind),
    distance: usize,
) -> Result<Learned, Error> {
    let name = format!("{}-{}", kind.name(), claim.name());
    let cell = kind.config(with.hidden_size(kind));
    with.add((&name, cell), distance, with.clipped())
}

/// An LSTM's forget bias of 0 against 1.
pub fn forget_bias(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let distance = with.config.distance;
    let size = with.hidden_size(CellKind::Lstm);
    let cell = |bias| AnyCellConfig::Lstm(LstmConfig::new(size).with_forget_bias(bias));
    let zero = with.add(("lstm-bias-0", cell(0.0)), distance, with.clipped())?;
    let one = with.add(("lstm-bias-1", cell(1.0)), distance, with.clipped())?;
    let figures = [figures("bias_0", &zero), figures("bias_1", &one)].concat();
    Ok(Finding::new(
        Claim::ForgetBias,
        "An LSTM learns to remember sooner if its forget bias starts at 1 and not at 0.",
        figures,
        sooner(&with.config.adding(), &one, &[&zero]),
        format!(
            "Holds if the adding problem over {distance} steps is solved after fewer updates, of {} at most; undecided if neither \
             solves it.",
            with.config.updates
        ),
    ))
}

/// An RNN's orthogonal recurrent weights against random ones.
pub fn orthogonal(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let distance = with.config.short_steps;
    let size = with.hidden_size(CellKind::Rnn);
    let cell = |recurrent| {
        let init = WeightInit {
            recurrent,
            ..WeightInit::default()
        };
        AnyCellConfig::Rnn(RnnConfig::new(size).with_init(init))
    };
    let std = (size as f64).sqrt().recip();
    let orthogonal = ("rnn-orthogonal", cell(Init::Orthogonal));
    let orthogonal = with.add(orthogonal, distance, with.clipped())?;
    let normal = ("rnn-normal", cell(Init::Normal { std }));
    let normal = with.add(normal, distance, with.clipped())?;
    let uniform = ("rnn-uniform", cell(Init::UniformHidden));
    let uniform = with.add(uniform, distance, with.clipped())?;
    let figures = [
        figures("orthogonal", &orthogonal),
        figures("normal", &normal),
        figures("uniform", &uniform),
    ];
    Ok(Finding::new(
        Claim::OrthogonalStart,
        "An RNN learns to remember sooner from orthogonal recurrent weights than from random ones.",
        figures.concat(),
        sooner(&with.config.adding(), &orthogonal, &[&normal, &uniform]),
        format!(
            "Holds if the adding problem over {distance} steps is solved after fewer updates than from both N(0, 1/H) and \
             U(-1/sqrt(H), 1/sqrt(H)), of {} at most; undecided if none solves it.",
            with.config.updates
        ),
    ))
}

fn figures(name: &str, learned: &Learned) -> Vec<(String, f64)> {
    vec![
        (format!("{name}_updates"), learned.updates() as f64),
        (format!("{name}_mse"), learned.error()),
    ]
}

/// Whether one is solved, and after fewer updates than all others.
pub fn sooner(config: &Config, one: &Learned, others: &[&Learned]) -> Verdict {
    let is_later = |it: &&Learned| !it.solved(config) || one.updates() < it.updates();
    match one.solved(config) {
        true => Verdict::of(others.iter().all(is_later)),
        false if others.iter().any(|it| it.solved(config)) => Verdict::DoesNotHold,
        false => Verdict::Undecided,
    }
}
