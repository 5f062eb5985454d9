//! The program: opens the database, says who may come in, and serves until it is told to stop.
//!
//! `leadbox-full [DATABASE [ADDRESS]]`; the file `full.db` and `127.0.0.1:3000` unless told otherwise.

use std::error::Error;
use std::sync::Arc;

use leadbox_core::{LeadBox, Storage};
use leadbox_full::{Host, Staff, app, publish_rules, run};
use leadbox_storage_sqlite::{SqliteConfig, SqliteStorage};
use tokio::net::TcpListener;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "whoever starts it reads how to get in")]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let mut arguments = std::env::args().skip(1);
    let database = arguments.next().unwrap_or_else(|| "full.db".to_owned());
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".to_owned());

    let storage = SqliteStorage::open(SqliteConfig::at(database)).await?;
    storage.migrate().await?;
    let leadbox = LeadBox::builder(Arc::new(storage)).build()?;
    publish_rules(&leadbox).await?;

    let mut staff = Staff::default();
    for employee in Staff::example() {
        let code = staff.admit(employee.clone(), leadbox.new_secret());
        println!("{} ({:?}) signs in with {code}", employee.name, employee.job);
    }
    let host = Host::new(leadbox.clone(), staff);
    let listener = TcpListener::bind(&address).await?;
    println!("serving on http://{} (Ctrl-C stops)", listener.local_addr()?);
    run(&leadbox, app(host), listener).await?;
    Ok(())
}
