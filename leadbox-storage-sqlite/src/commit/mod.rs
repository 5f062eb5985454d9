//! The writing door. Owns how a change set becomes rows: changes are sorted by kind, each kind is written with a few
//! statements over many rows, and what a unique index refuses is looked at row by row to learn whose it was.

mod apply;
mod blame;
mod captures;
mod definitions;
mod held;
mod interactions;
mod jobs;
mod leads;
mod log;
mod moves;
mod queue;
mod rollup;
mod runs;
mod scores;
mod setup;
mod stays;
mod tasks;
mod tokens;
mod update;
mod views;

pub(crate) use apply::{Marks, alone, together};
pub(crate) use captures::Captures;
