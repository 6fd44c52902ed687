//! The axes of a chart, linear or logarithmic.

/// How values are laid out along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences are equally long.
    Linear,
    /// Equal ratios are equally long; there is no place for 0 and below.
    Log,
}

impl Scale {
    /// Where a value stands; not finite where there is no place for it.
    fn of(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => value.log10(),
        }
    }
}

/// An axis: values whose places on the scale go from `low` to `high`, on pixels from `start` to `end`.
pub struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    pub start: f64,
    pub end: f64,
    /// About how many ticks it has.
    ticks: f64,
}

impl Axis {
    /// Over all of `values` that the scale has a place for; an axis of length 1 without any.
    pub fn over(
        values: impl Iterator<Item = f64>,
        scale: Scale,
        (start, end): (f64, f64),
        ticks: f64,
    ) -> Self {
        let places = values
            .map(|value| scale.of(value))
            .filter(|at| at.is_finite());
        let (low, high) = places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
            (low.min(it), high.max(it))
        });
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        // A single value still needs an axis around it.
        let high = if high == low { low + 1.0 } else { high };
        Self {
            scale,
            low,
            high,
            start,
            end,
            ticks,
        }
    }

    /// The pixel of a value; not finite where the scale has no place for it.
    pub fn at(&self, value: f64) -> f64 {
        let share = (self.scale.of(value) - self.low) / (self.high - self.low);
        self.start + share * (self.end - self.start)
    }

    /// Round values within the axis.
    pub fn ticks(&self) -> Vec<f64> {
        match self.scale {
            Scale::Linear => self.multiples(),
            Scale::Log => self.powers(),
        }
    }

    /// Multiples of 1, 2 or 5 times a power of ten.
    fn multiples(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / self.ticks;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|factor| factor * power)
            .into_iter()
            .find(|&step| step >= rough);
        let step = step.unwrap_or(10.0 * power);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).map(|index| index as f64 * step).collect()
    }

    /// Powers of ten, on a short axis also twice and five times those.
    fn powers(&self) -> Vec<f64> {
        let decades = self.high - self.low;
        let factors: &[f64] = match decades < 2.0 {
            true => &[1.0, 2.0, 5.0],
            false => &[1.0],
        };
        let step = (decades / self.ticks).ceil().max(1.0) as i32;
        let exponents = self.low.floor() as i32..=self.high.ceil() as i32;
        exponents
            .filter(|exponent| exponent % step == 0)
            .flat_map(|exponent| factors.iter().map(move |it| it * 10f64.powi(exponent)))
            .filter(|&tick| (self.low..=self.high).contains(&self.scale.of(tick)))
            .collect()
    }

    /// A tick as text.
    pub fn number(&self, tick: f64) -> String {
        match self.scale {
            Scale::Log if tick >= 1e6 => format!("{tick:.0e}"),
            _ => number(tick),
        }
    }
}

/// A tick's value without the noise of binary fractions.
fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-3 {
        return format!("{value:.1e}").replace(".0e", "e");
    }
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(scale: Scale, low: f64, high: f64) -> Vec<String> {
        let axis = Axis::over([low, high].into_iter(), scale, (0.0, 1.0), 6.0);
        axis.ticks()
            .into_iter()
            .map(|tick| axis.number(tick))
            .collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(
            ticks(Scale::Linear, 0.0, 5000.0),
            ["0", "1000", "2000", "3000", "4000", "5000"]
        );
        assert_eq!(
            ticks(Scale::Linear, 0.0, 7e-5),
            ["0", "2e-5", "4e-5", "6e-5"]
        );
        assert_eq!(
            ticks(Scale::Linear, 1.47, 2.6),
            ["1.6", "1.8", "2", "2.2", "2.4", "2.6"]
        );
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        assert_eq!(ticks(Scale::Log, 0.5, 300.0), ["1", "10", "100"]);
        assert_eq!(
            ticks(Scale::Log, 2e-20, 1.0),
            ["1e-20", "1e-16", "1e-12", "1e-8", "1e-4", "1"][1..]
        );
        assert_eq!(ticks(Scale::Log, 3.0, 60.0), ["5", "10", "20", "50"]);
    }

    #[test]
    fn equal_ratios_are_equally_long_on_a_logarithmic_axis() {
        let axis = Axis::over(
            [0.0, 0.01, 100.0].into_iter(),
            Scale::Log,
            (10.0, 50.0),
            6.0,
        );
        assert_eq!(
            [0.01, 1.0, 100.0].map(|value| axis.at(value)),
            [10.0, 30.0, 50.0]
        );
        assert!(!axis.at(0.0).is_finite() && !axis.at(-1.0).is_finite());
    }
}
