//! Sequence to sequence: what the parts compute, and that a model of every cell learns a few pairs by heart.

mod seq2seq_models;

use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::{
    AnyCell, AnyCellConfig, AnyState, Direction, Lengths, LstmConfig, NetworkInput, NetworkState,
    RecurrentConfig, RnnConfig, SeededRng,
};
use recurra_train::{
    AttentionScore, BeamSearchConfig, ClippedAdam, ClippedAdamConfig, DecoderState, Ending, Memory,
    SearchLimits, Seq2Seq, Seq2SeqBatch, Seq2SeqConfig,
};
use seq2seq_models::{MARKS, VOCABULARY, cells, config, model, pairs};

/// Single precision over a few hundred operations on numbers of about 1.
const TOLERANCE: f64 = 1e-5;
const LEARNING_RATE: f64 = 1e-2;
/// Several times what the slowest model needs.
const MOST_STEPS: usize = 600;
const LIMITS: SearchLimits = SearchLimits {
    marks: MARKS,
    max_length: 6,
};

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() < TOLERANCE,
            "{found}, not {expected}"
        );
    }
}

fn uniform<const D: usize>(shape: [usize; D], device: &Device, rng: &mut SeededRng) -> Tensor<D> {
    let count = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|_| rng.uniform(-1.0, 1.0)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn tokens(values: &[i64], shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

fn is_fit(model: &Seq2Seq<AnyCell>, pairs: &[(Vec<u32>, Vec<u32>)]) -> bool {
    let sources: Vec<&[u32]> = pairs.iter().map(|(source, _)| source.as_slice()).collect();
    let found = model
        .greedy(&sources, LIMITS)
        .expect("the sources are in range");
    let exact = |(found, (_, target)): (&recurra_train::Hypothesis, &(Vec<u32>, Vec<u32>))| {
        found.tokens == *target && found.ending == Ending::Marked
    };
    found.iter().zip(pairs).all(exact)
}

fn every_cell_learns_to_turn_strings_around(device: &Device) {
    let (pairs, device) = (pairs(), device.clone().autodiff());
    let batch = Seq2SeqBatch::new(&pairs, MARKS);
    for (index, cell) in cells(24).into_iter().enumerate() {
        let mut model = model(cell.clone(), index, &device);
        let mut rng = SeededRng::new(4);
        let mut adam = ClippedAdam::new(ClippedAdamConfig::new(1.0)).expect("the norm is in range");
        assert!(!is_fit(&model, &pairs));
        for step in 0.. {
            if step % 20 == 0 && is_fit(&model, &pairs) {
                break;
            }
            assert!(step < MOST_STEPS, "{cell:?} does not fit");
            // A little of its own tokens, so that this way of training is shown to learn as well.
            let loss = match step % 4 {
                0 => model.batch_loss_sampled(&batch, 0.25, &mut rng),
                _ => model.batch_loss(&batch),
            };
            let loss = loss.expect("the tokens are in range");
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = adam.step(LEARNING_RATE, model, gradients).0;
        }
        let config = BeamSearchConfig {
            width: 4,
            length_penalty: 0.6,
            limits: LIMITS,
        };
        let sources: Vec<&[u32]> = pairs.iter().map(|(source, _)| source.as_slice()).collect();
        let beams = model
            .beam_search(&sources, config)
            .expect("the sources are in range");
        let exact = beams
            .iter()
            .zip(&pairs)
            .filter(|(beam, (_, target))| beam[0].tokens == *target);
        assert_eq!(exact.count(), pairs.len(), "{cell:?}");
    }
}

/// A row of a tensor `[.., width]`.
fn row(values: &[f64], index: usize, width: usize) -> &[f64] {
    &values[index * width..(index + 1) * width]
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `x [I]` times `weight [I, O]`.
fn times(x: &[f64], weight: &[f64]) -> Vec<f64> {
    let outputs = weight.len() / x.len();
    let column = |at: usize| weight.iter().skip(at).step_by(outputs).copied();
    (0..outputs)
        .map(|at| column(at).zip(x).map(|(w, x)| w * x).sum())
        .collect()
}

fn attention_is_its_formula(device: &Device) {
    let mut rng = SeededRng::new(6);
    let (batch, steps, sources) = (3, 2, 5);
    let (lengths, seed) = ([5, 2, 0], SeededRng::new(7));
    for score in [
        AttentionScore::Dot,
        AttentionScore::General,
        AttentionScore::Additive { size: 3 },
    ] {
        let decoder = 4;
        let encoder = if score == AttentionScore::Dot { 4 } else { 7 };
        // The encoder's width comes from its cell; this model lends its attention.
        let cell = |size| RecurrentConfig::new(RnnConfig::new(size));
        let networks = [cell(encoder), cell(decoder)];
        let attention = Seq2SeqConfig::new([1, 1], 1, networks, score)
            .init(device, &mut seed.clone())
            .attention;
        let queries = uniform([batch, steps, decoder], device, &mut rng);
        let valid = Lengths::new(lengths.to_vec(), sources).expect("the lengths are in range");
        let keys = valid.zero_padding(uniform([batch, sources, encoder], device, &mut rng));
        let memory = attention.remember(keys.clone(), Some(&valid));
        let weights = values(attention.weights(queries.clone(), &memory));
        let context = attention.context(queries.clone(), &memory);
        let outputs = values(attention.combined(queries.clone(), context));
        let (queries, keys) = (values(queries), values(keys));
        let weight = |param: &Option<burn::module::Param<Tensor<2>>>| {
            param.as_ref().map(|param| values(param.val()))
        };
        let (query, key) = (weight(&attention.query), weight(&attention.key));
        let energy = weight(&attention.energy);
        let combine = values(attention.combine.weight.val());
        for at in 0..batch * steps {
            let (b, h) = (at / steps, row(&queries, at, decoder));
            let q = query.as_ref().map_or(h.to_vec(), |weight| times(h, weight));
            let k = |s: usize| row(&keys, b * sources + s, encoder);
            let scores: Vec<f64> = (0..lengths[b].max(1))
                .map(|s| match (&key, &energy) {
                    (Some(key), Some(energy)) => {
                        let sum = times(k(s), key)
                            .into_iter()
                            .zip(&q)
                            .map(|(k, q)| (k + q).tanh());
                        inner(&sum.collect::<Vec<_>>(), energy)
                    }
                    _ => inner(&q, k(s)),
                })
                .collect();
            let norm: f64 = scores.iter().map(|score| score.exp()).sum();
            let expected: Vec<f64> = (0..sources)
                .map(|s| scores.get(s).map_or(0.0, |score| score.exp() / norm))
                .collect();
            assert_close(row(&weights, at, sources), &expected);
            let context = (0..encoder).map(|it| (0..sources).map(|s| expected[s] * k(s)[it]).sum());
            let both: Vec<f64> = h.iter().copied().chain(context).collect();
            let expected: Vec<f64> = times(&both, &combine).into_iter().map(f64::tanh).collect();
            assert_close(row(&outputs, at, decoder), &expected);
        }
    }
}

fn padding_of_sources_and_targets_has_no_say(device: &Device) {
    for (index, cell) in cells(5).into_iter().enumerate() {
        let model = model(cell, index, device);
        let inputs = tokens(&[0, 3, 2], [1, 3], device);
        let lengths = |steps| Lengths::new(vec![2], steps).expect("the length is in range");
        let short = model.forward(tokens(&[4, 5], [1, 2], device), None, inputs.clone());
        let padded = tokens(&[4, 5, 3, 2], [1, 4], device);
        let long = model.forward(padded, lengths(4), inputs);
        assert_close(&values(long.clone()), &values(short));
        let targets = tokens(&[3, 2, 1], [1, 3], device);
        let valid = Lengths::new(vec![2], 3).expect("the length is in range");
        let loss = values(model.loss(long.clone(), targets.clone(), Some(&valid)));
        let cut = model.loss(long.narrow(1, 0, 2), targets.narrow(1, 0, 2), None);
        assert_close(&loss, &values(cut));
    }
}

fn the_loss_is_the_mean_over_the_tokens_of_a_batch(device: &Device) {
    let (model, pairs) = (model(cells(5).remove(1), 1, device), pairs());
    let loss = |pairs: &[(Vec<u32>, Vec<u32>)]| {
        let batch = Seq2SeqBatch::new(pairs, MARKS);
        let loss = model.batch_loss(&batch).expect("the tokens are in range");
        (loss.into_scalar::<f64>(), batch.tokens())
    };
    let (together, tokens) = loss(&pairs);
    let sum: f64 = pairs
        .chunks(1)
        .map(|pair| {
            let (loss, tokens) = loss(pair);
            loss * tokens as f64
        })
        .sum();
    assert_close(&[together], &[sum / tokens as f64]);
    assert_eq!(
        tokens,
        pairs
            .iter()
            .map(|(_, target)| target.len() + 1)
            .sum::<usize>()
    );
}

fn empty_sources_give_finite_gradients(device: &Device) {
    let device = device.clone().autodiff();
    let pairs: [(&[u32], &[u32]); 3] = [(&[], &[2]), (&[3, 4], &[]), (&[5], &[2, 3, 4])];
    let batch = Seq2SeqBatch::new(&pairs, MARKS);
    for (index, cell) in cells(5).into_iter().enumerate() {
        let model = model(cell, index, &device);
        let loss = model.batch_loss(&batch).expect("the tokens are in range");
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        let mut adam = ClippedAdam::new(ClippedAdamConfig::new(1.0)).expect("the norm is in range");
        let (_, norm) = adam.step(LEARNING_RATE, model, gradients);
        assert!(norm.is_finite() && norm > 0.0, "{norm}");
    }
}

fn scheduled_sampling_mixes_true_and_own_tokens(device: &Device) {
    let sources = tokens(&[4, 5, 3, 2], [2, 2], device);
    let inputs = tokens(&[0, 3, 2, 5, 0, 4, 4, 2], [2, 4], device);
    for (index, cell) in cells(5).into_iter().enumerate() {
        let model = model(cell, index, device);
        let sampled = |probability, seed| {
            let (sources, inputs) = (sources.clone(), inputs.clone());
            let mut rng = SeededRng::new(seed);
            let logits = model.forward_sampled(sources, None, inputs, probability, &mut rng);
            // Six draws, whatever the probability.
            let mut other = SeededRng::new(seed);
            for _ in 0..6 {
                other.unit();
            }
            assert_eq!(rng, other);
            logits
        };
        let forced = |inputs: Tensor<2, Int>| model.forward(sources.clone(), None, inputs);
        assert_close(&values(sampled(0.0, 1)), &values(forced(inputs.clone())));

        let own = |logits: &Tensor<3>| {
            let likeliest: Tensor<2, Int> = logits.clone().argmax(2).squeeze_dim(2);
            Tensor::cat(
                vec![inputs.clone().narrow(1, 0, 1), likeliest.narrow(1, 0, 3)],
                1,
            )
        };
        let all = sampled(1.0, 1);
        assert_close(&values(all.clone()), &values(forced(own(&all))));

        let half = sampled(0.5, 8);
        let mut rng = SeededRng::new(8);
        let [mut mixed, own] = [inputs.clone(), own(&half)]
            .map(|tokens| tokens.into_data().iter::<i64>().collect::<Vec<_>>());
        for (step, batch) in (1..4).flat_map(|step| [(step, 0), (step, 1)]) {
            if rng.unit() < 0.5 {
                mixed[4 * batch + step] = own[4 * batch + step];
            }
        }
        assert_close(
            &values(half),
            &values(forced(tokens(&mixed, [2, 4], device))),
        );
    }
}

fn the_bridge_is_learned_only_where_states_do_not_fit(device: &Device) {
    let projections = |encoder: RecurrentConfig<AnyCellConfig>, decoder| {
        let score = AttentionScore::General;
        let config = Seq2SeqConfig::new([3, 3], 2, [encoder, decoder], score);
        let model = config.init(device, &mut SeededRng::new(1));
        let tokens = tokens(&[1, 2], [1, 2], device);
        assert_eq!(
            model.forward(tokens.clone(), None, tokens).dims(),
            [1, 2, 3]
        );
        let shapes = model.bridge.projections.iter().map(|it| it.weight.dims());
        shapes.collect::<Vec<_>>()
    };
    let lstm = |size| RecurrentConfig::new(AnyCellConfig::Lstm(LstmConfig::new(size)));
    let rnn = |size| RecurrentConfig::new(AnyCellConfig::Rnn(RnnConfig::new(size)));
    assert!(projections(lstm(4), lstm(4)).is_empty());
    let backward = lstm(4).with_direction(Direction::Backward);
    assert!(projections(backward, lstm(4)).is_empty());
    let two = |network: RecurrentConfig<_>| network.with_num_layers(2);
    assert!(projections(two(rnn(4)), two(rnn(4))).is_empty());
    let both = lstm(4).with_direction(Direction::Both);
    assert_eq!(projections(both.clone(), lstm(4)), [[8, 4]; 2]);
    assert_eq!(projections(both, two(lstm(3))), [[8, 3]; 4]);
    assert_eq!(projections(rnn(4), lstm(4)), [[4, 4]; 2]);
    assert_eq!(projections(lstm(4), rnn(5)), [[4, 5]]);
}

fn a_direct_bridge_hands_over_the_whole_state(device: &Device) {
    let pairs = pairs();
    let sources: Vec<&[u32]> = pairs.iter().map(|(source, _)| source.as_slice()).collect();
    let model = model(cells(5).remove(1), 1, device);
    let batch = Seq2SeqBatch::new(&pairs, MARKS);
    let lengths = batch.source_lengths().clone();
    let embedded = model.source_embedding.forward(batch.sources(device));
    let input = NetworkInput::new(embedded).with_lengths(lengths.clone());
    let last = model.encoder.forward(input).state;
    let encoded = model.encode(batch.sources(device), lengths);
    for (found, expected) in encoded.state.network.states().zip(last.states()) {
        let (recurra_cells::AnyState::Lstm(found), recurra_cells::AnyState::Lstm(expected)) =
            (found, expected)
        else {
            panic!("the state is an LSTM's");
        };
        assert_close(
            &values(found.hidden.clone()),
            &values(expected.hidden.clone()),
        );
        assert_close(&values(found.cell.clone()), &values(expected.cell.clone()));
        assert_eq!(found.cell.dims(), [sources.len(), 5]);
    }
}

fn a_decoder_is_fed_what_its_attention_gave(device: &Device) {
    for index in [0, 3] {
        let model = model(cells(5).remove(index), index, device);
        let encoded = model.encode(tokens(&[4, 5, 3, 2], [2, 2], device), None);
        let inputs = tokens(&[0, 3, 0, 4], [2, 2], device);
        let first = encoded.state.fed.clone().expect("it is fed");
        assert_eq!(values(first), vec![0.0; 10]);
        let mut state = encoded.state.clone();
        for step in 0..2 {
            state = fed_by_hand(
                &model,
                inputs.clone().narrow(1, step, 1),
                &encoded.memory,
                state,
            );
        }
        let (_, found) = model.decode(inputs, &encoded.memory, encoded.state);
        let [found, expected] = [found, state].map(|it| values(it.fed.expect("it is fed")));
        assert_close(&found, &expected);
    }
}

/// One step, of the parts that a model is made of.
fn fed_by_hand(
    model: &Seq2Seq<AnyCell>,
    token: Tensor<2, Int>,
    memory: &Memory,
    state: DecoderState<AnyState>,
) -> DecoderState<AnyState> {
    let (mut below, fed) = (state.network, state.fed.expect("it is fed"));
    let above = below.layers.split_off(1);
    let token = model.target_embedding.forward(token);
    let read = Tensor::cat(vec![token, fed.unsqueeze_dim(1)], 2);
    let lower = model
        .decoder
        .forward(NetworkInput::new(read).with_state(below));
    let context = model.attention.context(lower.outputs.clone(), memory);
    let (mut outputs, mut network) = (lower.outputs, lower.state);
    if let Some(upper) = &model.upper {
        let read = Tensor::cat(vec![outputs, context.clone()], 2);
        let state = NetworkState { layers: above };
        let written = upper.forward(NetworkInput::new(read).with_state(state));
        outputs = written.outputs;
        network.layers.extend(written.state.layers);
    }
    let attended = model.attention.combined(outputs, context);
    DecoderState {
        network,
        fed: Some(attended.squeeze_dim(1)),
    }
}

/// Along one direction, against the difference of two losses.
fn gradients_flow_through_what_is_fed(device: &Device) {
    let batch = Seq2SeqBatch::new(&pairs(), MARKS);
    let model = model(cells(5).remove(0), 0, &device.clone().autodiff());
    let loss = |model: &Seq2Seq<AnyCell>| model.batch_loss(&batch).expect("tokens in range");
    let moved = |by: f64| {
        let mut model = model.clone();
        let bias = model.attention.combine.bias.take().expect("it has one");
        model.attention.combine.bias = Some(bias.map(|bias| bias + by));
        loss(&model).into_scalar::<f64>()
    };
    let by = 1e-2;
    let expected = (moved(by) - moved(-by)) / (2.0 * by);
    let bias = model.attention.combine.bias.as_ref().expect("it has one");
    let gradient = bias.val().grad(&loss(&model).backward());
    let found = values(gradient.expect("it has one").sum())[0];
    assert!(
        (found - expected).abs() < 1e-2 * expected.abs(),
        "{found}, not {expected}"
    );
}

fn every_weight_learns(device: &Device) {
    let device = device.clone().autodiff();
    let batch = Seq2SeqBatch::new(&pairs(), MARKS);
    for (index, cell) in cells(5).into_iter().enumerate() {
        let model = model(cell, index, &device);
        let loss = model.batch_loss(&batch).expect("the tokens are in range");
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        assert_eq!(gradients.len(), burn::module::list_param_ids(&model).len());
    }
}

fn what_cannot_be_trained_is_refused(device: &Device) {
    let model = model(cells(5).remove(1), 1, device);
    let refusal = |pair: (&[u32], &[u32])| {
        let loss = model.batch_loss(&Seq2SeqBatch::new(&[pair], MARKS));
        loss.expect_err("a token is not in the vocabulary")
            .to_string()
    };
    assert_eq!(
        refusal((&[6], &[2])),
        "sources must be tokens below 6, got 6"
    );
    assert_eq!(
        refusal((&[2], &[7])),
        "targets must be tokens below 6, got 7"
    );
    let batch = Seq2SeqBatch::new(&[([2], [3])], MARKS);
    let refused = model.batch_loss_sampled(&batch, 1.5, &mut SeededRng::new(1));
    assert_eq!(
        refused.expect_err("no probability").to_string(),
        "probability must be in [0, 1], got 1.5"
    );
}

recurra_cells::cpu_tests!(
    every_cell_learns_to_turn_strings_around,
    attention_is_its_formula,
    padding_of_sources_and_targets_has_no_say,
    the_loss_is_the_mean_over_the_tokens_of_a_batch,
    empty_sources_give_finite_gradients,
    scheduled_sampling_mixes_true_and_own_tokens,
    the_bridge_is_learned_only_where_states_do_not_fit,
    a_direct_bridge_hands_over_the_whole_state,
    a_decoder_is_fed_what_its_attention_gave,
    gradients_flow_through_what_is_fed,
    every_weight_learns,
    what_cannot_be_trained_is_refused,
);

#[test]
fn configurations_out_of_range_are_refused() {
    let refusal = |change: &dyn Fn(&mut Seq2SeqConfig<AnyCellConfig>)| {
        let mut config = config(cells(5).remove(1), 1);
        config.validate().expect("the configuration is in range");
        change(&mut config);
        let refused = config.validate().expect_err("it no longer is");
        refused.to_string()
    };
    assert_eq!(
        refusal(&|it| it.target_vocabulary_size = 0),
        "target_vocabulary_size must be at least 1, got 0"
    );
    assert_eq!(
        refusal(&|it| it.decoder.direction = Direction::Both),
        "decoder direction must be forward, got both"
    );
    let both = config(cells(5).remove(1), 1).decoder;
    let both = both.with_direction(Direction::Both);
    assert_eq!(
        refusal(&|it| it.upper = Some(both.clone())),
        "decoder direction must be forward, got both"
    );
    assert_eq!(
        refusal(&|it| it.attention = AttentionScore::Additive { size: 0 }),
        "attention size must be at least 1, got 0"
    );
    assert!(
        refusal(&|it| it.encoder.direction = Direction::Both).contains("dot for widths 5 and 10")
    );
    for share in [1.0, -0.1, f64::NAN] {
        assert_eq!(
            refusal(&|it| it.label_smoothing = share),
            format!("label_smoothing must be in [0, 1), got {share}")
        );
    }
    assert!(refusal(&|it| it.encoder.num_layers = 0).contains("num_layers"));
}

#[test]
fn a_configuration_comes_back_from_its_file_and_nothing_else_does() {
    for (index, cell) in cells(5).into_iter().enumerate() {
        let mut config = config(cell, index);
        let text = serde_json::to_string(&config).expect("a configuration serialises");
        // As files were before there was a choice.
        let old = text
            .replace(",\"tie_embeddings\":false,\"label_smoothing\":0.0", "")
            .replace(",\"upper\":null", "")
            .replace(",\"input_feeding\":false", "");
        assert!(old.len() < text.len());
        let read: Seq2SeqConfig<AnyCellConfig> = serde_json::from_str(&old).expect("an old file");
        assert_eq!(read, config);
        (config.tie_embeddings, config.label_smoothing) = (true, 0.1);
        let text = serde_json::to_string(&config).expect("a configuration serialises");
        let read: Seq2SeqConfig<AnyCellConfig> =
            serde_json::from_str(&text).expect("and comes back");
        assert_eq!(read, config);
        let more = text.replacen('{', "{\"dropout\": 0.5, ", 1);
        assert!(serde_json::from_str::<Seq2SeqConfig<AnyCellConfig>>(&more).is_err());
    }
}

#[test]
fn a_batch_puts_the_marks_where_they_belong() {
    let batch = Seq2SeqBatch::new(&[(vec![2, 3], vec![4]), (vec![], vec![5, 2])], MARKS);
    let device = Device::default();
    let read = |tokens: Tensor<2, Int>| tokens.into_data().iter::<i64>().collect::<Vec<_>>();
    assert_eq!(read(batch.sources(&device)), [2, 3, 0, 0]);
    assert_eq!(batch.source_lengths().as_slice(), [2, 0]);
    assert_eq!(read(batch.inputs(&device)), [0, 4, 0, 0, 5, 2]);
    assert_eq!(read(batch.targets(&device)), [4, 1, 0, 5, 2, 1]);
    assert_eq!(batch.target_lengths().as_slice(), [2, 3]);
    assert_eq!((batch.tokens(), VOCABULARY), (5, 6));
}
