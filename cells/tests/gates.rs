//! The gates of the cells: the numbers that can be looked at, and where chrono initialisation has them start.

#[path = "support/close.rs"]
mod close;
#[path = "support/properties.rs"]
mod properties;

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use close::{assert_close, values};
use properties::{check, small};
use proptest::prelude::*;
use recurra_cells::{
    AnyCell, AnyCellConfig, AnyState, CellConfig, GatedCell, GruConfig, Init, InputGate,
    LstmConfig, LstmState, PeepholeLstmConfig, RecurrentCell, RecurrentState, Reset, RnnConfig,
    SeededRng, WeightInit,
};

/// The bound of the clipped cells: within the reach of their sums.
const CLIP: f64 = 0.3;
const KINDS: usize = 7;

fn config(kind: usize, hidden: usize) -> AnyCellConfig {
    // Wide enough for gates that are far from a half.
    let wide = Init::Normal { std: 0.8 };
    let init = WeightInit {
        input: wide,
        recurrent: wide,
        bias: wide,
    };
    let lstm = LstmConfig::new(hidden).with_init(init);
    let peephole = PeepholeLstmConfig::new(hidden).with_init(init);
    let gru = GruConfig::new(hidden).with_init(init);
    match kind {
        0 => AnyCellConfig::Rnn(RnnConfig::new(hidden).with_init(init)),
        1 => AnyCellConfig::Lstm(lstm),
        2 => AnyCellConfig::Lstm(lstm.with_gate_clip(CLIP)),
        3 => AnyCellConfig::Lstm(lstm.with_input_gate(InputGate::Coupled)),
        4 => AnyCellConfig::Peephole(peephole),
        5 => AnyCellConfig::Gru(gru),
        _ => AnyCellConfig::Gru(gru.with_reset(Reset::Before)),
    }
}

/// Standard normal values.
fn normal(dims: [usize; 2], device: &Device, rng: &mut SeededRng) -> Tensor<2> {
    let values: Vec<f64> = (0..dims[0] * dims[1]).map(|_| rng.normal()).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

/// The formulas of the cells, a number at a time on the host.
struct ByHand {
    weight_ih: Vec<f32>,
    weight_hh: Vec<f32>,
    bias: Vec<f32>,
    inputs: Vec<f32>,
    hidden: Vec<f32>,
    /// `D` and `H`.
    sizes: [usize; 2],
    batch: usize,
}

impl ByHand {
    /// `sigmoid(W_ih x + b + W_hh h + more)` of the gate at this place of the weights, row by row.
    fn gate(&self, gate: usize, clip: f64, more: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        let [inputs, hidden] = self.sizes;
        let dot = |weight: &[f32], values: &[f32]| -> f32 {
            weight.iter().zip(values).map(|(w, x)| w * x).sum()
        };
        let one = |row: usize, unit: usize| {
            let at = gate * hidden + unit;
            let seen = dot(
                &self.weight_ih[at * inputs..][..inputs],
                &self.inputs[row * inputs..],
            ) + dot(
                &self.weight_hh[at * hidden..][..hidden],
                &self.hidden[row * hidden..],
            );
            let sum = f64::from(seen + self.bias[at] + more(row, unit)).clamp(-clip, clip);
            (1.0 / (1.0 + (-sum).exp())) as f32
        };
        (0..self.batch)
            .flat_map(|row| (0..hidden).map(move |unit| (row, unit)))
            .map(|(row, unit)| one(row, unit))
            .collect()
    }
}

fn vector(param: &Option<Param<Tensor<1>>>) -> Vec<f32> {
    values(&param.as_ref().expect("the cell has it").val())
}

/// The names and values that the formulas give for the gates of one step.
fn expected(
    cell: &AnyCell,
    inputs: &Tensor<2>,
    state: &AnyState,
    next: &AnyState,
) -> Vec<(&'static str, Vec<f32>)> {
    let (weight_ih, weight_hh, bias) = match cell {
        AnyCell::Rnn(_) => return Vec::new(),
        AnyCell::Lstm(cell) => (&cell.weight_ih, &cell.weight_hh, &cell.bias),
        AnyCell::Peephole(cell) => (&cell.weight_ih, &cell.weight_hh, &cell.bias),
        AnyCell::Gru(cell) => (&cell.weight_ih, &cell.weight_hh, &cell.bias),
    };
    let by_hand = ByHand {
        weight_ih: values(&weight_ih.val()),
        weight_hh: values(&weight_hh.val()),
        bias: vector(bias),
        inputs: values(inputs),
        hidden: values(&state.hidden()),
        sizes: [cell.input_size(), cell.hidden_size()],
        batch: inputs.dims()[0],
    };
    let free = |gate| by_hand.gate(gate, f64::INFINITY, |_, _| 0.0);
    match (cell, state, next) {
        (AnyCell::Gru(_), ..) => vec![("reset", free(0)), ("update", free(1))],
        (AnyCell::Lstm(lstm), ..) if lstm.input_gate() == InputGate::Coupled => {
            let forget = free(0);
            let input = forget.iter().map(|f| 1.0 - f).collect();
            vec![("input", input), ("forget", forget), ("output", free(2))]
        }
        (AnyCell::Lstm(lstm), ..) => {
            let clip = lstm.gate_clip().unwrap_or(f64::INFINITY);
            let gate = |gate| by_hand.gate(gate, clip, |_, _| 0.0);
            vec![("input", gate(0)), ("forget", gate(1)), ("output", gate(3))]
        }
        (AnyCell::Peephole(lstm), AnyState::Lstm(old), AnyState::Lstm(new)) => {
            let peeping = |gate, hole, memory: &Tensor<2>| {
                let (hole, memory) = (vector(hole), values(memory));
                let hidden = hole.len();
                by_hand.gate(gate, f64::INFINITY, |row, unit| {
                    hole[unit] * memory[row * hidden + unit]
                })
            };
            vec![
                ("input", peeping(0, &lstm.peephole_i, &old.cell)),
                ("forget", peeping(1, &lstm.peephole_f, &old.cell)),
                ("output", peeping(3, &lstm.peephole_o, &new.cell)),
            ]
        }
        _ => panic!("a peephole LSTM has an LSTM's state"),
    }
}

fn gates_are_those_of_the_formulas(device: &Device) {
    let sizes = (small(device), small(device), small(device));
    let cases = (0..KINDS, sizes, any::<u64>());
    check(device, cases, |(kind, (batch, width, hidden), seed)| {
        let mut rng = SeededRng::new(seed);
        let cell = config(kind, hidden).init(width, device, &mut rng);
        let inputs = normal([batch, width], device, &mut rng);
        let state = cell.initial_state(batch, device);
        let state = state.map_tensors(&mut |tensor| normal(tensor.dims(), device, &mut rng));
        let projected = cell
            .project(inputs.clone().unsqueeze_dim(1))
            .squeeze_dim::<2>(1);
        let next = cell.step(projected.clone(), state.hidden(), state.clone());
        let gates = cell.gates(projected, state.hidden(), state.clone());
        let expected = expected(&cell, &inputs, &state, &next);
        prop_assert_eq!(gates.len(), expected.len());
        for ((name, gate), (expected_name, values_by_hand)) in gates.iter().zip(&expected) {
            prop_assert_eq!(name, expected_name);
            assert_close(name, &values(gate), values_by_hand);
        }
        // What leaves the cell went through the output gate.
        if let (
            AnyCell::Lstm(_) | AnyCell::Peephole(_),
            AnyState::Lstm(LstmState { hidden, cell }),
        ) = (&cell, &next)
        {
            let output = gates.last().expect("three gates").1.clone();
            assert_close(
                "hidden",
                &values(hidden),
                &values(&(output * cell.clone().tanh())),
            );
        }
        Ok(())
    });
}

recurra_cells::device_tests!(gates_are_those_of_the_formulas);

/// The biases of each gate of a fresh cell.
fn biases(config: &AnyCellConfig, seed: u64) -> Vec<Vec<f32>> {
    let cell = config.init(2, &Device::flex(), &mut SeededRng::new(seed));
    let bias = match &cell {
        AnyCell::Rnn(cell) => vector(&cell.bias),
        AnyCell::Lstm(cell) => vector(&cell.bias),
        AnyCell::Peephole(cell) => vector(&cell.bias),
        AnyCell::Gru(cell) => vector(&cell.bias),
    };
    bias.chunks(cell.hidden_size())
        .map(<[f32]>::to_vec)
        .collect()
}

/// The four kinds of cell with a chrono initialisation; where the keeping gate stands, and the one that opposes it.
fn chronos(hidden: usize, longest: usize) -> [(AnyCellConfig, usize, Option<usize>); 4] {
    // Orthogonal weights take long, and nobody looks at them.
    let init = WeightInit {
        recurrent: Init::Zeros,
        ..WeightInit::default()
    };
    let lstm = LstmConfig::new(hidden).with_init(init).with_chrono(longest);
    let coupled = lstm.clone().with_input_gate(InputGate::Coupled);
    let peephole = PeepholeLstmConfig::new(hidden)
        .with_init(init)
        .with_chrono(longest);
    let gru = GruConfig::new(hidden).with_init(init).with_chrono(longest);
    [
        (AnyCellConfig::Lstm(lstm), 1, Some(0)),
        (AnyCellConfig::Lstm(coupled), 0, None),
        (AnyCellConfig::Peephole(peephole), 1, Some(0)),
        (AnyCellConfig::Gru(gru), 1, None),
    ]
}

proptest! {
    #[test]
    fn chrono_biases_stay_in_their_range_and_touch_no_other_gate(
        hidden in 1usize..20, longest in 2usize..500, seed: u64
    ) {
        let highest = ((longest - 1) as f32).ln() + 1e-6;
        for (config, keeps, opposes) in chronos(hidden, longest) {
            let gates = biases(&config, seed);
            prop_assert!(gates[keeps].iter().all(|bias| (0.0..=highest).contains(bias)));
            for (gate, biases) in gates.iter().enumerate().filter(|(gate, _)| *gate != keeps) {
                let expected: Vec<f32> = match opposes == Some(gate) {
                    true => gates[keeps].iter().map(|bias| -bias).collect(),
                    false => vec![0.0; hidden],
                };
                prop_assert_eq!(biases, &expected);
            }
        }
    }
}

/// `exp(bias)` is uniform between 1 and 99: its mean is 50, with a deviation of 28.3 / sqrt(4000) = 0.45, and a quarter of
/// the draws is below 25.5.
#[test]
fn chrono_biases_spread_the_time_scales_evenly() {
    for (config, keeps, _) in chronos(100, 100) {
        let spans: Vec<f32> = (0..40)
            .flat_map(|seed| biases(&config, seed)[keeps].clone())
            .map(f32::exp)
            .collect();
        let mean = spans.iter().sum::<f32>() / 4000.0;
        assert!((mean - 50.0).abs() < 2.0, "{mean}");
        let short = spans.iter().filter(|&&span| span < 25.5).count();
        assert!(short.abs_diff(1000) < 120, "{short}");
    }
}
