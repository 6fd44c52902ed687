//! How soon cells learn to remember, and what their initial weights have to do with it: the adding problem.

use recurra_cells::{AnyCellConfig, Init, LstmConfig, RnnConfig, WeightInit};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use crate::cells::CellKind;
use crate::error::Error;
use crate::memory::Config;
use crate::memory::trial::Learned;

/// A plain cell against gated ones on sequences of a few steps.
pub fn short(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let distance = with.config.short_steps;
    let learned = race(with, distance)?;
    let figures = of_race(&learned);
    let [rnn, lstm, gru] = learned;
    let config = &with.config.adding();
    let (solved, gated) = (rnn.solved(config), lstm.seconds.min(gru.seconds));
    let verdict = match [&lstm, &gru].into_iter().any(|it| it.solved(config)) {
        true => Verdict::of(solved && rnn.seconds <= gated),
        false => Verdict::Undecided,
    };
    Ok(Finding::new(
        Claim::ShortSequences,
        "For sequences of fewer than ten steps a plain RNN is enough.",
        figures,
        verdict,
        format!(
            "Holds if the RNN solves the adding problem over {distance} steps, and in no more time than the LSTM and the GRU, at equal \
             parameters; undecided if neither of those solves it in {} updates.",
            with.config.updates
        ),
    ))
}

/// How soon gated cells learn the same.
pub fn convergence(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let distance = with.config.distance;
    let learned = race(with, distance)?;
    let [_, lstm, gru] = &learned;
    Ok(Finding::new(
        Claim::Convergence,
        "A GRU learns in fewer updates than an LSTM.",
        of_race(&learned),
        sooner(&with.config.adding(), gru, &[lstm]),
        format!(
            "Holds if it solves the adding problem over {distance} steps after fewer updates, at equal parameters, the LSTM with a \
             forget bias of 1; undecided if neither does in {}.",
            with.config.updates
        ),
    ))
}

/// What an RNN, an LSTM and a GRU come to at a distance.
fn race(with: &mut Measuring<'_, '_>, distance: usize) -> Result<[Learned; 3], Error> {
    let mut learn = |kind: CellKind| {
        let cell = kind.config(with.hidden_size(kind));
        with.add((kind.name(), cell), distance, with.clipped())
    };
    Ok([
        learn(CellKind::Rnn)?,
        learn(CellKind::Lstm)?,
        learn(CellKind::Gru)?,
    ])
}

/// Times are relative to the LSTM's.
fn of_race(learned: &[Learned; 3]) -> Vec<(String, f64)> {
    let [_, lstm, _] = learned;
    let named = ["rnn", "lstm", "gru"].into_iter().zip(learned);
    let figures = named.flat_map(|(name, learned)| {
        let ratio = learned.seconds / lstm.seconds;
        let time = (format!("{name}_time_ratio"), ratio);
        figures(name, learned).into_iter().chain([time])
    });
    figures.collect()
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
