//! How often the operating system had to find memory for this process.

use std::fs;

/// The page faults of this process so far for which no disk was read; nothing where the system does not say.
pub fn page_faults() -> Option<u64> {
    minor_faults(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// `minflt` of `/proc/self/stat` on Linux (proc_pid_stat(5)).
fn minor_faults(stat: &str) -> Option<u64> {
    // The program's name stands in parentheses, and may itself hold blanks and parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(7)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_found_behind_any_name() {
        let stat = "12 (a (b) c) R 1 12 12 0 -1 4194304 345 0 6 0 7 8 0 0 20 0";
        assert_eq!(minor_faults(stat), Some(345));
        assert_eq!(minor_faults("nothing of the kind"), None);
    }
}
