//! Long lists. Owns how a page is asked for and given.

use leadbox_core::{Invalid, Page, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::serve::{Problem, page_after};

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// How many rows, 1 to 1000; 50 when not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// How many rows a page has unless somebody says.
const ROWS: u32 = 50;

impl Paging {
    pub(super) fn request(&self) -> Result<PageRequest, Problem> {
        request(self.limit, self.after.as_deref())
    }
}

pub(super) fn request(limit: Option<u32>, after: Option<&str>) -> Result<PageRequest, Problem> {
    let limit = limit.unwrap_or(ROWS);
    if !(1..=PageRequest::MAX).contains(&limit) {
        let message = format!("has to be 1 to {}", PageRequest::MAX);
        return Err(Invalid::one("limit", message).into());
    }
    page_after(limit, after.unwrap_or_default())
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listed<T> {
    /// The rows.
    pub(super) items: Vec<T>,
    /// What to give as `after` for the next page; missing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

impl<T> Listed<T> {
    /// A page with each row put into its representation.
    pub(super) fn of<R>(page: &Page<R>, row: impl FnMut(&R) -> T) -> Self {
        let next = page.next.as_ref().map(ToString::to_string);
        Self { items: page.items.iter().map(row).collect(), next }
    }

    /// A list that is short enough to come whole.
    pub(super) fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next: None }
    }
}
