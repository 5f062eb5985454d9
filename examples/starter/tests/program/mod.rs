//! Running the program as a user does, each time in a folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

/// A folder with a database, or without one yet.
pub struct Place(TempDir);

/// How the program ended.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The one JSON document on stdout.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).map_err(|error| (error, &self.stdout)).unwrap()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadbox"));
        command.args(arguments).current_dir(self.0.path()).env_remove("LEADBOX_STORAGE");
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    /// Writes a file.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Changes the default database behind LeadBox's back.
    pub fn sql(&self, statement: &'static str) {
        let options = SqliteConnectOptions::new().filename(self.path("leadbox.sqlite"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = options.connect().await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    }

    /// Fills the default database with a small demo.
    pub fn with_demo(self) -> Self {
        let made =
            self.run(&["demo", "--size", "60", "--months", "3", "--as-of", "2026-03-02", "--json"]);
        assert_eq!(made.code, 0, "{}", made.stdout);
        self
    }

    /// Starts a server and waits until it tells its address.
    pub fn serve(&self, arguments: &[&str]) -> Server {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--json"];
        all.extend(arguments);
        let mut child =
            self.command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).map_err(|error| (error, &line)).unwrap();
        let address = said["address"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let open = said["open"].as_str().unwrap().trim_start_matches("http://");
        let open = open.trim_start_matches(&address).to_owned();
        Server { child: Some(child), address, open, cookie: String::new() }
    }
}

/// A running server; killed when dropped.
pub struct Server {
    child: Option<Child>,
    pub address: String,
    /// Where to go first.
    pub open: String,
    cookie: String,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The cookie that it sets.
    pub fn cookie(&self) -> String {
        let (_, rest) = self.head.split_once("set-cookie: ").unwrap();
        rest.split(';').next().unwrap().to_owned()
    }
}

impl Server {
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// Asks as a program does, with an API key.
    pub fn with_key(&self, path: &str, key: &str) -> Answer {
        self.send("GET", path, &format!("authorization: Bearer {key}"), "")
    }

    /// Sends a request with the session's cookie, as one of our own pages would.
    pub fn ask(&self, method: &str, path: &str, form: &str) -> Answer {
        self.send(method, path, &format!("cookie: {}", self.cookie), form)
    }

    fn send(&self, method: &str, path: &str, who: &str, form: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{who}\r\nsec-fetch-site: same-origin\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{form}",
            self.address,
            form.len(),
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// Sets a password by the invitation that the program printed, and is signed in then.
    pub fn signed_in(mut self) -> Self {
        assert!(self.open.starts_with("/invitation?code="), "{}", self.open);
        let done = self.ask("POST", &self.open, "password=correct+horse+battery");
        assert_eq!(done.status, 303, "{}", done.body);
        self.cookie = done.cookie();
        self
    }

    /// Stops it as a supervisor does.
    pub fn terminate(mut self) -> Ended {
        let child = self.child.take().unwrap();
        let killed =
            Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        child.wait_with_output().unwrap().into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Files that a program leaves behind in a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
