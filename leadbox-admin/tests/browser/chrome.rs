//! Chromium and its driver. Owns starting both, ending them whatever a test does, and how they are found; knows nothing of
//! the dashboard.

use std::env;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use futures_util::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::tab::Tab;

/// How long the driver may take to say on which port it listens.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser of its own, without history.
struct Chrome {
    client: Client,
    driver: Child,
    /// Held until the end: a driver that nobody listens to ends.
    said: Lines<BufReader<ChildStdout>>,
    profile: TempDir,
}

/// A program by its variable, else by its name.
fn program(variable: &str, name: &str) -> Option<String> {
    if let Ok(named) = env::var(variable) {
        return Some(named);
    }
    let paths = env::var_os("PATH")?;
    env::split_paths(&paths)
        .map(|folder| folder.join(name))
        .find(|path| Path::new(path).is_file())
        .map(|path| path.to_string_lossy().into_owned())
}

impl Chrome {
    /// None without a browser, where none is required.
    async fn start() -> Option<Self> {
        let found = program("LEADBOX_CHROMEDRIVER", "chromedriver")
            .zip(program("LEADBOX_CHROMIUM", "chromium"));
        let Some((driver, browser)) = found else {
            assert!(
                env::var_os("LEADBOX_REQUIRE_BROWSER").is_none(),
                "no browser: install chromium and chromium-driver, or name them in LEADBOX_CHROMIUM and \
                 LEADBOX_CHROMEDRIVER"
            );
            eprintln!("skipped: chromium or chromedriver is not installed");
            return None;
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut said = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = timeout(PATIENCE, port(&mut said)).await.unwrap();
        let profile = tempfile::tempdir().unwrap();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&browser, profile.path()))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Some(Self { client, driver, said, profile })
    }

    async fn end(mut self) -> Result<(), CmdError> {
        let closed = self.client.close().await;
        self.driver.kill().await.unwrap();
        drop((self.said, self.profile));
        closed
    }
}

async fn port(said: &mut Lines<BufReader<ChildStdout>>) -> u16 {
    while let Some(line) = said.next_line().await.unwrap() {
        if let Some((_, rest)) = line.split_once("started successfully on port ") {
            return rest.trim_end_matches('.').parse().unwrap();
        }
    }
    panic!("the driver ended");
}

fn capabilities(browser: &str, profile: &Path) -> Map<String, Value> {
    let profile = format!("--user-data-dir={}", profile.display());
    let capabilities = json!({
        "goog:chromeOptions": {
            "binary": browser,
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", "--disable-dev-shm-usage", profile,
            ],
            "perfLoggingPrefs": { "enableNetwork": true, "enablePage": false },
        },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    });
    let Value::Object(capabilities) = capabilities else { unreachable!("it is written above") };
    capabilities
}

/// Runs a test in a browser of its own, and ends the browser also when the test fails.
pub async fn browse(test: impl AsyncFnOnce(&Tab)) {
    let Some(chrome) = Chrome::start().await else { return };
    let tab = Tab::new(chrome.client.clone()).await;
    let done = AssertUnwindSafe(test(&tab)).catch_unwind().await;
    let closed = chrome.end().await;
    if let Err(panic) = done {
        resume_unwind(panic);
    }
    closed.unwrap();
}
