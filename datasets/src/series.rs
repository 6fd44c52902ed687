//! Several measurements over time, from tables of numbers.

use std::{ops::Range, path::Path};

use crate::{DatasetError, generated::generated_sines, read_text};

/// `D` measurements at each of `T` times.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeSeries {
    /// What is measured, `[D]`, by the names in the header.
    pub names: Vec<String>,
    /// When, `[T]`, as the file spells it.
    pub times: Vec<String>,
    /// The measurements, `[T, D]`, row-major.
    pub values: Vec<f64>,
}

/// The steps of the training, validation and test part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesParts {
    /// What the model learns from.
    pub train: Range<usize>,
    /// What decides when to stop, and between settings.
    pub valid: Range<usize>,
    /// What is looked at once, at the end.
    pub test: Range<usize>,
}

impl SeriesParts {
    /// The published split of ETTh1 and ETTh2 (Zhou et al., 2021): 12, 4 and 4 months of 30 days, an
    /// hour a step. What is behind them stays unused. A window whose first target is in a part may
    /// read steps of the part before.
    pub fn ett_hourly() -> Self {
        const MONTH: usize = 30 * 24;
        Self {
            train: 0..12 * MONTH,
            valid: 12 * MONTH..16 * MONTH,
            test: 16 * MONTH..20 * MONTH,
        }
    }

    /// The first 60 % of the steps, the next 20 %, and the rest.
    pub fn sixty_twenty_twenty(steps: usize) -> Self {
        // Not in hundredths, which could overflow.
        let fifth = |fifths| steps / 5 * fifths + steps % 5 * fifths / 5;
        Self {
            train: 0..fifth(3),
            valid: fifth(3)..fifth(4),
            test: fifth(4)..steps,
        }
    }
}

impl TimeSeries {
    /// Reads a CSV file with a header, a time in its first column and a number in each of the
    /// others, as the ETT files have it.
    ///
    /// # Errors
    ///
    /// Those of [`read_text`]; [`DatasetError::InvalidLine`], which names the line, for a header
    /// without measurements, another number of columns than the header has, and what is no number or
    /// not finite; [`DatasetError::NoExamples`] if there is nothing but a header.
    pub fn read_csv(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let text = read_text(path)?;
        let mut lines = text.lines().enumerate();
        let (_, header) = lines.next().unwrap_or_default();
        let mut names = header.split(',').map(|name| name.trim().to_owned());
        names.next();
        let mut series = Self {
            names: names.collect(),
            times: Vec::new(),
            values: Vec::new(),
        };
        let mistake = |line: usize, (expected, got): (String, String)| DatasetError::InvalidLine {
            path: path.to_owned(),
            line,
            expected,
            got,
        };
        if series.names.is_empty() {
            let expected = "a time and at least 1 measurement, parted by commas".to_owned();
            return Err(mistake(1, (expected, format!("{header:?}"))));
        }
        for (place, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            series
                .push(line)
                .map_err(|wrong| mistake(place + 1, wrong))?;
        }
        if series.times.is_empty() {
            return Err(DatasetError::NoExamples {
                path: path.to_owned(),
            });
        }
        Ok(series)
    }

    /// Measurements that the project makes itself, one each hour: `series` of them, named `y1`, `y2`
    /// and so on, at `steps` times from `day 0 00:00` on; `seed` picks them.
    ///
    /// Each is the sum of waves with periods of 24, 12 and 168 steps, of a slow drift with a period
    /// of 1500 to 4000 steps, and of noise, all with amplitudes and phases of its own; the noise has
    /// a standard deviation of 0.1 to 0.2, the wave of a day an amplitude of 0.5 to 1.5. Each is drawn
    /// on its own: more series leave those before them what they are, and so do more steps.
    ///
    /// The same seed gives the same measurements on every platform and in every release: changed
    /// measurements are a breaking change.
    ///
    /// # Panics
    ///
    /// If `series` is 0.
    ///
    /// ```
    /// use recurra_datasets::series::{SeriesParts, TimeSeries};
    ///
    /// let series = TimeSeries::generated_sines(1, 1000, 3);
    /// assert_eq!((series.len(), series.step(0).len()), (1000, 3));
    ///
    /// let parts = SeriesParts::sixty_twenty_twenty(series.len());
    /// assert_eq!((parts.train, parts.valid, parts.test), (0..600, 600..800, 800..1000));
    /// ```
    pub fn generated_sines(seed: u64, steps: usize, series: usize) -> Self {
        assert!(series > 0, "there is at least one series, got 0");
        let time = |step| format!("day {} {:02}:00", step / 24, step % 24);
        Self {
            names: (1..=series).map(|number| format!("y{number}")).collect(),
            times: (0..steps).map(time).collect(),
            values: generated_sines(seed, steps, series),
        }
    }

    /// Appends a line; on a mistake, what was expected and what is there.
    fn push(&mut self, line: &str) -> Result<(), (String, String)> {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != 1 + self.names.len() {
            let expected = format!("{} columns as in the header", 1 + self.names.len());
            return Err((expected, fields.len().to_string()));
        }
        self.times.push(fields[0].to_owned());
        for (name, field) in self.names.iter().zip(&fields[1..]) {
            let number: Option<f64> = field.parse().ok();
            let number = number.filter(|number| number.is_finite());
            let wrong = || (format!("a finite number for {name}"), format!("{field:?}"));
            self.values.push(number.ok_or_else(wrong)?);
        }
        Ok(())
    }

    /// `T`.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is no step at all.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The measurements of a step, `[D]`.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn step(&self, step: usize) -> &[f64] {
        let dimensions = self.names.len();
        &self.values[step * dimensions..(step + 1) * dimensions]
    }

    /// The same series with each measurement less its mean over the steps `of`, divided by its
    /// deviation there (of the whole population, as scikit-learn's `StandardScaler`); one that does
    /// not change there is only shifted.
    ///
    /// # Panics
    ///
    /// If `of` is empty or goes beyond the series.
    pub fn standardised(&self, of: Range<usize>) -> Self {
        assert!(
            !of.is_empty() && of.end <= self.len(),
            "steps {of:?} must be some of the {} of the series",
            self.len()
        );
        let mut values = self.values.clone();
        let dimensions = self.names.len();
        for dimension in 0..dimensions {
            let part = of.clone().map(|step| self.step(step)[dimension]);
            let mean = part.clone().sum::<f64>() / of.len() as f64;
            let variance = part.map(|x| (x - mean).powi(2)).sum::<f64>() / of.len() as f64;
            let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
            for value in values.iter_mut().skip(dimension).step_by(dimensions) {
                *value = (*value - mean) / deviation;
            }
        }
        Self {
            values,
            ..self.clone()
        }
    }
}
