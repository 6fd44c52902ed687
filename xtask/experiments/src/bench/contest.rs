//! One case, every path of it in turn.

use std::cell::RefCell;
use std::num::NonZeroUsize;

use burn::tensor::Device;
use recurra_cells::kernel::{self, Path};

use super::case::Case;
use super::measure::{Effort, Timed, here, in_turn};
use super::networks;
use super::peers::Peers;
use super::rows::{Implementation, Row};
use crate::devices::DeviceName;
use crate::error::Error;

/// Every path, the one that the others are compared with first: where a case lacks it, the next.
pub const ALL: &[Implementation] = &[
    Implementation::Handle,
    Implementation::Fused,
    Implementation::Stepwise,
    Implementation::Burn,
    Implementation::Torch,
    Implementation::OnnxRuntime,
];

/// Where and how thoroughly to measure.
pub struct Contest<'a> {
    pub device: Device,
    pub name: DeviceName,
    pub effort: Effort,
    /// The threads of a training step; inference and streaming have one.
    pub threads: NonZeroUsize,
    /// The threads of burn's own operations, which know no limit but their pool's size.
    pub pool: NonZeroUsize,
    pub peers: Option<&'a RefCell<Peers>>,
}

/// A path with what times it.
struct Contestant<'a> {
    path: Implementation,
    threads: usize,
    timed: Timed<'a>,
}

impl Contest<'_> {
    /// Those of `paths` that the case has, taken in turn.
    ///
    /// # Errors
    ///
    /// If a network cannot be prepared, or the Python program fails.
    pub fn rows(&self, case: Case, paths: &[Implementation]) -> Result<Vec<Row>, Error> {
        let contestants = self.contestants(case, paths)?;
        let (contenders, mut ways): (Vec<_>, Vec<_>) = contestants
            .into_iter()
            .map(|contestant| ((contestant.path, contestant.threads), contestant.timed))
            .unzip();
        let times = in_turn(self.effort, case.calls(), &mut ways)?;
        if let Some(peers) = self.peers {
            peers.borrow_mut().forget()?;
        }
        let Some((&(first, _), first_times)) = contenders.first().zip(times.first()) else {
            return Ok(Vec::new());
        };
        let first = (first, first_times);
        let rows = contenders.iter().zip(&times);
        Ok(rows
            .map(|(&contender, times)| Row::new(case, self.name.name(), contender, times, first))
            .collect())
    }

    /// Those of `paths` that the case has, ready to run.
    fn contestants(
        &self,
        case: Case,
        paths: &[Implementation],
    ) -> Result<Vec<Contestant<'_>>, Error> {
        kernel::set_threads(Some(self.threads(case)));
        let contestants = paths.iter().map(|&path| self.contestant(case, path));
        contestants.filter_map(Result::transpose).collect()
    }

    fn contestant(
        &self,
        case: Case,
        path: Implementation,
    ) -> Result<Option<Contestant<'_>>, Error> {
        let threads = self.threads(case);
        let (threads, timed) = match path {
            Implementation::Handle => {
                let way = networks::handle(case, threads, &self.device)?;
                (threads.get(), way.map(|way| here(way)))
            }
            Implementation::Fused => {
                let way = networks::ours(case, Path::Fused, &self.device);
                (threads.get(), way.map(|way| here(way)))
            }
            Implementation::Stepwise => {
                let way = networks::ours(case, Path::Stepwise, &self.device);
                (self.burns_threads(), way.map(|way| here(way)))
            }
            Implementation::Burn => {
                let way = networks::burns(case, &self.device);
                (self.burns_threads(), way.map(|way| here(way)))
            }
            Implementation::Torch | Implementation::OnnxRuntime => {
                (threads.get(), self.peer(case, path)?)
            }
        };
        Ok(timed.map(|timed| Contestant {
            path,
            threads,
            timed,
        }))
    }

    /// A path of the Python program, where there is one; ONNX Runtime does not train.
    fn peer(&self, case: Case, path: Implementation) -> Result<Option<Timed<'_>>, Error> {
        let cannot = path == Implementation::OnnxRuntime && case.mode.trains();
        let Some(peers) = self.peers.filter(|_| !cannot) else {
            return Ok(None);
        };
        let threads = self.threads(case).get();
        let slot = peers.borrow_mut().prepare(case, path, threads)?;
        Ok(Some(Box::new(move |calls| {
            peers.borrow_mut().time(slot, calls)
        })))
    }

    /// ndarray is built without its threads, which make small recurrent shapes slower.
    fn burns_threads(&self) -> usize {
        match self.name {
            DeviceName::Flex => self.pool.get(),
            _ => 1,
        }
    }

    fn threads(&self, case: Case) -> NonZeroUsize {
        match case.mode.trains() {
            true => self.threads,
            false => NonZeroUsize::MIN,
        }
    }
}

#[cfg(all(test, any(feature = "flex", feature = "ndarray")))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::case::{Cell, Mode, Shape};
    use crate::devices;

    fn contest() -> Contest<'static> {
        let (name, device) = devices::choose(None).expect("a device of this build");
        let effort = Effort {
            warm_up: 0,
            at_least: 1,
            at_most: 1,
            budget: Duration::ZERO,
        };
        Contest {
            device,
            name,
            effort,
            threads: NonZeroUsize::MIN,
            pool: NonZeroUsize::MIN,
            peers: None,
        }
    }

    fn paths(cell: Cell, mode: Mode, shape: Shape) -> Vec<Implementation> {
        let contest = contest();
        let contestants = contest.contestants(Case { cell, mode, shape }, ALL);
        let contestants = contestants.expect("nothing fails");
        contestants
            .iter()
            .map(|contestant| contestant.path)
            .collect()
    }

    #[test]
    fn every_path_that_a_case_has_takes_part() {
        use Implementation::{Burn, Fused, Handle, Stepwise};
        const SHAPE: Shape = [2, 3, 4, 5];
        const STEP: Shape = [2, 1, 4, 5];
        let all = [Handle, Fused, Stepwise, Burn];
        assert_eq!(paths(Cell::Gru, Mode::Train, SHAPE), all[1..]);
        assert_eq!(paths(Cell::Peephole, Mode::Train, SHAPE), all[1..3]);
        assert_eq!(paths(Cell::Lstm, Mode::Words, SHAPE), all[1..]);
        assert_eq!(paths(Cell::Bilstm, Mode::Infer, SHAPE), all);
        // A single step has nothing to fuse: on tensors it is stepwise.
        let step = [Handle, Stepwise, Burn];
        assert_eq!(paths(Cell::Lstm, Mode::Step, STEP), step);
        assert_eq!(paths(Cell::Peephole, Mode::Step, STEP), step[..2]);
    }

    #[test]
    fn the_first_path_is_what_the_others_are_compared_with() {
        let case = Case {
            cell: Cell::Rnn,
            mode: Mode::Step,
            shape: [2, 1, 4, 5],
        };
        let rows = contest().rows(case, ALL).expect("nothing fails");
        assert_eq!(rows[0].ratio, None);
        assert!(rows[1..].iter().all(|row| row.ratio.is_some()));
        assert!(rows.iter().all(|row| row.ratio_of == rows[0].path));
    }
}
