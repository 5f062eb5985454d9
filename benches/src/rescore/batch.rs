//! By hand, batch by batch: read, scored and written one after the other, on either database. Owns what a batch is, what is kept and
//! told of a score that changed, and holding stored scores against the rules.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::rules::{Score, Seen, priority_of, score};
use super::{Done, Pass, Result, postgres, sqlite};
use crate::plain::row::Ids;
use crate::target::Plain;

/// Leads per transaction, as LeadBox has them.
pub const SIZE: i64 = 500;

/// A lead as it is read.
#[derive(Debug)]
pub struct Lead {
    /// Its number, on SQLite.
    pub no: i64,
    /// Its id.
    pub id: Uuid,
    /// Its version.
    pub version: i64,
    /// The revision of its score.
    pub revision: i64,
    /// Its score, in hundredths.
    pub total: i64,
    /// Its priority.
    pub priority: Option<String>,
    /// The moment for which that is true.
    pub as_of: DateTime<Utc>,
    /// The edition of the rules that it is by.
    pub edition: i64,
    /// The wide part.
    pub body: Value,
}

/// A lead and what it is worth now.
pub type Row<'b> = (&'b Lead, &'b Score);

/// What is written together.
#[derive(Debug)]
pub struct Batch<'b> {
    /// Which rules.
    pub pass: Pass,
    /// Its id.
    pub set: Uuid,
    /// When.
    pub now: DateTime<Utc>,
    /// All leads.
    pub rows: &'b [Row<'b>],
}

impl Batch<'_> {
    /// Whether it is told that a score changed.
    pub fn is_told((lead, score): &Row<'_>) -> bool {
        lead.priority.as_deref() != score.priority
    }

    /// Whether it is kept that a score changed.
    pub fn is_kept(row: &Row<'_>) -> bool {
        Self::has_moved(row) || Self::is_told(row)
    }

    fn has_moved((lead, score): &Row<'_>) -> bool {
        lead.total.abs_diff(score.total) >= 100
    }

    /// What is kept.
    pub fn record(&self, (lead, score): &Row<'_>) -> String {
        let line = |(rule, points): &(&str, i64)| json!([rule, "", points]);
        let (total, edition) = (score.total, self.pass.edition);
        json!({
            "cause": "rules",
            "change_set": self.set,
            "from": lead.total,
            "from_priority": lead.priority,
            "to": total,
            "to_priority": score.priority,
            "edition": edition,
            "set": { "set": "bench", "version": edition },
            "categories": [{ "name": "", "cap": null, "sum": total, "counted": total }],
            "lines": score.lines.iter().map(line).collect::<Vec<Value>>(),
        })
        .to_string()
    }

    /// What is told.
    pub fn payload((lead, score): &Row<'_>) -> String {
        json!({
            "changed": { "priority": score.priority },
            "previous": { "priority": lead.priority },
            "data": { "total": score.total },
        })
        .to_string()
    }
}

#[expect(clippy::disallowed_methods, reason = "hand-written code asks the machine for the time")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Scores every lead again.
pub async fn rescore(plain: &mut Plain, pass: Pass) -> Result<Done> {
    let (mut after, mut done, mut ids) = (Uuid::nil(), Done::default(), Ids::default());
    loop {
        let leads = read(plain, after).await?;
        let Some(last) = leads.last() else { return Ok(done) };
        after = last.id;
        let now = now();
        let scores = scored(plain, &leads, pass.big, |_| now).await?;
        let rows: Vec<Row<'_>> = leads.iter().zip(&scores).collect();
        let count = |is: fn(&Row<'_>) -> bool| rows.iter().filter(|row| is(row)).count() as u64;
        done.scored += leads.len() as u64;
        done.moved += count(Batch::has_moved);
        done.priorities += count(Batch::is_told);
        let batch = Batch { pass, set: ids.next(), now, rows: &rows };
        match plain {
            Plain::Sqlite(connection) => sqlite::write(connection, &batch, &mut ids).await?,
            Plain::Postgres(connection) => postgres::write(connection, &batch, &mut ids).await?,
        }
    }
}

/// How many leads there are, and how many of them do not have the score that they had at the moment for which it is true, or have one by
/// another edition.
pub async fn check(plain: &mut Plain, pass: Pass) -> Result<(u64, u64)> {
    let (mut after, mut count, mut wrong) = (Uuid::nil(), 0, 0);
    loop {
        let leads = read(plain, after).await?;
        let Some(last) = leads.last() else { return Ok((count, wrong)) };
        after = last.id;
        let scores = scored(plain, &leads, pass.big, |lead| lead.as_of).await?;
        let is_wrong = |(lead, score): &Row<'_>| {
            lead.edition != pass.edition
                || lead.total != score.total
                || lead.priority.as_deref() != priority_of(score.total)
        };
        count += leads.len() as u64;
        wrong += leads.iter().zip(&scores).filter(is_wrong).count() as u64;
    }
}

async fn read(plain: &mut Plain, after: Uuid) -> Result<Vec<Lead>> {
    match plain {
        Plain::Sqlite(connection) => sqlite::leads(connection, after).await,
        Plain::Postgres(connection) => postgres::leads(connection, after).await,
    }
}

/// What leads are worth at a moment.
async fn scored(
    plain: &mut Plain,
    leads: &[Lead],
    big: i64,
    at: impl Fn(&Lead) -> DateTime<Utc>,
) -> Result<Vec<Score>> {
    let mut seen: Vec<Seen> = leads.iter().map(|lead| Seen::until(at(lead))).collect();
    match plain {
        Plain::Sqlite(connection) => sqlite::visits(connection, leads, &mut seen).await?,
        Plain::Postgres(connection) => postgres::visits(connection, leads, &mut seen).await?,
    }
    Ok(leads.iter().zip(seen).map(|(lead, seen)| score(&lead.body, seen, big)).collect())
}
