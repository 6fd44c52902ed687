//! A run of burn-train's learner, one epoch after the other: what it reads, and whom it tells.

use std::ops::ControlFlow;
use std::sync::Arc;

use burn::data::dataloader::{DataLoader, DataLoaderIterator};
use burn_train::metric::store::EventStoreClient;
use burn_train::{
    CloneEarlyStoppingStrategy, EventProcessorTraining, Interrupter, Learner, LearnerEvent,
    LearningCheckpointer, SupervisedTrainingEventProcessor, TrainingComponents, TrainingItem,
};
use recurra_cells::SeededRng;

use super::trainer::WindowTrainer;
use super::{SequenceLearner, StrategyConfig, WindowOutput};
use crate::tbptt::pass::evaluation_pass;
use crate::{SequenceModel, SequenceWindow};

type Loader<M> = dyn DataLoader<<M as SequenceModel>::Window>;
type Event = LearnerEvent<WindowOutput>;

/// A learner, and who is told of its progress.
pub(super) struct Run<M: SequenceLearner> {
    trainer: WindowTrainer<M>,
    events: SupervisedTrainingEventProcessor<M>,
    /// Where the events' metrics are found again.
    store: Arc<EventStoreClient>,
    interrupter: Interrupter,
    checkpointer: Option<LearningCheckpointer<M>>,
    early_stopping: Option<Box<dyn CloneEarlyStoppingStrategy>>,
}

impl<M: SequenceLearner> Run<M> {
    pub fn new(
        learner: Learner<M>,
        config: StrategyConfig,
        components: TrainingComponents<M>,
    ) -> Self {
        let accumulation = components.grad_accumulation.unwrap_or(1);
        Self {
            trainer: WindowTrainer::new(learner, config, accumulation),
            events: components.event_processor,
            store: components.event_store,
            interrupter: components.interrupter,
            checkpointer: components.checkpointer,
            early_stopping: components.early_stopping,
        }
    }

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
        if !self.is_interrupted()
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

    /// Ends an epoch with a checkpoint if one is due; breaks if the run is interrupted or stops early.
    pub fn end_epoch(&mut self, epoch: usize) -> ControlFlow<()> {
        self.tell_train(LearnerEvent::EndEpoch(epoch));
        // Checkpoints and early stopping ask for the metrics of the whole epoch.
        self.interrupter.fail_on_error(self.events.flush());
        if self.is_interrupted() {
            return ControlFlow::Break(());
        }
        if let Some(checkpointer) = &mut self.checkpointer {
            checkpointer.checkpoint(&self.trainer.learner, epoch, &self.store);
        }
        if let Some(strategy) = &mut self.early_stopping
            && strategy.should_stop(epoch, &self.store)
        {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// Whether somebody has stopped the run, or an error has.
    pub fn is_interrupted(&self) -> bool {
        self.interrupter.should_stop()
    }

    /// The model in training, and those who have yet to hear of the end.
    pub fn finish(self) -> (M, SupervisedTrainingEventProcessor<M>) {
        (self.trainer.learner.model(), self.events)
    }

    /// The next window; none at the end, where it cannot be loaded, or where the run is to stop.
    fn next(&self, windows: &mut dyn DataLoaderIterator<M::Window>) -> Option<M::Window> {
        if self.is_interrupted() {
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
