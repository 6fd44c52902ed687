//! `cargo xtask COMMAND`: the project's own commands, a module each.
//!
//! This package depends on none of the workspace's others, so that it builds in seconds.

mod cargo;
mod ci;
mod device;
mod error;
mod experiments;
mod test;
mod tidy;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use error::Error;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  list                      the experiments: task, data, expected figure, time
  run NAME [options]        one experiment, built in release
  fetch [DATASET]           bring a data set to this machine, or list those that are known
  predict RUN [FILE]        what a run's model says of lines
  bench [options]           the paths of each cell against each other
  test [--device D]         the whole test suite, on one device or on all that this machine has
  tidy                      what a machine can check of the habits
  ci [--list]               what CI runs, cheapest checks first; --list only names the steps
  help                      this text

D is ndarray, flex, wgpu or cuda. `cargo xtask run --help` and the like list a command's options.";

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    match dispatch(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}

fn dispatch(args: &[OsString]) -> Result<ExitCode, Error> {
    let Some((command, rest)) = args.split_first() else {
        return Ok(help());
    };
    match command.to_str() {
        Some(name @ ("list" | "run" | "fetch" | "predict" | "bench")) => {
            experiments::start(name, rest)
        }
        Some("test") => test::run(rest),
        Some("tidy") => tidy::run(rest),
        Some("ci") => ci::run(rest),
        Some("help" | "--help" | "-h") => Ok(help()),
        _ => Err(Error::Usage(format!(
            "command must be list, run, fetch, predict, bench, test, tidy, ci or help, got {command:?}"
        ))),
    }
}

fn help() -> ExitCode {
    println!("{USAGE}");
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn unknown_command_and_flags_are_bad_usage_in_one_line() {
        for line in [
            "tset",
            "test --fast",
            "test extra",
            "tidy x",
            "ci --lits",
            "run",
        ] {
            let error = dispatch(&words(line)).expect_err(line);
            assert!(matches!(error, Error::Usage(_)), "{line}: {error:?}");
            assert_eq!(error.to_string().lines().count(), 1, "{line}");
        }
    }

    #[test]
    fn unknown_device_is_named() {
        for line in [
            "run adding --device x",
            "bench --device=x",
            "test --device x",
        ] {
            let error = dispatch(&words(line)).expect_err(line);
            let expected = "device must be ndarray, flex, wgpu or cuda, got \"x\"";
            assert_eq!(error.to_string(), expected, "{line}");
        }
    }
}
