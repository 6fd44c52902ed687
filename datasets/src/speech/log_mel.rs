//! Frames of energies as the ear divides them.
//!
//! ```text
//! mel(f)    = 2595 log10(1 + f / 700)
//! energy_tm = ln(sum over f of triangle_m(f) |FFT(window frame_t)(f)|^2 + floor)
//! ```

use std::f64::consts::PI;

use microfft::real::{rfft_256, rfft_512, rfft_1024, rfft_2048, rfft_4096};

/// A frame and the way to the next, in seconds.
const FRAME: f64 = 0.025;
const HOP: f64 = 0.010;

/// The frames that have a Fourier transform here, in samples.
const SIZES: [usize; 5] = [256, 512, 1024, 2048, 4096];

/// Keeps the logarithm of silence finite: about the square of a 16-bit recording's last digit.
const FLOOR: f32 = 1e-9;

/// From samples to the logarithms of energies in `M` bands of equal width on the mel scale (Stevens
/// et al., 1937; Davis and Mermelstein, 1980, without the cosine transform), of frames of 25 ms every
/// 10 ms under a Hann window.
///
/// ```
/// use recurra_datasets::speech::LogMel;
///
/// let features = LogMel::new(8000, 40);
/// let second = vec![0.1; 8000];
/// assert_eq!(features.frames(&second).len(), 98 * 40);
/// ```
#[derive(Clone, Debug)]
pub struct LogMel {
    /// Multiplies the samples of a frame.
    window: Vec<f32>,
    /// The samples from a frame to the next.
    hop: usize,
    /// Of the Fourier transform.
    size: usize,
    /// For each band its first frequency, as a place in the spectrum, and its weights from there.
    bands: Vec<(usize, Vec<f32>)>,
}

impl LogMel {
    /// Features of recordings of so many samples a second, in so many bands. A frame has at most 4096
    /// samples.
    ///
    /// # Panics
    ///
    /// If there is no band, or less than 100 samples a second.
    pub fn new(sample_rate: u32, bands: usize) -> Self {
        assert!(bands > 0, "there is at least 1 band, got 0");
        assert!(
            sample_rate >= 100,
            "there are at least 100 samples a second, got {sample_rate}"
        );
        let rate = f64::from(sample_rate);
        let [_, .., longest] = SIZES;
        let frame = ((rate * FRAME) as usize).clamp(1, longest);
        let size = SIZES.into_iter().find(|&size| size >= frame);
        let size = size.unwrap_or(longest);
        let hann = |place: usize| 0.5 - 0.5 * (2.0 * PI * place as f64 / frame as f64).cos();
        Self {
            window: (0..frame).map(|place| hann(place) as f32).collect(),
            hop: ((rate * HOP) as usize).max(1),
            size,
            bands: triangles(bands, size, rate),
        }
    }

    /// `M`.
    pub fn bands(&self) -> usize {
        self.bands.len()
    }

    /// The frames of samples, `[T, M]`, row-major: those that are whole, or one that is filled up with
    /// silence.
    pub fn frames(&self, samples: &[f32]) -> Vec<f32> {
        let rest = samples.len().saturating_sub(self.window.len());
        let starts = (0..=rest).step_by(self.hop);
        starts
            .flat_map(|start| self.frame(&samples[start..]))
            .collect()
    }

    fn frame(&self, samples: &[f32]) -> Vec<f32> {
        let windowed = samples.iter().zip(&self.window).map(|(x, w)| x * w);
        let mut frame: Vec<f32> = windowed.collect();
        frame.resize(self.size, 0.0);
        let power = power(&frame);
        let energy = |(first, weights): &(usize, Vec<f32>)| {
            let band = weights.iter().zip(&power[*first..]);
            (band.map(|(weight, power)| weight * power).sum::<f32>() + FLOOR).ln()
        };
        self.bands.iter().map(energy).collect()
    }
}

/// The triangles between neighbours but one, each with its peak at the neighbour between them.
fn triangles(bands: usize, size: usize, rate: f64) -> Vec<(usize, Vec<f32>)> {
    let mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
    let hertz = |mel: f64| 700.0 * (10f64.powf(mel / 2595.0) - 1.0);
    let top = mel(rate / 2.0);
    let edge = |number: usize| hertz(top * number as f64 / (bands + 1) as f64);
    let frequencies = 0..=size / 2;
    let triangle = |band: usize| {
        let (low, peak, high) = (edge(band), edge(band + 1), edge(band + 2));
        let weight = |place: usize| {
            let hertz = place as f64 * rate / size as f64;
            ((hertz - low) / (peak - low)).min((high - hertz) / (high - peak))
        };
        let within = frequencies.clone().filter(|&place| weight(place) > 0.0);
        // A band that is narrower than the spectrum is fine has what is nearest to its peak.
        let nearest = (peak * size as f64 / rate).round() as usize;
        let first = within.clone().next().unwrap_or(nearest);
        let weights: Vec<f32> = within.map(|place| weight(place) as f32).collect();
        (
            first,
            if weights.is_empty() {
                vec![1.0]
            } else {
                weights
            },
        )
    };
    (0..bands).map(triangle).collect()
}

/// The squares of the magnitudes of a frame's spectrum, from 0 up to half the sample rate.
fn power(frame: &[f32]) -> Vec<f32> {
    /// A transform of one size; what is real at the highest frequency stands in for the imaginary part
    /// at the lowest, which is 0.
    macro_rules! transformed {
        ($rfft:ident) => {{
            let mut values = frame.try_into().expect("the size was matched");
            let spectrum = $rfft(&mut values);
            let highest = spectrum[0].im;
            let squares = spectrum.iter().skip(1).map(|it| it.norm_sqr());
            [spectrum[0].re.powi(2)]
                .into_iter()
                .chain(squares)
                .chain([highest.powi(2)])
                .collect()
        }};
    }
    match frame.len() {
        256 => transformed!(rfft_256),
        512 => transformed!(rfft_512),
        1024 => transformed!(rfft_1024),
        2048 => transformed!(rfft_2048),
        4096 => transformed!(rfft_4096),
        other => unreachable!("frames are one of {SIZES:?}, got {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spectrum_is_that_of_the_definition() {
        let frame: Vec<f32> = (0..256)
            .map(|it| ((it * it % 37) as f32 - 18.0) / 20.0)
            .collect();
        let expected = (0..=128).map(|frequency| {
            let turn = |place: usize| 2.0 * PI * (frequency * place) as f64 / 256.0;
            let sum = |wave: fn(f64) -> f64| -> f64 {
                let values = frame.iter().enumerate();
                values
                    .map(|(place, &x)| f64::from(x) * wave(turn(place)))
                    .sum()
            };
            sum(f64::cos).powi(2) + sum(f64::sin).powi(2)
        });
        for (got, expected) in power(&frame).into_iter().zip(expected) {
            let tolerance = 1e-4 * (1.0 + expected);
            assert!(
                (f64::from(got) - expected).abs() < tolerance,
                "{got} {expected}"
            );
        }
    }

    #[test]
    fn a_tone_is_loudest_in_its_band_at_any_rate() {
        for rate in [8000, 16_000, 22_050, 48_000, 96_000] {
            let features = LogMel::new(rate, 20);
            let tone = (0..rate / 10)
                .map(|it| (2.0 * PI * 1000.0 * f64::from(it) / f64::from(rate)).sin() as f32);
            let tone: Vec<f32> = tone.collect();
            let frames = features.frames(&tone);
            let frame = &frames[20..40];
            let loudest = (0..20)
                .max_by(|&a, &b| frame[a].total_cmp(&frame[b]))
                .unwrap();
            let mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
            let expected = mel(1000.0) / mel(f64::from(rate) / 2.0) * 21.0 - 1.0;
            assert!(
                (loudest as f64 - expected).abs() <= 1.0,
                "{rate}: {loudest} {expected}"
            );
        }
    }

    #[test]
    fn whatever_is_short_has_a_frame_and_silence_is_finite() {
        let features = LogMel::new(8000, 5);
        for length in [0, 1, 199, 200, 279, 280] {
            let frames = features.frames(&vec![0.0; length]);
            let expected = if length == 280 { 2 } else { 1 };
            assert_eq!(frames.len(), 5 * expected, "{length}");
            assert!(frames.iter().all(|it| it.is_finite()));
        }
    }
}
