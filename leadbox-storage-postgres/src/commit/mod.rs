//! The one writing door. A change set becomes one statement where it can, and a few inside one transaction where rows
//! have to be looked at first; each kind of change has its own file. Knows nothing of why anything changes.

mod batch;
mod definitions;
mod door;
mod fifo;
mod interactions;
mod jobs;
mod leads;
mod log;
mod moves;
mod picture;
mod pulses;
mod scores;
mod skip;
mod statement;
mod tasks;
mod tokens;
mod views;

pub(crate) use door::{commit, commit_in};
