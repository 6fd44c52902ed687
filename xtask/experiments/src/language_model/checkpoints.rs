//! A cell's training as checkpoints, and the way back.

use std::path::Path;

use recurra_datasets::LaneCursor;
use recurra_train::checkpoint::{Checkpoint, Checkpoints, Retention};
use serde::{Deserialize, Serialize};

use super::session::{Session, SessionState};
use crate::error::Error;
use crate::run_folder::Metrics;

const RUN: &str = "run";

/// The checkpoints of one cell under one seed, in `RUN/checkpoints/CELL-SEED/`.
pub struct SessionCheckpoints(Checkpoints);

/// What a run knows besides its session.
#[derive(Serialize, Deserialize)]
struct Place {
    /// How far the text has been read.
    cursor: LaneCursor,
    /// The length of `metrics.jsonl` in bytes.
    metrics: u64,
    session: SessionState,
}

impl SessionCheckpoints {
    /// Those of a session of the run in `folder`.
    pub fn of(folder: &Path, session: &Session) -> Result<Self, Error> {
        let name = format!("{}-{}", session.kind.name(), session.seed);
        let folder = folder.join("checkpoints").join(name);
        Ok(Self(Checkpoints::new(folder, Retention::default())?))
    }

    /// Writes where the session is after `step` steps.
    pub fn write(
        &self,
        step: usize,
        session: &Session,
        cursor: LaneCursor,
        metrics: &Metrics,
    ) -> Result<(), Error> {
        let mut checkpoint = Checkpoint::new(step as u64);
        session.record(&mut checkpoint)?;
        let place = Place {
            cursor,
            metrics: metrics.len()?,
            session: session.state(),
        };
        checkpoint.set_value(RUN, &place)?;
        self.0.write(&checkpoint)?;
        Ok(())
    }

    /// Puts the session back to its last whole checkpoint, and the metrics with it if that is not after the last of `steps`:
    /// then other sessions may have written behind it. Says how many steps were made and how far the text was read: none at
    /// all where there is no checkpoint.
    pub fn restore(
        &self,
        session: &mut Session,
        steps: usize,
        metrics: &mut Metrics,
    ) -> Result<(usize, LaneCursor), Error> {
        let Some(found) = self.0.latest()? else {
            return Ok((0, LaneCursor::default()));
        };
        for damaged in &found.damaged {
            eprintln!("warning: {damaged}");
        }
        let place: Place = found.checkpoint.value(RUN)?;
        session.restore(&found.checkpoint, place.session)?;
        self.0.remove_after(found.checkpoint.step())?;
        let done = found.checkpoint.step() as usize;
        if done < steps {
            metrics.truncate(place.metrics)?;
        }
        Ok((done, place.cursor))
    }
}
