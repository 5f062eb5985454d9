//! The samples of what people do and note about leads, and of its way from lead to lead.

use leadbox_core::{Actor, Lead, Note, Revision, Task, Tenant};

use super::{Sample, drop_note, drop_task, moved, note, put_note, put_task, task};
use crate::fixtures::{Refusal, World, at};

pub(super) async fn tasks(world: &World) -> Vec<Sample> {
    let leads = world.stored_leads(4).await;
    let (open, dropped) = (task(world, &leads[0]), task(world, &leads[1]));
    let (written, deleted) = (note(world, &leads[2], 50), note(world, &leads[3], 51));
    world
        .commit(vec![put_task(&open), put_task(&dropped), put_note(&written), put_note(&deleted)])
        .await;

    let (done_at, done_by) = (Some(at(52)), Some(Actor::system()));
    let done = Task { revision: Revision(2), done_at, done_by, ..open };
    let edited = Note { revision: Revision(2), edited_at: Some(at(53)), ..written };
    vec![
        Sample {
            conflicting: (
                put_task(&Task { revision: Revision(3), ..done.clone() }),
                Refusal::Conflict,
            ),
            absent: Some(put_task(&Task { id: world.id(), ..done.clone() })),
            foreign: Some(put_task(&Task { tenant: Tenant(99), ..done.clone() })),
            good: put_task(&done),
        },
        Sample {
            conflicting: (
                drop_task(&Task { revision: Revision(2), ..dropped.clone() }),
                Refusal::Conflict,
            ),
            absent: Some(drop_task(&Task { id: world.id(), ..dropped.clone() })),
            foreign: Some(drop_task(&Task { tenant: Tenant(99), ..dropped.clone() })),
            good: drop_task(&dropped),
        },
        Sample {
            conflicting: (
                put_note(&Note { revision: Revision(1), ..edited.clone() }),
                Refusal::Conflict,
            ),
            absent: Some(put_note(&Note { id: world.id(), ..edited.clone() })),
            foreign: Some(put_note(&Note { tenant: Tenant(99), ..edited.clone() })),
            good: put_note(&edited),
        },
        Sample {
            conflicting: (
                drop_note(&Note { revision: Revision(2), ..deleted.clone() }),
                Refusal::Conflict,
            ),
            absent: Some(drop_note(&Note { id: world.id(), ..deleted.clone() })),
            foreign: Some(drop_note(&Note { tenant: Tenant(99), ..deleted.clone() })),
            good: drop_note(&deleted),
        },
    ]
}

pub(super) async fn moves(world: &World) -> Vec<Sample> {
    let leads = world.stored_leads(3).await;
    world.commit(vec![world.record(&world.interaction(&leads[0], 54))]).await;
    let foreign = Lead { tenant: Tenant(99), ..leads[0].clone() };
    vec![Sample {
        good: moved(&leads[0], &leads[1], &[]),
        conflicting: (moved(&leads[2], &world.lead(), &[]), Refusal::Conflict),
        absent: Some(moved(&world.lead(), &leads[1], &[])),
        foreign: Some(moved(&foreign, &leads[1], &[])),
    }]
}
