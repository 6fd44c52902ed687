//! The encoder in training: gradients, dropout, and that it learns.

use crate::support::{values, worst};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor};
use recurra_cells::{SeededRng, device_tests};
use recurra_distill::{EncoderClassifier, EncoderConfig, HiddenAct, Layout, Pooling, TokenBatch};

const ROWS: [&[u32]; 3] = [&[1, 5, 6, 7, 2], &[1, 8, 2], &[1, 9, 5, 2]];

fn small(layout: Layout, hidden_act: HiddenAct) -> EncoderConfig {
    let mut config = EncoderConfig::new(12, 8, 2, 2).with_classes(["a", "b"]);
    (config.layout, config.hidden_act) = (layout, hidden_act);
    (config.max_position_embeddings, config.initializer_range) = (10, 0.3);
    config
}

fn cross_entropy(logits: Tensor<2>, device: &Device) -> Tensor<1> {
    let labels = Tensor::<1, Int>::from_data([0, 1, 1], device);
    burn::nn::loss::CrossEntropyLoss::new(None, device).forward(logits, labels)
}

/// The largest gradient of every parameter, in their order.
fn largest_gradients(model: &EncoderClassifier, loss: Tensor<1>) -> Vec<f32> {
    struct Collect(GradientsParams, Vec<f32>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id).map(values).unwrap_or_default();
            self.1.push(
                gradient
                    .into_iter()
                    .fold(0.0, |largest, g| f32::max(largest, g.abs())),
            );
        }
    }
    let gradients = GradientsParams::from_grads(loss.backward(), model);
    let mut collect = Collect(gradients, Vec::new());
    model.visit(&mut collect);
    collect.1
}

fn every_parameter_has_a_gradient(device: &Device) {
    let device = device.clone().autodiff();
    for layout in [Layout::Bert, Layout::Roberta] {
        for (pooling, heads) in [(Pooling::First, 4), (Pooling::Mean, 2)] {
            let config = small(layout, HiddenAct::Gelu);
            let model = config.init_classifier(pooling, &device, &mut SeededRng::new(1));
            let TokenBatch { tokens, lengths } = TokenBatch::new(&ROWS, 0, &device);
            let loss = cross_entropy(model.forward(tokens, lengths), &device);
            let gradients = largest_gradients(&model, loss);
            // Five of the embeddings, sixteen of each layer, and the head's.
            assert_eq!(gradients.len(), 5 + 2 * 16 + heads);
            for (index, gradient) in gradients.iter().enumerate() {
                // A key's bias moves all scores of a query alike, which the softmax does not see.
                let is_key_bias = [8, 24].contains(&index);
                assert!(
                    is_key_bias || *gradient > 1e-6,
                    "parameter {index}: {gradient}"
                );
            }
        }
    }
}

/// The loss falls along its own gradient as fast as the gradient says, through either nonlinearity.
fn gradients_are_the_slope_of_the_loss(device: &Device) {
    let device = device.clone().autodiff();
    for hidden_act in [HiddenAct::Gelu, HiddenAct::GeluTanh] {
        let config = small(Layout::Bert, hidden_act);
        let model = config.init_classifier(Pooling::First, &device, &mut SeededRng::new(1));
        let loss = |model: &EncoderClassifier| {
            let TokenBatch { tokens, lengths } = TokenBatch::new(&ROWS, 0, &device);
            cross_entropy(model.forward(tokens, lengths), &device)
        };
        let here = loss(&model);
        let gradients = GradientsParams::from_grads(here.clone().backward(), &model);
        let squares = squared_norm(&model, gradients);
        let step = 2e-3;
        let moved = |sign: f64| {
            let gradients = GradientsParams::from_grads(loss(&model).backward(), &model);
            let mut descent = burn::optim::SgdConfig::new().init();
            let model = descent.step(sign * step, model.clone(), gradients);
            loss(&model).into_scalar::<f64>()
        };
        let slope = (moved(-1.0) - moved(1.0)) / (2.0 * step);
        let error = (slope / squares - 1.0).abs();
        assert!(error < 0.02, "{hidden_act:?}: {slope} {squares}");
    }
}

fn squared_norm(model: &EncoderClassifier, gradients: GradientsParams) -> f64 {
    struct Sum(GradientsParams, f64);
    impl ModuleVisitor for Sum {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id).map(values).unwrap_or_default();
            self.1 += gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>();
        }
    }
    let mut sum = Sum(gradients, 0.0);
    model.visit(&mut sum);
    sum.1
}

fn dropout_follows_its_seed_and_is_off_in_evaluation(device: &Device) {
    let config = small(Layout::Roberta, HiddenAct::Gelu);
    let model = config.init_classifier(Pooling::First, device, &mut SeededRng::new(1));
    let TokenBatch { tokens, lengths } = TokenBatch::new(&ROWS, 1, device);
    let trained = |seed: u64| {
        let mut rng = SeededRng::new(seed);
        values(model.forward_training(tokens.clone(), lengths.clone(), &mut rng))
    };
    assert_eq!(trained(1), trained(1));
    assert!(worst(&trained(1), &trained(2)) > 1e-3);
    let evaluated = values(model.forward(tokens.clone(), lengths.clone()));
    assert!(worst(&trained(1), &evaluated) > 1e-3);

    let mut none = small(Layout::Roberta, HiddenAct::Gelu);
    (none.hidden_dropout_prob, none.attention_probs_dropout_prob) = (0.0, 0.0);
    let model = none.init_classifier(Pooling::First, device, &mut SeededRng::new(1));
    let mut rng = SeededRng::new(1);
    let dropped = values(model.forward_training(tokens.clone(), lengths.clone(), &mut rng));
    assert_eq!(dropped, values(model.forward(tokens, lengths)));
    assert_eq!(rng, SeededRng::new(1), "a probability of 0 draws nothing");
}

fn the_mean_of_dropped_encoders_is_the_encoder(device: &Device) {
    let mut config = small(Layout::Bert, HiddenAct::Gelu);
    // After the last layer norm the classifier is linear, so that the means agree exactly.
    (
        config.hidden_dropout_prob,
        config.attention_probs_dropout_prob,
    ) = (0.0, 0.0);
    config.classifier_dropout = Some(0.5);
    let model = config.init_classifier(Pooling::Mean, device, &mut SeededRng::new(1));
    let TokenBatch { tokens, lengths } = TokenBatch::new(&ROWS, 0, device);
    let mut rng = SeededRng::new(1);
    let count = 800;
    let mut mean = vec![0.0; 6];
    for _ in 0..count {
        let logits = values(model.forward_training(tokens.clone(), lengths.clone(), &mut rng));
        mean.iter_mut()
            .zip(&logits)
            .for_each(|(mean, logit)| *mean += logit / count as f32);
    }
    let error = worst(&mean, &values(model.forward(tokens, lengths)));
    assert!(error < 0.15, "{error}");
}

fn an_encoder_learns_its_labels(device: &Device) {
    let device = device.clone().autodiff();
    let mut config = small(Layout::Bert, HiddenAct::Gelu);
    config.initializer_range = 0.1;
    let mut model = config.init_classifier(Pooling::Mean, &device, &mut SeededRng::new(1));
    let mut optimizer = AdamConfig::new().init();
    let mut rng = SeededRng::new(2);
    for _ in 0..60 {
        let TokenBatch { tokens, lengths } = TokenBatch::new(&ROWS, 0, &device);
        let loss = cross_entropy(model.forward_training(tokens, lengths, &mut rng), &device);
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.01, model, gradients);
    }
    let TokenBatch { tokens, lengths } = TokenBatch::new(&ROWS, 0, &device);
    let loss = cross_entropy(model.forward(tokens, lengths), &device).into_scalar::<f32>();
    assert!(loss < 0.1, "{loss}");
}

device_tests!(
    every_parameter_has_a_gradient,
    gradients_are_the_slope_of_the_loss,
    dropout_follows_its_seed_and_is_off_in_evaluation,
);

/// What takes too many passes for software Vulkan.
mod long {
    use super::{an_encoder_learns_its_labels, the_mean_of_dropped_encoders_is_the_encoder};

    recurra_cells::cpu_tests!(
        the_mean_of_dropped_encoders_is_the_encoder,
        an_encoder_learns_its_labels,
    );
}
