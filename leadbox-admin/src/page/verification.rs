//! Whether the log is what was written. Owns that a check of a long log goes on by itself, a bounded stretch with each request:
//! how far it is stands in the address.

use askama::Template;
use axum::extract::Query;
use axum::response::Html;
use leadbox_core::event::{LogCheck, Verdict};
use leadbox_core::service::Log;
use leadbox_core::{Error, Invalid};
use serde::Deserialize;

use super::shell::{Shell, Visit};
use super::{Doc, escaped, format};
use crate::serve::Problem;

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// How far the check is; empty to begin one.
    so_far: String,
}

#[derive(Template)]
#[template(path = "verification.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    verdict: String,
    tone: &'static str,
    checked: i64,
    end: i64,
    progress: String,
    /// Where it goes on; empty at the end.
    next: String,
}

/// `GET /log/verify`.
pub(crate) async fn verification(
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("log");
    let so_far = match asked.so_far.as_str() {
        "" => Ok(LogCheck::default()),
        text => text.parse(),
    };
    let so_far = so_far.map_err(|error| Error::from(Invalid::one("so_far", error)))?;
    let check = leadbox.log().check(so_far, Log::CHECKED).await?;
    let next = match &check.verdict {
        Some(_) => String::new(),
        None => {
            let mut address = format!("{}?so_far=", doc.page("log/verify"));
            address.extend(escaped(&check.to_string()));
            address
        }
    };
    let whole = |count: u64| format::whole(i64::try_from(count).unwrap_or(i64::MAX));
    let (verdict, tone) = match &check.verdict {
        None => (String::new(), ""),
        Some(Verdict::Intact { whole: as_written, erased }) => {
            let (as_written, erased) = (whole(*as_written), whole(*erased));
            let verdict = format!(
                "The chain is whole: {as_written} entries as they were written, {erased} erased."
            );
            (verdict, "ok")
        }
        Some(broken) => (format!("The log is not whole: {broken}."), "bad"),
    };
    let checked = check.head.position.0;
    let end = check.end.map_or(checked, |end| end.0.max(checked));
    let progress = format!("{} of {} entries", format::whole(checked), format::whole(end));
    Ok(Html(Page { doc, shell, verdict, tone, checked, end, progress, next }.render()?))
}
