//! What a user would write by hand instead: the same look-ups, upserts, events and indexes, in sqlx, on tables of the same
//! shape, in batches of the same size. It keeps no counts, no hash chain and no replay, and checks nothing twice.

pub mod event;
pub mod postgres;
pub mod row;
pub mod sqlite;
