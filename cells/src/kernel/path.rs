//! Which path a sequence takes, and on how many threads.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

/// How [`RecurrentCell::unroll`](crate::RecurrentCell::unroll) of a built-in cell runs over a sequence, and whether there is a
/// [`cross_entropy`](crate::kernel::cross_entropy).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// As one operation, where the rule of [`kernel`](crate::kernel) allows it.
    #[default]
    Fused,
    /// One step at a time.
    Stepwise,
}

static STEPWISE: AtomicBool = AtomicBool::new(false);
/// 0: as many as the machine has.
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SCOPED: Cell<Option<Path>> = const { Cell::new(None) };
    static RUNS: Cell<Runs> = const { Cell::new(Runs { fused: 0, stepwise: 0 }) };
}

/// How many sequences built-in cells have run on this thread, by path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// As one operation.
    pub fused: usize,
    /// One step at a time.
    pub stepwise: usize,
}

/// What this thread has run so far.
pub fn runs() -> Runs {
    RUNS.get()
}

/// Counts a run.
pub(super) fn ran(path: Path) {
    let mut runs = RUNS.get();
    match path {
        Path::Fused => runs.fused += 1,
        Path::Stepwise => runs.stepwise += 1,
    }
    RUNS.set(runs);
}

/// Chooses the path of all threads that are not within [`with_path`].
pub fn set_path(path: Path) {
    STEPWISE.store(path == Path::Stepwise, Ordering::Relaxed);
}

/// The path that this thread's next sequence will take if it can.
pub fn path() -> Path {
    SCOPED
        .get()
        .unwrap_or(match STEPWISE.load(Ordering::Relaxed) {
            true => Path::Stepwise,
            false => Path::Fused,
        })
}

/// Runs `run` with this path on this thread, whatever [`set_path`] says.
pub fn with_path<R>(path: Path, run: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also when `run` panics.
    struct Restore(Option<Path>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SCOPED.set(self.0);
        }
    }
    let _restore = Restore(SCOPED.replace(Some(path)));
    run()
}

/// Sets the most threads that a sequence may use, the caller's included. None: `RAYON_NUM_THREADS` where it is set, else as
/// many as the machine has. Results do not depend on it, to the bit.
pub fn set_threads(threads: Option<NonZeroUsize>) {
    THREADS.store(threads.map_or(0, NonZeroUsize::get), Ordering::Relaxed);
}

/// The most threads that a sequence may use.
pub fn threads() -> usize {
    static DEFAULT: OnceLock<usize> = OnceLock::new();
    match THREADS.load(Ordering::Relaxed) {
        0 => *DEFAULT.get_or_init(|| {
            let asked = std::env::var("RAYON_NUM_THREADS").ok();
            let asked = asked
                .and_then(|threads| threads.parse().ok())
                .filter(|&threads| threads > 0);
            asked.unwrap_or_else(|| {
                std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
            })
        }),
        threads => threads,
    }
}
