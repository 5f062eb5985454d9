//! Counts of all owners together are looked at when counts are verified, and repaired with them.

mod database;

use std::sync::Arc;

use database::{connect, fresh_database};
use leadbox_conformance::fixtures::World;
use leadbox_core::Days;
use leadbox_core::rollup::{Cell, compare};
use sqlx::{Connection, Executor, PgConnection};

#[tokio::test]
async fn a_total_that_is_not_what_its_owners_have_is_found_and_repaired() {
    let database = fresh_database().await;
    let world = World::new(Arc::new(connect(&database).await));
    let lead = world.stored(world.lead()).await;
    world.caught_up().await;
    let verified = async || {
        let counts = world.storage.verify_counts(world.tenant).await.unwrap();
        compare(&counts.kept, &counts.counted)
    };
    let days = Days { first: lead.created_on, last: lead.created_on };
    let summed = async || -> i64 {
        let sums = world.storage.lead_sums(&world.scope(), days).await.unwrap();
        sums.by_day.into_values().sum()
    };
    assert_eq!((verified().await, summed().await), (vec![], 1));

    let mut connection = PgConnection::connect(&database).await.unwrap();
    connection.execute("update rollup_total set n = n + 6").await.unwrap();
    assert_eq!(summed().await, 7);
    let found = verified().await;
    let [wrong] = &found[..] else { panic!("{found:?}") };
    assert_eq!((wrong.cell.owner, wrong.kept - wrong.counted), (Cell::NOBODY, 6));

    world.storage.rebuild_counts(world.tenant).await.unwrap();
    assert_eq!((verified().await, summed().await), (vec![], 1));
}
