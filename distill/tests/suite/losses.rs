//! The losses against PyTorch, and what holds for any outputs.

use crate::support::{values, worst};
use burn::tensor::{Device, Int, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::{Lengths, SeededRng, device_tests};
use recurra_distill::{
    Confidence, HiddenProjection, Hinton, hidden_cosine, hidden_mse, hinton_loss,
    label_cross_entropy, logit_mse, pseudo_labels, soft_divergence, valid_token_labels,
    valid_tokens, weighted_mean,
};

const TOLERANCE: f32 = 1e-5;
const CASES: u32 = 24;

const STUDENT: [[f32; 3]; 2] = [[0.2, -1.3, 0.7], [2.0, 0.5, -0.4]];
const TEACHER: [[f32; 3]; 2] = [[1.5, -0.2, 0.1], [0.3, 0.9, -1.1]];
const LABELS: [i64; 2] = [2, 0];

fn assert_close(got: &[f32], expected: &[f32]) {
    assert!(worst(got, expected) < TOLERANCE, "{got:?} {expected:?}");
}

/// ```python
/// s = torch.tensor([[0.2, -1.3, 0.7], [2.0, 0.5, -0.4]], requires_grad=True)
/// t = torch.tensor([[1.5, -0.2, 0.1], [0.3, 0.9, -1.1]])
/// y = torch.tensor([2, 0])
/// kl = F.kl_div(F.log_softmax(s / 3, 1), F.log_softmax(t / 3, 1), log_target=True, reduction="none").sum(1)
/// ce = F.cross_entropy(s, y, reduction="none")
/// h = 0.3 * ce + 0.7 * 3**2 * kl
/// h.sum().backward()
/// F.mse_loss(s, t, reduction="none").mean(1)
/// 1 - F.cosine_similarity(s, t)
/// ```
fn the_losses_are_those_of_pytorch(device: &Device) {
    let device = &device.clone().autodiff();
    let student = Tensor::<2>::from_data(STUDENT, device).require_grad();
    let teacher = Tensor::<2>::from_data(TEACHER, device);
    let labels = Tensor::<1, Int>::from_data(LABELS, device);
    let divergence = soft_divergence(student.clone(), teacher.clone(), 3.0);
    assert_close(&values(divergence), &[0.041_114_5, 0.047_439_39]);
    let hard = label_cross_entropy(student.clone(), labels.clone());
    assert_close(&values(hard), &[0.554_956_85, 0.272_960_34]);
    let hinton = Hinton {
        alpha: 0.3,
        temperature: 3.0,
    };
    let loss = hinton_loss(student.clone(), teacher.clone(), labels, &hinton);
    assert_close(&values(loss.clone()), &[0.425_508_44, 0.380_756_26]);
    let gradients = loss.sum().backward();
    let gradient = student
        .grad(&gradients)
        .expect("the student has a gradient");
    assert_close(
        &values(gradient),
        &[
            -0.099_216_84,
            -0.062_796_37,
            0.162_013_3,
            0.212_575_2,
            -0.229_955_38,
            0.017_380_25,
        ],
    );
    assert_close(
        &values(logit_mse(student.clone(), teacher.clone())),
        &[1.086_666_5, 1.18],
    );
    assert_close(
        &values(hidden_mse(student.clone(), teacher.clone())),
        &[1.086_666_5, 1.18],
    );
    assert_close(
        &values(hidden_cosine(student, teacher)),
        &[0.721_195_2, 0.511_543_6],
    );
}

/// ```python
/// p = F.softmax(t, 1)
/// p.max(1).values
/// 1 + (p * p.log()).sum(1) / math.log(3)
/// ```
fn the_confidence_is_that_of_pytorch(device: &Device) {
    let teacher = Tensor::<2>::from_data(TEACHER, device);
    let weights = |confidence: Confidence| values(confidence.weights(teacher.clone()));
    assert_close(
        &weights(Confidence::Probability),
        &[0.699_652_8, 0.593_772_4],
    );
    assert_close(&weights(Confidence::Entropy), &[0.257_243_2, 0.201_267_5]);
    assert_eq!(weights(Confidence::Threshold(0.6)), [1.0, 0.0]);
    let labels = pseudo_labels(teacher.clone());
    assert_eq!(labels.into_data().iter::<i64>().collect::<Vec<_>>(), [0, 1]);
    let one = Tensor::<2>::from_data([[3.0], [-1.0]], device);
    assert_eq!(values(Confidence::Entropy.weights(one)), [1.0, 1.0]);
}

/// Logits `[N, V]` of student and teacher.
fn logits() -> impl Strategy<Value = (usize, usize, Vec<f32>, Vec<f32>)> {
    (1usize..5, 1usize..6).prop_flat_map(|(rows, classes)| {
        let numbers = || prop::collection::vec(-4.0f32..4.0, rows * classes);
        (Just(rows), Just(classes), numbers(), numbers())
    })
}

fn tensor(numbers: &[f32], shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), shape), device)
}

fn every_distance_is_zero_at_equality_and_nowhere_negative(device: &Device) {
    proptest!(ProptestConfig::with_cases(CASES), |((rows, classes, s, t) in logits(), temperature in 0.5f64..20.0)| {
        let student = tensor(&s, [rows, classes], device);
        let teacher = tensor(&t, [rows, classes], device);
        let distances = |a: &Tensor<2>, b: &Tensor<2>| [
            soft_divergence(a.clone(), b.clone(), temperature),
            logit_mse(a.clone(), b.clone()),
            hidden_mse(a.clone(), b.clone()),
            hidden_cosine(a.clone(), b.clone()),
        ].map(values);
        for distance in distances(&student, &student) {
            prop_assert!(worst(&distance, &vec![0.0; rows]) < TOLERANCE, "{distance:?}");
        }
        for distance in distances(&student, &teacher) {
            prop_assert!(distance.iter().all(|&d| d > -TOLERANCE), "{distance:?}");
        }
    });
}

/// What a softmax does not see must not change a loss on probabilities, and does change the one on logits.
fn a_constant_added_to_logits_changes_no_probability(device: &Device) {
    proptest!(ProptestConfig::with_cases(CASES), |((rows, classes, s, t) in logits(), shift in 1.0f32..3.0)| {
        let student = tensor(&s, [rows, classes], device);
        let teacher = tensor(&t, [rows, classes], device);
        let labels = pseudo_labels(teacher.clone());
        let hinton = Hinton { alpha: 0.4, temperature: 2.0 };
        let loss = |student: Tensor<2>, teacher: Tensor<2>| {
            values(hinton_loss(student, teacher, labels.clone(), &hinton))
        };
        let here = loss(student.clone(), teacher.clone());
        let moved = loss(student.clone() + shift, teacher.clone() - shift);
        prop_assert!(worst(&here, &moved) < 1e-4, "{here:?} {moved:?}");
        let weights = |teacher: Tensor<2>| values(Confidence::Probability.weights(teacher));
        prop_assert!(worst(&weights(teacher.clone()), &weights(teacher.clone() + shift)) < TOLERANCE);
        let square = values(logit_mse(student.clone() + shift, student));
        prop_assert!(worst(&square, &vec![shift * shift; rows]) < 1e-4, "{square:?}");
    });
}

/// The ends of `alpha` are the two parts alone.
fn alpha_goes_from_the_teacher_to_the_labels(device: &Device) {
    proptest!(ProptestConfig::with_cases(CASES), |((rows, classes, s, t) in logits(), temperature in 0.5f64..5.0)| {
        let student = tensor(&s, [rows, classes], device);
        let teacher = tensor(&t, [rows, classes], device);
        let labels = pseudo_labels(student.clone().neg());
        let loss = |alpha: f64| {
            let hinton = Hinton { alpha, temperature };
            values(hinton_loss(student.clone(), teacher.clone(), labels.clone(), &hinton))
        };
        let hard = values(label_cross_entropy(student.clone(), labels.clone()));
        let soft = values(soft_divergence(student.clone(), teacher.clone(), temperature) * temperature.powi(2));
        prop_assert!(worst(&loss(1.0), &hard) < 1e-4 && worst(&loss(0.0), &soft) < 1e-4);
    });
}

/// Norm of the gradient by the student's logits.
fn gradient_norm(temperature: f64, factor: f64, device: &Device) -> f64 {
    let student = Tensor::<2>::from_data(STUDENT, device).require_grad();
    let teacher = Tensor::<2>::from_data(TEACHER, device);
    let loss = soft_divergence(student.clone(), teacher, temperature) * factor;
    let gradients = loss.sum().backward();
    let gradient = values(
        student
            .grad(&gradients)
            .expect("the student has a gradient"),
    );
    gradient
        .iter()
        .map(|&g| f64::from(g).powi(2))
        .sum::<f64>()
        .sqrt()
}

/// With `T^2` the gradient tends to `(s - t) / V`, centred (Hinton et al. 2015, section 2.1); without, it vanishes.
fn the_square_of_the_temperature_keeps_the_gradient(device: &Device) {
    let device = &device.clone().autodiff();
    let norm = |temperature: f64| gradient_norm(temperature, temperature.powi(2), device);
    for temperature in [2.0, 4.0, 8.0, 16.0] {
        let ratio = norm(2.0 * temperature) / norm(temperature);
        assert!((0.8..1.25).contains(&ratio), "{temperature}: {ratio}");
        let without =
            gradient_norm(2.0 * temperature, 1.0, device) / gradient_norm(temperature, 1.0, device);
        assert!((0.2..0.32).contains(&without), "{temperature}: {without}");
    }
    let limit = STUDENT.iter().zip(TEACHER).flat_map(|(s, t)| {
        let difference: Vec<f32> = s.iter().zip(t).map(|(s, t)| s - t).collect();
        let mean = difference.iter().sum::<f32>() / 3.0;
        difference
            .into_iter()
            .map(move |d| f64::from((d - mean) / 3.0))
    });
    let limit = limit.map(|d| d * d).sum::<f64>().sqrt();
    assert!(
        (norm(100.0) / limit - 1.0).abs() < 0.02,
        "{} {limit}",
        norm(100.0)
    );
}

/// Nothing flows into the teacher, whichever the loss.
fn the_teacher_has_no_gradient(device: &Device) {
    let device = &device.clone().autodiff();
    type Loss = fn(Tensor<2>, Tensor<2>) -> Tensor<1>;
    let losses: [Loss; 4] = [
        |s, t| soft_divergence(s, t, 2.0),
        logit_mse,
        hidden_mse,
        hidden_cosine,
    ];
    for loss in losses {
        let student = Tensor::<2>::from_data(STUDENT, device).require_grad();
        let teacher = Tensor::<2>::from_data(TEACHER, device).require_grad();
        let weights = Confidence::Probability.weights(teacher.clone());
        let rows = loss(student.clone(), teacher.clone());
        let gradients = weighted_mean(rows, weights).backward();
        assert!(student.grad(&gradients).is_some() && teacher.grad(&gradients).is_none());
    }
}

/// `||a / ||a|| - b / ||b|| ||^2 = 2 (1 - cos)`: the loss of Patient Knowledge Distillation; lengths do not count.
fn the_cosine_is_half_of_patient_distillation(device: &Device) {
    proptest!(ProptestConfig::with_cases(CASES), |((rows, width, s, t) in logits(), scale in 0.1f32..9.0)| {
        let distance = values(hidden_cosine(
            tensor(&s, [rows, width], device) * scale,
            tensor(&t, [rows, width], device),
        ));
        let unit = |row: &[f32]| {
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.iter().map(|x| x / length).collect::<Vec<f32>>()
        };
        let patient: Vec<f32> = s.chunks(width).zip(t.chunks(width)).map(|(s, t)| {
            unit(s).iter().zip(unit(t)).map(|(s, t)| (s - t).powi(2)).sum()
        }).collect();
        let twice: Vec<f32> = distance.iter().map(|d| 2.0 * d).collect();
        prop_assert!(worst(&twice, &patient) < 1e-4, "{twice:?} {patient:?}");
    });
}

fn a_row_of_zeros_has_a_cosine_and_a_gradient(device: &Device) {
    let device = &device.clone().autodiff();
    let student = Tensor::<2>::zeros([1, 3], device).require_grad();
    let distance = hidden_cosine(student.clone(), Tensor::ones([1, 3], device));
    let gradients = distance.clone().sum().backward();
    assert_eq!(values(distance), [1.0]);
    let gradient = values(
        student
            .grad(&gradients)
            .expect("the student has a gradient"),
    );
    assert!(gradient.iter().all(|g| g.is_finite()), "{gradient:?}");
}

/// A projection is a layer of the seed's weights, and is trained.
fn a_projection_brings_the_student_to_the_teachers_width(device: &Device) {
    let device = &device.clone().autodiff();
    let projection = |seed| HiddenProjection::new(3, 5, device, &mut SeededRng::new(seed));
    let student = Tensor::<2>::from_data(STUDENT, device);
    let projected = projection(1).forward(student.clone());
    assert_eq!(projected.dims(), [2, 5]);
    assert_eq!(
        values(projected.clone()),
        values(projection(1).forward(student.clone()))
    );
    assert_ne!(
        values(projected.clone()),
        values(projection(2).forward(student.clone()))
    );
    let own = projection(1);
    let loss = hidden_mse(own.forward(student), Tensor::ones([2, 5], device));
    let gradients = loss.sum().backward();
    let bias = own.linear.bias.as_ref().expect("it has a bias");
    assert!(own.linear.weight.val().grad(&gradients).is_some());
    assert!(bias.val().grad(&gradients).is_some());
}

fn weights_make_a_mean(device: &Device) {
    let mean = |rows: [f32; 3], weights: [f32; 3]| {
        let (rows, weights) = (
            Tensor::from_data(rows, device),
            Tensor::from_data(weights, device),
        );
        values(weighted_mean(rows, weights))
    };
    assert_close(&mean([1.0, 2.0, 6.0], [1.0, 1.0, 1.0]), &[3.0]);
    assert_close(&mean([1.0, 2.0, 6.0], [1.0, 0.0, 3.0]), &[4.75]);
    assert_eq!(mean([1.0, 2.0, 6.0], [0.0; 3]), [0.0]);
}

/// A tagger's losses are those of its valid tokens, one by one; what stands in the padding is not read.
fn tokens_are_rows_without_the_padding(device: &Device) {
    let cases = (
        prop::collection::vec(0usize..5, 1..5),
        0usize..3,
        1usize..4,
        any::<u64>(),
    );
    proptest!(ProptestConfig::with_cases(CASES), |((valid, extra, classes, seed) in cases)| {
        let total: usize = valid.iter().sum();
        prop_assume!(total > 0);
        let (batch, steps) = (valid.len(), valid.iter().max().expect("a row") + extra);
        let mut rng = SeededRng::new(seed);
        let draws: Vec<f32> = (0..batch * steps * classes).map(|_| rng.normal() as f32).collect();
        let (mut padded, mut expected) = (draws.clone(), Vec::<f32>::new());
        let (mut labels, mut kept) = (vec![], vec![]);
        for (row, &length) in valid.iter().enumerate() {
            for step in 0..steps {
                let at = (row * steps + step) * classes;
                labels.push((row * steps + step) as i64);
                if step < length {
                    expected.extend(&draws[at..at + classes]);
                    kept.push((row * steps + step) as i64);
                } else {
                    padded[at..at + classes].fill(f32::NAN);
                }
            }
        }
        let lengths = Lengths::new(valid, steps).expect("no row is longer");
        let padded = Tensor::<3>::from_data(TensorData::new(padded, [batch, steps, classes]), device);
        let tokens = valid_tokens(padded, &lengths);
        prop_assert_eq!(tokens.dims(), [total, classes]);
        prop_assert_eq!(values(tokens), expected);
        let labels = Tensor::<2, Int>::from_data(TensorData::new(labels, [batch, steps]), device);
        let labels = valid_token_labels(labels, &lengths).into_data();
        prop_assert_eq!(labels.iter::<i64>().collect::<Vec<_>>(), kept);
    });
}

device_tests!(
    the_losses_are_those_of_pytorch,
    the_confidence_is_that_of_pytorch,
    every_distance_is_zero_at_equality_and_nowhere_negative,
    a_constant_added_to_logits_changes_no_probability,
    alpha_goes_from_the_teacher_to_the_labels,
    the_square_of_the_temperature_keeps_the_gradient,
    the_teacher_has_no_gradient,
    the_cosine_is_half_of_patient_distillation,
    a_row_of_zeros_has_a_cosine_and_a_gradient,
    a_projection_brings_the_student_to_the_teachers_width,
    weights_make_a_mean,
    tokens_are_rows_without_the_padding,
);

#[test]
fn what_is_out_of_its_range_is_named() {
    let message = |alpha, temperature| {
        let error = Hinton { alpha, temperature }
            .validate()
            .expect_err("out of range");
        error.to_string()
    };
    assert_eq!(message(1.5, 1.0), "alpha must be in [0, 1], got 1.5");
    assert_eq!(message(f64::NAN, 1.0), "alpha must be in [0, 1], got NaN");
    assert_eq!(
        message(0.5, 0.0),
        "temperature must be positive and finite, got 0"
    );
    assert_eq!(
        message(0.5, f64::INFINITY),
        "temperature must be positive and finite, got inf"
    );
}

#[test]
#[should_panic(expected = "the student's are [1, 2], but the teacher's are [1, 3]")]
fn shapes_that_differ_are_both_named() {
    let device = Device::default();
    logit_mse(
        Tensor::zeros([1, 2], &device),
        Tensor::zeros([1, 3], &device),
    );
}
