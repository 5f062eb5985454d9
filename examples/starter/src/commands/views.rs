//! `leadbox views`: the lists of leads that people saved.

use std::collections::BTreeMap;

use leadbox_core::{LeadFilter, Revision, SavedView, Sharing, UserId, ViewId};
use serde::Serialize;

use super::named::Named;
use super::office::{self, Office};
use crate::cli::ViewsVerb;
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::Location;
use crate::table::Table;

/// A view, as programs read it.
#[derive(Debug, Serialize)]
struct Saved {
    id: ViewId,
    revision: Revision,
    name: String,
    owner: Option<Named<UserId>>,
    sharing: Sharing,
    filter: LeadFilter,
    search: String,
    sort: String,
    columns: Vec<String>,
}

impl Saved {
    fn of(view: SavedView, names: &BTreeMap<UserId, String>) -> Self {
        Self {
            id: view.id,
            revision: view.revision,
            name: view.name,
            owner: view.owner.map(|id| Named::user(id, names)),
            sharing: view.sharing,
            filter: view.filter,
            search: view.search,
            sort: view.sort.to_string(),
            columns: view.columns,
        }
    }

    fn owner(&self) -> &str {
        self.owner.as_ref().map_or("nobody", |owner| &owner.name)
    }

    fn sharing(&self) -> &'static str {
        match self.sharing {
            Sharing::Private => "its owner",
            Sharing::Team => "its owner's team",
            Sharing::Everyone => "everyone",
        }
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    views: Vec<Saved>,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        if self.views.is_empty() {
            return "no views yet: they are saved on the page of all leads".to_owned();
        }
        let rows = self.views.iter().map(|view| {
            let (owner, sharing) = (view.owner().to_owned(), view.sharing().to_owned());
            [view.name.clone(), owner, sharing, view.id.to_string()]
        });
        Table::new(["view", "owner", "for", "id"]).rows(rows).text()
    }
}

#[derive(Debug, Serialize)]
struct Shown {
    view: Saved,
    /// Why it cannot be opened.
    fault: Option<String>,
}

impl Outcome for Shown {
    fn text(&self) -> String {
        let view = &self.view;
        let filter = serde_json::to_string(&view.filter).unwrap_or_default();
        let columns = match view.columns.as_slice() {
            [] => "the usual ones".to_owned(),
            some => some.join(", "),
        };
        let mut text = format!(
            "{}\n  id       {}\n  owner    {}\n  for      {}\n  filter   {filter}\n  search   {}\n  order    {}\n  columns  {columns}",
            view.name,
            view.id,
            view.owner(),
            view.sharing(),
            if view.search.is_empty() { "nothing" } else { &view.search },
            view.sort,
        );
        if let Some(fault) = &self.fault {
            text.push_str(&format!("\nit cannot be opened: {fault}"));
        }
        text
    }
}

#[derive(Debug, Serialize)]
struct Deleted {
    deleted: ViewId,
    #[serde(skip)]
    name: String,
}

impl Outcome for Deleted {
    fn text(&self) -> String {
        format!("{} was deleted ({})", self.name, self.deleted)
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when no view or user is named so; `Unavailable`; `SchemaTooNew`.
pub(super) async fn views(
    verb: &ViewsVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let office = Office::open(location, output).await?;
    match verb {
        ViewsVerb::List { user } => {
            let found = match user {
                Some(user) => {
                    let user = office.user(user).await?;
                    office.leadbox.as_user(user.id).await?.views().list().await?
                }
                None => office.leadbox.views().list().await?,
            };
            let names = office.leadbox.directory().names().await?;
            let views = found.into_iter().map(|view| Saved::of(view, &names));
            Ok(office.say(&Listed { views: views.collect() }))
        }
        ViewsVerb::Show { view } => {
            let view = office::view(&office.leadbox, view).await?;
            let fault = office.leadbox.views().fault(&view.list()).await?;
            let fault = fault.map(|fault| fault.to_string());
            let names = office.leadbox.directory().names().await?;
            Ok(office.say(&Shown { view: Saved::of(view, &names), fault }))
        }
        ViewsVerb::Delete { view } => {
            let SavedView { id, name, .. } = office::view(&office.leadbox, view).await?;
            office.leadbox.views().delete(id).await?;
            office.say_written(&Deleted { deleted: id, name }).await
        }
    }
}
