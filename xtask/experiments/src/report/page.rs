//! The page of a run: one HTML file that needs nothing else.

use serde::Serialize;

use super::{Chart, Report, Roll, Size};
use crate::progress::duration;

const STYLE: &str = include_str!("page.css");

/// What an experiment shows of its run besides the metrics.
pub struct Page {
    pub title: String,
    /// One sentence.
    pub summary: String,
    pub table: Table,
    /// Further tables with their headings.
    pub tables: Vec<(String, Table)>,
    /// What was unusual, a sentence each.
    pub notes: Vec<String>,
    pub charts: Vec<Chart>,
    /// Music drawn from the model.
    pub rolls: Vec<Roll>,
    /// Texts with their headings.
    pub samples: Vec<(String, String)>,
}

/// A table whose first column names its rows.
pub struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// The whole page.
pub fn html<C: Serialize>(report: &Report<'_, C>, page: &Page) -> String {
    let charts = page.charts.iter().map(|it| match it.size {
        Size::Whole => figure("whole", &it.title, &it.svg()),
        Size::Half => figure("half", &it.title, &it.svg()),
    });
    let rolls = page.rolls.iter();
    let rolls = rolls.map(|it| figure("whole", &it.title, &it.svg()));
    let figures: String = charts.chain(rolls).collect();
    let samples: String = page.samples.iter().map(sample).collect();
    let settings = serde_json::to_string_pretty(&report.config)
        .expect("settings are plain values under names");
    let status = format!("{:?}", report.status).to_lowercase();
    let title = escape(&page.title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n<main>\n<h1>{title}</h1>\n<p>{summary}</p>\n\
         <p class=\"facts\">{status} · {device} · {seeds} · {time} · commit {commit}</p>\n\
         {table}{notes}{figures}{tables}{metrics}{samples}\
         <details><summary>Settings</summary><pre>{settings}</pre></details>\n</main>\n</html>\n",
        summary = escape(&page.summary),
        device = report.device,
        seeds = seeds(report),
        time = duration(report.seconds),
        commit = escape(&report.commit),
        table = page.table.html(),
        notes = notes(&page.notes),
        tables = page.tables.iter().map(headed).collect::<String>(),
        metrics = metrics(report).html(),
        settings = escape(&settings),
    )
}

/// Which seeds there were.
fn seeds<C>(report: &Report<'_, C>) -> String {
    match report.seeds {
        1 => format!("seed {}", report.seed),
        count => format!("{count} seeds from {}", report.seed),
    }
}

fn headed((heading, table): &(String, Table)) -> String {
    format!("<h2>{}</h2>\n{}", escape(heading), table.html())
}

fn notes(notes: &[String]) -> String {
    let notes = notes
        .iter()
        .map(|note| format!("<p>{}</p>\n", escape(note)));
    notes.collect()
}

fn figure(class: &str, title: &str, svg: &str) -> String {
    let title = escape(title);
    format!("<figure class=\"{class}\">\n<figcaption>{title}</figcaption>\n{svg}</figure>\n")
}

fn sample((heading, text): &(String, String)) -> String {
    format!(
        "<h2>Drawn from the model: {}</h2>\n<pre>{}</pre>\n",
        escape(heading),
        escape(text)
    )
}

/// The metrics with the published figures beside them.
fn metrics<C>(report: &Report<'_, C>) -> Table {
    let rows = report.results.iter().map(|(name, value)| {
        let expected = report.expected.get(name.as_str());
        let published =
            expected.map_or_else(String::new, |it| format!("{} ({})", it.value, it.source));
        vec![name.clone(), number(*value), published]
    });
    Table {
        head: ["metric", "value", "published"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

/// Four digits behind the point, or what is left of a number that has none there.
fn number(value: f64) -> String {
    match value != 0.0 && value.abs() < 1e-3 {
        true => format!("{value:.2e}"),
        false => format!("{value:.4}"),
    }
}

/// A cell of more characters is text, as is all of its column: it begins at the left, where numbers end at the right.
const LONGEST_NUMBER: usize = 24;

impl Table {
    fn html(&self) -> String {
        let mut html = String::from("<table>\n<thead>");
        html.push_str(&self.row(&self.head, "th"));
        html.push_str("</thead>\n<tbody>\n");
        for row in &self.rows {
            html.push_str(&self.row(row, "td"));
            html.push('\n');
        }
        html.push_str("</tbody>\n</table>\n");
        html
    }

    fn row(&self, cells: &[String], tag: &str) -> String {
        let cells = cells.iter().enumerate().map(|(column, cell)| {
            let class = if self.is_text(column) {
                " class=\"text\""
            } else {
                ""
            };
            format!("<{tag}{class}>{}</{tag}>", escape(cell))
        });
        format!("<tr>{}</tr>", cells.collect::<String>())
    }

    fn is_text(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.any(|cell| cell.chars().count() > LONGEST_NUMBER)
    }
}

/// Text that HTML takes as it is.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
