//! Which leads a list shows, and in which order. Owns the fields that can be asked for, the filter that callers write
//! and the checked form that storages run; knows nothing of SQL.

mod checked;
mod condition;
mod field;
mod hidden;
mod matching;
mod reading;
mod search;
mod sort;
mod value;

pub use checked::{Check, Leaf, Operand, Sense, Test};
pub use condition::{FilterError, LeadFilter, Op};
pub use field::{FieldClass, LeadField};
pub(crate) use hidden::is_hidden;
pub use matching::Facts;
pub use search::{Search, SearchTerm};
pub use sort::{Direction, LeadSort, SortError, SortKey};

/// A question to a storage: which leads, in which order. Deleted leads are never among them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LeadQuery {
    /// Which leads, checked and with every negation pushed down.
    pub check: Check,
    /// Text to look for.
    pub search: Search,
    /// In which order.
    pub sort: LeadSort,
}
