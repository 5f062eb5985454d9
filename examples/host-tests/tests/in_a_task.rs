//! Every verb can be awaited in a task, and so in a handler of the host's server: its future is `Send`, also where it borrows
//! what the task owns.

use leadbox_core::job::JobFilter;
use leadbox_core::service::{NewTeam, NewUser};
use leadbox_core::storage::EventFilter;
use leadbox_core::testing::Sandbox;
use leadbox_core::transfer::{Exporter, Importer};
use leadbox_core::{
    FieldDefinition, InteractionId, JobId, Lane, LeadBox, LeadId, LeadList, LeadPatch,
    NewInteraction, NewLead, PageRequest, Position, Suspicion, User, UserId, Workers,
};

fn can_be_spawned(_: impl Future<Output = leadbox_core::Result<()>> + Send + 'static) {}

async fn leads(
    leadbox: LeadBox,
    id: LeadId,
    new: NewLead,
    patch: LeadPatch,
) -> leadbox_core::Result<()> {
    let (leads, page, list) = (leadbox.leads(), PageRequest::first(10), LeadList::default());
    let stage = String::from("won");
    leads.capture(&new).await?;
    leads.prepare_capture(&new).await?;
    leads.capture_many(std::slice::from_ref(&new), Vec::new()).await?;
    leads.lead(id).await?;
    leads.list(&list, &page).await?;
    leads.count(&list, 10).await?;
    leads.stays(id).await?;
    leads.update(id, &patch, None).await?;
    leads.prepare_update(id, &patch, None).await?;
    leads.assign(id, None).await?;
    leads.advance(id, &stage).await?;
    leads.prepare_advance(id, &stage).await?;
    leads.delete(id).await?;
    leads.prepare_delete(id).await?;
    Ok(())
}

async fn interactions(leadbox: LeadBox, id: LeadId, of: InteractionId) -> leadbox_core::Result<()> {
    let (leads, visit) = (leadbox.leads(), NewInteraction::new("page_view"));
    leads.record_interaction(id, &visit).await?;
    leads.prepare_interaction(id, &visit).await?;
    leads.mark_interaction(of, Suspicion::Suspect).await?;
    leads.interactions(id, &PageRequest::first(10)).await?;
    Ok(())
}

async fn set_up(
    leadbox: LeadBox,
    field: FieldDefinition,
    lane: Lane,
    (user, team): (NewUser, NewTeam),
    (changed, id): (User, UserId),
) -> leadbox_core::Result<()> {
    let completeness = 3;
    leadbox.definitions().fields().await?;
    leadbox.definitions().define_field(&field).await?;
    leadbox.definitions().settings().await?;
    let change = |settings: &mut leadbox_core::Settings| {
        settings.completeness.insert("email".to_owned(), completeness);
    };
    leadbox.definitions().change_settings(change).await?;
    leadbox.directory().add_user(&user).await?;
    leadbox.directory().change_user(&changed).await?;
    leadbox.directory().user(id).await?;
    leadbox.directory().users(&PageRequest::first(10)).await?;
    leadbox.directory().add_team(&team).await?;
    leadbox.directory().teams().await?;
    leadbox.jobs().set_lane(&lane).await?;
    leadbox.catalog().await?;
    Ok(())
}

async fn work(leadbox: LeadBox, lead: LeadId, job: JobId) -> leadbox_core::Result<()> {
    let (page, jobs, log) = (PageRequest::first(10), leadbox.jobs(), leadbox.log());
    jobs.enqueue([jobs.new_job("mail", serde_json::Value::Null)]).await?;
    jobs.list(&JobFilter::default(), &page).await?;
    jobs.attempts(job).await?;
    jobs.lanes().await?;
    jobs.replay(job, leadbox.now()).await?;
    log.head().await?;
    log.after(Position(0), 10).await?;
    log.events(&EventFilter::default(), &page).await?;
    log.timeline(lead, &page).await?;
    log.verify().await?;
    leadbox.analytics().lead_counts().await?;
    leadbox.analytics().verify().await?;
    leadbox.analytics().rebuild().await?;
    let workers = Workers::new(&leadbox);
    workers.run_until_idle().await?;
    workers.run(std::future::ready(())).await;
    Ok(())
}

async fn transfer(leadbox: LeadBox, file: Vec<u8>) -> leadbox_core::Result<()> {
    let mut seen = 0;
    let import = Importer::new(&leadbox).progress(|progress| seen = progress.bytes);
    let _ = import.run(&file[..]).await;
    let mut out = Vec::new();
    let _ = Exporter::new(&leadbox).run(&mut out).await;
    Ok(())
}

/// Never called: it is enough that it compiles.
#[expect(clippy::too_many_arguments, reason = "one of everything")]
#[expect(dead_code, reason = "proved by the compiler")]
fn all_of_them(
    leadbox: &LeadBox,
    (lead, interaction, job): (LeadId, InteractionId, JobId),
    (new, patch): (NewLead, LeadPatch),
    field: FieldDefinition,
    lane: Lane,
    newcomers: (NewUser, NewTeam),
    user: (User, UserId),
    file: Vec<u8>,
) {
    can_be_spawned(leads(leadbox.clone(), lead, new, patch));
    can_be_spawned(interactions(leadbox.clone(), lead, interaction));
    can_be_spawned(set_up(leadbox.clone(), field, lane, newcomers, user));
    can_be_spawned(work(leadbox.clone(), lead, job));
    can_be_spawned(transfer(leadbox.clone(), file));
}

#[tokio::test]
async fn a_lead_is_captured_in_a_task() {
    let sandbox = Sandbox::new().expect("a sandbox");
    let leadbox = sandbox.leadbox.clone();
    let task = tokio::spawn(async move {
        let new = NewLead::new().email("ada@analytical.example");
        leadbox.leads().capture(&new).await.map(|captured| captured.lead.id)
    });
    let id = task.await.expect("the task ends").expect("captured");
    assert!(sandbox.leadbox.leads().lead(id).await.expect("read").is_some());
}
