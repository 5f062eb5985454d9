//! Made-up data: leads of an invented company, with their history. Owns the plan (what happens when, from a seed and a
//! day alone) and its replay through the services; knows nothing of what the data is shown in.
//!
//! [`Plan::make`] is pure: the same [`Recipe`] gives the same plan and the same digest, whatever it is written to.
//! [`replay()`] then lives through it with a clock that is set to each step's moment, so the log tells what happened when.

mod clock;
mod companies;
mod copies;
mod desk;
mod dice;
mod digest;
mod forms;
mod interactions;
mod journey;
mod names;
mod phones;
mod plan;
mod replay;
mod seasons;
mod setup;
mod sources;
mod views;

pub use plan::{Plan, Recipe};
pub use replay::{Replayed, rehearse, replay};
