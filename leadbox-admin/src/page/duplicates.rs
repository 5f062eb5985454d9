//! Possible duplicates: pairs of leads that may be one person, and saying that they are two. Owns the page, and what a lead's
//! own pages show of those that are like it.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{Html, Redirect};
use leadbox_core::service::{Distinction, DuplicateCandidate};
use leadbox_core::{Invalid, Lead, LeadBox, LeadId};
use serde::Deserialize;

use super::comparison::{Short, Side, compared_at, may_tell_apart, short};
use super::fields::{Fields, value};
use super::lead::{read_id, to_lead};
use super::lexicon::Lexicon;
use super::likeness::Sureness;
use super::shell::{Shell, Visit};
use super::{Doc, escaped};
use crate::serve::{Problem, page_after};

/// How many pairs a page shows, and a few more where one lead has many twins.
const PAIRS: u32 = 10;
/// How many leads that are like it a lead's page shows.
const ALIKE: usize = 5;

/// Two leads that may be the same person.
struct Pair {
    first: Side,
    second: Side,
    sure: Sureness,
    rows: Vec<Short>,
    /// Empty for whoever may not merge them.
    compare: String,
    may_tell: bool,
}

/// Two leads of which somebody just said that they are two people.
struct Apart {
    ids: [LeadId; 2],
    names: [String; 2],
}

#[derive(Template)]
#[template(path = "duplicates.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    apart: Option<Apart>,
    pairs: Vec<Pair>,
    /// Where the page begins, for coming back to it.
    after: String,
    first: String,
    next: String,
}

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    after: String,
    /// Two leads that were just told apart.
    a: String,
    b: String,
}

/// `GET /duplicates`.
pub(crate) async fn duplicates(
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("duplicates");
    let found = leadbox.leads().duplicate_pairs(&page_after(PAIRS, &asked.after)?).await?;
    let lexicon = Lexicon::of(&leadbox).await?;
    let words = lexicon.words();
    let pairs = found.items.iter().map(|pair| {
        let (first, second) = (&pair.first.lead, &pair.second.lead);
        Pair {
            sure: Sureness::of(&pair.likeness),
            rows: short([&pair.first, &pair.second], &words),
            compare: compared_at(&leadbox, &doc.prefix, first, second),
            may_tell: may_tell_apart(&leadbox, first, second),
            first: Side::of(first),
            second: Side::of(second),
        }
    });
    let page = Page {
        apart: apart(&leadbox, &asked).await?,
        pairs: pairs.collect(),
        first: if asked.after.is_empty() { String::new() } else { doc.page("duplicates") },
        next: found.next.map(|next| place(&doc, &next.to_string())).unwrap_or_default(),
        after: asked.after,
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}

fn place(doc: &Doc, after: &str) -> String {
    let mut address = doc.page("duplicates?after=");
    address.extend(escaped(after));
    address
}

/// Those who were just told apart, as far as the asker may take it back.
async fn apart(leadbox: &LeadBox, asked: &Asked) -> Result<Option<Apart>, Problem> {
    let (Ok(a), Ok(b)) = (asked.a.parse::<LeadId>(), asked.b.parse::<LeadId>()) else {
        return Ok(None);
    };
    let (a, b) = (leadbox.leads().lead(a).await?, leadbox.leads().lead(b).await?);
    Ok(match (a, b) {
        (Some(a), Some(b)) if may_tell_apart(leadbox, &a.lead, &b.lead) => Some(Apart {
            ids: [a.lead.id, b.lead.id],
            names: [&a.lead, &b.lead].map(|lead| lead.display_name().to_owned()),
        }),
        _ => None,
    })
}

/// `POST /duplicates/{a}/{b}`.
pub(crate) async fn tell_apart(
    visit: Visit,
    Path((a, b)): Path<(String, String)>,
    axum::Form(fields): Fields,
) -> Result<Redirect, Problem> {
    let (a, b) = (read_id(&a)?, read_id(&b)?);
    let is = match value(&fields, "is") {
        "distinct" => Distinction::Distinct,
        "unknown" => Distinction::Unknown,
        _ => return Err(Invalid::one("is", "is distinct or unknown").into()),
    };
    visit.leadbox.leads().tell_apart(a, b, is).await?;
    if value(&fields, "back") == "lead" {
        return Ok(to_lead(&visit.doc, a, ""));
    }
    let mut address = place(&visit.doc, value(&fields, "after"));
    if is == Distinction::Distinct {
        address.push_str(&format!("&a={a}&b={b}"));
    }
    Ok(Redirect::to(&address))
}

/// A lead that may be the same person as the one that a page is about.
pub(super) struct Alike {
    pub(super) side: Side,
    pub(super) sure: Option<Sureness>,
    /// Empty for whoever may not merge them.
    pub(super) compare: String,
    pub(super) may_tell: bool,
}

impl Alike {
    pub(super) fn of(leadbox: &LeadBox, prefix: &str, lead: &Lead, other: &Lead) -> Self {
        Self {
            side: Side::of(other),
            sure: None,
            compare: compared_at(leadbox, prefix, lead, other),
            may_tell: false,
        }
    }

    fn found(leadbox: &LeadBox, prefix: &str, lead: &Lead, found: &DuplicateCandidate) -> Self {
        let other = &found.lead.lead;
        Self {
            sure: Some(Sureness::of(&found.likeness)),
            may_tell: may_tell_apart(leadbox, lead, other),
            ..Self::of(leadbox, prefix, lead, other)
        }
    }
}

/// The leads that may be the same person as a live one, the likeliest first.
pub(super) async fn alike(
    leadbox: &LeadBox,
    prefix: &str,
    lead: &Lead,
) -> Result<Vec<Alike>, Problem> {
    let found = leadbox.leads().duplicates(lead.id, ALIKE).await?;
    Ok(found.iter().map(|one| Alike::found(leadbox, prefix, lead, one)).collect())
}
