//! Models of several tasks in mixed precision, on every device of this build that computes in a half-precision type.

use burn::module::list_param_ids;
use burn::optim::GradientsParams;
use burn::tensor::Device;
use recurra_cells::{Direction, GruConfig, LstmConfig, RecurrentConfig, SeededRng};
use recurra_train::{
    AttentionScore, ClippedAdam, ClippedAdamConfig, CtcBatch, CtcRecognizerConfig, DropoutRates,
    Pass, Precision, Regularization, Seq2SeqBatch, Seq2SeqConfig, SequenceModel, SpelledRows,
    SpelledWord, TagDecoder, TargetMarks, WordTaggerBatch, WordTaggerConfig, cast_weights,
};

/// How far a loss may be off that in single precision, relative to it: a few roundings of 8 bits.
const TOLERANCE: f64 = 0.03;

/// The loss is that of single precision, and under dropout a gradient reaches every parameter.
fn assert_computes_in_half<M: SequenceModel>(model: &M, window: &M::Window, device: &Device) {
    let loss = |model: &M| {
        let loss = model.window_loss(window, None, Pass::Evaluation);
        loss.mean.into_scalar::<f64>()
    };
    let single = loss(model);
    for precision in [Precision::F16, Precision::BF16] {
        if precision.check(device).is_err() {
            continue;
        }
        let half = cast_weights(model.clone(), precision);
        let found = loss(&half);
        assert!(
            (found - single).abs() <= TOLERANCE * single,
            "{found} in {precision:?}, {single} in single precision"
        );
        let pass = Pass::Training {
            regularization: &Regularization::from(DropoutRates::uniform(0.25)),
            rng: &mut SeededRng::new(1),
        };
        let gradients = half.window_loss(window, None, pass).mean.backward();
        let gradients = GradientsParams::from_grads(gradients, model);
        assert_eq!(gradients.len(), list_param_ids(model).len());
        let mut adam = ClippedAdam::new(ClippedAdamConfig::new(1.0)).expect("a norm in range");
        let (_, norm) = adam.step(1e-3, model.clone(), gradients);
        assert!(norm.is_finite() && norm > 0.0, "{norm} in {precision:?}");
    }
}

fn a_recogniser_of_frames(device: &Device) {
    let device = &device.clone().autodiff();
    let network = RecurrentConfig::new(GruConfig::new(8)).with_direction(Direction::Both);
    let model = CtcRecognizerConfig::new(2, 3, network).init(device, &mut SeededRng::new(1));
    let rows = [vec![0.5; 8], vec![-0.25; 6]];
    let batch = CtcBatch::padded(&rows, 2, vec![vec![0, 2], vec![1]]);
    assert_computes_in_half(&model, &batch, device);
}

fn an_encoder_with_a_decoder(device: &Device) {
    let device = &device.clone().autodiff();
    let network = |direction| RecurrentConfig::new(LstmConfig::new(8)).with_direction(direction);
    let networks = [network(Direction::Both), network(Direction::Forward)];
    let mut config = Seq2SeqConfig::new([6, 6], 8, networks, AttentionScore::General);
    (config.label_smoothing, config.tie_embeddings) = (0.1, true);
    let model = config.init(device, &mut SeededRng::new(1));
    let marks = TargetMarks { begin: 0, end: 1 };
    let batch = Seq2SeqBatch::new(&[(vec![2, 3], vec![4]), (vec![5], vec![3, 2, 2])], marks);
    assert_computes_in_half(&model, &batch, device);
}

fn a_tagger_of_spelled_words(device: &Device) {
    let device = &device.clone().autodiff();
    let network =
        |size| RecurrentConfig::new(LstmConfig::new(size)).with_direction(Direction::Both);
    let word = |word, characters: &[u32]| SpelledWord {
        word,
        characters: characters.to_vec(),
    };
    let sentences = [vec![word(1, &[2, 3]), word(0, &[1])], vec![word(2, &[3])]];
    let rows = SpelledRows::new(&sentences);
    let batch = WordTaggerBatch::new(rows, &[vec![0, 2], vec![1]]);
    for decoder in [TagDecoder::Softmax, TagDecoder::Crf] {
        let mut config = WordTaggerConfig::new([4, 5], [4, 3], [network(4), network(6)], 3);
        config.decoder = decoder;
        let model = config.init(device, &mut SeededRng::new(1));
        assert_computes_in_half(&model, &batch, device);
    }
}

recurra_cells::half_precision_tests!(
    a_recogniser_of_frames,
    an_encoder_with_a_decoder,
    a_tagger_of_spelled_words,
);
