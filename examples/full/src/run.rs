//! Serving and working until told to stop. Owns the order of the end: no new request, the last ones answered, the workers
//! at rest.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use leadbox_core::worker::BulkHandler;
use leadbox_core::{LeadBox, Workers};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;

/// How long the last requests may take.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// Serves `app`, and does what waits in the background, until a signal comes.
///
/// # Errors
/// Whatever ends serving before that.
pub async fn run(leadbox: &LeadBox, app: Router, listener: TcpListener) -> io::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let told = || {
        let mut stopped = stopped.clone();
        // An error means that the sender is gone, and with it this run.
        async move { drop(stopped.wait_for(|stopped| *stopped).await) }
    };
    let mut signals = Signals::new()?;
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let serving = async {
        let serving = axum::serve(listener, service).with_graceful_shutdown(told());
        let late = async {
            told().await;
            sleep(LAST_REQUESTS).await;
        };
        let served = tokio::select! {
            served = serving => served,
            () = late => Ok(()),
        };
        // If serving failed, the others have to stop as well.
        stop.send_replace(true);
        served
    };
    let signalled = async {
        tokio::select! {
            () = signals.next() => {}
            () = told() => {}
        }
        stop.send_replace(true);
    };
    // They serve every brand: jobs know whose they are.
    let workers = Workers::new(leadbox).handler(BulkHandler);
    let (served, (), ()) = tokio::join!(serving, signalled, workers.run(told()));
    served
}

/// That somebody wants it to stop.
#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// That somebody wants it to stop.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
