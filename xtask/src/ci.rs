//! `cargo xtask ci`: what CI runs, cheapest checks first, up to the first failure.

mod readme;
mod steps;

use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::cargo;
use crate::error::Error;
use crate::tidy;
use steps::{Action, Line, STEPS, Step};

enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

pub fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    match args {
        [] => all().map(|()| ExitCode::SUCCESS),
        [flag] if flag == "--list" => {
            list()?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(Error::Usage(format!("ci takes only --list, got {args:?}"))),
    }
}

fn list() -> Result<(), Error> {
    for step in &STEPS {
        println!("{:8} {}", step.name, alone(step)?);
    }
    Ok(())
}

fn all() -> Result<(), Error> {
    for step in &STEPS {
        println!("ci: {}: {}", step.name, alone(step)?);
        let start = Instant::now();
        let outcome = perform(step)?;
        let seconds = start.elapsed().as_secs_f64();
        match outcome {
            Outcome::Passed => println!("ci: {} passed in {seconds:.1} s", step.name),
            Outcome::Skipped(reason) => println!("ci: {} skipped: {reason}", step.name),
            Outcome::Failed => {
                return Err(Error::Failed(format!(
                    "ci step {} failed after {seconds:.1} s; alone it is `{}`",
                    step.name,
                    alone(step)?
                )));
            }
        }
    }
    Ok(())
}

/// The command that runs the step alone.
fn alone(step: &Step) -> Result<String, Error> {
    Ok(match &step.action {
        Action::Tidy => "cargo xtask tidy".to_owned(),
        Action::Cargo(line) | Action::Deny(line) => line.to_string(),
        Action::ReadmeTest => readme::test_command(&cargo::read("README.md")?)?,
    })
}

fn perform(step: &Step) -> Result<Outcome, Error> {
    match &step.action {
        Action::Tidy => match tidy::check() {
            Err(Error::Failed(_)) => Ok(Outcome::Failed),
            result => result.map(|()| Outcome::Passed),
        },
        Action::Cargo(line) => cargo_line(line),
        Action::Deny(line) if has_deny()? => cargo_line(line),
        Action::Deny(_) => Ok(Outcome::Skipped("cargo-deny is not installed")),
        Action::ReadmeTest => {
            let command = alone(step)?;
            start(cargo::at_root(command.split_whitespace().skip(1)))
        }
    }
}

fn has_deny() -> Result<bool, Error> {
    let mut deny = cargo::at_root(["deny", "--version"]);
    deny.stdout(Stdio::null()).stderr(Stdio::null());
    Ok(cargo::wait(&mut deny)?.success())
}

fn cargo_line(line: &Line) -> Result<Outcome, Error> {
    let mut command = cargo::at_root(line.args);
    command.envs(line.env.iter().copied());
    start(command)
}

fn start(mut command: Command) -> Result<Outcome, Error> {
    Ok(if cargo::wait(&mut command)?.success() {
        Outcome::Passed
    } else {
        Outcome::Failed
    })
}
