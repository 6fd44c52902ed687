//! Piano rolls as inline SVG.

use std::fmt::Write;

use super::page::escape;

/// The drawing's width, and its margin for the names of octaves, in the units of its view box.
const WIDTH: f64 = 760.0;
const LEFT: f64 = 30.0;
/// The height of a key.
const KEY: f64 = 4.0;
/// The key of the C above the piano's lowest A; each twelfth key from there is a C.
const FIRST_C: usize = 3;
const OCTAVE: usize = 12;

/// Music that a model was given, and what it drew to go on.
pub struct Roll {
    pub title: String,
    /// For each step the keys that sound, counted from a piano's lowest.
    pub steps: Vec<Vec<usize>>,
    /// How many of the steps were given.
    pub given: usize,
}

impl Roll {
    /// The roll as an `<svg>` element, with a line at each C.
    pub fn svg(&self) -> String {
        let keys = || self.steps.iter().flatten().copied();
        let low = keys().min().unwrap_or(FIRST_C);
        let high = keys().max().unwrap_or(low) + 1;
        let (height, step) = (
            KEY * (high - low) as f64,
            (WIDTH - LEFT) / self.steps.len().max(1) as f64,
        );
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n",
            escape(&self.title)
        );
        let mut put = |element: String| {
            writeln!(svg, "{element}").expect("a string takes all that is written to it");
        };
        for c in (FIRST_C..high).step_by(OCTAVE).filter(|&c| c >= low) {
            let base = KEY * (high - c) as f64;
            let name = format!("C{}", 1 + (c - FIRST_C) / OCTAVE);
            put(format!(
                "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{base}\" y2=\"{base}\"/><text x=\"0\" y=\"{base}\">{name}</text>"
            ));
        }
        for (index, keys) in self.steps.iter().enumerate() {
            let class = if index < self.given { "c0" } else { "c1" };
            let left = LEFT + step * index as f64;
            for key in keys {
                let top = KEY * (high - 1 - key) as f64;
                put(format!(
                    "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{KEY}\"/>",
                    0.92 * step
                ));
            }
        }
        svg.push_str("</svg>\n");
        svg
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_a_rectangle_inside_of_the_drawing() {
        let roll = Roll {
            title: "a<b".to_owned(),
            steps: vec![vec![0, 87], vec![], vec![39]],
            given: 1,
        };
        let svg = roll.svg();
        assert_eq!(svg.matches("<rect class=\"c0\"").count(), 2);
        assert_eq!(svg.matches("<rect class=\"c1\"").count(), 1);
        assert!(
            svg.contains("viewBox=\"0 0 760 352\"") && svg.contains("y=\"348\""),
            "{svg}"
        );
        assert!(
            svg.contains(">C1<") && svg.contains(">C8<") && !svg.contains("a<b"),
            "{svg}"
        );
    }

    #[test]
    fn silence_has_a_finite_drawing() {
        for steps in [vec![], vec![vec![]]] {
            let title = String::new();
            let svg = Roll {
                title,
                steps,
                given: 0,
            }
            .svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
