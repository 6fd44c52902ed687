//! Line charts as inline SVG.

use std::fmt::Write;

use super::page::escape;

/// The margins left for the axes, in the units of the view box.
const LEFT: f64 = 52.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 40.0;
/// The least distance between two curves' names.
const NAME_HEIGHT: f64 = 14.0;

/// Curves over a common axis.
pub struct Chart {
    pub title: String,
    pub x_label: String,
    pub size: Size,
    pub curves: Vec<Curve>,
}

/// How much of a page's width a chart takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Whole,
    /// Two of them stand side by side.
    Half,
}

impl Size {
    /// Width and height in the units of the view box, so that text is as large in both.
    fn view_box(self) -> (f64, f64) {
        match self {
            Self::Whole => (760.0, 340.0),
            Self::Half => (370.0, 200.0),
        }
    }

    /// The margin for the curves' names, which a half has no room for.
    fn right(self) -> f64 {
        match self {
            Self::Whole => 90.0,
            Self::Half => 12.0,
        }
    }

    /// About how many ticks an axis has.
    fn ticks(self) -> f64 {
        match self {
            Self::Whole => 6.0,
            Self::Half => 4.0,
        }
    }
}

/// A curve and how it is drawn.
pub struct Curve {
    pub label: String,
    /// Which of the page's colours; curves of one thing have the same.
    pub colour: usize,
    pub stroke: Stroke,
    pub points: Vec<(f64, f64)>,
}

/// The look of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// In the background, without a name.
    Thin,
    /// In the foreground, without marks or a name.
    Plain,
    /// With a mark at each point and a name at the last.
    Marked,
}

/// An axis: values from `low` to `high` on pixels from `start` to `end`.
struct Axis {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
    /// About how many ticks it has.
    ticks: f64,
}

impl Axis {
    /// Over all of `values`; an axis from 0 to 1 without any.
    fn over(values: impl Iterator<Item = f64>, (start, end): (f64, f64), ticks: f64) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
            (low.min(it), high.max(it))
        });
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        // A single value still needs an axis around it.
        let high = if high == low { low + 1.0 } else { high };
        Self {
            low,
            high,
            start,
            end,
            ticks,
        }
    }

    fn at(&self, value: f64) -> f64 {
        self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
    }

    /// Round values within the axis: multiples of 1, 2 or 5 times a power of ten.
    fn ticks(&self) -> Vec<f64> {
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
}

impl Chart {
    /// The chart as an `<svg>` element.
    pub fn svg(&self) -> String {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let ((width, height), ticks) = (self.size.view_box(), self.size.ticks());
        let steps = points().map(|point| point.0).chain([0.0]);
        let x = Axis::over(steps, (LEFT, width - self.size.right()), ticks);
        let values = points().map(|point| point.1);
        let y = Axis::over(values, (height - BOTTOM, TOP), ticks);
        let mut svg = format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n",
            escape(&self.title)
        );
        svg.push_str(&grid(&x, &y));
        let middle = (x.start + x.end) / 2.0;
        let label = escape(&self.x_label);
        put(
            &mut svg,
            format_args!(
                "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
                height - 4.0
            ),
        );
        for curve in &self.curves {
            svg.push_str(&line(curve, &x, &y));
        }
        svg.push_str(&names(&self.curves, &x, &y));
        svg.push_str("</svg>\n");
        svg
    }
}

/// Ticks, their lines and their values.
fn grid(x: &Axis, y: &Axis) -> String {
    let mut svg = String::new();
    for tick in y.ticks() {
        let (at, value) = (y.at(tick), number(tick));
        put(
            &mut svg,
            format_args!(
                "<line x1=\"{}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>",
                x.start, x.end
            ),
        );
        let (left, base) = (x.start - 6.0, at + 4.0);
        put(
            &mut svg,
            format_args!("<text x=\"{left}\" y=\"{base:.1}\" text-anchor=\"end\">{value}</text>"),
        );
    }
    for tick in x.ticks() {
        let (at, base, value) = (x.at(tick), y.start + 16.0, number(tick));
        put(
            &mut svg,
            format_args!("<text x=\"{at:.1}\" y=\"{base}\" text-anchor=\"middle\">{value}</text>"),
        );
    }
    svg
}

fn line(curve: &Curve, x: &Axis, y: &Axis) -> String {
    let points: Vec<(f64, f64)> = curve
        .points
        .iter()
        .map(|&(px, py)| (x.at(px), y.at(py)))
        .collect();
    let path: Vec<String> = points
        .iter()
        .map(|(px, py)| format!("{px:.1},{py:.1}"))
        .collect();
    let class = match curve.stroke {
        Stroke::Thin => "thin",
        Stroke::Plain => "plain",
        Stroke::Marked => "marked",
    };
    let mut svg = String::new();
    put(
        &mut svg,
        format_args!(
            "<polyline class=\"{class} c{}\" points=\"{}\"/>",
            curve.colour,
            path.join(" ")
        ),
    );
    if curve.stroke == Stroke::Marked {
        for (px, py) in points {
            put(
                &mut svg,
                format_args!(
                    "<circle class=\"c{}\" cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"2.5\"/>",
                    curve.colour
                ),
            );
        }
    }
    svg
}

/// The curves' names beside their last points, moved apart where they would lie on each other.
fn names(curves: &[Curve], x: &Axis, y: &Axis) -> String {
    let named = curves.iter().filter(|curve| curve.stroke == Stroke::Marked);
    let mut ends: Vec<(f64, f64, &Curve)> = named
        .filter_map(|curve| {
            curve
                .points
                .last()
                .map(|end| (y.at(end.1), x.at(end.0), curve))
        })
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut svg = String::new();
    let mut free = f64::NEG_INFINITY;
    for (height, end, curve) in ends {
        let base = height.max(free);
        free = base + NAME_HEIGHT;
        let (label, left, base) = (escape(&curve.label), end + 8.0, base + 4.0);
        put(
            &mut svg,
            format_args!(
                "<text class=\"name c{}\" x=\"{left:.1}\" y=\"{base:.1}\">{label}</text>",
                curve.colour
            ),
        );
    }
    svg
}

fn put(svg: &mut String, element: std::fmt::Arguments<'_>) {
    writeln!(svg, "{element}").expect("a string takes all that is written to it");
}

/// A tick's value without the noise of binary fractions.
fn number(value: f64) -> String {
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

    #[test]
    fn ticks_are_round() {
        let ticks = |low, high| {
            Axis::over([low, high].into_iter(), (0.0, 1.0), 6.0)
                .ticks()
                .into_iter()
                .map(number)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            ticks(0.0, 5000.0),
            ["0", "1000", "2000", "3000", "4000", "5000"]
        );
        assert_eq!(ticks(1.47, 2.6), ["1.6", "1.8", "2", "2.2", "2.4", "2.6"]);
    }

    #[test]
    fn empty_and_single_points_have_a_finite_drawing() {
        for points in [vec![], vec![(1.0, 2.0)]] {
            let curve = Curve {
                label: "a<b".to_owned(),
                colour: 0,
                stroke: Stroke::Marked,
                points,
            };
            let svg = Chart {
                title: "t".to_owned(),
                x_label: "x".to_owned(),
                size: Size::Half,
                curves: vec![curve],
            }
            .svg();
            assert!(
                !svg.contains("NaN") && !svg.contains("inf") && !svg.contains("a<b"),
                "{svg}"
            );
        }
    }
}
