//! Averaged weights, and the trigger that begins with them.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::device_tests;
use recurra_train::{NonMonotonicTrigger, WeightAverage};

const TOLERANCE: f64 = 1e-5;

#[derive(Module, Debug)]
struct Weights {
    matrix: Param<Tensor<2>>,
}

impl Weights {
    fn set(self, values: &[f64], device: &Device) -> Self {
        let data = TensorData::new(values.to_vec(), [1, values.len()]);
        let value = Tensor::from_data(data, device);
        Self {
            matrix: Param::initialized(self.matrix.id, value),
        }
    }

    fn values(&self) -> Vec<f64> {
        self.matrix.val().into_data().iter::<f64>().collect()
    }
}

fn an_average_is_the_arithmetic_mean(device: &Device) {
    let steps = [[1.0, -2.0, 0.5], [3.0, 0.0, 0.25], [-1.0, 8.0, 1.5]];
    let mut module = Weights {
        matrix: Param::from_tensor(Tensor::zeros([1, 3], device)),
    };
    let mut average = WeightAverage::new();
    for values in steps {
        module = module.set(&values, device);
        average.update(&module);
    }
    let means = average.averaged(module.clone()).values();
    for (at, mean) in means.into_iter().enumerate() {
        let expected = steps.iter().map(|values| values[at]).sum::<f64>() / 3.0;
        assert!((mean - expected).abs() < TOLERANCE, "{mean} {expected}");
    }
    assert_eq!(module.values(), steps[2], "the raw weights are kept");
    let restored = WeightAverage::restore(average.updates(), average.means().clone());
    assert_eq!(
        restored.averaged(module.clone()).values(),
        average.averaged(module).values()
    );
}

fn a_module_without_averages_stays_as_it_is(device: &Device) {
    let module = Weights {
        matrix: Param::from_tensor(Tensor::ones([1, 2], &device.clone().autodiff())),
    };
    let same = WeightAverage::new().averaged(module);
    assert_eq!(same.values(), [1.0, 1.0]);
    assert!(same.matrix.val().is_require_grad());
}

device_tests!(
    an_average_is_the_arithmetic_mean,
    a_module_without_averages_stays_as_it_is
);

proptest! {
    /// The trigger of the AWD-LSTM's published code, line by line.
    #[test]
    fn the_trigger_is_the_published_one(losses in prop::collection::vec(0.0f64..10.0, 0..40), patience in 0usize..8) {
        let mut trigger = NonMonotonicTrigger::new(patience);
        let mut switched = false;
        for (seen, &loss) in losses.iter().enumerate() {
            let old = &losses[..seen.saturating_sub(patience)];
            let best = old.iter().copied().fold(f64::INFINITY, f64::min);
            switched = switched || (seen > patience && loss > best);
            prop_assert_eq!(trigger.observe(loss), switched);
        }
        prop_assert_eq!(trigger.has_fired(), switched);
    }
}
