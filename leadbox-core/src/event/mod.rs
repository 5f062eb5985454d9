//! Facts that were committed. Owns events, who caused them and the chain that makes tampering visible; knows nothing
//! of how a storage gives positions.

mod actor;
mod chain;
mod check;
mod fact;
mod record;

pub use actor::{Actor, ActorKind, Cause};
pub use chain::{ChainHash, ChainHead, Commitment, Verdict, verify_chain};
pub use check::{LogCheck, LogCheckError};
pub use fact::{Event, EventType, NewEvent, Payload, Position, Subject, SubjectKind};
pub use record::LogRecord;
