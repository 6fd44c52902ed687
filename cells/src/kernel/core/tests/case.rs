//! A random sequence, and both passes over it on a vector unit of one's choice.

use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

use proptest::prelude::*;

use super::operands::{Numbers, Operands};
use super::unit::Unit;
use crate::kernel::core::team::Team;
use crate::kernel::core::{
    Backward, CellKind, Forward, Gradients, Input, OnUnit, Parameters, Plan, Received, Sizes,
    State, StateMut, Trace, extra_len,
};

/// A sequence, but for its numbers, which its seed decides.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub kind: CellKind,
    pub sizes: Sizes,
    pub steps: usize,
    /// How many steps of each row are valid.
    pub lengths: Vec<usize>,
    /// Whether it is run over from each row's last valid step on.
    pub reversed: bool,
    pub bias: bool,
    pub extra: bool,
    pub mask: bool,
    /// Whether the gradient of the inputs is asked for.
    pub d_inputs: bool,
    pub seed: u64,
}

pub(super) const KINDS: [CellKind; 5] = [
    CellKind::RnnTanh,
    CellKind::RnnRelu,
    CellKind::Lstm,
    CellKind::Peephole,
    CellKind::Gru,
];

/// Cases of any cell whose sizes are drawn from these. Half of them have rows of different lengths, also of none.
pub(super) fn cases(
    hidden: impl Strategy<Value = usize>,
    input: impl Strategy<Value = usize>,
    batch: RangeInclusive<usize>,
    steps: RangeInclusive<usize>,
) -> impl Strategy<Value = Case> {
    let lengths = (batch, steps, any::<bool>()).prop_flat_map(|(batch, steps, whole)| {
        let shortest = if whole { steps } else { 0 };
        (Just(steps), prop::collection::vec(shortest..=steps, batch))
    });
    let kind = prop::sample::select(&KINDS);
    let options = any::<[bool; 5]>();
    (kind, hidden, input, lengths, options, any::<u64>()).prop_map(
        |(kind, hidden, input, (steps, lengths), options, seed)| {
            let [reversed, bias, extra, mask, d_inputs] = options;
            Case {
                kind,
                sizes: Sizes { input, hidden },
                steps,
                lengths,
                reversed,
                bias,
                extra,
                mask,
                d_inputs,
                seed,
            }
        },
    )
}

/// Who runs the passes of a case.
#[derive(Clone, Copy, Debug)]
pub(super) enum Crew {
    /// So many threads.
    Free(usize),
    /// One thread with the work of so many, because others have the helpers.
    Busy(usize),
}

impl Crew {
    /// Runs a pass that asks for so many threads.
    fn run<R>(self, pass: impl FnOnce(usize) -> R) -> R {
        if let Self::Free(1) = self {
            return pass(1);
        }
        let _turn = turn();
        match self {
            Self::Free(threads) => {
                drop(helpers());
                pass(threads)
            }
            Self::Busy(threads) => {
                let _helpers = helpers();
                pass(threads)
            }
        }
    }
}

/// Only one of these tests at a time has to do with the helpers: each is to find them free.
pub(super) fn turn() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A team of three, which on a busy machine takes a few attempts.
pub(super) fn helpers() -> Team {
    loop {
        let team = Team::gather(3);
        if team.count() == 3 {
            return team;
        }
        drop(team);
        std::thread::yield_now();
    }
}

/// Everything that both passes leave behind, by name; zero where nothing is to be written.
pub(super) type Results = Vec<(&'static str, Numbers)>;

impl Case {
    pub(super) fn batch(&self) -> usize {
        self.lengths.len()
    }

    pub(super) fn gates(&self) -> usize {
        match self.kind {
            CellKind::RnnTanh | CellKind::RnnRelu => 1,
            CellKind::Gru => 3,
            CellKind::Lstm | CellKind::Peephole => 4,
        }
    }

    /// The padded rows of `[B * T, _]`.
    pub(super) fn padding(&self) -> impl Iterator<Item = usize> {
        let rows = self.lengths.iter().enumerate();
        rows.flat_map(|(row, &length)| row * self.steps + length..(row + 1) * self.steps)
    }

    fn plan(&self) -> Plan {
        match self.reversed {
            true => Plan::backward(&self.lengths, self.steps),
            false => Plan::forward(&self.lengths, self.steps),
        }
    }

    /// Both passes, and a forward pass that keeps nothing.
    pub(super) fn run_over(&self, operands: &Operands, unit: Unit, crew: Crew) -> Results {
        let plan = self.plan();
        let (mut results, trace) = self.forward(operands, &plan, unit, crew, true);
        let mut trace = trace.expect("a trace was asked for");
        let outputs = results[0].1.clone();
        results.extend(self.backward(operands, &plan, &mut trace, &outputs, unit, crew));
        let (untraced, none) = self.forward(operands, &plan, unit, crew, false);
        assert!(none.is_none(), "no trace was asked for");
        results.extend(untraced);
        self.zero_padding(&mut results);
        results
    }

    fn forward(
        &self,
        operands: &Operands,
        plan: &Plan,
        unit: Unit,
        crew: Crew,
        trace: bool,
    ) -> (Results, Option<Trace>) {
        let mut outputs = Numbers::unwritten(self.batch() * self.steps * self.sizes.hidden);
        let mut hidden = Numbers::unwritten(operands.hidden.len());
        let mut memory = Numbers::unwritten(operands.memory.len());
        let trace = crew.run(|threads| {
            let pass = Forward {
                kind: self.kind,
                sizes: self.sizes,
                parameters: operands.parameters(),
                input: operands.input(plan),
                threads,
                trace,
                outputs: &mut outputs,
                last: StateMut {
                    hidden: &mut hidden,
                    memory: &mut memory,
                },
            };
            unit.run(OnUnit(self.kind, pass))
        });
        let last = [("last hidden", hidden), ("last memory", memory)];
        let results = std::iter::once(("outputs", outputs)).chain(last);
        (results.collect(), trace)
    }

    fn backward(
        &self,
        operands: &Operands,
        plan: &Plan,
        trace: &mut Trace,
        outputs: &[f32],
        unit: Unit,
        crew: Crew,
    ) -> Results {
        let like = |operand: &Numbers| Numbers::unwritten(operand.len());
        let mut inputs = self.d_inputs.then(|| like(&operands.inputs));
        let mut mask = operands.mask.as_ref().map(like);
        let [mut weight_ih, mut weight_hh] = [&operands.weight_ih, &operands.weight_hh].map(like);
        let mut bias = Numbers::unwritten(self.gates() * self.sizes.hidden);
        let mut extra = Numbers::unwritten(extra_len(self.kind, self.sizes));
        let [mut hidden, mut memory] = [&operands.hidden, &operands.memory].map(like);
        crew.run(|threads| {
            let pass = Backward {
                kind: self.kind,
                threads,
                input: operands.input(plan),
                sizes: self.sizes,
                parameters: operands.parameters(),
                trace,
                outputs,
                received: Received {
                    outputs: &operands.d_outputs,
                    last: State {
                        hidden: &operands.d_hidden,
                        memory: &operands.d_memory,
                    },
                },
                gradients: Gradients {
                    inputs: inputs.as_deref_mut(),
                    weight_ih: &mut weight_ih,
                    weight_hh: &mut weight_hh,
                    bias: &mut bias,
                    extra: &mut extra,
                    hidden: &mut hidden,
                    memory: &mut memory,
                    mask: mask.as_deref_mut(),
                },
            };
            unit.run(OnUnit(self.kind, pass));
        });
        let wanted = [("d_inputs", inputs), ("d_mask", mask)];
        let wanted = wanted.into_iter().filter_map(|(name, d)| Some((name, d?)));
        let always = [
            ("d_weight_ih", weight_ih),
            ("d_weight_hh", weight_hh),
            ("d_bias", bias),
            ("d_extra", extra),
            ("d_hidden", hidden),
            ("d_memory", memory),
        ];
        wanted.chain(always).collect()
    }

    /// Asserts that nothing was written to the padding, and puts zeros there.
    fn zero_padding(&self, results: &mut Results) {
        for (name, numbers) in results {
            let width = match *name {
                "outputs" => self.sizes.hidden,
                "d_inputs" => self.sizes.input,
                _ => continue,
            };
            for padded in self.padding() {
                let row = &mut numbers[padded * width..][..width];
                assert!(row.iter().all(|x| x.is_nan()), "the padding of {name}");
                row.fill(0.0);
            }
        }
    }
}

impl Operands {
    fn parameters(&self) -> Parameters<'_> {
        Parameters {
            weight_ih: &self.weight_ih,
            weight_hh: &self.weight_hh,
            bias: self.bias.as_deref(),
            extra: self.extra.as_deref(),
        }
    }

    fn input<'a>(&'a self, plan: &'a Plan) -> Input<'a> {
        Input {
            plan,
            inputs: &self.inputs,
            state: State {
                hidden: &self.hidden,
                memory: &self.memory,
            },
            mask: self.mask.as_deref(),
        }
    }
}
