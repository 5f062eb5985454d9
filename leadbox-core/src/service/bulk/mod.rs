//! The same for many leads: planned, then done in batches that go on after a crash, in the background or at once. Owns
//! actions and selections, what is noted of them, and how they are told.

mod action;
mod asker;
mod batch;
mod convert;
mod course;
mod kept_back;
mod note;
mod plan;
mod progress;
mod retype;
mod undo;
mod verbs;

#[cfg(test)]
mod tests;

pub use action::{BulkAction, Selection};
pub use plan::{BulkPlan, RefusalGroup};
pub use progress::{BulkCounts, BulkKind, BulkProgress, BulkState, Refusal};
pub use retype::{FieldPlan, Leftover, Retype};
pub use undo::Operation;
pub use verbs::Bulk;
