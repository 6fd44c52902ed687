//! The steps of CI as data.

use std::fmt;

/// A named step.
pub struct Step {
    pub name: &'static str,
    pub action: Action,
}

/// What a step does.
pub enum Action {
    /// Runs in this process.
    Tidy,
    Cargo(Line),
    /// Runs where cargo-deny is installed: building it would take longer than all else here.
    Deny(Line),
    /// Runs the command that the README tells its readers to run.
    ReadmeTest,
}

/// Arguments for cargo, with variables of the environment.
pub struct Line {
    pub env: &'static [(&'static str, &'static str)],
    pub args: &'static [&'static str],
}

impl fmt::Display for Line {
    /// As it is typed in a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in self.env {
            write!(f, "{key}=\"{value}\" ")?;
        }
        write!(f, "cargo {}", self.args.join(" "))
    }
}

/// Everything but CUDA, whose toolkit most machines lack.
const FEATURES: &str =
    "flex,ndarray,wgpu,recurra-train/learner,recurra-datasets/parquet,recurra-datasets/fetch";

/// Those, and what is documented but off by default.
const DOCUMENTED: &str = "flex,ndarray,wgpu,recurra-train/learner,recurra-datasets/parquet,recurra-datasets/fetch,recurra-cells/testing,recurra-cells/pt";

pub const STEPS: [Step; 7] = [
    Step {
        name: "tidy",
        action: Action::Tidy,
    },
    Step {
        name: "fmt",
        action: cargo(&["fmt", "--all", "--check"]),
    },
    Step {
        name: "deny",
        // Advisories are left out: their database is fetched from the network, which not every
        // machine has, and a new one would fail a change that has nothing to do with it.
        action: Action::Deny(Line {
            env: &[],
            args: &["deny", "check", "licenses", "bans", "sources"],
        }),
    },
    Step {
        name: "package",
        action: cargo(&[
            "package",
            "-p",
            "recurra-cells",
            "--no-verify",
            "--allow-dirty",
        ]),
    },
    Step {
        name: "clippy",
        action: cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            FEATURES,
            "--",
            "-D",
            "warnings",
        ]),
    },
    Step {
        name: "doc",
        action: Action::Cargo(Line {
            env: &[("RUSTDOCFLAGS", "-D warnings")],
            args: &["doc", "--workspace", "--no-deps", "--features", DOCUMENTED],
        }),
    },
    Step {
        name: "test",
        action: Action::ReadmeTest,
    },
];

const fn cargo(args: &'static [&'static str]) -> Action {
    Action::Cargo(Line { env: &[], args })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_it_is_typed() {
        let line = Line {
            env: &[("RUSTDOCFLAGS", "-D warnings")],
            args: &["doc", "--no-deps"],
        };
        assert_eq!(
            line.to_string(),
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps"
        );
    }

    #[test]
    fn the_readers_command_comes_last() {
        assert!(matches!(STEPS[STEPS.len() - 1].action, Action::ReadmeTest));
    }
}
