//! The lane for raw Cypher: places to run of its own, and a short queue, in which no org takes all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use agentcy_core::id::OrgId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout_at,
};

use super::Failure;

/// How many queries of one org run or wait.
const OF_ONE_ORG: usize = 6;

/// How many queries run or wait in all.
const OF_ALL: usize = 24;

pub(crate) struct Lane {
    running: Arc<Semaphore>,
    queue: Arc<Mutex<HashMap<OrgId, usize>>>,
}

impl Lane {
    /// A lane in which so many queries run at a time.
    pub(crate) fn new(running: usize) -> Self {
        Self { running: Arc::new(Semaphore::new(running)), queue: Arc::default() }
    }

    /// The right to run, once one is free; it is given back when dropped.
    pub(crate) async fn enter(&self, org: OrgId, until: Instant) -> Result<Turn, Failure> {
        let place = Place::take(&self.queue, org).ok_or(Failure::Busy)?;
        let running = timeout_at(until.into(), Arc::clone(&self.running).acquire_owned()).await;
        match running {
            Ok(Ok(running)) => Ok(Turn { _place: place, _running: running }),
            Ok(Err(_)) | Err(_) => Err(Failure::Busy),
        }
    }
}

/// The right to run a query.
pub(crate) struct Turn {
    _place: Place,
    _running: OwnedSemaphorePermit,
}

/// A place in the queue, given up when dropped.
struct Place {
    queue: Arc<Mutex<HashMap<OrgId, usize>>>,
    org: OrgId,
}

impl Place {
    fn take(queue: &Arc<Mutex<HashMap<OrgId, usize>>>, org: OrgId) -> Option<Self> {
        let mut held = queue.lock().unwrap_or_else(PoisonError::into_inner);
        if held.values().sum::<usize>() >= OF_ALL {
            return None;
        }
        let own = held.entry(org).or_default();
        if *own >= OF_ONE_ORG {
            return None;
        }
        *own += 1;
        Some(Self { queue: Arc::clone(queue), org })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = held.get_mut(&self.org) {
            *own -= 1;
            if *own == 0 {
                held.remove(&self.org);
            }
        }
    }
}
