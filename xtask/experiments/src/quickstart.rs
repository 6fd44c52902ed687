//! The experiment `quickstart`: a distillation from end to end on texts that the project writes itself, with nothing to
//! download.

use clap::Args;
use recurra_train::DropoutRates;
use serde::{Deserialize, Serialize};

use recurra_cells::kernel::Path;

use crate::cells::CellKind;
use crate::cli::{RunArgs, Summary, around_run_args};
use crate::distillation::{
    Arm, Config, Corpus, Distillation, Given, LossConfig, LossKind, Scenario, Source,
    StudentConfig, TeacherConfig,
};
use crate::error::Error;
use crate::settings::{self, check};

/// The experiment, ready to train.
pub type Quickstart = Distillation<Generated>;

/// The experiment in the list.
pub const SUMMARY: Summary = Summary {
    name: Generated::NAME,
    task: "distil a transformer into a Bi-LSTM",
    data: "generated",
    expected: "the distilled student gains at least 5 points",
    time: "1 min; --quick 20 s",
};

/// The arguments of `run quickstart`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct QuickstartArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The student's cell
    #[arg(long)]
    pub cell: Option<CellKind>,
}

around_run_args!(QuickstartArgs);

/// Reviews in which the order of the words decides.
pub struct Generated;

impl Scenario for Generated {
    const NAME: &'static str = "quickstart";
    const TITLE: &'static str = "A transformer distilled into a Bi-LSTM";
    type Args = QuickstartArgs;

    fn resolve(args: &QuickstartArgs) -> Result<Config, Error> {
        if args.run.data.is_some() {
            let text =
                "quickstart writes its own texts; run distill for others, or this without --data";
            return Err(Error::CommandLine(text.to_owned()));
        }
        let config = settings::resolve(&preset(args.run.quick), &args.run, |config| {
            config.cell = args.cell.unwrap_or(config.cell);
        })?;
        for (key, size) in [("labels", config.labels), ("pool", config.pool)] {
            let expected = "at least 1 where texts are generated";
            check(key, expected, size as f64, |size| size >= 1.0)?;
        }
        Ok(config)
    }

    fn open(_: &QuickstartArgs) -> Result<Given, Error> {
        Ok(Given {
            corpus: Corpus::Generated,
            source: Source::Scratch,
            teacher: Source::Scratch.name(None),
            python: None,
        })
    }
}

/// The settings from which others start.
pub fn preset(quick: bool) -> Config {
    match quick {
        false => full(),
        true => self::quick(),
    }
}

/// A transformer of two layers and a student of a quarter of its size.
fn full() -> Config {
    Config {
        cell: CellKind::Lstm,
        path: Path::Fused,
        labels: 200,
        least_words: 0,
        curve: Vec::new(),
        pool: 20_000,
        arms: vec![Arm::Student, Arm::Pseudo, Arm::Distilled],
        teacher: transformer(),
        student: StudentConfig {
            vectors: String::new(),
            embedding_size: 32,
            embedding_std: 1.0,
            hidden_size: 32,
            hidden_layer: 32,
            min_count: 1,
            epochs: 4,
            least_steps: 1000,
            batch_size: 64,
            learning_rate: 5e-3,
            max_norm: 1.0,
            dropout: DropoutRates {
                input: 0.3,
                output: 0.3,
                ..DropoutRates::NONE
            },
        },
        loss: LossConfig {
            kind: LossKind::LogitMse,
            alpha: 0.1,
            temperature: 2.0,
        },
        augmented_copies: 1,
        tags: String::new(),
        latency_rounds: 200,
        latency_tokens: 0,
        bert_base: false,
    }
}

fn transformer() -> TeacherConfig {
    TeacherConfig {
        labels: 20_000,
        epochs: 4,
        least_steps: 0,
        batch_size: 64,
        learning_rate: 2e-3,
        warm_up: 0.1,
        self_training: 0,
        freeze_embeddings: false,
        hidden_size: 64,
        num_layers: 2,
        heads: 4,
        dropout: 0.0,
    }
}

/// Half a minute on a CPU, and minutes on software Vulkan: the teacher has seen too little to be good.
fn quick() -> Config {
    let full = full();
    Config {
        pool: 6000,
        teacher: TeacherConfig {
            labels: 6000,
            epochs: 5,
            ..full.teacher
        },
        student: StudentConfig {
            epochs: 3,
            least_steps: 300,
            ..full.student
        },
        latency_rounds: 50,
        ..full
    }
}
