//! `leadbox`: LeadBox as a program. See `leadbox --help`.

mod cli;
mod commands;
mod exit;
mod health;
mod output;
mod progress;
mod storage;
mod table;
mod target;

use std::process::ExitCode;

fn main() -> ExitCode {
    let (output, parsed) = cli::parse();
    let result =
        parsed.and_then(|cli| cli.map_or(Ok(exit::Exit::Done), |cli| commands::run(cli, output)));
    result.unwrap_or_else(|failure| output.failure(&failure)).into()
}
