//! Deliberately broken cells: each must be rejected, by the name of the law that it breaks. And a minimal foreign cell,
//! which has nothing but a step, must pass.

#[path = "support/devices.rs"]
mod devices;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use recurra_cells::laws::{self, Law};
use recurra_cells::{
    CellConfig, GruCell, GruConfig, LstmCell, LstmConfig, LstmState, RecurrentCell, RecurrentState,
    RnnCell, RnnConfig, SeededRng, Sequence, TimeOrder, device_tests, unroll_stepwise,
};

/// A leaky integrator with one weight and every default.
#[derive(Module, Debug)]
struct Leaky {
    weight_ih: Param<Tensor<2>>,
}

impl RecurrentCell for Leaky {
    type State = Tensor<2>;

    fn input_size(&self) -> usize {
        self.weight_ih.dims()[1]
    }

    fn hidden_size(&self) -> usize {
        self.weight_ih.dims()[0]
    }

    fn initial_state(&self, batch_size: usize, device: &Device) -> Tensor<2> {
        Tensor::zeros([batch_size, self.hidden_size()], device)
    }

    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        state * 0.9 + (projected.matmul(self.weight_ih.val().transpose()) + recurrent).tanh() * 0.1
    }
}

/// A cell around another, the same but for what `$broken` overrides.
macro_rules! broken_cell {
    ($name:ident, $inner:ty, $state:ty, { $($broken:item)* }) => {
        #[derive(Module, Debug)]
        struct $name {
            inner: $inner,
        }

        impl RecurrentCell for $name {
            type State = $state;

            fn input_size(&self) -> usize {
                self.inner.input_size()
            }

            fn hidden_size(&self) -> usize {
                self.inner.hidden_size()
            }

            fn initial_state(&self, batch_size: usize, device: &Device) -> $state {
                self.inner.initial_state(batch_size, device)
            }

            fn project(&self, inputs: Tensor<3>) -> Tensor<3> {
                self.inner.project(inputs)
            }

            $($broken)*
        }
    };
}

broken_cell!(SwappedGates, LstmCell, LstmState, {
    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: LstmState) -> LstmState {
        self.inner.step(projected, recurrent, state)
    }

    fn unroll(&self, sequence: Sequence<LstmState>) -> (Tensor<3>, LstmState) {
        let swap = |weight: Tensor<2>| {
            let [rows, _] = weight.dims();
            let gates = weight.split(rows / 4, 0);
            Tensor::cat(
                vec![
                    gates[1].clone(),
                    gates[0].clone(),
                    gates[2].clone(),
                    gates[3].clone(),
                ],
                0,
            )
        };
        let mut swapped = self.inner.clone();
        swapped.weight_hh =
            Param::from_tensor(swap(swapped.weight_hh.val()).detach().require_grad());
        swapped.unroll(sequence)
    }
});

broken_cell!(IgnoredMask, GruCell, Tensor<2>, {
    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.inner.step(projected, recurrent, state)
    }

    fn unroll(&self, sequence: Sequence<Tensor<2>>) -> (Tensor<3>, Tensor<2>) {
        unroll_stepwise(&self.inner, sequence.with_recurrent_mask(None))
    }
});

broken_cell!(IgnoredTimeOrder, GruCell, Tensor<2>, {
    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.inner.step(projected, recurrent, state)
    }

    fn unroll(&self, sequence: Sequence<Tensor<2>>) -> (Tensor<3>, Tensor<2>) {
        unroll_stepwise(
            &self.inner,
            sequence.with_time_order(TimeOrder::FirstToLast),
        )
    }
});

broken_cell!(CutGradient, GruCell, Tensor<2>, {
    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.inner.step(projected, recurrent, state)
    }

    fn unroll(&self, mut sequence: Sequence<Tensor<2>>) -> (Tensor<3>, Tensor<2>) {
        sequence.state = sequence.state.detach();
        unroll_stepwise(&self.inner, sequence)
    }
});

broken_cell!(WrongFinalState, GruCell, Tensor<2>, {
    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.inner.step(projected, recurrent, state)
    }

    fn unroll(&self, sequence: Sequence<Tensor<2>>) -> (Tensor<3>, Tensor<2>) {
        let (outputs, state) = unroll_stepwise(&self.inner, sequence);
        (outputs, state * 0.5)
    }
});

broken_cell!(IgnoredLengths, GruCell, Tensor<2>, {
    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.inner.step(projected, recurrent, state)
    }

    fn unroll(&self, sequence: Sequence<Tensor<2>>) -> (Tensor<3>, Tensor<2>) {
        unroll_stepwise(&self.inner, sequence.with_lengths(None))
    }
});

broken_cell!(LeakingRows, RnnCell, Tensor<2>, {
    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        let mean = projected.clone().mean_dim(0);
        self.inner.step(projected - mean, recurrent, state)
    }
});

broken_cell!(SeenPastTheMask, LstmCell, LstmState, {
    fn step(&self, projected: Tensor<2>, _recurrent: Tensor<2>, state: LstmState) -> LstmState {
        self.inner.step(projected, state.hidden(), state)
    }
});

broken_cell!(ForgetsThePast, RnnCell, Tensor<2>, {
    // Stepping by hand forgets it as well: only differences can tell.
    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.inner.step(projected, recurrent.detach(), state)
    }
});

fn rejected_by<C: RecurrentCell>(cell: &C, device: &Device, law: Law) {
    let violation = laws::check_all(cell, device).expect_err("a broken cell passed");
    assert_eq!(violation.law, law, "{violation}");
}

fn lstm(device: &Device) -> LstmCell {
    LstmConfig::new(4).init(3, device, &mut SeededRng::new(1))
}

fn gru(device: &Device) -> GruCell {
    GruConfig::new(4).init(3, device, &mut SeededRng::new(1))
}

fn rnn(device: &Device) -> RnnCell {
    RnnConfig::new(4).init(3, device, &mut SeededRng::new(1))
}

fn a_minimal_cell_is_lawful(device: &Device) {
    let device = device.clone().autodiff();
    let weight = Tensor::from_data([[0.5, -0.3], [0.2, 0.7], [-0.6, 0.1]], &device);
    let cell = Leaky {
        weight_ih: Param::from_tensor(weight),
    };
    laws::check_all(&cell, &device).expect("a cell with every default is lawful");
}

fn swapped_gates(device: &Device) {
    let device = device.clone().autodiff();
    rejected_by(
        &SwappedGates {
            inner: lstm(&device),
        },
        &device,
        Law::UnrollIsStepping,
    );
}

fn ignored_mask(device: &Device) {
    let device = device.clone().autodiff();
    rejected_by(
        &IgnoredMask {
            inner: gru(&device),
        },
        &device,
        Law::UnrollIsStepping,
    );
}

fn cut_gradient(device: &Device) {
    let device = device.clone().autodiff();
    rejected_by(
        &CutGradient {
            inner: gru(&device),
        },
        &device,
        Law::UnrollIsStepping,
    );
}

fn wrong_final_state(device: &Device) {
    let device = device.clone().autodiff();
    let cell = WrongFinalState {
        inner: gru(&device),
    };
    rejected_by(&cell, &device, Law::UnrollIsStepping);
    let case = laws::Case {
        batch: 2,
        steps: 4,
        seed: 1,
    };
    let violation = laws::chunks_are_whole(&cell, case).expect_err("a broken cell passed");
    assert_eq!(violation.law, Law::ChunksAreWhole);
}

fn ignored_lengths(device: &Device) {
    let device = device.clone().autodiff();
    rejected_by(
        &IgnoredLengths {
            inner: gru(&device),
        },
        &device,
        Law::RowsAreAlone,
    );
}

fn ignored_time_order(device: &Device) {
    let device = device.clone().autodiff();
    rejected_by(
        &IgnoredTimeOrder {
            inner: gru(&device),
        },
        &device,
        Law::RowsAreAlone,
    );
}

fn leaking_rows(device: &Device) {
    let device = device.clone().autodiff();
    rejected_by(
        &LeakingRows {
            inner: rnn(&device),
        },
        &device,
        Law::RowsAreAlone,
    );
}

fn seen_past_the_mask(device: &Device) {
    let device = device.clone().autodiff();
    rejected_by(
        &SeenPastTheMask {
            inner: lstm(&device),
        },
        &device,
        Law::RecurrenceIsMasked,
    );
}

fn frozen_bias(device: &Device) {
    let device = device.clone().autodiff();
    let mut cell = lstm(&device);
    cell.bias = cell.bias.map(|bias| bias.set_require_grad(false));
    rejected_by(&cell, &device, Law::GradientsAreWhole);
}

fn forgets_the_past(device: &Device) {
    let cell = ForgetsThePast {
        inner: rnn(&device.clone().autodiff()),
    };
    match devices::launches_kernels(device) {
        // No double precision there, so no differences; the other devices tell.
        true => laws::check_all(&cell, device).expect("law 1 cannot tell"),
        false => rejected_by(&cell, device, Law::GradientsAreWhole),
    }
}

device_tests!(
    a_minimal_cell_is_lawful,
    swapped_gates,
    ignored_mask,
    cut_gradient,
    wrong_final_state,
    ignored_lengths,
    ignored_time_order,
    leaking_rows,
    seen_past_the_mask,
    frozen_bias,
    forgets_the_past,
);
