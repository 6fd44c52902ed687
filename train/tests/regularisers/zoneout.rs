//! Zoneout of a language model: its masks, and its expectation in evaluation.

use burn::tensor::{Bool, Device, Tensor};
use proptest::prelude::*;
use recurra_cells::{
    AnyCell, Layer, LayerZoneout, NetworkInput, RecurrentCell, RecurrentState, Zoneout,
};
use recurra_train::{DropoutRates, ZoneoutRates};

use super::corpus::weights;
use super::{Case, DEVIATIONS, check, values};

/// The share of units that a mask keeps.
fn share(mask: Tensor<3, Bool>) -> f64 {
    let keeps = mask.into_data().iter::<bool>().collect::<Vec<_>>();
    keeps.iter().filter(|&&keep| keep).count() as f64 / keeps.len() as f64
}

fn zoneout_keeps_as_often_as_it_should(device: &Device) {
    let rates = ZoneoutRates {
        hidden: 0.3,
        memory: 0.7,
    };
    for (kind, tensors) in [(0, 2), (1, 1), (2, 2), (3, 1)] {
        let case = Case {
            kind,
            hidden: 8,
            tied: false,
            batch: 20,
            steps: 30,
            seed: 1,
        };
        let model = case.model(rates, device);
        let masks = model.sample_masks([20, 30], &DropoutRates::NONE, &mut case.rng());
        let zoneout = masks.zoneout.expect("zoneout");
        assert_eq!(zoneout.len(), model.network.num_layers());
        for LayerZoneout { forward, backward } in zoneout {
            let Some(Zoneout::Masks(masks)) = forward else {
                panic!("{case:?} has no masks")
            };
            assert_eq!((masks.len(), backward.is_none()), (tensors, true));
            for (mask, rate) in masks.into_iter().zip([rates.hidden, rates.memory]) {
                assert_eq!(mask.dims(), [20, 30, 8]);
                let found = share(mask.clone());
                assert!(
                    (found - rate).abs() < DEVIATIONS * (0.21_f64 / 4800.0).sqrt(),
                    "{found}"
                );
                // Each step draws anew, and so does each row.
                for dim in [0, 1] {
                    let [first, second] = [0, 1].map(|index| mask.clone().narrow(dim, index, 1));
                    assert!(share(first.not_equal(second)) > 0.2);
                }
            }
        }
    }
}

fn evaluation_has_the_expectation_of_zoneout(device: &Device) {
    check(|case| {
        let rates = ZoneoutRates {
            hidden: 0.1,
            memory: 0.4,
        };
        let (model, tokens) = (case.model(rates, device), case.tokens(device));
        let plain = case.model(ZoneoutRates::NONE, device);
        prop_assert_eq!(weights(&model), weights(&plain));
        let (found, _) = model.forward(tokens.clone(), None);
        let zoneout = |layer: &Layer<AnyCell>| {
            let mut shares = vec![];
            let cell = layer
                .forward
                .as_ref()
                .expect("a language model runs forward");
            let state = cell.initial_state(1, device);
            let _ = state.map_tensors(&mut |tensor| {
                shares.push([0.1, 0.4][shares.len()]);
                tensor
            });
            LayerZoneout {
                forward: Some(Zoneout::Expectation(shares)),
                backward: None,
            }
        };
        let zoneout: Vec<_> = plain.network.layers.iter().map(zoneout).collect();
        let input =
            NetworkInput::new(plain.embedding.forward(tokens.clone())).with_zoneout(zoneout);
        let expected = values(plain.logits(plain.network.forward(input).outputs));
        prop_assert_eq!(values(found), expected.clone());
        prop_assert_ne!(values(plain.forward(tokens, None).0), expected);
        Ok(())
    });
}

recurra_cells::cpu_tests!(
    zoneout_keeps_as_often_as_it_should,
    evaluation_has_the_expectation_of_zoneout,
);
