//! Saved views of the list of leads. Owns what a view is and which input makes one; who sees which view, and who may share
//! one, is the service's to decide.

use serde::{Deserialize, Serialize};

use crate::error::Invalid;
use crate::filter::{LeadField, LeadFilter, LeadSort};
use crate::id::{Tenant, UserId, ViewId};
use crate::lead::{Input, line};
use crate::revision::Revision;

/// For whom a view is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Sharing {
    /// For its owner alone.
    #[default]
    Private,
    /// For everybody in its owner's team and in the teams below.
    Team,
    /// For everybody who sees leads.
    Everyone,
}

impl Sharing {
    /// Every kind, from the fewest readers to the most.
    pub const ALL: [Self; 3] = [Self::Private, Self::Team, Self::Everyone];

    /// The number under which storages keep it.
    pub fn code(self) -> i16 {
        match self {
            Self::Private => 0,
            Self::Team => 1,
            Self::Everyone => 2,
        }
    }

    /// The kind with this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|sharing| sharing.code() == code)
    }
}

/// A list of leads under a name: which leads, in which order, with which columns. Whoever opens it sees those of the leads
/// that it may see.
#[derive(Clone, PartialEq, Debug)]
pub struct SavedView {
    /// Its id.
    pub id: ViewId,
    /// Whose data it shows.
    pub tenant: Tenant,
    /// Raised by one at every change; 1 when new.
    pub revision: Revision,
    /// What people read, 1 to 80 characters; each of one owner's has another.
    pub name: String,
    /// Whose it is; nobody's when the embedding program made it, and then it is for everyone.
    pub owner: Option<UserId>,
    /// For whom it is.
    pub sharing: Sharing,
    /// Which leads.
    pub filter: LeadFilter,
    /// Text to look for, as it was typed; at most 200 characters.
    pub search: String,
    /// In which order.
    pub sort: LeadSort,
    /// The columns, in the words of whatever shows the list (`company`, `cf.budget`), at most 40; the usual ones when empty.
    pub columns: Vec<String>,
}

/// A view to be saved.
///
/// ```
/// # use leadbox_core::{LeadFilter, NewView, Sharing, filter::Op};
/// let hot = NewView::new("Hot").filter(LeadFilter::is("score", Op::Gte, 75)).sharing(Sharing::Team);
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
pub struct NewView {
    /// What people read, 1 to 80 characters.
    pub name: String,
    /// For whom it is; for its owner alone by default.
    pub sharing: Sharing,
    /// Which leads; all by default.
    pub filter: LeadFilter,
    /// Text to look for, at most 200 characters.
    pub search: String,
    /// In which order; the latest first by default.
    pub sort: LeadSort,
    /// The columns, at most 40; the usual ones when empty.
    pub columns: Vec<String>,
}

impl NewView {
    /// A private view of all leads.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Says for whom it is.
    #[must_use]
    pub fn sharing(mut self, sharing: Sharing) -> Self {
        self.sharing = sharing;
        self
    }

    /// Says which leads.
    #[must_use]
    pub fn filter(mut self, filter: LeadFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Looks for text.
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = text.into();
        self
    }

    /// Says in which order.
    #[must_use]
    pub fn sorted(mut self, sort: LeadSort) -> Self {
        self.sort = sort;
        self
    }

    /// Chooses the columns.
    #[must_use]
    pub fn columns<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.columns = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Writes it into a view.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub(crate) fn apply(&self, view: &mut SavedView) -> Result<(), Invalid> {
        let patch = ViewPatch {
            name: Some(self.name.clone()),
            sharing: Some(self.sharing),
            filter: Some(self.filter.clone()),
            search: Some(self.search.clone()),
            sort: Some(self.sort),
            columns: Some(self.columns.clone()),
        };
        patch.apply(view)
    }
}

/// A change to parts of a view: those that are given.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ViewPatch {
    /// Another name.
    pub name: Option<String>,
    /// Other readers.
    pub sharing: Option<Sharing>,
    /// Other leads.
    pub filter: Option<LeadFilter>,
    /// Another text to look for; an empty one looks for none.
    pub search: Option<String>,
    /// Another order.
    pub sort: Option<LeadSort>,
    /// Other columns; the usual ones when empty.
    pub columns: Option<Vec<String>>,
}

/// The most columns.
const MAX_COLUMNS: usize = 40;

impl ViewPatch {
    /// Writes it into a view. Whether the filter can be asked is for the service to see, which knows who asks.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub(crate) fn apply(&self, view: &mut SavedView) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        if let Some(name) = &self.name {
            match line(Input::Text(name), SavedView::MAX_NAME) {
                Ok(Some(name)) => view.name = name,
                Ok(None) => invalid.push("name", "is missing"),
                Err(message) => invalid.push("name", message),
            }
        }
        if let Some(search) = &self.search {
            match line(Input::Text(search), SavedView::MAX_SEARCH) {
                Ok(search) => view.search = search.unwrap_or_default(),
                Err(message) => invalid.push("search", message),
            }
        }
        if let Some(columns) = &self.columns {
            match columns_fault(columns) {
                None => view.columns.clone_from(columns),
                Some(message) => invalid.push("columns", message),
            }
        }
        if let Some(filter) = &self.filter {
            view.filter.clone_from(filter);
        }
        view.sharing = self.sharing.unwrap_or(view.sharing);
        view.sort = self.sort.unwrap_or(view.sort);
        invalid.or(())
    }
}

fn columns_fault(columns: &[String]) -> Option<String> {
    if columns.len() > MAX_COLUMNS {
        return Some(format!("has more than {MAX_COLUMNS}"));
    }
    let names = |column: &String| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        match LeadField::parse(column) {
            Some(_) => true,
            None => (1..=63).contains(&column.len()) && column.bytes().all(plain),
        }
    };
    if let Some(other) = columns.iter().find(|column| !names(column)) {
        return Some(format!("'{other}' is not the name of a column"));
    }
    let twice = |(place, column): (usize, &String)| columns[..place].contains(column);
    columns.iter().enumerate().any(twice).then(|| "names a column twice".to_owned())
}

impl SavedView {
    /// The most characters of `name`.
    pub const MAX_NAME: usize = 80;
    /// The most characters of `search`.
    pub const MAX_SEARCH: usize = 200;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank() -> SavedView {
        SavedView {
            id: ViewId::from_uuid(uuid::Uuid::nil()),
            tenant: Tenant::DEFAULT,
            revision: Revision::FIRST,
            name: String::new(),
            owner: None,
            sharing: Sharing::Private,
            filter: LeadFilter::default(),
            search: String::new(),
            sort: LeadSort::default(),
            columns: Vec::new(),
        }
    }

    #[test]
    fn what_is_wrong_with_a_view_is_said_of_its_part() {
        let many: Vec<String> = (0..41).map(|n| format!("cf.f{n}")).collect();
        for (new, field) in [
            (NewView::new(" \t"), "name"),
            (NewView::new("x".repeat(81)), "name"),
            (NewView::new("Hot").search("x".repeat(201)), "search"),
            (NewView::new("Hot").search("a\0b"), "search"),
            (NewView::new("Hot").columns(["Company"]), "columns"),
            (NewView::new("Hot").columns(["cf."]), "columns"),
            (NewView::new("Hot").columns(["stage", "stage"]), "columns"),
            (NewView::new("Hot").columns(many), "columns"),
        ] {
            let invalid = new.apply(&mut blank()).unwrap_err();
            assert_eq!(invalid.issues.len(), 1, "{invalid}");
            assert_eq!(invalid.issues[0].field, field);
        }
        let mut view = blank();
        let new =
            NewView::new("  Hot \n now ").search(" acme ").columns(["received", "utm.source"]);
        new.apply(&mut view).unwrap();
        assert_eq!((view.name.as_str(), view.search.as_str()), ("Hot now", "acme"));
    }

    #[test]
    fn what_a_patch_does_not_name_stays() {
        let mut view = blank();
        NewView::new("Hot").search("acme").columns(["stage"]).apply(&mut view).unwrap();
        let before = view.clone();
        ViewPatch::default().apply(&mut view).unwrap();
        assert_eq!(view, before);
        let patch = ViewPatch { search: Some(String::new()), ..ViewPatch::default() };
        patch.apply(&mut view).unwrap();
        assert_eq!(view, SavedView { search: String::new(), ..before });
    }
}
