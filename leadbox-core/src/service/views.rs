//! Saved views: listing, saving, changing, taking over, deleting. Owns the verbs and their `prepare_*` twins, who sees which
//! view, and that a view tells nobody what is hidden from them.

use serde_json::{Map, Value};

use super::decision::{Announce, Decision};
use super::directory::difference;
use super::people::People;
use super::{LeadBox, LeadList, Prepared};
use crate::access::{Capability, Denied, Permission};
use crate::error::{Error, Invalid, Result};
use crate::event::{EventType, Subject, SubjectKind};
use crate::filter::FilterError;
use crate::id::{UserId, ViewId};
use crate::identity::fold;
use crate::revision::{Revision, Version};
use crate::storage::{Change, ViewDrop};
use crate::view::{NewView, SavedView, Sharing, ViewPatch};

/// The most views of one owner.
const MAX_OWN: usize = 100;
/// The most views of a tenant that are shared.
const MAX_SHARED: usize = 500;

/// Saved views, as one asker sees them. Made by [`LeadBox::views`].
///
/// ```
/// # use std::sync::Arc;
/// use leadbox_core::{LeadBox, LeadFilter, MemoryStorage, NewView, Sharing, filter::Op};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
/// let nobodys = LeadFilter::is("owner", Op::IsNull, serde_json::Value::Null);
/// let view = NewView::new("No owner").filter(nobodys).sharing(Sharing::Everyone);
/// let view = leadbox.views().save(&view).await?;
/// assert!(leadbox.leads().list(&view.list(), &Default::default()).await?.items.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Views<'a> {
    pub(super) leadbox: &'a LeadBox,
}

impl SavedView {
    /// The list that it stands for.
    pub fn list(&self) -> LeadList {
        LeadList { filter: self.filter.clone(), search: self.search.clone(), sort: self.sort }
    }
}

impl Views<'_> {
    /// The views that the asker may open, its own first, then those that others share; each by name. The embedding program
    /// finds those that are shared.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn list(&self) -> Result<Vec<SavedView>> {
        let (storage, rights) = (self.leadbox.storage(), self.leadbox.rights());
        let found = storage.views(self.leadbox.tenant(), rights.user()).await?;
        let people = self.leadbox.people().await?;
        let mut views: Vec<SavedView> =
            found.into_iter().filter_map(|view| self.shown(view, &people)).collect();
        views.sort_by_cached_key(|view| (!self.is_own(view), fold(&view.name), view.id));
        Ok(views)
    }

    /// A view; none when there is none or it is not for the asker.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn view(&self, id: ViewId) -> Result<Option<SavedView>> {
        let found = self.leadbox.storage().view(self.leadbox.tenant(), id).await?;
        let people = self.leadbox.people().await?;
        Ok(found.and_then(|view| self.shown(view, &people)))
    }

    /// Why the list of a view cannot be shown: a field that it asks for was archived, has another type now, or is hidden
    /// from the asker. None when it can.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn fault(&self, list: &LeadList) -> Result<Option<FilterError>> {
        match self.leadbox.leads().query_at(list, self.leadbox.now()).await {
            Ok(_) => Ok(None),
            Err(Error::Filter(fault)) => Ok(Some(fault)),
            Err(error) => Err(error),
        }
    }

    /// Whether the asker may change a view that it sees, and delete it.
    pub fn may_change(&self, view: &SavedView) -> bool {
        match view.sharing {
            Sharing::Private => self.is_own(view) || self.leadbox.rights().grants().is_none(),
            Sharing::Team | Sharing::Everyone => self.leadbox.rights().can(Capability::ViewsShare),
        }
    }

    /// Saves a view, which belongs to the asker. One that others see takes the capability; so does the view of an asker who
    /// is no user, which can only be for everyone.
    ///
    /// # Errors
    /// `Invalid`, also when there are too many or another of the asker's has the name; `Filter`; `Denied`; `Contended`;
    /// `Storage`.
    pub async fn save(&self, new: &NewView) -> Result<SavedView> {
        self.leadbox.decide("view", &new.name, || Box::pin(self.prepare_save(new))).await
    }

    /// What [`save`](Self::save) would commit.
    ///
    /// # Errors
    /// As `save`.
    pub async fn prepare_save(&self, new: &NewView) -> Result<Prepared<SavedView>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let mut view = SavedView {
            id: decision.id(),
            tenant: decision.tenant(),
            revision: Revision::FIRST,
            name: String::new(),
            owner: self.leadbox.rights().user(),
            sharing: new.sharing,
            filter: Default::default(),
            search: String::new(),
            sort: new.sort,
            columns: Vec::new(),
        };
        new.apply(&mut view)?;
        check_owner(&view)?;
        decision.put_view(None, &view, EventType::VIEW_SAVED)?;
        self.check(None, &view).await?;
        decision.finish(view).await
    }

    /// Changes parts of a view: everybody their own, and with the capability those that are shared. With `expected`, only a
    /// view at that revision.
    ///
    /// # Errors
    /// `Invalid`, `Filter`, `Denied`, `NotFound`, `Stale`, `Contended`, `Storage`.
    pub async fn change(
        &self,
        id: ViewId,
        patch: &ViewPatch,
        expected: Option<Revision>,
    ) -> Result<SavedView> {
        self.leadbox.decide("view", id, || Box::pin(self.prepare_change(id, patch, expected))).await
    }

    /// What [`change`](Self::change) would commit.
    ///
    /// # Errors
    /// As `change`.
    pub async fn prepare_change(
        &self,
        id: ViewId,
        patch: &ViewPatch,
        expected: Option<Revision>,
    ) -> Result<Prepared<SavedView>> {
        let before = self.changeable(id).await?;
        let expected = expected.map(|expected| expected.0);
        Error::unless_at("view", id, expected, before.revision.0)?;
        let mut after = before.clone();
        patch.apply(&mut after)?;
        self.changed(&before, after).await
    }

    /// Makes a view that others see the asker's own, such as one of somebody who does not work here any more. Takes the
    /// capability.
    ///
    /// # Errors
    /// `Denied`, also when the asker is no user; `Invalid` as for [`save`](Self::save); `NotFound`; `Contended`; `Storage`.
    pub async fn take_over(&self, id: ViewId) -> Result<SavedView> {
        self.leadbox.decide("view", id, || Box::pin(self.prepare_take_over(id))).await
    }

    /// What [`take_over`](Self::take_over) would commit.
    ///
    /// # Errors
    /// As `take_over`.
    pub async fn prepare_take_over(&self, id: ViewId) -> Result<Prepared<SavedView>> {
        let user = self.leadbox.rights().user().ok_or(Denied::Account)?;
        let before = self.changeable(id).await?;
        let after = SavedView { owner: Some(user), ..before.clone() };
        self.changed(&before, after).await
    }

    /// Deletes a view: everybody their own, and with the capability those that are shared.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Contended`, `Storage`.
    pub async fn delete(&self, id: ViewId) -> Result<()> {
        self.leadbox.decide("view", id, || Box::pin(self.prepare_delete(id))).await
    }

    /// What [`delete`](Self::delete) would commit.
    ///
    /// # Errors
    /// As `delete`.
    pub async fn prepare_delete(&self, id: ViewId) -> Result<Prepared<()>> {
        let view = self.changeable(id).await?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let (tenant, before) = (view.tenant, view.revision);
        decision.push(Change::DropView(ViewDrop { tenant, view: id, before }))?;
        let payload = super::decision::data([("name", Value::from(view.name))]);
        let version = Version(before.next().0);
        decision.event(subject(id), EventType::VIEW_DELETED, version, &payload)?;
        decision.finish(()).await
    }

    fn is_own(&self, view: &SavedView) -> bool {
        view.owner.is_some() && view.owner == self.leadbox.rights().user()
    }

    /// What the asker may see of a view. One that asks for what is hidden from it would tell of that by its filter, so it is
    /// not there for anybody but its owner.
    fn shown(&self, mut view: SavedView, people: &People) -> Option<SavedView> {
        let (rights, scope) = (self.leadbox.rights(), self.leadbox.scope());
        if rights.grants().is_none() || self.is_own(&view) {
            return Some(view);
        }
        let is_reader = match view.sharing {
            Sharing::Private => false,
            Sharing::Team => is_in_team_of(view.owner, rights.user(), people),
            Sharing::Everyone => true,
        };
        let hides = |field: &&str| scope.hides(field);
        let asked = view.filter.fields().into_iter().chain(view.sort.by.field());
        if !is_reader
            || rights.level(Permission::LeadRead).is_none()
            || asked.into_iter().any(|field| hides(&field))
        {
            return None;
        }
        view.columns.retain(|column| !hides(&column.as_str()));
        Some(view)
    }

    /// A view that the asker sees and may change, as it is stored: columns that are hidden from the asker stay.
    async fn changeable(&self, id: ViewId) -> Result<SavedView> {
        let seen = self.view(id).await?.ok_or_else(|| Error::not_found("view", id))?;
        if !self.may_change(&seen) {
            return Err(Denied::Capability { capability: Capability::ViewsShare }.into());
        }
        let stored = self.leadbox.storage().view(self.leadbox.tenant(), id).await?;
        stored.ok_or_else(|| Error::not_found("view", id))
    }

    async fn changed(&self, before: &SavedView, after: SavedView) -> Result<Prepared<SavedView>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        if *before == after {
            return decision.finish(after).await;
        }
        let after = SavedView { revision: before.revision.next(), ..after };
        check_owner(&after)?;
        decision.put_view(Some(before), &after, EventType::VIEW_CHANGED)?;
        self.check(Some(before), &after).await?;
        decision.finish(after).await
    }

    /// Refuses a view that cannot be opened, or that there is no room for.
    async fn check(&self, before: Option<&SavedView>, after: &SavedView) -> Result<()> {
        if before.is_none_or(|before| before.list() != after.list()) {
            self.leadbox.leads().query_at(&after.list(), self.leadbox.now()).await?;
        }
        let mut invalid = Invalid::default();
        let catalog = self.leadbox.catalog().await?;
        let is_known = |column: &&String| !column.starts_with("cf.") || catalog.guards(column);
        if let Some(unknown) = after.columns.iter().find(|column| !is_known(column)) {
            invalid.push("columns", format!("'{unknown}' is not a custom field"));
        }
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        let others = storage.views(tenant, after.owner).await?;
        let others: Vec<&SavedView> = others.iter().filter(|other| other.id != after.id).collect();
        let own: Vec<&&SavedView> =
            others.iter().filter(|other| other.owner == after.owner).collect();
        if own.iter().any(|other| fold(&other.name) == fold(&after.name)) {
            invalid.push("name", "is that of another view of the same owner");
        }
        let is_more = before.is_none_or(|before| before.owner != after.owner);
        if is_more && after.owner.is_some() && own.len() >= MAX_OWN {
            invalid.push("name", format!("would be more than {MAX_OWN} views of one owner"));
        }
        let is_shared = |view: &SavedView| view.sharing != Sharing::Private;
        let shared = others.iter().filter(|other| is_shared(other)).count();
        if is_shared(after) && !before.is_some_and(is_shared) && shared >= MAX_SHARED {
            invalid.push("sharing", format!("would be more than {MAX_SHARED} shared views"));
        }
        Ok(invalid.or(())?)
    }
}

/// Refuses what nobody would see.
fn check_owner(view: &SavedView) -> std::result::Result<(), Invalid> {
    match (view.owner, view.sharing) {
        (Some(_), _) | (None, Sharing::Everyone) => Ok(()),
        _ => Err(Invalid::one("sharing", "has to be everyone for a view that is nobody's")),
    }
}

fn is_in_team_of(owner: Option<UserId>, user: Option<UserId>, people: &People) -> bool {
    let owner = owner.and_then(|owner| people.user(owner));
    owner.zip(user).is_some_and(|(owner, user)| people.within_team_of(owner).contains(&user))
}

fn subject(view: ViewId) -> Subject {
    Subject { kind: SubjectKind::View, id: view.uuid() }
}

impl Decision<'_> {
    /// Adds a view in place of the one before, and the event that tells of it.
    fn put_view(
        &mut self,
        before: Option<&SavedView>,
        after: &SavedView,
        kind: EventType,
    ) -> Result<()> {
        self.push(Change::PutView(Box::new(after.clone())))?;
        let payload = difference(&before.map(fields).transpose()?, fields(after)?);
        self.event(subject(after.id), kind, Version(after.revision.0), &payload)?;
        Ok(())
    }
}

fn fields(view: &SavedView) -> Result<Map<String, Value>> {
    Ok([
        ("name", Value::from(view.name.as_str())),
        ("owner", serde_json::to_value(view.owner)?),
        ("sharing", serde_json::to_value(view.sharing)?),
        ("filter", serde_json::to_value(&view.filter)?),
        ("search", Value::from(view.search.as_str())),
        ("sort", Value::from(view.sort.to_string())),
        ("columns", serde_json::to_value(&view.columns)?),
    ]
    .map(|(field, value)| (field.to_owned(), value))
    .into_iter()
    .collect())
}

#[cfg(test)]
mod tests;
