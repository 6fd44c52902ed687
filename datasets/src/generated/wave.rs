//! Sine waves that come out the same on every platform.

use std::f64::consts::PI;

/// Coefficients of the sine's series in `x^2`, from the last one down: `-1/15!` first, `1` last.
const SERIES: [f64; 8] = [
    -7.647_163_731_819_816e-13,
    1.605_904_383_682_161_3e-10,
    -2.505_210_838_544_172e-8,
    2.755_731_922_398_589e-6,
    -1.984_126_984_126_984e-4,
    8.333_333_333_333_333e-3,
    -1.666_666_666_666_666_6e-1,
    1.0,
];

/// The sine of so many full turns, to within 1e-10: `sine(0.25)` is 1.
///
/// Each platform's own sine rounds a little differently. Sums and products, of which this is made,
/// are the same everywhere.
pub(super) fn sine(turns: f64) -> f64 {
    let turns = turns - turns.round();
    // From here on within a quarter turn, where the series is short.
    let turns = if turns.abs() > 0.25 {
        turns.signum() * 0.5 - turns
    } else {
        turns
    };
    let angle = 2.0 * PI * turns;
    let square = angle * angle;
    angle * SERIES.iter().fold(0.0, |sum, term| sum * square + term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sine() {
        for step in -4000..4000 {
            let turns = f64::from(step) / 999.0;
            let expected = (2.0 * PI * turns).sin();
            assert!((sine(turns) - expected).abs() < 1e-10, "{turns}");
        }
    }
}
