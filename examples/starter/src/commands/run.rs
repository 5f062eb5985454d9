//! The runtime around a command, and what is traced meanwhile.

use crate::cli::{Cli, Command};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::storage::settle;

/// Runs a command to its end.
///
/// # Errors
/// Whatever keeps the command from its outcome.
pub(crate) fn run(cli: Cli, output: Output) -> Result<Exit, Failure> {
    trace();
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::because("cannot start the runtime", error))?;
    runtime.block_on(async {
        let location = &cli.storage;
        let writes = !matches!(
            cli.command,
            Command::Export(_)
                | Command::Doctor
                | Command::Audit(_)
                | Command::Leads(_)
                | Command::Tasks(_)
                | Command::Rules(_)
        );
        let outcome = match cli.command {
            Command::Serve(args) => super::serve::serve(&args, location, output).await,
            Command::Import(args) => super::import::import(&args, location, output).await,
            Command::Export(args) => super::export::export(&args, location, output).await,
            Command::Demo(args) => super::demo::demo(&args, location, output).await,
            Command::Duplicates(args) => {
                super::duplicates::duplicates(&args.verb, location, output).await
            }
            Command::Doctor => super::doctor::doctor(location, output).await,
            Command::Leads(args) => super::leads::leads(&args.verb, location, output).await,
            Command::Tasks(args) => super::tasks::tasks(&args.verb, location, output).await,
            Command::Views(args) => super::views::views(&args.verb, location, output).await,
            Command::Users(args) => super::users::users(&args.verb, location, output).await,
            Command::Teams(args) => super::teams::teams(&args.verb, location, output).await,
            Command::Roles(args) => super::roles::roles(&args.verb, location, output).await,
            Command::Keys(args) => super::keys::keys(&args.verb, location, output).await,
            Command::Rules(args) => super::rules::rules(&args.verb, location, output).await,
            Command::Fields(args) => super::fields::fields(&args.verb, location, output).await,
            Command::Settings(args) => {
                super::settings::settings(&args.verb, location, output).await
            }
            Command::Audit(args) => super::audit::audit(&args.verb, location, output).await,
            Command::Analytics(args) => {
                super::analytics::analytics(args.verb, location, output).await
            }
        };
        // After a failure nobody knows whose file it is.
        if writes && outcome.is_ok() {
            settle(location).await;
        }
        outcome
    })
}

/// Warnings and errors go to stderr; `LEADBOX_LOG=debug` shows more.
fn trace() {
    let level = std::env::var("LEADBOX_LOG").ok().and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(level.unwrap_or(tracing::Level::WARN))
        .init();
}
