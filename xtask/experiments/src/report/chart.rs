//! Line charts as inline SVG.

use std::fmt::Write;

use super::axis::{Axis, Scale};
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
    pub x_scale: Scale,
    pub y_scale: Scale,
    /// A point that a scale has no place for is left out.
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
    /// Less so than the others, without marks, with a name at the last point.
    Named,
    /// With a mark at each point and a name at the last.
    Marked,
}

impl Chart {
    /// The chart as an `<svg>` element.
    pub fn svg(&self) -> String {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let ((width, height), ticks) = (self.size.view_box(), self.size.ticks());
        let steps = points().map(|point| point.0).chain([0.0]);
        let ends = (LEFT, width - self.size.right());
        let x = Axis::over(steps, self.x_scale, ends, ticks);
        let values = points().map(|point| point.1);
        let y = Axis::over(values, self.y_scale, (height - BOTTOM, TOP), ticks);
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
        let (at, value) = (y.at(tick), y.number(tick));
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
        let (at, base, value) = (x.at(tick), y.start + 16.0, x.number(tick));
        put(
            &mut svg,
            format_args!("<text x=\"{at:.1}\" y=\"{base}\" text-anchor=\"middle\">{value}</text>"),
        );
    }
    svg
}

fn line(curve: &Curve, x: &Axis, y: &Axis) -> String {
    let points = places(curve, x, y);
    let path: Vec<String> = points
        .iter()
        .map(|(px, py)| format!("{px:.1},{py:.1}"))
        .collect();
    let class = match curve.stroke {
        Stroke::Thin => "thin",
        Stroke::Plain => "plain",
        Stroke::Named => "named",
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

/// Where the curve's points are on the drawing.
fn places(curve: &Curve, x: &Axis, y: &Axis) -> Vec<(f64, f64)> {
    let points = curve.points.iter();
    let points = points.map(|&(px, py)| (x.at(px), y.at(py)));
    points
        .filter(|(px, py)| px.is_finite() && py.is_finite())
        .collect()
}

/// The curves' names beside their last points, moved apart where they would lie on each other.
fn names(curves: &[Curve], x: &Axis, y: &Axis) -> String {
    let named = |curve: &&Curve| matches!(curve.stroke, Stroke::Marked | Stroke::Named);
    let named = curves.iter().filter(named);
    let mut ends: Vec<(f64, f64, &Curve)> = named
        .filter_map(|curve| {
            let (end, height) = places(curve, x, y).pop()?;
            Some((height, end, curve))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_single_or_off_the_scale_has_a_finite_drawing() {
        let scales = [Scale::Linear, Scale::Log];
        let few = [vec![], vec![(1.0, 2.0)], vec![(0.0, 1.0), (1.0, 0.0)]];
        for (points, scale) in few.iter().flat_map(|it| scales.map(|scale| (it, scale))) {
            let curve = Curve {
                label: "a<b".to_owned(),
                colour: 0,
                stroke: Stroke::Marked,
                points: points.clone(),
            };
            let svg = Chart {
                title: "t".to_owned(),
                x_label: "x".to_owned(),
                size: Size::Half,
                x_scale: Scale::Linear,
                y_scale: scale,
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
