//! A run of burn-train's learner, one epoch after the other: what it reads, and whom it tells.

use burn::data::dataloader::{DataLoader, DataLoaderIterator};
use burn_train::{
    EventProcessorTraining, Interrupter, LearnerEvent, SupervisedTrainingEventProcessor,
    TrainingItem,
};
use recurra_cells::SeededRng;

use super::pass::evaluation_pass;
use super::trainer::WindowTrainer;
use super::{SequenceLearner, WindowOutput};
use crate::SequenceWindow;

type Loader<M> = dyn DataLoader<<M as crate::SequenceModel>::Window>;
type Event = LearnerEvent<WindowOutput>;

/// A learner, and who is told of its progress.
pub(super) struct Run<M: SequenceLearner> {
    pub trainer: WindowTrainer<M>,
    pub events: SupervisedTrainingEventProcessor<M>,
    pub interrupter: Interrupter,
}

impl<M: SequenceLearner> Run<M> {
    /// Trains on all windows once; `rng` draws what is dropped.
    pub fn train(&mut self, loader: &Loader<M>, epoch: usize, mut rng: SeededRng) {
        self.tell_train(start(loader, epoch));
        self.trainer.begin_epoch();
        let (mut windows, mut iteration) = (loader.iter(), 0);
        while let Some(window) = self.next(&mut *windows) {
            iteration += 1;
            match self.trainer.read(&window, &mut rng) {
                Ok(output) => {
                    let rate = Some(self.trainer.learner.lr_current());
                    let item = TrainingItem::new(output, windows.progress(), Some(iteration), rate);
                    self.tell_train(LearnerEvent::ProcessedItem(item));
                }
                Err(error) => self.interrupter.stop(Some(&error.to_string())),
            }
        }
        if !self.interrupter.should_stop()
            && let Err(error) = self.trainer.end_epoch()
        {
            self.interrupter.stop(Some(&error.to_string()));
        }
        self.tell_train(LearnerEvent::EndSplit(epoch));
    }

    /// Reads all windows once without gradients.
    pub fn validate(&mut self, loader: &Loader<M>, epoch: usize) {
        self.tell_valid(start(loader, epoch));
        let model = self.trainer.learner.model().valid();
        let (mut windows, mut iteration, mut state) = (loader.iter(), 0, None);
        while let Some(window) = self.next(&mut *windows) {
            iteration += 1;
            let loss = evaluation_pass(&model, &window, state.take());
            state = Some(loss.state);
            let output = WindowOutput::new(loss.mean, window.valid_steps());
            let item = TrainingItem::new(output, windows.progress(), Some(iteration), None);
            self.tell_valid(LearnerEvent::ProcessedItem(item));
        }
        self.tell_valid(LearnerEvent::EndSplit(epoch));
    }

    /// Waits until everybody knows of the epoch, because checkpoints and early stopping ask for its metrics.
    pub fn end_epoch(&mut self, epoch: usize) {
        self.tell_train(LearnerEvent::EndEpoch(epoch));
        self.interrupter.fail_on_error(self.events.flush());
    }

    /// The next window; none at the end, where it cannot be loaded, or where the run is to stop.
    fn next(&self, windows: &mut dyn DataLoaderIterator<M::Window>) -> Option<M::Window> {
        if self.interrupter.should_stop() {
            return None;
        }
        match windows.next()? {
            Ok(window) => Some(window),
            Err(error) => {
                self.interrupter.fail(error);
                None
            }
        }
    }

    fn tell_train(&mut self, event: Event) {
        let told = self.events.process_train(event);
        self.interrupter.fail_on_error(told);
    }

    fn tell_valid(&mut self, event: Event) {
        let told = self.events.process_valid(event);
        self.interrupter.fail_on_error(told);
    }
}

/// The start of an epoch's pass over a loader's windows.
fn start<W>(loader: &dyn DataLoader<W>, epoch: usize) -> Event {
    LearnerEvent::StartSplit {
        epoch_number: epoch,
        total_items: loader.num_items(),
    }
}
