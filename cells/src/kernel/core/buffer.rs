//! Memory that outlives a sequence: a fresh allocation for every step of training would be paid for in page faults.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A line of the cache, so that no vector straddles two.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

const LINE: usize = 16;

/// The most memory that is kept while nothing uses it.
const MOST_KEPT: usize = 1 << 30;

/// Buffers that wait for their next use, the last returned at the end.
static FREE: Mutex<Vec<Vec<Line>>> = Mutex::new(Vec::new());

fn free() -> MutexGuard<'static, Vec<Vec<Line>>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Frees the memory that the fused path keeps between sequences. Sequences that are under way keep theirs.
pub fn release_buffers() {
    free().clear();
}

/// Numbers that begin at the border of a cache line; dropped, they are kept for the next taker.
#[derive(Debug)]
pub(crate) struct Buffer {
    lines: Vec<Line>,
    len: usize,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Buffer {
    /// `len` numbers of any value.
    pub(crate) fn take(len: usize) -> Self {
        let lines = len.div_ceil(LINE);
        let mut free = free();
        // The smallest that is large enough, unless most of it would lie idle.
        let fitting = (0..free.len())
            .filter(|&at| (lines..=2 * lines + 64).contains(&free[at].len()))
            .min_by_key(|&at| free[at].len());
        let lines = match fitting {
            Some(at) => free.swap_remove(at),
            None => vec![Line([0.0; LINE]); lines],
        };
        Self { lines, len }
    }

    /// `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let mut buffer = Self::take(len);
        buffer.fill(0.0);
        buffer
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: a line is 16 numbers without padding, and there are at least `len` of them.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above; the lines are borrowed for as long.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Self::take(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return;
        }
        let mut free = free();
        free.push(lines);
        let mut kept: usize = free.iter().map(|lines| size_of_val(&lines[..])).sum();
        while kept > MOST_KEPT {
            kept -= size_of_val(&free.remove(0)[..]);
        }
    }
}
