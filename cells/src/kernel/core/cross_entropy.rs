//! The cross-entropy of rows of logits. A row is read for its largest logit, for the sum of the exponentials, and, in the
//! backward pass, for the exponentials themselves, which are made again rather than kept. Each row is one thread's.

use std::sync::{Mutex, PoisonError};

use super::math::exp;
use super::simd::{MAX_LANES, Simd, Task, widest};
use super::team::Team;

/// Logits, and the label that is right for each row of them.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// `[N, V]`.
    pub logits: &'a [f32],
    /// `[N]`, each below `V`; at least one.
    pub labels: &'a [u32],
    /// Which share of every target is spread evenly over all labels.
    pub smoothing: f32,
}

/// A row as probabilities: `exp(logit - largest) * scale`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Softmax {
    largest: f32,
    scale: f32,
}

impl<'a> Rows<'a> {
    fn classes(self) -> usize {
        self.logits.len() / self.labels.len()
    }

    /// The rows in as many parts as there are threads, or fewer, each of `rows` rows but the last.
    fn parts(self, rows: usize) -> impl Iterator<Item = Rows<'a>> {
        let logits = self.logits.chunks(rows * self.classes());
        let labels = self.labels.chunks(rows);
        logits.zip(labels).map(move |(logits, labels)| Rows {
            logits,
            labels,
            ..self
        })
    }

    /// Each row with its label.
    fn each(self) -> impl Iterator<Item = (&'a [f32], usize)> {
        let labels = self.labels.iter().map(|&label| label as usize);
        self.logits.chunks(self.classes()).zip(labels)
    }
}

/// The cross-entropy of each row in nats, and the rows as probabilities, on at most `threads` threads.
pub(crate) fn forward(rows: Rows<'_>, threads: usize) -> (Vec<f32>, Vec<Softmax>) {
    let count = rows.labels.len();
    let (mut nats, mut softmax) = (vec![0.0; count], vec![Softmax::default(); count]);
    let share = count.div_ceil(threads);
    let results = nats.chunks_mut(share).zip(softmax.chunks_mut(share));
    let parts = rows.parts(share).zip(results);
    shared(
        threads,
        parts.map(|(rows, (nats, softmax))| Forward {
            rows,
            nats,
            softmax,
        }),
    );
    (nats, softmax)
}

/// The gradient of the logits, `[N, V]`, where `d_nats [N]` is that of the cross-entropies. A row whose own is 0 has zeros,
/// whatever its logits are.
pub(crate) fn backward(
    rows: Rows<'_>,
    softmax: &[Softmax],
    d_nats: &[f32],
    threads: usize,
) -> Vec<f32> {
    let mut d_logits = vec![0.0; rows.logits.len()];
    let share = rows.labels.len().div_ceil(threads);
    let results = d_logits.chunks_mut(share * rows.classes());
    let given = softmax.chunks(share).zip(d_nats.chunks(share));
    let parts = rows.parts(share).zip(given).zip(results);
    shared(
        threads,
        parts.map(|((rows, (softmax, d_nats)), d_logits)| Backward {
            rows,
            softmax,
            d_nats,
            d_logits,
        }),
    );
    d_logits
}

/// Runs the parts of something, each on one of at most `threads` threads.
fn shared<T: Task<Output = ()> + Send>(threads: usize, parts: impl Iterator<Item = T>) {
    let parts: Vec<_> = parts.map(|part| Mutex::new(Some(part))).collect();
    // A team may have fewer members than were asked for.
    Team::gather(threads).run(&|member| {
        for part in parts.iter().skip(member.id).step_by(member.count) {
            let part = part.lock().unwrap_or_else(PoisonError::into_inner).take();
            widest(part.expect("each part is one member's"));
        }
    });
}

/// The forward pass over some rows.
pub(super) struct Forward<'a> {
    pub rows: Rows<'a>,
    pub nats: &'a mut [f32],
    pub softmax: &'a mut [Softmax],
}

impl Task for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let results = self.nats.iter_mut().zip(self.softmax);
        for ((row, label), (nats, softmax)) in self.rows.each().zip(results) {
            (*nats, *softmax) = forward_row(s, row, label, self.rows.smoothing);
        }
    }
}

/// A row's cross-entropy, and the row as probabilities.
#[inline(always)]
fn forward_row<S: Simd>(s: S, row: &[f32], label: usize, smoothing: f32) -> (f32, Softmax) {
    let mut largest = s.splat(f32::NEG_INFINITY);
    for chunk in row.chunks(S::LANES) {
        largest = s.max(largest, load(s, chunk, f32::NEG_INFINITY));
    }
    let largest = lanes(s, largest).into_iter().take(S::LANES);
    let largest = largest.fold(f32::NEG_INFINITY, f32::max);
    let (shift, mut sum) = (s.splat(largest), s.splat(0.0));
    for chunk in row.chunks(S::LANES) {
        let x = load(s, chunk, f32::NEG_INFINITY);
        sum = s.add(sum, exp(s, s.sub(x, shift)));
    }
    let sum: f32 = lanes(s, sum).into_iter().take(S::LANES).sum();
    let target = match smoothing {
        0.0 => row[label] - largest,
        share => (1.0 - share) * (row[label] - largest) + share * (mean(s, row) - largest),
    };
    let scale = sum.recip();
    (sum.ln() - target, Softmax { largest, scale })
}

#[inline(always)]
fn mean<S: Simd>(s: S, row: &[f32]) -> f32 {
    let mut sum = s.splat(0.0);
    for chunk in row.chunks(S::LANES) {
        sum = s.add(sum, load(s, chunk, 0.0));
    }
    let sum: f32 = lanes(s, sum).into_iter().take(S::LANES).sum();
    sum / row.len() as f32
}

/// The backward pass over some rows.
pub(super) struct Backward<'a> {
    pub rows: Rows<'a>,
    pub softmax: &'a [Softmax],
    pub d_nats: &'a [f32],
    pub d_logits: &'a mut [f32],
}

impl Task for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let smoothing = self.rows.smoothing;
        let results = self.d_logits.chunks_mut(self.rows.classes());
        let given = self.softmax.iter().zip(self.d_nats);
        for (((row, label), (softmax, &d)), d_row) in self.rows.each().zip(given).zip(results) {
            if d == 0.0 {
                d_row.fill(0.0);
                continue;
            }
            let even = -d * smoothing / row.len() as f32;
            backward_row(s, row, *softmax, [d, even], d_row);
            d_row[label] -= d * (1.0 - smoothing);
        }
    }
}

/// The probabilities of a row times the one factor, plus the other.
#[inline(always)]
fn backward_row<S: Simd>(
    s: S,
    row: &[f32],
    softmax: Softmax,
    [factor, offset]: [f32; 2],
    results: &mut [f32],
) {
    let shift = s.splat(softmax.largest);
    let (factor, offset) = (s.splat(factor * softmax.scale), s.splat(offset));
    for (chunk, result) in row.chunks(S::LANES).zip(results.chunks_mut(S::LANES)) {
        let x = load(s, chunk, f32::NEG_INFINITY);
        let y = s.mul_add(exp(s, s.sub(x, shift)), factor, offset);
        // SAFETY: there is room for as many numbers as the chunk of results has.
        unsafe { s.store_first(result.as_mut_ptr(), y, result.len()) };
    }
}

/// At most a vector of numbers, and `padding` behind them.
#[inline(always)]
fn load<S: Simd>(s: S, numbers: &[f32], padding: f32) -> S::Vector {
    if numbers.len() == S::LANES {
        // SAFETY: there is a number for every lane.
        return unsafe { s.load(numbers.as_ptr()) };
    }
    let mut lanes = [padding; MAX_LANES];
    lanes[..numbers.len()].copy_from_slice(numbers);
    // SAFETY: as above.
    unsafe { s.load(lanes.as_ptr()) }
}

/// The numbers of a vector, and zeros.
#[inline(always)]
fn lanes<S: Simd>(s: S, vector: S::Vector) -> [f32; MAX_LANES] {
    let mut lanes = [0.0; MAX_LANES];
    // SAFETY: there is room for every lane.
    unsafe { s.store(lanes.as_mut_ptr(), vector) };
    lanes
}
