//! Measurements that come and go with the day and the week.

use super::wave::sine;
use crate::draw::Draw;

/// A wave of one series.
struct Wave {
    /// In steps.
    period: f64,
    amplitude: f64,
    /// In turns.
    phase: f64,
}

/// What a series is made of.
struct Measurement {
    waves: [Wave; 4],
    /// The most that the sum of the noise's three draws can be.
    noise: f64,
    draw: Draw,
}

/// The values of so many series, `[T, D]`. See
/// [`TimeSeries::generated_sines`](crate::series::TimeSeries::generated_sines).
pub(crate) fn generated_sines(seed: u64, steps: usize, series: usize) -> Vec<f64> {
    let streams = 0..series as u64;
    let mut all: Vec<Measurement> = streams
        .map(|stream| Measurement::new(Draw::for_stream(seed, stream)))
        .collect();
    let mut values = Vec::with_capacity(steps * series);
    for step in 0..steps {
        values.extend(all.iter_mut().map(|one| one.value(step)));
    }
    values
}

impl Measurement {
    fn new(mut draw: Draw) -> Self {
        let mut between = |low: f64, high: f64| low + (high - low) * draw.unit();
        let mut wave = |period, low, high| Wave {
            period,
            amplitude: between(low, high),
            phase: between(0.0, 1.0),
        };
        let (day, half) = (wave(24.0, 0.5, 1.5), wave(12.0, 0.1, 0.4));
        let (week, mut drift) = (wave(168.0, 0.3, 0.8), wave(0.0, 0.5, 1.0));
        drift.period = between(1500.0, 4000.0);
        // Three draws from an interval have the deviation of half its length.
        let noise = 3.0 * between(0.1, 0.2);
        Self {
            waves: [day, half, week, drift],
            noise,
            draw,
        }
    }

    /// The value of the next step, which must be `step`.
    fn value(&mut self, step: usize) -> f64 {
        let wave = |wave: &Wave| wave.amplitude * sine(step as f64 / wave.period + wave.phase);
        let noise = self.draw.unit() + self.draw.unit() + self.draw.unit();
        let waves: f64 = self.waves.iter().map(wave).sum();
        waves + self.noise * (noise / 1.5 - 1.0)
    }
}
