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

impl Member<'_> {
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
    work: &'static (dyn Fn(Member<'_>) + Sync),
    id: usize,
    count: usize,
    barrier: &'static Barrier,
    done: Sender<Result<(), Box<dyn Any + Send>>>,
}

/// The helping threads, which wait for work for as long as the program runs.
#[derive(Default)]
struct Helpers {
    jobs: Vec<Sender<Job>>,
    /// Teams that are still to go without helpers, because the machine was busy.
    alone: usize,
}

static HELPERS: Mutex<Option<Helpers>> = Mutex::new(None);

/// How many teams go without helpers after one that was held up.
const RECOVERY: usize = 32;

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
            let named = std::thread::Builder::new().name("recurra".to_owned());
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
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Runs `work` once on every member, and returns when all are done.
    ///
    /// # Panics
    /// If `work` does on any member.
    pub(super) fn run(mut self, work: &(dyn Fn(Member<'_>) + Sync)) {
        let barrier = Barrier::default();
        let member = |id, barrier| Member {
            id,
            count: self.count,
            barrier,
            rounds: Cell::new(0),
        };
        let Some(helpers) = self.helpers.as_mut().and_then(|guard| guard.as_mut()) else {
            return work(member(0, &barrier));
        };
        let (done, answers) = channel();
        // SAFETY: both are borrowed until every helper has answered, below, also when the caller's share panics.
        let (shared, fence) = unsafe {
            (
                std::mem::transmute::<
                    &(dyn Fn(Member<'_>) + Sync),
                    &'static (dyn Fn(Member<'_>) + Sync),
                >(work),
                std::mem::transmute::<&Barrier, &'static Barrier>(&barrier),
            )
        };
        let mut sent = 0;
        for (at, sender) in helpers.jobs[..self.count - 1].iter().enumerate() {
            let job = Job {
                work: shared,
                id: at + 1,
                count: self.count,
                barrier: fence,
                done: done.clone(),
            };
            sent += usize::from(sender.send(job).is_ok());
        }
        drop(done);
        assert_eq!(sent, self.count - 1, "a thread of the fused path is gone");
        let own = catch_unwind(AssertUnwindSafe(|| work(member(0, &barrier))));
        barrier.broken.fetch_or(own.is_err(), Ordering::Relaxed);
        let mut results = vec![own];
        results.extend((0..sent).map(|_| answers.recv().expect("a helper answers")));
        // One late arrival is nothing; many mean that the cores belong to somebody else.
        if barrier.delays.load(Ordering::Relaxed) > 16 {
            helpers.alone = RECOVERY;
        }
        if let Some(panic) = results.into_iter().find_map(Result::err) {
            resume_unwind(panic);
        }
    }
}

/// What a helping thread does all its life.
fn help(jobs: &Receiver<Job>) {
    while let Some(job) = next(jobs) {
        let member = Member {
            id: job.id,
            count: job.count,
            barrier: job.barrier,
            rounds: Cell::new(0),
        };
        let result = catch_unwind(AssertUnwindSafe(|| (job.work)(member)));
        job.barrier
            .broken
            .fetch_or(result.is_err(), Ordering::Relaxed);
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
