//! The log. Owns appending to it: positions and chain go on from the end that was read in this transaction.

use leadbox_core::NewEvent;
use leadbox_core::event::ChainHead;
use leadbox_core::storage::{CursorAdvance, StorageError};
use sqlx::SqliteConnection;

use super::apply::Marks;
use super::blame::{Clash, Outcome, insert, none_of};
use super::leads::micros;
use crate::error::During;
use crate::statement::{Binds, Rows};

pub(super) const APPEND: Rows<'_> = Rows {
    before: r"
        insert or fail into event (
            position,
            tenant,
            id,
            subject_kind,
            subject,
            kind,
            at,
            version,
            revision,
            change_set,
            ordinal,
            actor_kind,
            actor,
            on_behalf_of,
            origin,
            cause,
            depth,
            bulk,
            payload,
            salt,
            commitment,
            chain
        ) values",
    columns: 22,
    after: "",
};

/// Appends facts in this order.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    events: &[&NewEvent],
    marks: &mut Marks,
) -> Outcome {
    if events.is_empty() {
        return Ok(());
    }
    let placed = placed(events, marks.head);
    insert(connection, "append events", APPEND, &placed, bind_event, |(_, event), _| {
        let error = StorageError::already_exists("event", event.id);
        event.lead().map_or_else(
            || Clash::alone(StorageError::already_exists("event", event.id)),
            |lead| Clash::of(lead, error),
        )
    })
    .await?;
    marks.head = placed.last().map_or(marks.head, |(head, _)| *head);
    sqlx::query(MOVE_END)
        .bind(marks.head.position.0)
        .bind(marks.head.chain.0.as_slice())
        .execute(connection)
        .await
        .during("move the end of the log")?;
    Ok(())
}

pub(super) const MOVE_END: &str = r"
    update log_head
    set
        position = ?,
        chain = ?";

/// Gives events their places behind the end of the log.
pub(super) fn placed<'a>(
    events: &[&'a NewEvent],
    mut head: ChainHead,
) -> Vec<(ChainHead, &'a NewEvent)> {
    let place = |event: &&'a NewEvent| {
        head = head.extend(&event.commitment);
        (head, *event)
    };
    events.iter().map(place).collect()
}

pub(super) fn bind_event(binds: &mut Binds, (head, event): &(ChainHead, &NewEvent)) {
    binds
        .add(head.position.0)
        .add(event.tenant.0)
        .add(event.id.uuid())
        .add(i64::from(event.subject.kind.code()))
        .add(event.subject.id)
        .add(event.kind.as_str())
        .add(micros(event.at))
        .add(event.version.0)
        .add(event.revision.0)
        .add(event.change_set.uuid())
        .add(event.ordinal)
        .add(i64::from(event.actor.kind.code()))
        .add(event.actor.id)
        .add(event.actor.on_behalf_of.map(|user| user.uuid()))
        .add(event.actor.origin.as_deref())
        .add(event.cause.event.map(|cause| cause.uuid()))
        .add(i64::from(event.cause.depth))
        .add(event.bulk)
        .add(event.payload.as_deref())
        .add(event.salt.as_ref().map(<[u8; 16]>::as_slice))
        .add(event.commitment.0.as_slice())
        .add(head.chain.0.as_slice());
}

const ADVANCE: &str = r"
    update consumer
    set cursor = ?
    where name = ?
        and token = ?
        and cursor = ?
        and worker is not null";

/// Moves consumers on that hold their lease.
pub(super) async fn advance_cursors(
    connection: &mut SqliteConnection,
    advances: &[&CursorAdvance],
) -> Outcome {
    let mut clashes = Vec::new();
    for advance in advances {
        let moved = if advance.from <= advance.to {
            sqlx::query(ADVANCE)
                .bind(advance.to.0)
                .bind(&advance.consumer)
                .bind(advance.token)
                .bind(advance.from.0)
                .execute(&mut *connection)
                .await
                .during("advance a cursor")?
                .rows_affected()
        } else {
            0
        };
        if moved == 0 {
            clashes.push(Clash::alone(StorageError::conflict("consumer", &advance.consumer)));
        }
    }
    none_of(clashes)
}
