//! The storage as it is administered. Owns whom and what a command line means by a name, and that what was written has its
//! place in the log before anything is said of it.

use leadbox_core::filter::Op;
use leadbox_core::proof::Token;
use leadbox_core::{
    Error, LeadBox, LeadFilter, LeadId, LeadList, PageRequest, SavedView, StoredLead, Team,
    TokenId, User,
};

use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::{Durability, Expect, Location, catch_up, open};

/// An open storage, in the hands of whoever may start the program.
pub(super) struct Office {
    pub(super) leadbox: LeadBox,
    output: Output,
}

impl Office {
    /// # Errors
    /// `Unavailable`, `SchemaTooNew`.
    pub(super) async fn open(location: &Location, output: Output) -> Result<Self, Failure> {
        let storage = open(location, Expect::Ready, Durability::Full).await?;
        Ok(Self { leadbox: LeadBox::builder(storage).build()?, output })
    }

    /// Says what was read.
    pub(super) fn say(&self, outcome: &impl Outcome) -> Exit {
        self.output.outcome(outcome)
    }

    /// Says what was written.
    ///
    /// # Errors
    /// From the storage.
    pub(super) async fn say_written(&self, outcome: &impl Outcome) -> Result<Exit, Failure> {
        catch_up(&**self.leadbox.storage()).await?;
        Ok(self.output.outcome(outcome))
    }

    /// The user with this address or id.
    ///
    /// # Errors
    /// `Failed` when there is none.
    pub(super) async fn user(&self, named: &str) -> Result<User, Failure> {
        let directory = self.leadbox.directory();
        let found = match named.parse() {
            Ok(id) => directory.user(id).await?,
            Err(_) => directory.user_by_email(named).await?,
        };
        found.ok_or_else(|| {
            Failure::new(Exit::Failed, format!("there is no user '{named}'"))
                .hint("`leadbox users list` shows their addresses")
        })
    }

    /// The lead with this id, or with an address that no other has. An id is taken as it is: whether a lead that was merged
    /// away stands for the one that is left, is the verb's to say.
    ///
    /// # Errors
    /// `Failed` when there is none, or several have the address.
    pub(super) async fn lead(&self, named: &str) -> Result<LeadId, Failure> {
        let found = self.stored(named).await?;
        Ok(named.parse().unwrap_or(found.lead.id))
    }

    /// The same with all that is known of it; the one that is left stands for a lead that was merged away.
    ///
    /// # Errors
    /// `Failed` when there is none, or several have the address.
    pub(super) async fn stored(&self, named: &str) -> Result<StoredLead, Failure> {
        let leads = self.leadbox.leads();
        let absent = || Failure::new(Exit::Failed, format!("there is no lead '{named}'"));
        if let Ok(id) = named.parse() {
            return leads.lead(id).await?.ok_or_else(absent);
        }
        if !named.contains('@') {
            return Err(absent().hint("name it by its id or its e-mail address"));
        }
        let list = LeadList::filtered(LeadFilter::is("email", Op::Eq, named));
        let mut found = leads.list(&list, &PageRequest::first(PageRequest::MAX)).await?.items;
        match (found.len(), found.pop()) {
            (1, Some(one)) => Ok(one),
            (_, None) => Err(absent().hint("`leadbox leads list --search WORDS` finds leads")),
            (many, Some(last)) => {
                let ids = found.iter().chain([&last]).map(|one| one.lead.id.to_string());
                let hint =
                    format!("name one of them by its id: {}", ids.collect::<Vec<_>>().join(", "));
                let message = format!("{many} leads have the address '{named}'");
                Err(Failure::new(Exit::Failed, message).hint(hint))
            }
        }
    }

    /// The team with this name or id.
    ///
    /// # Errors
    /// `Failed` when there is none, or several have the name.
    pub(super) async fn team(&self, named: &str) -> Result<Team, Failure> {
        let teams = self.leadbox.directory().teams().await?;
        let id = named.parse().ok();
        one("team", named, teams, |team| Some(team.id) == id, |team| team.name == named)
    }

    /// The API key with this name or id that is not over.
    ///
    /// # Errors
    /// `Failed` when there is none, or several have the name.
    pub(super) async fn key(&self, named: &str) -> Result<Token, Failure> {
        let (mut keys, now) = (self.keys().await?, self.leadbox.now());
        keys.retain(|key| key.is_live(now));
        let id: Option<TokenId> = named.parse().ok();
        one("key", named, keys, |key| Some(key.id) == id, |key| key.details.name == named)
    }

    /// All API keys, the latest first.
    ///
    /// # Errors
    /// From the storage.
    pub(super) async fn keys(&self) -> Result<Vec<Token>, Failure> {
        let (mut keys, mut page) = (Vec::new(), PageRequest::first(PageRequest::MAX));
        loop {
            let found = self.leadbox.keys().list(&page).await?;
            keys.extend(found.items);
            match found.next {
                Some(cursor) => page = PageRequest::after(PageRequest::MAX, cursor),
                None => return Ok(keys),
            }
        }
    }
}

/// The saved view with this id, or the one of this name among those that are shared.
///
/// # Errors
/// `Failed` when there is none, or several have the name.
pub(super) async fn view(leadbox: &LeadBox, named: &str) -> Result<SavedView, Failure> {
    if let Ok(id) = named.parse()
        && let Some(found) = leadbox.views().view(id).await?
    {
        return Ok(found);
    }
    let views = leadbox.views().list().await?;
    one("view", named, views, |_| false, |view| view.name == named)
}

/// The one that is meant: by its id, or by a name that no other has.
fn one<T>(
    what: &str,
    named: &str,
    mut all: Vec<T>,
    has_id: impl Fn(&T) -> bool,
    has_name: impl Fn(&T) -> bool,
) -> Result<T, Failure> {
    if let Some(place) = all.iter().position(has_id) {
        return Ok(all.swap_remove(place));
    }
    all.retain(has_name);
    match (all.pop(), all.len() + 1) {
        (Some(found), 1) => Ok(found),
        (Some(_), many) => {
            let message = format!("{many} {what}s are called '{named}'");
            Err(Failure::new(Exit::Failed, message).hint(format!("name the {what} by its id")))
        }
        (None, _) => Err(Failure::new(Exit::Failed, format!("there is no {what} '{named}'"))
            .hint(format!("`leadbox {what}s list` shows them"))),
    }
}

/// What was refused; a role that is none has its own hint.
pub(super) fn refused(error: Error) -> Failure {
    let unknown = matches!(&error, Error::Invalid(invalid)
        if invalid.issues.iter().any(|issue| issue.field == "roles"));
    let failure = Failure::from(error);
    if unknown { failure.hint("`leadbox roles list` shows the roles") } else { failure }
}
