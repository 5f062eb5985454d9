//! `bench import|captures|callers|lists|admin|bulk|scoring|rescore`: figures for the README and `docs/evidence`, each beside
//! hand-written sqlx doing the same work in the same run. The machine's noise is in both sides, so quote ratios.

mod admin;
mod bulk;
mod callers;
mod capture;
mod data;
mod filled;
mod import;
mod lists;
mod measure;
mod plain;
mod report;
mod rescore;
mod scoring;
mod server;
mod target;

use std::error::Error;

use clap::{Parser, Subcommand};
use report::Report;
use target::Kind;

/// LeadBox beside hand-written sqlx.
#[derive(Parser, Debug)]
struct Cli {
    /// Which database.
    #[arg(long, value_enum, default_value = "sqlite", global = true)]
    storage: Kind,
    /// Where the made-up data begins.
    #[arg(long, default_value_t = 1, global = true)]
    seed: u64,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Imports a CSV file.
    Import {
        /// Rows of the file.
        #[arg(long, default_value_t = 20_000)]
        rows: u64,
    },
    /// Captures leads one after the other, durable.
    Captures {
        /// How many.
        #[arg(long, default_value_t = 500)]
        count: u64,
    },
    /// Captures leads from many callers at once, durable.
    Callers {
        /// How many callers.
        #[arg(long, default_value_t = 64)]
        callers: u64,
        /// How many leads.
        #[arg(long, default_value_t = 6_400)]
        count: u64,
    },
    /// Lists leads.
    Lists {
        /// How many leads there are.
        #[arg(long, default_value_t = 20_000)]
        leads: u64,
        /// How often each list is asked for in each of five rounds.
        #[arg(long, default_value_t = 100)]
        samples: usize,
        /// Keeps the leads in this file or database, and finds them there the next time.
        #[arg(long)]
        keep: Option<String>,
        /// Measures only lists whose name holds this text.
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Asks for the pages of the dashboard over HTTP.
    Admin {
        /// How many leads there are.
        #[arg(long, default_value_t = 20_000)]
        leads: u64,
        /// How often each page is asked for in each of five rounds.
        #[arg(long, default_value_t = 40)]
        samples: usize,
        /// Keeps the leads in this file or database, and finds them there the next time.
        #[arg(long)]
        keep: Option<String>,
    },
    /// Scores leads, beside other languages that rules can be written in.
    Scoring {
        /// How many leads are previewed.
        #[arg(long, default_value_t = 100_000)]
        leads: usize,
    },
    /// Scores all leads again because other rules came into force.
    Rescore {
        /// How many leads there are.
        #[arg(long, default_value_t = 5_000)]
        leads: u64,
        /// How many interactions each has.
        #[arg(long, default_value_t = 20)]
        visits: u64,
        /// How often each side scores all of them.
        #[arg(long, default_value_t = 3)]
        passes: i64,
        /// Keeps the leads in this file or database, and finds them there the next time.
        #[arg(long)]
        keep: Option<String>,
    },
    /// Plans and begins the same for many leads.
    Bulk {
        /// How many leads there are.
        #[arg(long, default_value_t = 20_000)]
        leads: u64,
        /// Keeps the leads in this file or database, and finds them there the next time.
        #[arg(long)]
        keep: Option<String>,
    },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    let mut report = Report::default();
    report.line(&format!("seed {}", cli.seed));
    match cli.command {
        Command::Import { rows } => import::run(cli.storage, rows, cli.seed, &mut report).await?,
        Command::Captures { count } => {
            capture::singles(cli.storage, count, cli.seed, &mut report).await?;
        }
        Command::Callers { callers, count } => {
            callers::run(cli.storage, callers, count, cli.seed, &mut report).await?;
        }
        Command::Lists { leads, samples, keep, only } => {
            let asked = lists::Asked { leads, samples, keep, only };
            lists::run(cli.storage, &asked, cli.seed, &mut report).await?;
        }
        Command::Admin { leads, samples, keep } => {
            let asked = admin::Asked { leads, samples, keep };
            admin::run(cli.storage, &asked, cli.seed, &mut report).await?;
        }
        Command::Scoring { leads } => scoring::run(leads, cli.seed, &mut report)?,
        Command::Rescore { leads, visits, passes, keep } => {
            let asked = rescore::Asked { leads, visits, passes, keep };
            rescore::run(cli.storage, &asked, cli.seed, &mut report).await?;
        }
        Command::Bulk { leads, keep } => {
            bulk::run(cli.storage, leads, keep.as_deref(), cli.seed, &mut report).await?;
        }
    }
    Ok(())
}
