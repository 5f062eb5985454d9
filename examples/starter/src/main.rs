//! `leadbox`: LeadBox as a program. See `leadbox --help`.

mod cli;
mod commands;
mod demo;
mod exit;
mod output;
mod page;
mod progress;
mod storage;

use std::process::ExitCode;

fn main() -> ExitCode {
    let (output, parsed) = cli::parse();
    let result = parsed.and_then(|cli| commands::run(cli, &output));
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => output.failure(&failure).into(),
    }
}
