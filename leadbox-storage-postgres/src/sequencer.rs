//! Giving events their positions. Owns how events that committed are found without ever waiting for one that did not, and
//! the chain over them; knows nothing of what events say.
//!
//! Numbers of appended events grow, but commits come in another order. So each round looks at what lies above a mark, and
//! at the gaps below it, which belong to transactions that are still open, or were rolled back. A gap is given up once every
//! transaction has ended that was there when the gap was found. Nothing here reads what earlier rounds have moved: behind a
//! long transaction that cannot be cleaned away, and reading it would take longer and longer.

use std::collections::BTreeSet;
use std::time::Duration;

use leadbox_core::event::{ChainHash, ChainHead, Commitment};
use leadbox_core::storage::Sequenced;
use leadbox_core::{Position, StorageError};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

use crate::error::storage_error;

/// How often a round that is going on elsewhere is waited for, a little longer each time.
const TRIES: u32 = 5;

/// The most events of one round: it is a transaction, and others wait for its end.
const MOST: u32 = 10_000;

/// A stretch of numbers that nobody has seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Gap {
    first: i64,
    last: i64,
    /// No transaction younger than this one can fill it.
    newest: i64,
}

/// An event to be moved: its number and what decides on its place.
struct Waiting {
    no: i64,
    place: Place,
    commitment: Commitment,
}

/// The order of [`NewEvent::log_order`](leadbox_core::NewEvent::log_order).
type Place = (i16, Uuid, i64, i64, Uuid, i32);

/// What a round sees.
struct View {
    head: ChainHead,
    mark: i64,
    gaps: Vec<Gap>,
    /// The oldest transaction that is still open.
    oldest: i64,
    /// This round's own transaction, younger than any that has appended a number seen here.
    own: i64,
    /// By number: first those in gaps, then those above the mark.
    waiting: Vec<Waiting>,
}

/// Moves at most `limit` events into the log.
pub(crate) async fn sequence(pool: &PgPool, limit: u32) -> Result<Sequenced, StorageError> {
    let failed = |error| storage_error("sequence events", error);
    let limit = limit.clamp(1, MOST);
    for attempt in 0..TRIES {
        let mut transaction =
            pool.begin_with("begin; set local synchronous_commit = off").await.map_err(failed)?;
        // A statement of its own: the next one has to see what the last holder committed.
        let free: bool = sqlx::query_scalar(
            "select pg_try_advisory_xact_lock(hashtext('leadbox log'), hashtext(current_schema()))",
        )
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        if free {
            let done = round(&mut transaction, limit).await.map_err(failed)?;
            if done.count > 0 {
                transaction.commit().await.map_err(failed)?;
            } else {
                transaction.rollback().await.map_err(failed)?;
            }
            return Ok(done);
        }
        transaction.rollback().await.map_err(failed)?;
        tokio::time::sleep(Duration::from_millis(1 << attempt)).await;
    }
    // Somebody is at it for long; whoever waits for its events polls.
    Ok(Sequenced::default())
}

async fn round(connection: &mut PgConnection, limit: u32) -> Result<Sequenced, sqlx::Error> {
    let mut view = look(connection, limit).await?;
    // One row more than asked for was read.
    let more = view.waiting.len() > limit as usize;
    view.waiting.truncate(limit as usize);
    if view.waiting.is_empty() {
        return Ok(Sequenced::default());
    }
    let count = view.waiting.len() as u64;
    let (mark, gaps) = remaining(&view, more);
    file(connection, view, mark, &gaps).await?;
    Ok(Sequenced { count, more })
}

/// Reads head and waiting events as of one moment.
async fn look(connection: &mut PgConnection, limit: u32) -> Result<View, sqlx::Error> {
    let rows = sqlx::query(
        r"
        with head as materialized (
            select position, chain, mark, gaps
            from log_head
            order by position desc
            limit 1
        ), late as materialized (
            select e.no, e.subject_kind, e.subject, e.version, e.revision, e.change_set, e.ordinal, e.commitment
            from (
                select gaps[i] as first, gaps[i + 1] as last
                from head
                cross join generate_series(1, cardinality(gaps), 3) as i
            ) as gap
            join event_new as e on e.no between gap.first and gap.last
            order by e.no
            limit $1
        ), fresh as materialized (
            select e.no, e.subject_kind, e.subject, e.version, e.revision, e.change_set, e.ordinal, e.commitment
            from event_new as e
            where e.no > (select mark from head)
            order by e.no
            limit $1
        )
        select
            null::bigint as no,
            null::smallint as subject_kind,
            null::uuid as subject,
            null::bigint as version,
            null::bigint as revision,
            null::uuid as change_set,
            null::integer as ordinal,
            null::bytea as commitment,
            position,
            chain,
            mark,
            gaps,
            pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest,
            case
                when exists (select from fresh) or exists (select from late) then pg_current_xact_id()::text::bigint
                else 0
            end as own
        from head
        union all
        select late.*, null, null, null, null, null, null
        from late
        union all
        select fresh.*, null, null, null, null, null, null
        from fresh",
    )
    .bind(i64::from(limit) + 1)
    .fetch_all(connection)
    .await?;
    // The head's row is the one with a position.
    let (mut head, mut events) = (None, Vec::with_capacity(rows.len()));
    for row in &rows {
        match row.try_get::<Option<i64>, _>("position")? {
            Some(_) => head = Some(row),
            None => events.push(waiting(row)?),
        }
    }
    let head = head.ok_or(sqlx::Error::RowNotFound)?;
    events.sort_unstable_by_key(|event| event.no);
    let gaps: Vec<i64> = head.try_get("gaps")?;
    let chain: &[u8] = head.try_get("chain")?;
    let gaps = gaps
        .chunks_exact(3)
        .map(|gap| Gap { first: gap[0], last: gap[1], newest: gap[2] })
        .collect();
    Ok(View {
        head: ChainHead {
            position: Position(head.try_get("position")?),
            chain: ChainHash(digest(chain)?),
        },
        mark: head.try_get("mark")?,
        gaps,
        oldest: head.try_get("oldest")?,
        own: head.try_get("own")?,
        waiting: events,
    })
}

fn waiting(row: &PgRow) -> Result<Waiting, sqlx::Error> {
    Ok(Waiting {
        no: row.try_get("no")?,
        place: (
            row.try_get("subject_kind")?,
            row.try_get("subject")?,
            row.try_get("version")?,
            row.try_get("revision")?,
            row.try_get("change_set")?,
            row.try_get("ordinal")?,
        ),
        commitment: Commitment(digest(row.try_get("commitment")?)?),
    })
}

fn digest(bytes: &[u8]) -> Result<[u8; 32], sqlx::Error> {
    bytes.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The new mark, and the gaps that stay open once the waiting events are moved; `more` says that some were not read.
fn remaining(view: &View, more: bool) -> (i64, Vec<Gap>) {
    let moved: BTreeSet<i64> = view.waiting.iter().map(|event| event.no).collect();
    let mark = moved.last().copied().unwrap_or(0).max(view.mark);
    let mut gaps = Vec::new();
    for gap in &view.gaps {
        // When all that could fill it have ended, what was not seen just now never comes.
        if more || gap.newest >= view.oldest {
            split(*gap, &moved, &mut gaps);
        }
    }
    split(Gap { first: view.mark + 1, last: mark, newest: view.own }, &moved, &mut gaps);
    (mark, gaps)
}

/// What of a gap is left between the moved numbers.
fn split(gap: Gap, moved: &BTreeSet<i64>, gaps: &mut Vec<Gap>) {
    let mut first = gap.first;
    if gap.first <= gap.last {
        for no in moved.range(gap.first..=gap.last) {
            if first < *no {
                gaps.push(Gap { first, last: no - 1, ..gap });
            }
            first = no + 1;
        }
    }
    if first <= gap.last {
        gaps.push(Gap { first, ..gap });
    }
}

/// Moves the waiting events behind the head.
async fn file(
    connection: &mut PgConnection,
    view: View,
    mark: i64,
    gaps: &[Gap],
) -> Result<(), sqlx::Error> {
    let View { head: before, mut waiting, .. } = view;
    waiting.sort_unstable_by_key(|event| event.place);
    let mut head = before;
    let (mut numbers, mut positions, mut chains) = (Vec::new(), Vec::new(), Vec::new());
    for event in &waiting {
        head = head.extend(&event.commitment);
        numbers.push(event.no);
        positions.push(head.position.0);
        chains.push(head.chain.0.to_vec());
    }
    let gaps: Vec<i64> = gaps.iter().flat_map(|gap| [gap.first, gap.last, gap.newest]).collect();
    sqlx::query(
        r"
        with moved as (
            delete from event_new as e
            using unnest($1::bigint[], $2::bigint[], $3::bytea[]) as w (no, position, chain)
            where e.no = w.no
            returning
                w.position,
                e.id,
                e.tenant,
                e.subject_kind,
                e.subject,
                e.kind,
                e.at,
                e.version,
                e.revision,
                e.change_set,
                e.ordinal,
                e.actor_kind,
                e.actor,
                e.on_behalf_of,
                e.origin,
                e.cause_event,
                e.cause_depth,
                e.bulk,
                e.payload,
                e.salt,
                e.commitment,
                w.chain
        ), filed as (
            insert into event (
                position,
                id,
                tenant,
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
                cause_event,
                cause_depth,
                bulk,
                payload,
                salt,
                commitment,
                chain
            )
            select *
            from moved
        ), old as (
            delete from log_head
            where position = $4
        )
        insert into log_head (position, chain, mark, gaps)
        values ($5, $6, $7, $8)",
    )
    .bind(numbers)
    .bind(positions)
    .bind(chains)
    .bind(before.position.0)
    .bind(head.position.0)
    .bind(head.chain.0.to_vec())
    .bind(mark)
    .bind(gaps)
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(mark: i64, gaps: &[(i64, i64, i64)], oldest: i64, numbers: &[i64]) -> View {
        let waiting = |no: &i64| Waiting {
            no: *no,
            place: (0, Uuid::nil(), 0, 0, Uuid::nil(), 0),
            commitment: Commitment::default(),
        };
        View {
            head: ChainHead::default(),
            mark,
            gaps: gaps
                .iter()
                .map(|(first, last, newest)| Gap { first: *first, last: *last, newest: *newest })
                .collect(),
            oldest,
            own: 50,
            waiting: numbers.iter().map(waiting).collect(),
        }
    }

    fn gaps_left(view: &View, more: bool) -> (i64, Vec<(i64, i64, i64)>) {
        let (mark, gaps) = remaining(view, more);
        (mark, gaps.iter().map(|gap| (gap.first, gap.last, gap.newest)).collect())
    }

    #[test]
    fn unseen_numbers_below_the_mark_become_gaps() {
        assert_eq!(
            gaps_left(&view(0, &[], 40, &[1, 2, 5, 9]), false),
            (9, vec![(3, 4, 50), (6, 8, 50)])
        );
    }

    #[test]
    fn a_late_event_splits_its_gap_and_leaves_the_mark() {
        assert_eq!(
            gaps_left(&view(9, &[(3, 7, 45)], 40, &[5]), false),
            (9, vec![(3, 4, 45), (6, 7, 45)])
        );
        assert_eq!(gaps_left(&view(9, &[(3, 4, 45)], 40, &[3, 4, 10]), false), (10, vec![]));
    }

    #[test]
    fn a_gap_is_given_up_when_all_who_could_fill_it_have_ended() {
        assert_eq!(gaps_left(&view(9, &[(3, 4, 45)], 46, &[10]), false), (10, vec![]));
        assert_eq!(gaps_left(&view(9, &[(3, 4, 45)], 45, &[10]), false), (10, vec![(3, 4, 45)]));
        // What lies in it may not have been read.
        assert_eq!(gaps_left(&view(9, &[(3, 4, 45)], 46, &[10]), true), (10, vec![(3, 4, 45)]));
    }
}
