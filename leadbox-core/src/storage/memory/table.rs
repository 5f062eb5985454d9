//! A map that can take its changes back. Owns the undo list that makes a failed commit leave nothing; knows nothing of
//! what it holds.

use std::collections::BTreeMap;
use std::ops::Deref;

/// Rows by key. Reads go through to the map; writes are remembered until [`Table::keep`] or [`Table::undo`].
#[derive(Debug)]
pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    before: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), before: Vec::new() }
    }
}

impl<K, V> Deref for Table<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.rows
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    /// Writes a row, new or not.
    pub(super) fn put(&mut self, key: K, value: V) {
        let before = self.rows.insert(key.clone(), value);
        self.before.push((key, before));
    }

    /// Deletes a row, if it is there.
    pub(super) fn delete(&mut self, key: &K) {
        if let Some(value) = self.rows.remove(key) {
            self.before.push((key.clone(), Some(value)));
        }
    }

    /// Changes a row in place; `false` when it is not there.
    pub(super) fn change(&mut self, key: &K, change: impl FnOnce(&mut V)) -> bool {
        let Some(value) = self.rows.get_mut(key) else { return false };
        self.before.push((key.clone(), Some(value.clone())));
        change(value);
        true
    }

    /// Makes all writes since the last call final.
    pub(super) fn keep(&mut self) {
        self.before.clear();
    }

    /// Takes all writes since the last [`keep`](Self::keep) back, the last one first.
    pub(super) fn undo(&mut self) {
        while let Some((key, before)) = self.before.pop() {
            match before {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_restores_what_was_there_at_the_last_keep() {
        let mut table = Table::default();
        table.put(1, "a");
        table.put(2, "b");
        table.keep();
        table.put(1, "c");
        table.put(1, "d");
        table.delete(&2);
        table.put(3, "e");
        assert!(table.change(&3, |value| *value = "f"));
        assert!(!table.change(&4, |value| *value = "g"));
        table.undo();
        assert_eq!(table.iter().collect::<Vec<_>>(), [(&1, &"a"), (&2, &"b")]);
    }
}
