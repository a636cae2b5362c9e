//! Bells between the loops: whoever waits for something looks at once, and not only when it next would.
//!
//! A bell that is not heard does no harm: every loop also looks by itself.

use std::time::Duration;

use agentcy_bus::{Bus, Key, Scope, Subscription};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use tokio::time::{sleep, timeout};

use crate::Platform;

/// What there is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bell {
    /// Something was committed that waits for its number.
    Written,
    /// Changes of the ledger have their numbers.
    Numbered,
    /// There may be a job to claim.
    Due,
    /// A job that somebody holds may have to stop.
    Stop,
    /// There may be a run to take up, or to stop.
    Runs,
}

impl Bell {
    fn key(self) -> Key {
        let name = match self {
            Self::Written => "bell:written",
            Self::Numbered => "bell:numbered",
            Self::Due => "bell:due",
            Self::Stop => "bell:stop",
            Self::Runs => "bell:runs",
        };
        Key::new(Scope::Global, name)
    }
}

/// Somebody who waits for a bell.
pub struct Listener {
    bus: Bus,
    bell: Bell,
    heard: Option<Subscription>,
}

impl Platform {
    /// To be called once something is committed that others wait to see numbered or in the graph.
    pub async fn wrote(&self) {
        self.ring(Bell::Written).await;
    }

    /// Waits for this bell from now on.
    pub fn listen(&self, bell: Bell) -> Listener {
        Listener { bus: self.bus.clone(), bell, heard: None }
    }

    /// Rings for whoever waits, here and in other processes.
    pub async fn ring(&self, bell: Bell) {
        if let Err(error) = self.bus.publish(&bell.key(), Bytes::new()).await {
            tracing::debug!(?bell, error = %error, "nobody could be woken");
        }
    }
}

impl Listener {
    /// Returns when the bell has rung since the last call, and after this long at the latest.
    pub async fn wait(&mut self, at_most: Duration) {
        let Some(heard) = &mut self.heard else {
            match timeout(at_most, self.bus.subscribe(&self.bell.key())).await {
                // What rang before was not heard.
                Ok(Ok(heard)) => self.heard = Some(heard),
                Ok(Err(error)) => {
                    tracing::debug!(bell = ?self.bell, error = %error, "the bell is not heard");
                    sleep(at_most).await;
                }
                Err(_) => {}
            }
            return;
        };
        match timeout(at_most, heard.next()).await {
            // One look answers all of them.
            Ok(Some(_)) => while let Some(Some(_)) = heard.next().now_or_never() {},
            Ok(None) => {
                self.heard = None;
                sleep(at_most).await;
            }
            Err(_) => {}
        }
    }
}
