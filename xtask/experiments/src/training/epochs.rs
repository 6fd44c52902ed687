//! Training in epochs: each example once, then all of them again in another order.

use std::cell::RefCell;

use burn::tensor::Device;
use recurra_cells::SeededRng;
use recurra_datasets::batches::{BatchCursor, LengthBatches};
use recurra_train::{Schedule, SequenceModel, TrainingConfig};
use serde::{Deserialize, Serialize};

use super::{Measures, Plan, Reading, Recipe, Task};
use crate::cells::CellKind;
use crate::error::Error;

/// How many points the curve of the training loss has in an epoch, at most.
const CURVE_POINTS: usize = 20;

/// What is learned from examples, each of which is a whole.
pub trait Lesson {
    type Model: SequenceModel;

    /// What is measured, and under which names.
    const MEASURES: Measures;

    /// Which of several trainings of the cell under one seed it is; by default there is one, which has no name.
    fn variant(&self) -> &str {
        ""
    }

    /// How long each example is: those of a batch are about equally long.
    fn lengths(&self) -> Vec<usize>;

    /// The model before training.
    fn init(&self, device: &Device, rng: &mut SeededRng) -> Self::Model;

    /// The examples of these places.
    fn batch(&self, rows: &[usize]) -> Result<<Self::Model as SequenceModel>::Window, Error>;

    /// How good a model is on the validation part.
    fn validate(&self, model: &Self::Model) -> Result<f64, Error>;
}

/// A lesson as a task.
pub struct Epochs<'a, L> {
    pub lesson: L,
    cell: CellKind,
    recipe: &'a Recipe,
    batches: LengthBatches,
    /// Of the learning rate.
    schedule: Schedule,
    /// The epoch that is being read, with its number: to draw its order takes longer than to read a batch.
    epoch: RefCell<Option<(u64, Vec<Vec<usize>>)>>,
}

/// How far the examples have been read.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Place {
    /// Draws the order of each epoch.
    seed: u64,
    cursor: BatchCursor,
}

impl<'a, L: Lesson> Epochs<'a, L> {
    /// Learns by the recipe.
    pub fn new(lesson: L, cell: CellKind, recipe: &'a Recipe) -> Self {
        let batches = LengthBatches::new(lesson.lengths(), recipe.batch_size);
        Self {
            lesson,
            cell,
            recipe,
            schedule: recipe.schedule.over(recipe.updates_of(batches.len())),
            batches,
            epoch: RefCell::new(None),
        }
    }

    /// Which examples the place's next batch has.
    fn rows(&self, place: Place) -> Vec<usize> {
        let (number, position) = (place.cursor.epoch(), place.cursor.position());
        let mut epoch = self.epoch.borrow_mut();
        let (_, batches) = match epoch.take() {
            Some(read) if read.0 == number => epoch.insert(read),
            _ => epoch.insert((number, self.batches.epoch(place.seed, number))),
        };
        batches[position].clone()
    }
}

impl<L: Lesson> Task for Epochs<'_, L> {
    type Model = L::Model;
    type Place = Place;

    const MEASURES: Measures = L::MEASURES;

    fn cell(&self) -> CellKind {
        self.cell
    }

    fn variant(&self) -> &str {
        self.lesson.variant()
    }

    fn plan(&self) -> Plan {
        let epoch = self.batches.len();
        let validate_every = epoch.div_ceil(self.recipe.validations);
        Plan {
            steps: self.recipe.updates_of(epoch),
            validate_every,
            checkpoint_every: validate_every,
            point_every: epoch.div_ceil(CURVE_POINTS),
            epoch: Some(epoch),
        }
    }

    fn training(&self) -> TrainingConfig {
        self.recipe.training()
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> L::Model {
        self.lesson.init(device, rng)
    }

    fn begin(&self, seed: u64) -> Place {
        Place {
            seed,
            cursor: BatchCursor::default(),
        }
    }

    /// The next examples. Each epoch has an order of its own.
    fn next(
        &self,
        place: &mut Place,
    ) -> Result<Reading<<L::Model as SequenceModel>::Window>, Error> {
        if place.cursor.position() == self.batches.len() {
            place.cursor = place.cursor.next_epoch();
        }
        let window = self.lesson.batch(&self.rows(*place))?;
        place.cursor = place.cursor.next_batch();
        Ok(Reading {
            windows: vec![window],
            begins: true,
        })
    }

    fn learning_rate(&self, updates: usize, _: &[<L::Model as SequenceModel>::Window]) -> f64 {
        self.recipe.learning_rate * self.schedule.factor(updates)
    }

    fn validate(&self, model: &L::Model) -> Result<f64, Error> {
        self.lesson.validate(model)
    }
}
