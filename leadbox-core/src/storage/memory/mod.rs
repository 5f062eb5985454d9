//! The storage in memory (being written).

/// The storage in memory.
#[derive(Debug, Default)]
pub struct MemoryStorage;
