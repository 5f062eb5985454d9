//! Other processes: this executable, started again as one test with a role. Owns starting, listening to, and killing
//! them, and on their side the role, the acknowledgements, and noticing that the parent is gone.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use tokio::sync::oneshot;

use super::suite::Stand;

/// What stands before each line that is meant for the parent: the test runner prints as well.
const MARK: char = '@';
/// No process takes this long to start or to stop.
const HUNG: Duration = Duration::from_secs(60);

/// What a process is told to do.
#[derive(Clone, Debug)]
pub(super) struct Role {
    /// Which part it plays.
    pub(super) name: String,
    /// The database.
    pub(super) address: String,
    /// The seed of its random choices.
    pub(super) seed: u64,
    /// Where its jobs are reported; empty when it has none.
    pub(super) receiver: String,
}

impl Role {
    /// This process's, if it was started with one.
    pub(super) fn from_environment() -> Option<Self> {
        let text = |name: &str| std::env::var(name).ok();
        Some(Self {
            name: text("LEADBOX_CRASH_ROLE")?,
            address: text("LEADBOX_CRASH_ADDRESS")?,
            seed: text("LEADBOX_CRASH_SEED")?.parse().unwrap(),
            receiver: text("LEADBOX_CRASH_RECEIVER")?,
        })
    }
}

/// A process in its role. Killed when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    // Closing it asks the process to stop, whoever closes it: also a parent that was itself killed.
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    heard: Vec<String>,
}

impl Process {
    /// Starts one.
    pub(super) fn start(stand: &Stand, name: &'static str, seed: u64, receiver: &str) -> Self {
        let executable = std::env::current_exe().unwrap();
        let mut child = Command::new(executable)
            .args(["--exact", stand.child(), "--nocapture"])
            .env("LEADBOX_CRASH_ROLE", name)
            .env("LEADBOX_CRASH_ADDRESS", &stand.address)
            .env("LEADBOX_CRASH_SEED", seed.to_string())
            .env("LEADBOX_CRASH_RECEIVER", receiver)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut line = String::new();
            // A line without its end was cut off by the kill: nobody was told it.
            while stdout.read_line(&mut line).is_ok_and(|read| read > 0) && line.ends_with('\n') {
                if let Some(said) = line.strip_prefix(MARK)
                    && sender.send(said.trim_end().to_owned()).is_err()
                {
                    return;
                }
                line.clear();
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines, heard: Vec::new() }
    }

    /// Waits until it has opened its database.
    pub(super) fn await_ready(&mut self) {
        loop {
            match self.lines.recv_timeout(HUNG) {
                Ok(line) if line == READY => return,
                Ok(line) => self.heard.push(line),
                Err(RecvTimeoutError::Timeout) => panic!("a process does not start"),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("a process ended by itself: {:?}", self.child.wait())
                }
            }
        }
    }

    /// Kills it with a signal that it cannot catch, and returns all that it had said.
    pub(super) fn kill(mut self) -> Vec<String> {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "a process ended by itself: {ended:?}");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.last_words()
    }

    /// Asks it to stop in good order, and waits until it has.
    pub(super) fn stop(mut self) -> Vec<String> {
        drop(self.stdin.take());
        // Its output ends when it does.
        let said = self.last_words();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "a process that was asked to stop failed: {status}");
        said
    }

    fn last_words(&mut self) -> Vec<String> {
        let mut heard = std::mem::take(&mut self.heard);
        loop {
            match self.lines.recv_timeout(HUNG) {
                Ok(line) if line == READY => {}
                Ok(line) => heard.push(line),
                Err(RecvTimeoutError::Disconnected) => return heard,
                Err(RecvTimeoutError::Timeout) => panic!("a process does not stop"),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process says once it has opened its database.
const READY: &str = "ready";

/// Tells the parent that this process begins.
pub(super) fn say_ready() {
    // The test runner may have begun a line.
    write(&format!("\n{MARK}{READY}\n"));
}

/// Tells the parent something, in one write.
pub(super) fn say(line: &str) {
    write(&format!("{MARK}{line}\n"));
}

fn write(line: &str) {
    let mut stdout = std::io::stdout().lock();
    // A parent that does not listen any more is about to end this process.
    let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
}

/// Ready once the parent closed this process's input, or is gone.
pub(super) fn parent_gone() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        // An input that cannot be read is as good as one that ended.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = sender.send(());
    });
    receiver
}
