//! A training as checkpoints, and the way back.

use std::path::Path;

use recurra_train::SequenceModel;
use recurra_train::checkpoint::{Checkpoint, Checkpoints, Retention};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::session::Session;
use crate::error::Error;
use crate::metrics::Metrics;

const RUN: &str = "run";

/// The checkpoints of one session, in `RUN/checkpoints/CELL-SEED/`.
pub struct SessionCheckpoints(Checkpoints);

/// What a run knows besides its session.
#[derive(Serialize, Deserialize)]
struct Progress<P> {
    /// How far the data has been read.
    place: P,
    /// The length of `metrics.jsonl` in bytes.
    metrics: u64,
}

impl SessionCheckpoints {
    /// Those of a session of the run in `folder`.
    pub fn of<M: SequenceModel>(folder: &Path, session: &Session<M>) -> Result<Self, Error> {
        let folder = folder.join("checkpoints").join(session.name());
        Ok(Self(Checkpoints::new(folder, Retention::default())?))
    }

    /// Writes where the session is after `step` steps.
    pub fn write<M: SequenceModel>(
        &self,
        step: usize,
        session: &Session<M>,
        place: &impl Serialize,
        metrics: &Metrics,
    ) -> Result<(), Error> {
        let mut checkpoint = Checkpoint::new(step as u64);
        session.record(&mut checkpoint)?;
        let metrics = metrics.len()?;
        checkpoint.set_value(RUN, &Progress { place, metrics })?;
        self.0.write(&checkpoint)?;
        Ok(())
    }

    /// Puts the session back to its last whole checkpoint, and the metrics with it if that is not after the session's last
    /// step: then other sessions may have written behind it. Says how many steps were made, which is none where there is no
    /// checkpoint.
    pub fn restore<M: SequenceModel, P: DeserializeOwned>(
        &self,
        session: &mut Session<M>,
        place: &mut P,
        metrics: &mut Metrics,
    ) -> Result<usize, Error> {
        let Some(found) = self.0.latest()? else {
            return Ok(0);
        };
        for damaged in &found.damaged {
            eprintln!("warning: {damaged}");
        }
        let progress: Progress<P> = found.checkpoint.value(RUN)?;
        session.restore(&found.checkpoint)?;
        self.0.remove_after(found.checkpoint.step())?;
        let done = found.checkpoint.step() as usize;
        if done < session.plan.steps {
            metrics.truncate(progress.metrics)?;
        }
        *place = progress.place;
        Ok(done)
    }
}
