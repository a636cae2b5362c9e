//! A map whose entries end, without a task that looks after it: every call collects a few that ended.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

// More than one, so that collecting always outruns adding.
const COLLECTED_PER_CALL: usize = 8;
// What an entry costs beside its key and value, roughly.
const OVERHEAD: usize = 128;

#[derive(Debug)]
struct Entry<V> {
    value: V,
    weight: usize,
    ends: u64,
}

#[derive(Debug)]
pub(crate) struct Expiring<V> {
    entries: HashMap<Arc<str>, Entry<V>>,
    order: BTreeSet<(u64, Arc<str>)>,
    weight: usize,
}

impl<V> Default for Expiring<V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: BTreeSet::new(), weight: 0 }
    }
}

impl<V> Expiring<V> {
    /// Drops some of what ended; what ended and is still there is never given out.
    pub(crate) fn collect(&mut self, now: u64) {
        for _ in 0..COLLECTED_PER_CALL {
            if self.order.first().is_none_or(|(ends, _)| *ends > now) {
                return;
            }
            self.evict();
        }
    }

    /// Drops the entry that ends first.
    pub(crate) fn evict(&mut self) {
        if let Some((_, key)) = self.order.pop_first()
            && let Some(entry) = self.entries.remove(&key)
        {
            self.weight -= entry.weight;
        }
    }

    pub(crate) fn get(&mut self, key: &str, now: u64) -> Option<&mut V> {
        self.entries.get_mut(key).filter(|entry| entry.ends > now).map(|entry| &mut entry.value)
    }

    /// Keeps the value until `ends`, in place of what was there.
    pub(crate) fn set(&mut self, key: &str, value: V, weight: usize, ends: u64) {
        let key = self.unlink(key).map_or_else(|| key.into(), |(key, _)| key);
        let weight = weight + key.len() + OVERHEAD;
        self.weight += weight;
        self.order.insert((ends, key.clone()));
        self.entries.insert(key, Entry { value, weight, ends });
    }

    /// Moves the end of an entry that is there.
    pub(crate) fn prolong(&mut self, key: &str, ends: u64) {
        if let Some((key, entry)) = self.entries.get_key_value(key) {
            self.order.remove(&(entry.ends, key.clone()));
            self.order.insert((ends, key.clone()));
        }
        if let Some(entry) = self.entries.get_mut(key) {
            entry.ends = ends;
        }
    }

    pub(crate) fn remove(&mut self, key: &str, now: u64) -> Option<V> {
        self.unlink(key).filter(|(_, entry)| entry.ends > now).map(|(_, entry)| entry.value)
    }

    /// The bytes of keys, values and what keeping them costs.
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    fn unlink(&mut self, key: &str) -> Option<(Arc<str>, Entry<V>)> {
        let (key, entry) = self.entries.remove_entry(key)?;
        self.weight -= entry.weight;
        self.order.remove(&(entry.ends, key.clone()));
        Some((key, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_is_collected_by_later_calls() {
        let mut map = Expiring::default();
        for now in 0..10_000 {
            map.collect(now);
            map.set(&format!("key {now}"), (), 0, now + 100);
            assert!(map.entries.len() <= 101);
        }
        (0..20).for_each(|_| map.collect(u64::MAX));
        assert_eq!((map.entries.len(), map.order.len(), map.weight()), (0, 0, 0));
    }

    #[test]
    fn a_key_that_is_set_moved_and_removed_leaves_nothing() {
        let mut map = Expiring::default();
        for ends in 1..100 {
            map.set("key", ends, 5, ends);
            map.prolong("key", ends + 7);
            assert_eq!((map.entries.len(), map.order.len()), (1, 1));
            assert_eq!(map.get("key", ends + 6), Some(&mut ends.clone()));
            assert_eq!(map.get("key", ends + 7), None);
        }
        assert_eq!(map.remove("key", 0), Some(99));
        assert_eq!((map.order.len(), map.weight()), (0, 0));
    }
}
