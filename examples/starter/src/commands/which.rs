//! Which leads a command line means. Owns reading its filter, and finding its view.

use leadbox_core::{LeadBox, LeadFilter, LeadList};

use super::office::view;
use crate::cli::Which;
use crate::exit::Failure;

/// The list that is meant.
///
/// # Errors
/// `Failed` when the filter cannot be read, or no view has the name.
pub(super) async fn list(leadbox: &LeadBox, which: &Which) -> Result<LeadList, Failure> {
    let mut list = match &which.view {
        Some(named) => view(leadbox, named).await?.list(),
        None => LeadList::filtered(filter(which.filter.as_deref())?),
    };
    if let Some(search) = &which.search {
        list = list.search(search);
    }
    Ok(list)
}

fn filter(text: Option<&str>) -> Result<LeadFilter, Failure> {
    let Some(text) = text else { return Ok(LeadFilter::default()) };
    serde_json::from_str(text).map_err(|error| {
        Failure::because("the filter cannot be read", error)
            .hint(r#"a filter looks like ["stage","eq","won"] or {"and":[["source","eq","webinar"],["value","gte",1000]]}"#)
    })
}
