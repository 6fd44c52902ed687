//! A few threads that work on one sequence in step.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Mutex, MutexGuard, TryLockError};

/// One thread of a team at work.
pub(super) struct Member<'a> {
    /// From 0, which is the caller's.
    pub id: usize,
    /// How many there are.
    pub count: usize,
    barrier: &'a Barrier,
    /// How often this member has waited.
    rounds: Cell<usize>,
}

impl<'a> Member<'a> {
    fn new(id: usize, count: usize, barrier: &'a Barrier) -> Self {
        Self {
            id,
            count,
            barrier,
            rounds: Cell::new(0),
        }
    }

    /// Returns once every member has called it as often.
    ///
    /// # Panics
    /// If another member panicked.
    pub(super) fn wait(&self) {
        if self.count == 1 {
            return;
        }
        self.rounds.set(self.rounds.get() + 1);
        self.barrier.wait(self.rounds.get() * self.count);
    }
}

/// Where members wait for each other.
#[derive(Default)]
struct Barrier {
    arrived: AtomicUsize,
    /// Set when a member panicked: the others would wait for ever.
    broken: AtomicBool,
    /// How often somebody spun in vain.
    delays: AtomicUsize,
}

/// How often a waiting member looks before it lets others have the core.
const SPINS: usize = 4000;

impl Barrier {
    fn wait(&self, all: usize) {
        self.arrived.fetch_add(1, Ordering::AcqRel);
        let mut spins = 0;
        while self.arrived.load(Ordering::Acquire) < all {
            assert!(
                !self.broken.load(Ordering::Relaxed),
                "another thread of the fused path panicked"
            );
            spins += 1;
            if spins < SPINS {
                std::hint::spin_loop();
            } else {
                if spins == SPINS {
                    self.delays.fetch_add(1, Ordering::Relaxed);
                }
                std::thread::yield_now();
            }
        }
    }
}

/// What a helping thread is given to do. It is answered when it is done.
struct Job {
    work: &'static Work<'static>,
    member: Member<'static>,
    done: Sender<Answer>,
}

/// What a team does.
type Work<'a> = dyn Fn(Member<'_>) + Sync + 'a;

/// Nothing, or a panic.
type Answer = Result<(), Box<dyn Any + Send>>;

/// The helping threads, which wait for work for as long as the program runs.
#[derive(Default)]
struct Helpers {
    jobs: Vec<Sender<Job>>,
    /// Teams that are still to go without helpers, because the machine was busy.
    alone: usize,
    /// How many went without after the last one that was held up; 0 once one was not.
    recovery: usize,
}

static HELPERS: Mutex<Option<Helpers>> = Mutex::new(None);

/// Bytes of stack for a helper: without optimisation the kernels' frames are large, and under a sanitiser larger still.
const STACK: usize = 32 << 20;

/// How often the members of a team may spin in vain: once is nothing, many times mean that the cores are somebody else's.
const MOST_DELAYS: usize = 16;

/// The most teams that go without helpers after one that was held up.
const LONGEST_RECOVERY: usize = 64;

/// The threads for one piece of work. While one team has the helpers, another has only its caller.
pub(super) struct Team {
    helpers: Option<MutexGuard<'static, Option<Helpers>>>,
    count: usize,
}

impl Team {
    /// At most `threads`, the caller's included.
    pub(super) fn gather(threads: usize) -> Self {
        let alone = Self {
            helpers: None,
            count: 1,
        };
        if threads < 2 {
            return alone;
        }
        let mut guard = match HELPERS.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return alone,
        };
        let helpers = guard.get_or_insert_default();
        if helpers.alone > 0 {
            helpers.alone -= 1;
            return alone;
        }
        while helpers.jobs.len() + 1 < threads {
            let (sender, receiver) = channel();
            let named = std::thread::Builder::new()
                .name("recurra".to_owned())
                .stack_size(STACK);
            match named.spawn(move || help(&receiver)) {
                Ok(_) => helpers.jobs.push(sender),
                Err(_) => break,
            }
        }
        let count = threads.min(helpers.jobs.len() + 1);
        Self {
            helpers: Some(guard),
            count,
        }
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Runs `work` once on every member, and returns when all are done.
    ///
    /// # Panics
    /// If `work` does on any member.
    pub(super) fn run(mut self, work: &Work<'_>) {
        let barrier = Barrier::default();
        let own = Member::new(0, self.count, &barrier);
        let Some(helpers) = self.helpers.as_mut().and_then(|guard| guard.as_mut()) else {
            return work(own);
        };
        let (done, answers) = channel();
        // SAFETY: what is sent is borrowed until every helper that got it has answered, below, whoever panics.
        let sent = unsafe { send(&helpers.jobs[..self.count - 1], work, &barrier, &done) };
        drop(done);
        let complete = sent == self.count - 1;
        barrier.broken.fetch_or(!complete, Ordering::Relaxed);
        let result = catch_unwind(AssertUnwindSafe(|| {
            assert!(complete, "a thread of the fused path is gone");
            work(own);
        }));
        barrier.broken.fetch_or(result.is_err(), Ordering::Relaxed);
        let answered = (0..sent).map(|_| answers.recv().expect("a helper answers every job"));
        let results: Vec<_> = std::iter::once(result).chain(answered).collect();
        // Each that is held up in turn is followed by twice as many that go without.
        helpers.recovery = match barrier.delays.load(Ordering::Relaxed) > MOST_DELAYS {
            true => (2 * helpers.recovery).clamp(1, LONGEST_RECOVERY),
            false => 0,
        };
        helpers.alone = helpers.recovery;
        if let Some(panic) = results.into_iter().find_map(Result::err) {
            resume_unwind(panic);
        }
    }
}

/// Sends `work` to these helpers, and returns how many took it.
///
/// # Safety
/// `work` and `barrier` must outlive the answers of all that did.
unsafe fn send(
    helpers: &[Sender<Job>],
    work: &Work<'_>,
    barrier: &Barrier,
    done: &Sender<Answer>,
) -> usize {
    // SAFETY: the caller's.
    let (work, barrier) = unsafe {
        (
            std::mem::transmute::<&Work<'_>, &'static Work<'static>>(work),
            std::mem::transmute::<&Barrier, &'static Barrier>(barrier),
        )
    };
    let count = helpers.len() + 1;
    let jobs = (1..).map(|id| Job {
        work,
        member: Member::new(id, count, barrier),
        done: done.clone(),
    });
    let taken = helpers
        .iter()
        .zip(jobs)
        .map(|(helper, job)| helper.send(job).is_ok());
    taken.filter(|taken| *taken).count()
}

/// What a helping thread does all its life.
fn help(jobs: &Receiver<Job>) {
    while let Some(job) = next(jobs) {
        let barrier = job.member.barrier;
        let result = catch_unwind(AssertUnwindSafe(|| (job.work)(job.member)));
        barrier.broken.fetch_or(result.is_err(), Ordering::Relaxed);
        // The caller waits for it; should it be gone, nobody needs the answer.
        let _ = job.done.send(result);
    }
}

/// The next job: soon after the last one it is worth a short wait awake.
fn next(jobs: &Receiver<Job>) -> Option<Job> {
    for _ in 0..SPINS {
        match jobs.try_recv() {
            Ok(job) => return Some(job),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => std::hint::spin_loop(),
        }
    }
    jobs.recv().ok()
}
