//! All leads. Owns the list's address, which says everything: what is looked for, in which order, behind which row.

use askama::Template;
use axum::extract::Query;
use axum::response::Html;
use leadbox_core::access::Permission;
use leadbox_core::filter::Op;
use leadbox_core::{Cursor, LeadFilter, LeadList, LeadSort, SortKey, Stage, UserId};
use serde::Deserialize;

use super::rows::{COLUMNS, Head, Row, row};
use super::shell::{Shell, Visit};
use super::{Doc, escaped, format};
use crate::serve::{Problem, page_after};

/// How many leads a page shows.
const ROWS: u32 = 50;
/// Up to here, matches are counted.
const COUNTED: u64 = 10_000;

/// The orders: name in the address, in words, and what it is.
const SORTS: [(&str, &str, LeadSort); 5] = {
    use leadbox_core::filter::Direction::{Ascending, Descending};
    const fn sort(by: SortKey, direction: leadbox_core::filter::Direction) -> LeadSort {
        LeadSort { by, direction }
    }
    [
        ("created", "Latest first", sort(SortKey::Created, Descending)),
        ("score", "Highest score first", sort(SortKey::Score, Descending)),
        ("name", "By name", sort(SortKey::Name, Ascending)),
        ("value", "Highest value first", sort(SortKey::Value, Descending)),
        ("last", "Latest interaction first", sort(SortKey::LastInteraction, Descending)),
    ]
};

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    stage: String,
    owner: String,
    sort: String,
    after: String,
}

#[derive(Template)]
#[template(path = "leads.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    asked: Asked,
    count: String,
    stages: Vec<Stage>,
    owners: Vec<(String, String)>,
    sorts: Vec<(&'static str, &'static str)>,
    filtered: bool,
    may_add: bool,
    heads: Vec<Head>,
    rows: Vec<Row>,
    first: String,
    next: String,
}

impl Asked {
    fn sort(&self) -> LeadSort {
        let named = SORTS.iter().find(|(name, ..)| *name == self.sort);
        named.map_or(SORTS[0].2, |(.., sort)| *sort)
    }

    fn list(&self) -> LeadList {
        let mut list = LeadList::default().search(self.q.as_str()).sorted(self.sort());
        if !self.stage.is_empty() {
            list.filter = list.filter.and(LeadFilter::is("stage", Op::Eq, self.stage.as_str()));
        }
        list.filter = match self.owner.as_str() {
            "" => list.filter,
            "nobody" => {
                list.filter.and(LeadFilter::is("owner", Op::IsNull, serde_json::Value::Null))
            }
            owner => list.filter.and(LeadFilter::is("owner", Op::Eq, owner)),
        };
        list
    }

    /// The address of this list with another order or place.
    fn address(&self, prefix: &str, sort: &str, after: &str) -> String {
        let mut address = format!("{prefix}/leads");
        let mut mark = '?';
        for (name, value) in [
            ("q", self.q.as_str()),
            ("stage", &self.stage),
            ("owner", &self.owner),
            ("sort", sort),
            ("after", after),
        ] {
            if !value.is_empty() {
                address.push(mark);
                address.push_str(name);
                address.push('=');
                address.extend(escaped(value));
                mark = '&';
            }
        }
        address
    }
}

/// `GET /leads`.
pub(crate) async fn leads(
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let list = asked.list();
    let found = leadbox.leads().list(&list, &page_after(ROWS, &asked.after)?).await?;
    let count = leadbox.leads().count(&list, COUNTED).await?;
    let (catalog, names, now) =
        (leadbox.catalog().await?, leadbox.directory().names().await?, leadbox.now());
    let seen = |id: &UserId| leadbox.scope().sees(leadbox.tenant(), Some(*id));
    let owners = names.iter().filter(|(id, _)| seen(id));
    let mut owners: Vec<_> = owners.map(|(id, name)| (id.to_string(), name.clone())).collect();
    owners.sort_by(|a, b| a.1.cmp(&b.1));
    if leadbox.scope().sees(leadbox.tenant(), None) {
        owners.insert(0, ("nobody".to_owned(), "Unassigned".to_owned()));
    }
    let heads = COLUMNS.iter().map(|(label, class, sort)| {
        let order = SORTS.iter().find(|(name, ..)| name == sort).map(|(.., sort)| *sort);
        let sorted = order.filter(|order| *order == list.sort).map(|order| match order.direction {
            leadbox_core::filter::Direction::Ascending => "ascending",
            leadbox_core::filter::Direction::Descending => "descending",
        });
        let link = order.map(|_| asked.address(&doc.prefix, sort, "")).unwrap_or_default();
        Head { label, class, link, sorted }
    });
    let heads = heads.collect();
    let after = |cursor: &Cursor| asked.address(&doc.prefix, &asked.sort, &cursor.to_string());
    let page = Page {
        may_add: leadbox.rights().level(Permission::LeadCreate).is_some(),
        count: counted(count),
        stages: catalog.pipelines.iter().flat_map(|one| one.stages.iter().cloned()).collect(),
        owners,
        sorts: SORTS.iter().map(|(name, label, _)| (*name, *label)).collect(),
        filtered: !(asked.q.trim().is_empty() && asked.stage.is_empty() && asked.owner.is_empty()),
        heads,
        rows: found.items.iter().map(|stored| row(stored, &catalog, &names, now)).collect(),
        first: if asked.after.is_empty() {
            String::new()
        } else {
            asked.address(&doc.prefix, &asked.sort, "")
        },
        next: found.next.as_ref().map(after).unwrap_or_default(),
        doc,
        shell,
        asked,
    };
    Ok(Html(page.render()?))
}

fn counted(count: u64) -> String {
    match count {
        1 => "1 lead".to_owned(),
        count if count > COUNTED => "More than 10,000 leads".to_owned(),
        count => format!("{} leads", format::whole(i64::try_from(count).unwrap_or(i64::MAX))),
    }
}
