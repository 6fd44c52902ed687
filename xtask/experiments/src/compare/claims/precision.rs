//! What half precision saves.

use std::time::Instant;

use peakmem_alloc::PeakMemAllocTrait;
use recurra_cells::kernel::{Path, release_buffers, with_path};
use recurra_cells::{AnyCell, RecurrentConfig, SeededRng};
use recurra_train::{
    LanguageModel, LanguageModelConfig, Precision, TokenWindow, TrainingConfig, TruncatedBptt,
};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::config::MAX_NORM;
use super::super::finding::{Finding, Verdict};
use crate::ALLOCATOR;
use crate::bench::measure::{Timed, Times, in_turn};
use crate::cells::CellKind;
use crate::error::Error;
use crate::training::streams::{DROPOUT, WEIGHTS};

/// `V` of the language model whose step is measured.
const TOKENS: usize = 64;
const LEARNING_RATE: f64 = 1e-4;

/// What is measured, that with which the others are compared first.
const ARMS: [(&str, Precision, Path); 4] = [
    ("f32_stepwise", Precision::F32, Path::Stepwise),
    ("f32", Precision::F32, Path::Fused),
    ("bf16", Precision::BF16, Path::Stepwise),
    ("f16", Precision::F16, Path::Stepwise),
];

/// A training step in each number type.
pub fn measure(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let text = "Training in half precision takes less time and memory than in f32.";
    let device = with.trainer.device();
    if ARMS.iter().any(|(_, it, _)| it.check(device).is_err()) {
        let why = "This device does not compute in both half-precision types.";
        let (claim, verdict) = (Claim::HalfPrecision, Verdict::Undecided);
        return Ok(Finding::new(claim, text, Vec::new(), verdict, why));
    }
    let ratios = ratios(with)?;
    let figures = ARMS.iter().zip(&ratios).flat_map(|((name, _, _), ratio)| {
        [
            (format!("{name}_time_ratio"), ratio.0),
            (format!("{name}_memory_ratio"), ratio.1),
        ]
    });
    let saves = |(time, memory): &(f64, f64)| *time < 1.0 && *memory < 1.0;
    Ok(Finding::new(
        Claim::HalfPrecision,
        text,
        figures.collect(),
        Verdict::of(ratios[2..].iter().all(saves)),
        "Holds if both ratios to f32, one step at a time as half precision runs, are below 1 for bf16 and f16; f32 alone has the \
         fused path. A language model with one layer of LSTM; memory as this process asks for it.",
    ))
}

/// Time and memory of each of [`ARMS`], divided by the first's.
fn ratios(with: &Measuring<'_, '_>) -> Result<Vec<(f64, f64)>, Error> {
    let (mut peaks, mut ways) = (Vec::new(), Vec::new());
    for (_, precision, path) in ARMS {
        let mut step = stepper(with, precision, path)?;
        step()?;
        release_buffers();
        ALLOCATOR.reset_peak_memory();
        step()?;
        peaks.push(ALLOCATOR.get_peak_memory() as f64);
        let way: Timed<'_> = Box::new(move |steps| {
            let started = Instant::now();
            (0..steps).try_for_each(|_| step())?;
            Ok(started.elapsed().as_secs_f64() * 1e3 / steps as f64)
        });
        ways.push(way);
    }
    let times = in_turn(with.effort(), 1, &mut ways)?;
    let ratio = |(own, peak): (&Times, &f64)| (own.ratio(&times[0]), peak / peaks[0]);
    Ok(times.iter().zip(&peaks).map(ratio).collect())
}

/// A step of training over the same random tokens.
fn stepper(
    with: &Measuring<'_, '_>,
    precision: Precision,
    path: Path,
) -> Result<impl FnMut() -> Result<(), Error> + use<>, Error> {
    let [batch, steps, width, hidden] = with.config.timed;
    let rng = &mut SeededRng::for_stream(with.seed, WEIGHTS);
    let network = RecurrentConfig::new(CellKind::Lstm.config(hidden));
    let model: LanguageModel<AnyCell> = LanguageModelConfig::new(TOKENS, width, network)
        .init(&with.trainer.device().clone().autodiff(), rng);
    let mut draw = || {
        (0..batch * steps)
            .map(|_| rng.below(TOKENS) as u32)
            .collect()
    };
    let window = TokenWindow::new(draw(), draw(), [batch, steps]);
    let told = TrainingConfig {
        max_norm: MAX_NORM,
        precision,
        ..TrainingConfig::default()
    };
    let dropout = SeededRng::for_stream(with.seed, DROPOUT);
    let mut training = TruncatedBptt::new(model, told, dropout)?;
    Ok(move || {
        training.reset_state();
        with_path(path, || training.train_window(&window, LEARNING_RATE))?;
        Ok(())
    })
}
