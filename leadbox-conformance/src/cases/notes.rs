//! Notes: of a lead, guarded by revisions, seen by whoever sees the lead.

use std::sync::Arc;

use leadbox_core::storage::Storage;
use leadbox_core::{Actor, LeadId, Note, PageRequest, Revision, Scope, Tenant};

use crate::fixtures::{Refusal, World, at, at_micros};
use crate::samples::{drop_note, note, put_note};

/// All notes of a lead, in pages of two.
async fn of_lead(world: &World, scope: &Scope, lead: LeadId) -> Vec<Note> {
    let (mut seen, mut request) = (Vec::new(), PageRequest::first(2));
    loop {
        let page = world.storage.notes(scope, lead, &request).await.unwrap();
        seen.extend(page.items);
        let Some(cursor) = page.next else { return seen };
        request = PageRequest::after(2, cursor);
    }
}

pub async fn a_note_reads_back_new_and_changed(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let first = Note { text: "ä\n".repeat(Note::MAX_TEXT / 2), ..note(&world, &lead, 1) };
    let second = Note {
        revision: Revision(2),
        text: "Other".to_owned(),
        made_at: at_micros(-1),
        made_by: Actor::system(),
        edited_at: Some(at_micros(3)),
        ..first.clone()
    };
    for expected in [first, second] {
        world.commit(vec![put_note(&expected)]).await;
        let read = world.storage.note(&world.scope(), expected.id).await.unwrap();
        assert_eq!(read.as_ref(), Some(&expected));
        assert_eq!(of_lead(&world, &world.scope(), lead.id).await, [expected]);
    }
    assert_eq!(world.storage.note(&world.scope(), world.id()).await.unwrap(), None);
    assert_eq!(of_lead(&world, &world.scope(), world.id()).await, []);
}

pub async fn notes_come_latest_first_in_pages(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let seconds = [5, 3, 5, 9, 1, 3, 3];
    let mut expected: Vec<Note> =
        seconds.into_iter().map(|second| note(&world, &leads[0], second)).collect();
    world.commit(expected.iter().map(put_note).collect()).await;
    world.commit(vec![put_note(&note(&world, &leads[1], 4))]).await;
    expected.sort_by_key(|note| std::cmp::Reverse((note.made_at, note.id)));
    assert_eq!(of_lead(&world, &world.scope(), leads[0].id).await, expected);
}

pub async fn notes_are_seen_by_who_sees_the_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    lead.owner = Some(world.id());
    let lead = world.stored(lead).await;
    let one = note(&world, &lead, 1);
    world.commit(vec![put_note(&one)]).await;
    for (scope, expected) in [
        (Scope::owned_by(world.tenant, lead.owner), 1),
        (Scope::owned_by(world.tenant, [world.id()]), 0),
        (Scope::owned_by(world.tenant, []), 0),
        (Scope::all(Tenant(2)), 0),
    ] {
        let found = world.storage.note(&scope, one.id).await.unwrap();
        assert_eq!(found.iter().count(), expected, "{scope:?}");
        assert_eq!(of_lead(&world, &scope, lead.id).await.len(), expected, "{scope:?}");
    }
}

pub async fn a_note_is_guarded_by_its_revision_and_its_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let one = note(&world, &leads[0], 1);
    world.commit(vec![put_note(&one)]).await;
    let second = Note { revision: Revision(2), ..one.clone() };
    let elsewhere = Note { lead: leads[1].id, ..second.clone() };
    for stale in [&one, &elsewhere, &Note { revision: Revision(3), ..second.clone() }] {
        assert_eq!(world.refused(vec![put_note(stale)]).await, Refusal::Conflict);
    }
    for stale in [&second, &Note { lead: leads[1].id, ..one.clone() }] {
        assert_eq!(world.refused(vec![drop_note(stale)]).await, Refusal::Conflict);
    }
    let gone = world.edited(&leads[0], |lead| lead.deleted_at = Some(at(60)));
    world.commit(vec![world.update(&leads[0], &gone)]).await;
    for late in [put_note(&second), put_note(&note(&world, &leads[0], 2)), drop_note(&one)] {
        assert_eq!(world.refused(vec![late]).await, Refusal::Conflict);
    }
    assert_eq!(of_lead(&world, &world.scope(), leads[0].id).await, [one]);
}

pub async fn a_note_that_is_taken_away_leaves_nothing(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let (gone, kept) = (note(&world, &lead, 1), note(&world, &lead, 2));
    world.commit(vec![put_note(&gone), put_note(&kept)]).await;
    world.commit(vec![drop_note(&gone)]).await;
    assert_eq!(world.storage.note(&world.scope(), gone.id).await.unwrap(), None);
    assert_eq!(of_lead(&world, &world.scope(), lead.id).await, [kept]);
    assert_eq!(world.refused(vec![drop_note(&gone)]).await, Refusal::Conflict);
}
