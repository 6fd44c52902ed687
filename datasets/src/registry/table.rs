//! The list of all data sets, for a terminal.

use super::Source;

/// A line for each data set: its name, its size, whether it can be fetched, its licence, and what
/// it is, under a line of headings.
///
/// An address that nothing has been fetched from yet is called unverified.
pub fn table(sources: &[Source]) -> String {
    let headings = ["name", "size", "fetch", "licence or terms", "what"].map(str::to_owned);
    let rows: Vec<_> = [headings]
        .into_iter()
        .chain(sources.iter().map(row))
        .collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let line = |[name, size, fetch, licence, what]: &[String; 5]| {
        let [names, sizes, fetches, licences, _] = widths;
        let left = format!("{name:names$}  {size:>sizes$}  {fetch:fetches$}");
        format!("{left}  {licence:licences$}  {what}\n")
    };
    rows.iter().map(line).collect()
}

fn row(source: &Source) -> [String; 5] {
    let fetch = match source.addresses() {
        None => "by hand",
        Some(all) if all.iter().all(|address| address.verified) => "yes",
        Some(_) => "unverified",
    };
    let texts = [fetch, source.licence, source.what].map(str::to_owned);
    let [fetch, licence, what] = texts;
    let name = source.name.to_owned();
    [name, readable_bytes(source.size()), fetch, licence, what]
}

/// A number of bytes as people read it, in powers of ten.
pub fn readable_bytes(count: u64) -> String {
    let count = count as f64;
    if count >= 1e6 {
        format!("{:.1} MB", count / 1e6)
    } else if count >= 1e3 {
        format!("{:.1} kB", count / 1e3)
    } else {
        format!("{count} B")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{SOURCES, source};

    #[test]
    fn a_table_has_a_line_for_each_data_set() {
        let table = table(SOURCES);
        assert_eq!(table.lines().count(), SOURCES.len() + 1);
        assert!(table.lines().all(|line| line == line.trim_end()));
    }

    #[test]
    fn a_table_says_what_can_be_fetched() {
        let sources = [*source("ptb").unwrap(), *source("ett").unwrap()];
        let table = table(&sources);
        let lines: Vec<_> = table.lines().collect();
        assert!(
            lines[0].starts_with("name    size  fetch       licence or terms"),
            "{table}"
        );
        assert!(
            lines[1].starts_with("ptb   6.0 MB  by hand     none stated;"),
            "{table}"
        );
        assert!(
            lines[2].starts_with("ett   2.6 MB  unverified  CC BY-ND 4.0 "),
            "{table}"
        );
    }

    #[test]
    fn bytes_are_read_in_powers_of_ten() {
        assert_eq!(
            [0, 999, 1000, 1_115_394].map(readable_bytes),
            ["0 B", "999 B", "1.0 kB", "1.1 MB"]
        );
    }
}
