//! What the rest of the process knows of a socket: who it is, and how to reach it.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicU16, Ordering},
};

use agentcy_core::Caller;
use tokio::sync::Notify;

/// Why a socket is closed, as the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Close {
    /// The server goes away.
    GoingAway = 1001,
    /// It sent too many frames.
    TooMany = 1008,
    /// It sent a frame that is too large.
    TooLarge = 1009,
    /// There are too many sockets.
    Full = 1013,
    /// It showed nothing that opens anything.
    Unknown = 4001,
    /// What it showed opens nothing any more.
    Revoked = 4003,
    /// It does not take what it is sent.
    Slow = 4008,
}

impl Close {
    /// In words.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "the server is shutting down",
            Self::TooMany => "too many frames",
            Self::TooLarge => "a frame is too large",
            Self::Full => "too many sockets; try again later",
            Self::Unknown => "the credential is missing or not valid",
            Self::Revoked => "the credential opens nothing any more",
            Self::Slow => "too slow; come back with the last number seen",
        }
    }

    const fn of(code: u16) -> Option<Self> {
        match code {
            1001 => Some(Self::GoingAway),
            4003 => Some(Self::Revoked),
            _ => None,
        }
    }
}

/// A socket from outside.
#[derive(Debug)]
pub(crate) struct Seat {
    caller: RwLock<Arc<Caller>>,
    has_changed: AtomicBool,
    /// Rung when there may be something for it.
    pub(crate) stirred: Notify,
    order: AtomicU16,
    ended: Notify,
}

impl Seat {
    pub(crate) fn new(caller: Caller) -> Self {
        Self {
            caller: RwLock::new(Arc::new(caller)),
            has_changed: AtomicBool::new(false),
            stirred: Notify::new(),
            order: AtomicU16::new(0),
            ended: Notify::new(),
        }
    }

    /// Who it is now.
    pub(crate) fn caller(&self) -> Arc<Caller> {
        Arc::clone(&self.caller.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// It is the same with other rights from now on.
    pub(crate) fn turn_into(&self, caller: Caller) {
        *self.caller.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(caller);
        self.has_changed.store(true, Ordering::Release);
        self.stirred.notify_one();
    }

    /// Whether its rights have changed since this was last asked.
    pub(crate) fn take_change(&self) -> bool {
        self.has_changed.swap(false, Ordering::AcqRel)
    }

    /// It is to close, whatever it is doing; the first reason counts.
    pub(crate) fn end(&self, close: Close) {
        let order = &self.order;
        let _ = order.compare_exchange(0, close as u16, Ordering::AcqRel, Ordering::Acquire);
        self.ended.notify_one();
    }

    /// Done once it is to close. Only the socket itself waits for this.
    pub(crate) async fn ended(&self) -> Close {
        loop {
            if let Some(close) = Close::of(self.order.load(Ordering::Acquire)) {
                return close;
            }
            self.ended.notified().await;
        }
    }
}
