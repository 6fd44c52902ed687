//! From log-probabilities of alignments to symbols, on the host.
//!
//! An alignment names a class for each frame, and stands for the symbols that are left when repeats are merged and blanks
//! are dropped, in this order (Graves et al. 2006).

use std::collections::BTreeMap;

/// The log-probabilities of one row's frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CtcFrames<'a> {
    values: &'a [f64],
    classes: usize,
    blank: usize,
}

/// Symbols that a beam search has found.
#[derive(Clone, Debug, PartialEq)]
pub struct CtcHypothesis {
    /// The symbols.
    pub symbols: Vec<u32>,
    /// The logarithm of the sum of the probabilities of their alignments, in nats, as far as the beam has kept them.
    pub log_probability: f64,
}

impl<'a> CtcFrames<'a> {
    /// `values [T, classes]` in row-major order, natural logarithms of probabilities, of which `blank` is the blank's class.
    ///
    /// # Panics
    ///
    /// If `values` is not a whole number of frames, or `blank` is not below `classes`.
    pub fn new(values: &'a [f64], classes: usize, blank: usize) -> Self {
        assert!(
            blank < classes,
            "the blank must be below the {classes} classes, got {blank}"
        );
        assert!(
            values.len().is_multiple_of(classes),
            "the frames of {classes} classes are not whole: {} values",
            values.len()
        );
        Self {
            values,
            classes,
            blank,
        }
    }

    /// The frames, first to last.
    fn frames(&self) -> impl Iterator<Item = &'a [f64]> {
        self.values.chunks(self.classes)
    }

    /// The symbols of the likeliest alignment, of whose equals the lowest class of each frame is taken (best path decoding;
    /// Graves et al. 2006). The likeliest symbols may be others.
    pub fn greedy(&self) -> Vec<u32> {
        let path: Vec<u32> = self.frames().map(likeliest).collect();
        ctc_collapse(&path, self.blank as u32)
    }

    /// The likeliest symbols, the best first, at least one and at most `width` (prefix beam search; Hannun et al. 2014,
    /// without a language model).
    ///
    /// After each frame the `width` likeliest prefixes are kept. If that never drops one, the probabilities are exact. Of
    /// equals the one whose symbols come first in lexicographic order comes first.
    ///
    /// # Panics
    ///
    /// If `width` is 0.
    pub fn beam_search(&self, width: usize) -> Vec<CtcHypothesis> {
        assert!(width > 0, "the width of a beam must be at least 1, got 0");
        let empty = Ends {
            blank: 0.0,
            symbol: f64::NEG_INFINITY,
        };
        let mut beam = vec![(Vec::new(), empty)];
        for frame in self.frames() {
            beam = self.step(&beam, frame, width);
        }
        let hypothesis = |(symbols, ends): (Vec<u32>, Ends)| CtcHypothesis {
            log_probability: ends.total(),
            symbols,
        };
        beam.into_iter().map(hypothesis).collect()
    }

    /// The beam after one more frame, the best first.
    fn step(
        &self,
        beam: &[(Vec<u32>, Ends)],
        frame: &[f64],
        width: usize,
    ) -> Vec<(Vec<u32>, Ends)> {
        let mut next: BTreeMap<Vec<u32>, Ends> = BTreeMap::new();
        for (prefix, ends) in beam {
            let stay = next.entry(prefix.clone()).or_insert(Ends::NEVER);
            stay.blank = log_add(stay.blank, ends.total() + frame[self.blank]);
            if let Some(&last) = prefix.last() {
                stay.symbol = log_add(stay.symbol, ends.symbol + frame[last as usize]);
            }
            for symbol in (0..self.classes).filter(|&class| class != self.blank) {
                // A repeat is another symbol only behind a blank.
                let before = match prefix.last() {
                    Some(&last) if last as usize == symbol => ends.blank,
                    _ => ends.total(),
                };
                let longer = [prefix, &[symbol as u32][..]].concat();
                let longer = next.entry(longer).or_insert(Ends::NEVER);
                longer.symbol = log_add(longer.symbol, before + frame[symbol]);
            }
        }
        // The sort is stable and the map in lexicographic order, which settles what is equal.
        let mut next: Vec<(Vec<u32>, Ends)> = next.into_iter().collect();
        next.sort_by(|(_, a), (_, b)| b.total().total_cmp(&a.total()));
        // What has no alignment is kept only where nothing has one.
        let possible = next
            .iter()
            .filter(|(_, ends)| ends.total() > f64::NEG_INFINITY);
        let kept = possible.count().clamp(1, width);
        next.truncate(kept);
        next
    }
}

/// What an alignment stands for: its classes with repeats merged, then without blanks.
pub fn ctc_collapse(path: &[u32], blank: u32) -> Vec<u32> {
    let mut merged = path.to_vec();
    merged.dedup();
    merged.retain(|&class| class != blank);
    merged
}

/// The fewest frames that have an alignment for these symbols: one for each, and a blank between equal neighbours.
pub fn ctc_frames_needed(symbols: &[u32]) -> usize {
    let repeats = symbols.windows(2).filter(|pair| pair[0] == pair[1]).count();
    symbols.len() + repeats
}

/// The log-probabilities of a prefix's alignments.
#[derive(Clone, Copy, Debug)]
struct Ends {
    /// Of those that end in a blank.
    blank: f64,
    /// Of those that end in the prefix's last symbol.
    symbol: f64,
}

impl Ends {
    /// Those of a prefix that has no alignment.
    const NEVER: Self = Self {
        blank: f64::NEG_INFINITY,
        symbol: f64::NEG_INFINITY,
    };

    fn total(self) -> f64 {
        log_add(self.blank, self.symbol)
    }
}

/// `ln(exp(a) + exp(b))`.
fn log_add(a: f64, b: f64) -> f64 {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    if high == f64::NEG_INFINITY {
        return high;
    }
    high + (low - high).exp().ln_1p()
}

/// The first of the highest numbers' places.
fn likeliest(frame: &[f64]) -> u32 {
    let better = |best: usize, class: usize| match frame[class] > frame[best] {
        true => class,
        false => best,
    };
    (1..frame.len()).fold(0, better) as u32
}
