//! Work to be done, and how fast. Owns jobs, lanes and the pure rules that decide how many jobs a lane may start now,
//! when its breaker opens and when a failed job comes back; storages only keep and lock the rows.

mod breaker;
mod lane;
mod rate;
mod retry;
mod work;

pub use breaker::{Breaker, BreakerPolicy, Signal};
pub use lane::{Lane, LaneKey, LaneState, RunState};
pub use rate::RateLimit;
pub use retry::RetrySchedule;
pub use work::{Attempt, AttemptResult, Job, JobFilter, JobState, LaneCount, NewJob, Settlement};
