//! Digits that nobody spoke.

use super::wave::sine;
use crate::{
    draw::Draw,
    speech::{SpokenDigit, SpokenDigits},
};

/// The samples of a second.
const RATE: f64 = 8000.0;

/// The speakers: name, pitch in hertz, and what the resonances are multiplied by.
const SPEAKERS: [(&str, f64, f64); 4] = [
    ("ada", 210.0, 1.10),
    ("ben", 110.0, 0.92),
    ("cleo", 180.0, 1.04),
    ("dan", 130.0, 0.97),
];

/// Two resonances of a sound in hertz.
type Resonances = [f64; 2];

/// The resonances that each digit glides through, a sound from each to the next one.
const DIGITS: [&[Resonances]; 10] = [
    &[[300.0, 2200.0], [400.0, 1900.0], [500.0, 900.0]],
    &[[350.0, 700.0], [650.0, 1100.0], [300.0, 1500.0]],
    &[[300.0, 1800.0], [320.0, 1300.0], [320.0, 900.0]],
    &[[450.0, 1300.0], [300.0, 2000.0], [280.0, 2400.0]],
    &[[600.0, 1000.0], [550.0, 850.0], [450.0, 1200.0]],
    &[
        [700.0, 1200.0],
        [550.0, 1600.0],
        [350.0, 2100.0],
        [300.0, 1100.0],
    ],
    &[[400.0, 2000.0], [420.0, 1950.0], [380.0, 2700.0]],
    &[
        [550.0, 1800.0],
        [450.0, 1000.0],
        [550.0, 1700.0],
        [350.0, 1400.0],
    ],
    &[[550.0, 1900.0], [400.0, 2300.0], [300.0, 1800.0]],
    &[
        [300.0, 1400.0],
        [750.0, 1300.0],
        [400.0, 2100.0],
        [300.0, 1350.0],
    ],
];

/// Recordings of all digits by all speakers. See [`SpokenDigits::generated`].
pub(crate) fn generated_digits(seed: u64, per_digit: u32) -> SpokenDigits {
    let mut utterances = Vec::with_capacity(DIGITS.len() * SPEAKERS.len() * per_digit as usize);
    for digit in 0..DIGITS.len() {
        for (place, speaker) in SPEAKERS.iter().enumerate() {
            let stream = |index| (u64::from(index) * 4 + place as u64) * 10 + digit as u64;
            utterances.extend((0..per_digit).map(|index| SpokenDigit {
                digit: digit as u8,
                speaker: speaker.0.to_owned(),
                index,
                samples: spoken(&mut Draw::for_stream(seed, stream(index)), digit, speaker),
            }));
        }
    }
    SpokenDigits {
        sample_rate: RATE as u32,
        utterances,
    }
}

/// A recording of the digit.
fn spoken(draw: &mut Draw, digit: usize, &(_, pitch, size): &(&str, f64, f64)) -> Vec<f32> {
    let mut around = |value: f64, spread: f64| value * (1.0 + spread * (2.0 * draw.unit() - 1.0));
    let pitch = around(pitch, 0.15);
    let size = around(size, 0.04);
    let samples = (around(0.42, 0.45) * RATE) as usize;
    let loudness = around(0.45, 0.6);
    let noise = around(0.015, 0.9);
    let mut phases = [0.0; 3];
    let sample = |place| {
        let way = place as f64 / samples as f64;
        let [low, high] = resonances(DIGITS[digit], way);
        // A voice falls towards the end.
        let rates = [pitch * (1.1 - 0.2 * way), low * size, high * size];
        for (phase, rate) in phases.iter_mut().zip(rates) {
            *phase += rate / RATE;
        }
        let [voice, low, high] = phases.map(sine);
        // Loud in the middle, in pulses of the pitch.
        let envelope = loudness * (8.0 * way * (1.0 - way)).min(1.0) * (0.7 + 0.3 * voice);
        let sound = envelope * (0.65 * low + 0.35 * high);
        (sound + noise * (2.0 * draw.unit() - 1.0)) as f32
    };
    (0..samples).map(sample).collect()
}

/// Where the resonances are after this share of a digit, in `[0, 1)`.
fn resonances(stations: &[Resonances], way: f64) -> Resonances {
    let place = way * (stations.len() - 1) as f64;
    let (from, share) = (place as usize, place.fract());
    let between = |which: usize| {
        let [before, after] = [from, from + 1].map(|station| stations[station][which]);
        before + share * (after - before)
    };
    [between(0), between(1)]
}
