//! What goes on by itself: consumers turn events into jobs, handlers do the jobs. Owns the traits and the loop; spawns
//! nothing: a host awaits [`Workers::run`].

mod bulk;
mod consumer;
mod flight;
mod flights;
mod handler;
mod pace;
mod reminders;
mod scores;
mod upkeep;
mod workers;

pub use bulk::BulkHandler;
pub use consumer::{Consumer, Planner};
pub use handler::{JobContext, JobHandler, JobOutcome, JobResult};
pub use workers::{WorkerOptions, Workers};
