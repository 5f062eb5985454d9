//! The far end of jobs: a listener on the loopback that counts what reaches it from any process. Owns the record of
//! every run, when it came, and the answer it got.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use leadbox_core::JobId;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a run is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// It is done.
    Done,
    /// It shall be tried again.
    Again,
}

/// A job as it reached the receiver.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// When.
    pub(super) at: Instant,
    /// From which process.
    pub(super) process: u32,
    /// The job.
    pub(super) job: JobId,
    /// Its lane.
    pub(super) lane: String,
    /// Its key; empty when it has none.
    pub(super) key: String,
    /// Its number, as its payload says.
    pub(super) number: u64,
    /// Which try it is.
    pub(super) attempt: i32,
    /// What it was answered.
    pub(super) answer: Answer,
}

impl Run {
    /// The line that a process sends.
    pub(super) fn line(job: &leadbox_core::Job) -> String {
        let lane = &job.work.lane.name;
        let key = job.work.fifo_key.as_deref().unwrap_or_default();
        let number = job.work.payload["number"].as_u64().unwrap();
        let process = std::process::id();
        format!("{process}\t{}\t{lane}\t{key}\t{number}\t{}\n", job.work.id, job.attempt)
    }

    fn read(line: &str) -> Option<Self> {
        let mut parts = line.trim_end_matches('\n').split('\t');
        Some(Self {
            at: Instant::now(),
            process: parts.next()?.parse().ok()?,
            job: parts.next()?.parse().ok()?,
            lane: parts.next()?.to_owned(),
            key: parts.next()?.to_owned(),
            number: parts.next()?.parse().ok()?,
            attempt: parts.next()?.parse().ok()?,
            answer: Answer::Done,
        })
    }
}

/// Decides how long a run takes, and how it is answered.
pub(super) type Policy = fn(&Run) -> (Duration, Answer);

#[derive(Default)]
struct Seen {
    runs: Vec<Run>,
    /// Runs at once per lane: now, and at most so far.
    open: HashMap<String, (u32, u32)>,
}

/// Listens.
#[derive(Clone)]
pub(super) struct Receiver {
    /// Where.
    pub(super) address: String,
    seen: Arc<Mutex<Seen>>,
}

impl Receiver {
    /// Listens on a free port of the loopback, for as long as the runtime lives.
    pub(super) async fn listen(policy: Policy) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let receiver = Self { address, seen: Arc::default() };
        let listening = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = listening.clone();
                tokio::spawn(async move { receiver.serve(stream, policy).await });
            }
        });
        receiver
    }

    async fn serve(&self, stream: TcpStream, policy: Policy) {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        // Half a line comes from a process that was killed: nothing was done yet.
        if stream.read_line(&mut line).await.is_err() || !line.ends_with('\n') {
            return;
        }
        let Some(mut run) = Run::read(&line) else { panic!("unreadable: {line}") };
        let (takes, answer) = policy(&run);
        run.answer = answer;
        let lane = run.lane.clone();
        self.with(|seen| {
            let (now, most) = seen.open.entry(lane.clone()).or_default();
            *now += 1;
            *most = (*most).max(*now);
            seen.runs.push(run);
        });
        tokio::time::sleep(takes).await;
        // Counted down before the answer: behind it the job may end and the next one begin.
        self.with(|seen| seen.open.entry(lane).or_default().0 -= 1);
        let byte: &[u8] = if answer == Answer::Done { b"+" } else { b"-" };
        // Whoever asked may have been killed meanwhile.
        let _ = stream.get_mut().write_all(byte).await;
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Seen) -> T) -> T {
        use_it(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many runs came so far.
    pub(super) fn count(&self) -> usize {
        self.with(|seen| seen.runs.len())
    }

    /// All runs so far, in the order in which they came.
    pub(super) fn runs(&self) -> Vec<Run> {
        self.with(|seen| seen.runs.clone())
    }

    /// The most runs that a lane had at once.
    pub(super) fn most_at_once(&self, lane: &str) -> u32 {
        self.with(|seen| seen.open.get(lane).map_or(0, |(_, most)| *most))
    }
}

/// Reports a run, from another process, and waits for the answer.
pub(super) async fn report(receiver: &str, line: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(receiver).await?;
    stream.write_all(line.as_bytes()).await?;
    Ok(if stream.read_u8().await? == b'+' { Answer::Done } else { Answer::Again })
}
