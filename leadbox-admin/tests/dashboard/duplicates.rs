//! Possible duplicates on their pages: told apart, compared, merged, and the merge undone.

use axum::http::StatusCode;
use leadbox_core::access::{Grants, Level, Permission, Role};
use leadbox_core::{EventType, LeadId, LeadPatch, MergeChoice, NewLead, NewTask, UserId};

use crate::support::{Answer, Browser, Office};

/// Two leads of one person, the older one with another title.
async fn twins(office: &Office, owner: Option<UserId>) -> (LeadId, LeadId) {
    let mut ids = Vec::new();
    for (id, title) in [("1", "CTO"), ("2", "CEO")] {
        let new = NewLead { owner, ..NewLead::new().name("Ada Lovelace").title(title) };
        let new = new.email("ada@analytical.example").external_id(id);
        ids.push(office.sandbox.leadbox.leads().capture(&new).await.unwrap().lead.id);
        office.sandbox.clock.advance(chrono::TimeDelta::hours(1));
    }
    (ids[0], ids[1])
}

/// Somebody with these permissions, for all leads.
async fn hire_for(office: &Office, name: &str, grants: Grants) -> Browser {
    let grants = grants.allow(Permission::LeadRead, Level::All);
    let role = Role { key: name.parse().unwrap(), name: name.to_owned(), grants };
    office.sandbox.leadbox.access().define_role(&role).await.unwrap();
    office.hire(name, name).await;
    office.signed_in(name).await
}

fn sent(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location()
}

/// What the page's form would send if nobody touched it.
fn form(page: &str) -> Vec<(String, String)> {
    let form = page.split("<form class=\"stack\"").nth(1).unwrap().split("</form>").next().unwrap();
    let value = |tag: &str, name: &str| {
        let rest = tag.split(&format!("{name}=\"")).nth(1)?;
        Some(rest.split('"').next().unwrap().to_owned())
    };
    form.split("<input ")
        .skip(1)
        .map(|tag| tag.split('>').next().unwrap())
        .filter(|tag| tag.contains("hidden") || tag.ends_with(" checked"))
        .filter_map(|tag| Some((value(tag, "name")?, value(tag, "value")?)))
        .collect()
}

async fn post(browser: &mut Browser, path: &str, form: &[(String, String)]) -> Answer {
    let form: Vec<(&str, &str)> =
        form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &form).await
}

#[tokio::test]
async fn pairs_are_shown_with_their_reasons_and_to_readers_without_controls() {
    let office = Office::new("/ops");
    let mut reader = hire_for(&office, "rae", Grants::default()).await;
    let none = reader.get("/ops/duplicates").await.body;
    assert!(none.contains("No two leads look like the same person."), "{none}");
    let (a, b) = twins(&office, None).await;
    let page = reader.get("/ops/duplicates").await.body;
    for shown in ["Same e-mail address", "Same name", ">100<", "CTO", "CEO", "ada@analytical"] {
        assert!(page.contains(shown), "{shown} is not on {page}");
    }
    assert!(page.contains("<tr class=\"same\"><th scope=\"row\">E-mail"), "{page}");
    assert!(page.contains("<tr><th scope=\"row\">Job title"), "{page}");
    let lead = reader.get(&format!("/ops/leads/{a}")).await.body;
    assert!(lead.contains("Possible duplicates") && lead.contains(&b.to_string()), "{lead}");
    for control in ["Compare", "Not the same person", "/merge"] {
        assert!(!page.contains(control) && !lead.contains(control), "{control}");
    }
    let before = office.events().await.len();
    for (path, form) in [
        (format!("/ops/duplicates/{a}/{b}"), [("is", "distinct"), ("after", "")]),
        (format!("/ops/leads/{a}/merge"), [("with", &*b.to_string()), ("kept", "1")]),
    ] {
        let form: Vec<_> = form.into_iter().chain([("gone", "1")]).collect();
        let refused = reader.post(&path, &form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}: {}", refused.body);
    }
    for path in [format!("/ops/leads/{a}/merge"), format!("/ops/leads/{a}/merge?with={b}")] {
        assert_eq!(reader.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(office.events().await.len(), before, "nothing was written");
    let hidden = Grants::default().hide("email").hide("name");
    let mut blind = hire_for(&office, "bea", hidden).await;
    let page = blind.get("/ops/duplicates").await.body;
    assert!(page.contains("No two leads") && !page.contains("Lovelace"), "{page}");
}

#[tokio::test]
async fn two_people_are_told_apart_and_it_is_taken_back() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let (a, b) = twins(&office, Some(ann)).await;
    let mut agent = office.signed_in("ann").await;
    let page = agent.get("/ops/duplicates").await.body;
    let address = format!("/ops/duplicates/{a}/{b}");
    assert!(page.contains(&address) && page.contains("Not the same person"), "{page}");
    let told = agent.post(&address, &[("is", "distinct"), ("after", "")]).await;
    let told = agent.get(sent(&told)).await.body;
    assert!(told.contains("Ada Lovelace and Ada Lovelace are two people."), "{told}");
    assert!(told.contains("No two leads") && told.contains("Take it back"), "{told}");
    assert_eq!(office.last_event().await, (EventType::LEAD_DISTINGUISHED, Some(ann.uuid())));
    let timeline = agent.get(&format!("/ops/leads/{b}")).await.body;
    assert!(timeline.contains("Told apart from another lead"), "{timeline}");
    let leads = office.sandbox.leadbox.leads();
    assert!(leads.duplicates(a, 5).await.unwrap().is_empty());
    let back = agent.post(&address, &[("is", "unknown"), ("after", "")]).await;
    assert!(!agent.get(sent(&back)).await.body.contains("Take it back"));
    assert_eq!(leads.duplicates(a, 5).await.unwrap().len(), 1);
    let from_lead = agent.post(&address, &[("is", "distinct"), ("back", "lead")]).await;
    assert_eq!(sent(&from_lead), format!("/ops/leads/{a}"));
    let unclear = agent.post(&address, &[("is", "perhaps")]).await;
    assert_eq!(unclear.status, StatusCode::UNPROCESSABLE_ENTITY);
    let absent = agent.post(&format!("/ops/duplicates/{a}/none"), &[("is", "distinct")]).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_other_lead_is_found_among_those_that_look_like_it_or_by_text() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let (a, b) = twins(&office, None).await;
    let leads = office.sandbox.leadbox.leads();
    let zoe = leads.capture(&NewLead::new().name("Zoe Zet")).await.unwrap().lead.id;
    let mut admin = office.signed_in("adi").await;
    let lead = admin.get(&format!("/ops/leads/{a}")).await.body;
    assert!(lead.contains(&format!("/ops/leads/{a}/merge\"")), "{lead}");
    let compared = |id: LeadId| format!("/ops/leads/{a}/merge?with={id}");
    let page = admin.get(&format!("/ops/leads/{a}/merge")).await.body;
    assert!(page.contains(&compared(b)) && !page.contains(&compared(zoe)), "{page}");
    let page = admin.get(&format!("/ops/leads/{a}/merge?q=zet")).await.body;
    assert!(page.contains(&compared(zoe)) && !page.contains(&compared(b)), "{page}");
    let page = admin.get(&format!("/ops/leads/{a}/merge?q=lovelace")).await.body;
    assert!(!page.contains(&compared(a)), "it is not merged with itself: {page}");
    let none = admin.get(&format!("/ops/leads/{zoe}/merge")).await.body;
    assert!(none.contains("No lead looks like it."), "{none}");
    let none = admin.get(&format!("/ops/leads/{zoe}/merge?q=nobodyiscalledlikethis")).await.body;
    assert!(none.contains("No other leads match."), "{none}");
}

#[tokio::test]
async fn two_leads_are_merged_as_the_page_said() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let (a, b) = twins(&office, None).await;
    let leadbox = &office.sandbox.leadbox;
    leadbox.tasks().add(b, &NewTask::new("Call")).await.unwrap();
    leadbox.notes().add(b, "Decides in March.").await.unwrap();
    let mut admin = office.signed_in("adi").await;
    let address = format!("/ops/leads/{a}/merge");
    let page = admin.get(&format!("{address}?with={b}")).await.body;
    assert!(page.contains("1 value differs"), "{page}");
    assert!(page.contains(&format!("/ops/leads/{b}/merge?with={a}")), "the two changed over");
    for moved in ["<dt>Tasks</dt><dd>1</dd>", "<dt>Notes</dt><dd>1</dd>"] {
        assert!(page.contains(moved), "{page}");
    }
    // What the rules say is ticked: the title that came in last.
    let mut form = form(&page);
    let title = form.iter_mut().find(|(name, _)| name == "title").unwrap();
    assert_eq!(title.1, b.to_string());
    title.1 = a.to_string();
    let merged = post(&mut admin, &address, &form).await;
    assert_eq!(sent(&merged), format!("/ops/leads/{a}?was={b}"));
    assert_eq!(office.last_event().await, (EventType::LEAD_MERGED, Some(adi.uuid())));
    let stored = leadbox.leads().lead(b).await.unwrap().unwrap().lead;
    assert_eq!((stored.id, stored.person.title.as_deref()), (a, Some("CTO")));

    let shown = admin.get(merged.location()).await.body;
    // The banner, what moved, the timeline by name, and the way back.
    let named = "<span>Ada Lovelace</span>";
    for part in ["Ada Lovelace was merged into this lead.", "Decides in March.", named, "Undo"] {
        assert!(shown.contains(part), "{part} is not on {shown}");
    }
    let led = admin.get(&format!("/ops/leads/{b}")).await;
    assert_eq!(sent(&led), format!("/ops/leads/{a}?was={b}"), "its address leads to the other");
    let other = leadbox.leads().capture(&NewLead::new().name("Zoe")).await.unwrap().lead.id;
    let unrelated = admin.get(&format!("/ops/leads/{a}?was={other}")).await.body;
    assert!(!unrelated.contains("was merged into this lead."), "{unrelated}");
}

#[tokio::test]
async fn what_is_wrong_with_a_merge_is_said_and_nothing_is_merged() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "manager").await;
    let (a, b) = twins(&office, Some(ann)).await;
    let leads = office.sandbox.leadbox.leads();
    let mut manager = office.signed_in("ann").await;
    let address = format!("/ops/leads/{a}/merge");
    let page = manager.get(&format!("{address}?with={b}")).await.body;
    let sent = form(&page);
    let with = |name: &str, value: &str| -> Vec<(String, String)> {
        let rest = sent.iter().filter(|(other, _)| other != name).cloned();
        rest.chain([(name.to_owned(), value.to_owned())]).collect()
    };
    let nobody = office.sandbox.leadbox.new_id::<LeadId>().to_string();
    let before = office.events().await.len();
    for (name, value) in [("title", nobody.as_str()), ("title", "me"), ("kept", ""), ("tags", "x")]
    {
        let refused = post(&mut manager, &address, &with(name, value)).await;
        let body = &refused.body;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {value}: {body}");
        assert!(body.contains("Nothing was changed"), "{name}: {body}");
        let beside = body.contains("id=\"title-error\"");
        assert_eq!(beside, name == "title", "{name} {value}: {body}");
    }
    for other in [a.to_string(), "nobody".to_owned(), nobody.clone()] {
        let refused = post(&mut manager, &address, &with("with", &other)).await;
        assert!(refused.status.is_client_error(), "{other}: {}", refused.status);
    }
    assert_eq!(office.events().await.len(), before, "nothing was written");
    let patch = LeadPatch::new().set("title", "CPO");
    leads.update(b, &patch, None).await.unwrap();
    let stale = post(&mut manager, &address, &sent).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{}", stale.body);
    assert_eq!(leads.lead(b).await.unwrap().unwrap().lead.id, b);

    // A field that is shown and not written is not chosen either.
    let grants = [Permission::LeadEdit, Permission::LeadDelete].iter();
    let grants = grants.fold(Grants::default(), |grants, one| grants.allow(*one, Level::All));
    let mut careful = hire_for(&office, "kim", grants.protect("title")).await;
    let page = careful.get(&format!("{address}?with={b}")).await.body;
    assert!(!page.contains("name=\"title\"") && page.contains("CPO <span class=\"tag\">stays"));
    let chosen = with("title", &a.to_string());
    let chosen: Vec<_> = chosen
        .into_iter()
        .map(|(name, value)| if name == "gone" { (name, "2".to_owned()) } else { (name, value) })
        .collect();
    let refused = post(&mut careful, &address, &chosen).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
}

#[tokio::test]
async fn a_merge_is_undone_after_its_page_said_what_comes_back() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let (a, b) = twins(&office, None).await;
    let leads = office.sandbox.leadbox.leads();
    let merged = leads.merge(a, &[b], &MergeChoice::default()).await.unwrap().event;
    leads.update(a, &LeadPatch::new().set("title", "Chair"), None).await.unwrap();
    let (page, undo) = (format!("/ops/leads/{a}"), format!("/ops/leads/{a}/merges/{merged}/undo"));
    let mut reader = hire_for(&office, "rae", Grants::default()).await;
    let shown = reader.get(&page).await.body;
    assert!(shown.contains("Merged into this lead") && !shown.contains(&undo), "{shown}");
    assert_eq!(reader.get(&undo).await.status, StatusCode::FORBIDDEN);
    assert_eq!(reader.post(&undo, &[]).await.status, StatusCode::FORBIDDEN);

    let mut admin = office.signed_in("adi").await;
    assert!(admin.get(&page).await.body.contains(&undo));
    let plan = admin.get(&undo).await.body;
    for part in ["What comes back", "Ada Lovelace", "What does not come back", "was changed since"]
    {
        assert!(plan.contains(part), "{part} is not on {plan}");
    }
    assert_eq!(leads.lead(b).await.unwrap().unwrap().lead.id, a, "only planned");
    assert_eq!(sent(&admin.post(&undo, &[]).await), format!("/ops/leads/{a}#merges"));
    assert_eq!(office.last_event().await, (EventType::LEAD_UNMERGED, Some(adi.uuid())));
    let stored = leads.lead(b).await.unwrap().unwrap().lead;
    assert_eq!((stored.id, stored.person.title.as_deref()), (b, Some("CEO")));
    let shown = admin.get(&page).await.body;
    assert!(shown.contains("Undone") && !shown.contains(&undo), "{shown}");
    assert_eq!(admin.get(&undo).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let absent = admin.get(&format!("/ops/leads/{b}/merges/{merged}/undo")).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}
