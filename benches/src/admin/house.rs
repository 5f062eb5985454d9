//! What the pages have to show beside a million leads: two hundred people, a lead with a history, work under way. Owns
//! making it and where it is found.

use std::collections::BTreeMap;
use std::error::Error;

use leadbox_core::access::{Capability, Grants, Level, Permission, Role};
use leadbox_core::filter::Op;
use leadbox_core::proof::TokenKind;
use leadbox_core::scoring::Example;
use leadbox_core::service::{BulkAction, NewKey, NewTeam, Selection};
use leadbox_core::transfer::Importer;
use leadbox_core::{
    Change, ChangeSet, ImportId, LeadBox, LeadFilter, LeadList, LeadPatch, MergeChoice,
    NewInteraction, NewLead, NewTask, NewView, OnConflict, PageRequest, Revision, RuleSetKey,
    Sharing, User, UserId, UserStatus,
};

use super::browser::Browser;
use crate::filled::{OWNERS, import, owner};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where the dashboard is mounted.
pub const PREFIX: &str = "/leads-admin";

/// What stands for the names in braces of a page's path.
pub type Places = BTreeMap<&'static str, String>;

/// May do everything, and owns a two-hundredth of the leads.
pub fn administrator() -> UserId {
    owner(3)
}

/// Owns a two-hundredth of the leads, and sees no others.
pub fn agent() -> UserId {
    owner(4)
}

/// Owns three leads, and sees no others.
pub fn newcomer() -> UserId {
    owner(OWNERS)
}

/// Makes what is not there yet.
pub async fn furnish(leadbox: &LeadBox) -> Result<Places> {
    if leadbox.directory().user(administrator()).await?.is_none() {
        people(leadbox).await?;
    }
    let newest = leadbox.leads().list(&LeadList::default(), &PageRequest::first(50)).await?.items;
    let busy = newest.first().ok_or("there are no leads")?.lead.id;
    if leadbox.tasks().of_lead(busy, &PageRequest::first(1)).await?.items.is_empty() {
        for number in 0..40 {
            let task = NewTask::new(format!("Call again, {number}")).assignee(administrator());
            leadbox.tasks().add(busy, &task).await?;
            leadbox.notes().add(busy, &format!("Spoke about offer {number}.")).await?;
            let visit = NewInteraction::new("page_view").prop("path", "/pricing");
            leadbox.leads().record_interaction(busy, &visit).await?;
        }
    }
    let page = PageRequest::first(1);
    let task = leadbox.tasks().of_lead(busy, &page).await?.items.pop().ok_or("no task")?;
    let note = leadbox.notes().of_lead(busy, &page).await?.items.pop().ok_or("no note")?;
    let north = NewTeam { name: "North".to_owned(), parent: None };
    let team = leadbox.directory().add_team(&north).await?;
    // Not in force: every other page is measured as it is without scores.
    let rules: RuleSetKey = "b2b_saas".parse()?;
    let example = Example::named("b2b_saas").ok_or("there is no such example")?;
    leadbox.rules().save_draft(&rules, example.script, None).await?;
    let grants = Grants::default().allow(Permission::LeadRead, Level::Team);
    let caller = Role { key: "caller".parse()?, name: "Caller".to_owned(), grants };
    leadbox.access().define_role(&caller).await?;
    let key = NewKey { name: "Website".to_owned(), ..NewKey::default() };
    leadbox.keys().make(&key).await?;
    let ids = newest.iter().map(|stored| stored.lead.id).collect();
    let action = BulkAction::Change(LeadPatch::new().add_tag("called"));
    let bulk = leadbox.bulk().run(&action, &Selection::Ids(ids)).await?;
    let [.., kept, gone] = newest.as_slice() else { return Err("there are too few leads".into()) };
    let (kept, gone) = (kept.lead.id, gone.lead.id);
    let merge = leadbox.leads().merge(kept, &[gone], &MergeChoice::default()).await?.event;
    let other = newest.get(1).ok_or("there is one lead alone")?.lead.id;
    let view = view(leadbox).await?;
    let imported: ImportId = leadbox.new_id();
    let file = format!("name,email\nBea,{imported}@fair.example\n");
    Importer::new(leadbox).id(imported).run(file.as_bytes()).await?;
    while leadbox.storage().sequence(5_000).await?.more {}
    while leadbox.storage().fold_counts(5_000).await? > 0 {}
    let ticked: Vec<String> =
        newest.iter().map(|stored| format!("&lead={}", stored.lead.id)).collect();
    Ok(BTreeMap::from([
        ("lead", busy.to_string()),
        ("task", task.id.to_string()),
        ("note", note.id.to_string()),
        ("team", team.id.to_string()),
        ("user", agent().to_string()),
        ("role", "caller".to_owned()),
        ("gone", other.to_string()),
        ("kept", kept.to_string()),
        ("merge", merge.to_string()),
        ("view", view),
        ("field", "budget".to_owned()),
        ("rules", rules.to_string()),
        ("bulk", bulk.id.to_string()),
        ("imported", imported.to_string()),
        ("filled", import().to_string()),
        ("ticked", ticked.concat()),
    ]))
}

/// A view that everybody sees.
async fn view(leadbox: &LeadBox) -> Result<String> {
    if let Some(view) = leadbox.views().list().await?.first() {
        return Ok(view.id.to_string());
    }
    let filter = LeadFilter::is("stage_kind", Op::Eq, "open");
    let open = NewView::new("Open").filter(filter).sharing(Sharing::Everyone);
    Ok(leadbox.views().save(&open).await?.id.to_string())
}

async fn people(leadbox: &LeadBox) -> Result<()> {
    let mut changes = Vec::new();
    let grants =
        Grants::default().allow(Permission::LeadRead, Level::Own).enable(Capability::AuditRead);
    let auditor = Role { key: "auditor".parse()?, name: "Auditor".to_owned(), grants };
    leadbox.access().define_role(&auditor).await?;
    for number in 0..=OWNERS {
        let id = owner(number);
        let roles = if id == administrator() { vec!["admin"] } else { vec!["agent", "auditor"] };
        changes.push(Change::PutUser(Box::new(User {
            id,
            tenant: leadbox.tenant(),
            revision: Revision::FIRST,
            name: format!("Robin Weaver {number}"),
            email: format!("robin{number}@office.example"),
            team: None,
            status: UserStatus::Active,
            roles: roles.into_iter().map(str::parse).collect::<std::result::Result<_, _>>()?,
            zone: None,
        })));
    }
    let set = ChangeSet::new(leadbox.new_id(), leadbox.now(), OnConflict::Fail, changes)?;
    leadbox.storage().commit(&set).await?;
    for number in 0..3 {
        let lead = NewLead::new().name(format!("Visitor {number}")).owner(newcomer());
        leadbox.leads().capture(&lead).await?;
    }
    Ok(())
}

/// A browser in which somebody is signed in.
pub async fn signed_in(leadbox: &LeadBox, host: &str, user: UserId) -> Result<Browser> {
    let code = leadbox.passwords().invite(user).await?;
    let code = code.reveal(TokenKind::Invitation.prefix());
    let mut browser = Browser::new(host);
    let form = "password=a+long+enough+sentence";
    let answer = browser.post(&format!("{PREFIX}/invitation?code={code}"), form).await?;
    match answer.status.as_u16() {
        303 => Ok(browser),
        status => Err(format!("signing in answers {status}").into()),
    }
}
