//! The experiment `distill`: a classifier that is too slow to ship becomes a Bi-LSTM that is not.

use std::path::PathBuf;

use clap::Args;
use recurra_cells::kernel::Path;
use recurra_train::DropoutRates;
use serde::{Deserialize, Serialize};

use crate::cells::CellKind;
use crate::cli::{RunArgs, Summary, around_run_args};
use crate::distillation::{
    Arm, Config, Corpus, Distillation, Given, LossConfig, LossKind, Scenario, Source,
    StudentConfig, TeacherConfig,
};
use crate::error::Error;
use crate::settings;

/// The experiment, ready to train.
pub type Distill = Distillation<FromFiles>;

/// The experiment in the list.
pub const SUMMARY: Summary = Summary {
    name: FromFiles::NAME,
    task: "distil a BERT into a Bi-LSTM",
    data: "sst2_glue, or texts of your own",
    expected: "SST-2 dev, 3,000 labels: alone 72.6, distilled 82.7",
    time: "15 min a number of labels; --quick 1 min",
};

/// The arguments of `run distill`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct DistillArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// A Hugging Face folder of a BERT, RoBERTa or MiniLM, which is trained on the labelled texts if it has no classifier yet;
    /// or the folder `model` of an earlier run, whose student is the teacher; or a JSON Lines file of soft labels of all texts
    #[arg(
        long,
        value_name = "DIR|FILE.jsonl",
        required_unless_present = "resume"
    )]
    pub teacher: Option<PathBuf>,
    /// How many labelled texts there are to learn from; 0 for all
    #[arg(long, value_name = "N")]
    pub labels: Option<usize>,
    /// The student's cell
    #[arg(long)]
    pub cell: Option<CellKind>,
    /// A Python with PyTorch and `transformers`, which is to be timed as well
    #[arg(long, value_name = "PYTHON")]
    pub torch: Option<PathBuf>,
}

around_run_args!(DistillArgs);

/// Texts and a teacher from files.
pub struct FromFiles;

impl Scenario for FromFiles {
    const NAME: &'static str = "distill";
    const TITLE: &'static str = "Distillation into a recurrent student";
    type Args = DistillArgs;

    fn resolve(args: &DistillArgs) -> Result<Config, Error> {
        settings::resolve(&preset(args.run.quick), &args.run, |config| {
            config.cell = args.cell.unwrap_or(config.cell);
            config.labels = args.labels.unwrap_or(config.labels);
        })
    }

    fn open(args: &DistillArgs) -> Result<Given, Error> {
        let (Some(data), Some(teacher)) = (&args.run.data, &args.teacher) else {
            let text =
                "distill needs --data, a file or folder of labelled texts (TSV, CSV or JSON Lines)";
            return Err(Error::CommandLine(text.to_owned()));
        };
        let corpus = Corpus::read(data)?;
        let source = Source::open(teacher, &corpus.classes())?;
        Ok(Given {
            corpus,
            teacher: source.name(Some(teacher)),
            source,
            python: args.torch.clone(),
        })
    }
}

/// The settings from which others start.
fn preset(quick: bool) -> Config {
    match quick {
        false => full(),
        true => self::quick(),
    }
}

fn full() -> Config {
    Config {
        cell: CellKind::Lstm,
        path: Path::Fused,
        labels: 1000,
        least_words: 0,
        curve: vec![50, 100, 250, 500, 5000],
        pool: 0,
        arms: vec![Arm::Student, Arm::Pseudo, Arm::Distilled, Arm::Augmented],
        teacher: fine_tuned(),
        student: tang_bi_lstm(),
        loss: LossConfig {
            kind: LossKind::LogitMse,
            alpha: 0.1,
            temperature: 2.0,
        },
        augmented_copies: 1,
        tags: String::new(),
        latency_rounds: 50,
        latency_tokens: 32,
        bert_base: true,
    }
}

/// As Devlin et al. (2019), but for the least number of steps and twice their rate, which suits a small encoder.
fn fine_tuned() -> TeacherConfig {
    TeacherConfig {
        labels: 0,
        epochs: 3,
        least_steps: 300,
        batch_size: 16,
        learning_rate: 1e-4,
        warm_up: 0.1,
        self_training: 0,
        freeze_embeddings: false,
        hidden_size: 384,
        num_layers: 6,
        heads: 12,
        dropout: 0.1,
    }
}

/// The student of Tang et al. (2019).
fn tang_bi_lstm() -> StudentConfig {
    StudentConfig {
        vectors: String::new(),
        embedding_size: 300,
        embedding_std: 0.1,
        hidden_size: 150,
        hidden_layer: 200,
        min_count: 1,
        epochs: 5,
        least_steps: 400,
        batch_size: 64,
        learning_rate: 1e-3,
        max_norm: 1.0,
        dropout: DropoutRates {
            input: 0.3,
            output: 0.3,
            ..DropoutRates::NONE
        },
    }
}

/// A run of less than two minutes on two cores.
fn quick() -> Config {
    Config {
        curve: Vec::new(),
        pool: 4000,
        arms: vec![Arm::Student, Arm::Distilled],
        latency_rounds: 20,
        bert_base: false,
        teacher: TeacherConfig {
            epochs: 1,
            least_steps: 60,
            ..fine_tuned()
        },
        student: StudentConfig {
            epochs: 2,
            least_steps: 100,
            ..tang_bi_lstm()
        },
        ..full()
    }
}
