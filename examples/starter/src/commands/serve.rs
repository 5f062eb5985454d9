//! `leadbox serve`: migrate, make demo data if asked, serve the dashboard and run the workers until told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use leadbox_admin::{Admin, password_path};
use leadbox_core::proof::TokenKind;
use leadbox_core::service::LeadList;
use leadbox_core::worker::BulkHandler;
use leadbox_core::{LeadBox, Storage, Workers};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::demo::{Invented, fill, is_untouched, plan};
use crate::cli;
use crate::exit::{Exit, Failure};
use crate::health;
use crate::output::{Outcome, Output};
use crate::storage::{Durability, Expect, Location, open};

/// That it runs, and where.
#[derive(Debug, Serialize)]
struct Serving {
    address: String,
    storage: String,
    /// Where to go first: to make the first administrator, to set a password, or to sign in.
    open: String,
    #[serde(skip)]
    why: String,
}

impl Outcome for Serving {
    fn text(&self) -> String {
        let Self { address, storage, open, why } = self;
        format!("serving {storage} on {address} (Ctrl-C stops)\n{why}: {open}")
    }
}

/// How long running requests may take once the program is told to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// Runs the command.
///
/// # Errors
/// `Unavailable`, `SchemaTooNew`; `Failed` when the address cannot be listened on.
pub(super) async fn serve(
    args: &cli::Serve,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    // First the port: whoever finds it taken should not wait for the demo data.
    let listener = listen(args.listen).await?;
    if args.demo {
        demo(location, output).await?;
    }
    let storage = open(location, Expect::Anything, Durability::Full).await?;
    let leadbox = LeadBox::builder(storage).build()?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::because("the address is not known", error))?;
    let admin = Admin::new(leadbox.clone()).demo(Invented);
    let address = format!("http://{address}");
    let (path, why) = entrance(&leadbox, &admin).await?;
    // Before the address is told: whoever reads it may stop us at once.
    let signalled =
        signals().map_err(|error| Failure::because("cannot listen for signals", error))?;
    let open = format!("{address}{path}");
    output.outcome(&Serving { address, storage: location.to_string(), open, why });
    run(&leadbox, admin, listener, signalled).await?;
    output.remark("stopped");
    Ok(Exit::Done)
}

/// Where to go first, and why.
async fn entrance(leadbox: &LeadBox, admin: &Admin) -> Result<(String, String), Failure> {
    let administrators = leadbox.access().administrators().await?;
    for user in &administrators {
        if leadbox.passwords().credential(user.id).await?.is_some() {
            return Ok(("/".to_owned(), "sign in here".to_owned()));
        }
    }
    // Made-up users have no passwords, and whoever can start the program may be any of them.
    match administrators.first() {
        Some(user) => {
            let code = leadbox.passwords().invite(user.id).await?;
            let path = password_path(TokenKind::Invitation, &code);
            Ok((path, format!("set a password for {}", user.name)))
        }
        None => Ok((admin.first_run_path(), "begin here".to_owned())),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::because(format!("cannot listen on {address}"), error)
            .hint("take another address with --listen, such as 127.0.0.1:0 for any free port")
    })
}

/// Makes demo data where nothing was ever written; otherwise says that what is there is served.
async fn demo(location: &Location, output: Output) -> Result<(), Failure> {
    // Opened by itself, because made-up leads need not survive a loss of power, and what follows has to.
    let storage: Arc<dyn Storage> = open(location, Expect::Anything, Durability::Relaxed).await?;
    if is_untouched(&storage).await? {
        let made = fill(storage, &plan(&cli::Demo::usual()), location).await?;
        output.remark(&made.text());
    } else {
        let leadbox = LeadBox::builder(storage).build()?;
        let leads = match leadbox.leads().count(&LeadList::default(), 10_000).await? {
            count @ 0..=10_000 => count.to_string(),
            _ => "more than 10000".to_owned(),
        };
        output.remark(&format!(
            "{location} is in use already: serving its {leads} leads as they are"
        ));
    }
    Ok(())
}

/// Serves and works until a signal comes, or until serving fails.
async fn run(
    leadbox: &LeadBox,
    admin: Admin,
    listener: TcpListener,
    signalled: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let (stop, stopped) = watch::channel(false);
    let signal = stop.clone();
    let watcher = tokio::spawn(async move {
        signalled.await;
        signal.send_replace(true);
    });
    let pages =
        admin.closing_when(told(stopped.clone())).mount(health::router(leadbox.clone()), "/");
    let pages = pages.into_make_service_with_connect_info::<SocketAddr>();
    let http = async {
        let serving = axum::serve(listener, pages).with_graceful_shutdown(told(stopped.clone()));
        let result = tokio::select! {
            result = serving => result,
            () = async { told(stopped.clone()).await; tokio::time::sleep(LAST_REQUESTS).await } => Ok(()),
        };
        // If serving failed, the workers have to stop as well.
        stop.send_replace(true);
        result
    };
    let workers = Workers::new(leadbox).handler(BulkHandler);
    let (served, ()) = tokio::join!(http, workers.run(told(stopped.clone())));
    watcher.abort();
    served.map_err(|error| Failure::because("serving failed", error))
}

/// Ready once the program is told to stop.
async fn told(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it the program's run.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Listens for SIGINT and SIGTERM from now on; what it returns is ready once one came.
#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens for Ctrl-C.
#[cfg(not(unix))]
fn signals() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
