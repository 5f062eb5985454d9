//! `leadbox leads`: a look at leads. It changes nothing.

use leadbox_core::{
    Catalog, LeadBox, LeadId, LeadList, PageRequest, StoredLead, Timestamp, UserId, Version,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::named::Named;
use super::office::Office;
use super::which;
use super::worklist::worklist;
use crate::cli::{LeadsList, LeadsVerb};
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::Location;
use crate::table::Table;

/// The most that are counted.
const COUNTED: u64 = 100_000_000;

/// A lead, as programs read it.
#[derive(Debug, Serialize)]
struct Known {
    id: LeadId,
    version: Version,
    /// What people call it.
    name: String,
    email: Option<String>,
    stage: String,
    owner: Option<Named<UserId>>,
    /// In points; none while it is unscored.
    score: Option<i64>,
    received: Timestamp,
    deleted: Option<Timestamp>,
    /// Every field that is known, by name.
    fields: Map<String, Value>,
}

/// What is needed to tell of leads.
struct Teller {
    catalog: std::sync::Arc<Catalog>,
    names: std::collections::BTreeMap<UserId, String>,
}

impl Teller {
    async fn of(leadbox: &LeadBox) -> Result<Self, Failure> {
        let (catalog, names) = (leadbox.catalog().await?, leadbox.directory().names().await?);
        Ok(Self { catalog, names })
    }

    fn known(&self, stored: &StoredLead) -> Known {
        let (lead, score) = (&stored.lead, &stored.score);
        let stage = self.catalog.stage(lead.stage).map(|(_, stage)| stage.key.clone());
        Known {
            id: lead.id,
            version: lead.version,
            name: lead.display_name().to_owned(),
            email: lead.person.email.as_ref().map(|email| email.as_str().to_owned()),
            stage: stage.unwrap_or_else(|| lead.stage.to_string()),
            owner: lead.owner.map(|id| Named::user(id, &self.names)),
            score: (score.revision.0 > 0).then_some(score.total.floor()),
            received: lead.created_at,
            deleted: lead.deleted_at,
            fields: lead.to_fields(),
        }
    }
}

impl Known {
    fn owner(&self) -> String {
        self.owner.as_ref().map(|owner| owner.name.clone()).unwrap_or_default()
    }

    fn score(&self) -> String {
        self.score.map(|score| score.to_string()).unwrap_or_default()
    }

    fn field(&self, name: &str) -> String {
        self.fields.get(name).map(plain).unwrap_or_default()
    }
}

/// A value as people write it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    leads: Vec<Known>,
    /// Whether there are others behind them.
    more: bool,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        if self.leads.is_empty() {
            return "no leads".to_owned();
        }
        let rows = self.leads.iter().map(|lead| {
            [
                lead.name.clone(),
                lead.email.clone().unwrap_or_default(),
                lead.field("company"),
                lead.stage.clone(),
                lead.score(),
                lead.owner(),
                lead.field("value"),
                lead.received.format("%Y-%m-%d").to_string(),
            ]
        });
        let heads = ["name", "e-mail", "company", "stage", "score", "owner", "value", "received"];
        let table = Table::new(heads).rows(rows).text();
        if self.more { format!("{table}\nthere are more: --limit shows them") } else { table }
    }
}

#[derive(Debug, Serialize)]
struct Shown {
    lead: Known,
}

impl Outcome for Shown {
    fn text(&self) -> String {
        let lead = &self.lead;
        let mut rows = vec![
            ("id", lead.id.to_string()),
            ("stage", lead.stage.clone()),
            ("owner", lead.owner()),
            ("score", lead.score()),
            ("received", lead.received.to_rfc3339()),
        ];
        rows.extend(lead.deleted.map(|at| ("deleted", at.to_rfc3339())));
        let fields = lead.fields.iter().filter(|(name, _)| *name != "owner");
        rows.extend(fields.map(|(name, value)| (name.as_str(), plain(value))));
        let wide = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let known = rows.iter().filter(|(_, value)| !value.is_empty());
        let lines = known.map(|(name, value)| format!("  {name:wide$}  {value}"));
        let lines = lines.collect::<Vec<_>>().join("\n");
        format!("{}\n{lines}", lead.name)
    }
}

#[derive(Debug, Serialize)]
struct Counted {
    count: u64,
}

impl Outcome for Counted {
    fn text(&self) -> String {
        match self.count {
            1 => "1 lead".to_owned(),
            count => format!("{count} leads"),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when the filter is wrong, or no lead or view is named so; `Unavailable`; `SchemaTooNew`.
pub(super) async fn leads(
    verb: &LeadsVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let office = Office::open(location, output).await?;
    let leadbox = &office.leadbox;
    match verb {
        LeadsVerb::List(LeadsList { which, sort, limit }) => {
            let list = which::list(leadbox, which).await?;
            let list = LeadList { sort: sort.unwrap_or(list.sort), ..list };
            let page = leadbox.leads().list(&list, &PageRequest::first(*limit)).await?;
            let teller = Teller::of(leadbox).await?;
            let leads = page.items.iter().map(|stored| teller.known(stored)).collect();
            Ok(office.say(&Listed { leads, more: page.next.is_some() }))
        }
        LeadsVerb::Worklist(asked) => Ok(office.say(&worklist(&office, asked).await?)),
        LeadsVerb::Show { lead } => {
            let stored = office.stored(lead).await?;
            Ok(office.say(&Shown { lead: Teller::of(leadbox).await?.known(&stored) }))
        }
        LeadsVerb::Count(which) => {
            let list = which::list(leadbox, which).await?;
            Ok(office.say(&Counted { count: leadbox.leads().count(&list, COUNTED).await? }))
        }
    }
}
