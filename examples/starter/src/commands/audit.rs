//! `leadbox audit`: is the log what was written, and the log itself as JSON Lines.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use leadbox_core::LeadBox;
use leadbox_core::event::{ChainHead, Event, LogRecord, Position, Verdict, verify_chain};
use leadbox_core::storage::BoxError;
use serde::Serialize;

use crate::cli::AuditVerb;
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::progress::{self, End};
use crate::storage::{Durability, Expect, Location, open};
use crate::target::Target;

/// Events that are read at once.
const BATCH: u32 = 1000;

/// What a check found.
#[derive(Debug, Serialize)]
struct Verified {
    intact: bool,
    finding: String,
    /// Where the log ends, if it is as it was written.
    head: Option<Head>,
}

#[derive(Debug, Serialize)]
struct Head {
    position: Position,
    chain: String,
}

impl Verified {
    fn of(verdict: &Verdict, head: ChainHead) -> Self {
        let intact = matches!(verdict, Verdict::Intact { .. });
        let head = Head { position: head.position, chain: head.chain.to_string() };
        Self { intact, finding: verdict.to_string(), head: intact.then_some(head) }
    }
}

impl Outcome for Verified {
    fn text(&self) -> String {
        match &self.head {
            Some(head) => format!("{}\nat event {}: {}", self.finding, head.position, head.chain),
            None => self.finding.clone(),
        }
    }

    fn exit(&self) -> Exit {
        if self.intact { Exit::Done } else { Exit::Differences }
    }
}

/// What was written.
#[derive(Debug, Serialize)]
struct Exported {
    /// The file; none for standard output.
    file: Option<String>,
    events: u64,
}

impl Outcome for Exported {
    fn text(&self) -> String {
        let place = self.file.as_deref().unwrap_or("standard output");
        format!("{} events written to {place}", self.events)
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when a file cannot be read or written; `Unavailable`; `SchemaTooNew`.
pub(super) async fn audit(
    verb: &AuditVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    if let AuditVerb::Verify { file: Some(file) } = verb {
        return Ok(output.outcome(&verify_file(file)?));
    }
    let storage = open(location, Expect::Ready, Durability::Full).await?;
    let leadbox = LeadBox::builder(storage).build()?;
    match verb {
        AuditVerb::Verify { .. } => {
            let bar = progress::waiting("checking the log");
            let (verdict, head) = leadbox.log().verify().await?;
            bar.finish_and_clear();
            Ok(output.outcome(&Verified::of(&verdict, head)))
        }
        AuditVerb::Export { output: file } => {
            let target = Target::of(file.as_deref());
            let events = target.settle(write(&leadbox, target.writer()?).await)?;
            Ok(target.say(output, &Exported { file: target.name(), events }))
        }
    }
}

/// Writes the log; returns how many events it has.
async fn write(leadbox: &LeadBox, mut to: impl Write) -> Result<u64, Failure> {
    let lost = |error| Failure::because("the log cannot be written", error);
    let bar = progress::bar("exporting", End::Unknown);
    let (mut last, mut events) = (Position(0), 0);
    loop {
        let batch = leadbox.log().after(last, BATCH).await?;
        let Some(end) = batch.last() else { break };
        last = end.position;
        for event in &batch {
            let line = LogRecord::of(event).and_then(|record| serde_json::to_string(&record));
            let line = line.map_err(|error| {
                Failure::because(format!("event {} cannot be written", event.position), error)
            })?;
            writeln!(to, "{line}").map_err(lost)?;
            events += 1;
        }
        bar.set_position(events);
    }
    to.flush().map_err(lost)?;
    bar.finish_and_clear();
    Ok(events)
}

/// Checks a log that was exported.
fn verify_file(path: &Path) -> Result<Verified, Failure> {
    let name = path.display();
    let unreadable = |error| Failure::because(format!("cannot read {name}"), error);
    let lines = BufReader::new(File::open(path).map_err(unreadable)?).lines();
    let (mut head, mut whole, mut erased) = (ChainHead::default(), 0, 0);
    for (number, line) in (1_u64..).zip(lines) {
        let event = event(&line.map_err(unreadable)?);
        let event = event.map_err(|error| {
            Failure::because(format!("line {number} of {name} is no event"), error)
        })?;
        match verify_chain(&mut head, [&event]) {
            Verdict::Intact { whole: more, erased: gone } => {
                whole += more;
                erased += gone;
            }
            broken => return Ok(Verified::of(&broken, head)),
        }
    }
    Ok(Verified::of(&Verdict::Intact { whole, erased }, head))
}

fn event(line: &str) -> Result<Event, BoxError> {
    Ok(serde_json::from_str::<LogRecord>(line)?.event()?)
}
