//! Runs: answers of a model in a conversation. Who may start, see and stop one.

mod cancel;
mod queue;
mod read;
mod send;
mod watch;

use std::{fmt, ops::Deref, sync::Arc};

use agentcy_core::{
    By,
    chat::OnBusy,
    id::{EventId, MessageId},
};
use agentcy_llm::{Asker, Patience};
use agentcy_platform::{Answer, Platform, idempotency::Slot, lifecycle::Lifecycle};

pub use agentcy_store::runs::{Failure, Run};

pub use crate::run::{AT_ONCE, HEARTBEAT, LEASE, POLL, Work};
pub use cancel::{cancel, cancel_run};
pub use read::{list_of_agent, retrieve};
pub use send::{execute, send};
pub(crate) use send::{keep_answer, question};
pub use watch::{Watched, answer, answer_again, follow, watch, watch_run};

use crate::{
    log::Hub,
    run::{Briefs, Keeper},
};

/// The longest message, in characters.
pub const MAX_CONTENT: usize = 100_000;
/// How many messages wait behind the one that is being answered.
pub const MAX_QUEUED: i64 = 32;

/// The runs of this process. Cheap to clone.
#[derive(Clone)]
pub struct Runs {
    shared: Arc<Shared>,
}

/// What a [`Runs`] is made of.
pub struct Shared {
    pub(crate) platform: Platform,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) hub: Hub,
    /// The name under which this process holds runs.
    pub(crate) holder: String,
    pub(crate) asker: Asker,
    pub(crate) keeper: Keeper,
    pub(crate) briefs: Briefs,
}

impl Runs {
    /// The runs of a process that stands on this platform.
    pub fn new(platform: &Platform, lifecycle: &Lifecycle) -> Self {
        Self::with_patience(platform, lifecycle, Patience::default())
    }

    /// The same, with another patience towards model providers.
    pub fn with_patience(platform: &Platform, lifecycle: &Lifecycle, patience: Patience) -> Self {
        let replica: EventId = platform.new_id();
        let hub = Hub::new(platform.bus(), replica.into(), lifecycle);
        let asker = Asker::new(platform.egress().clone(), Arc::clone(platform.entropy()));
        let shared = Shared {
            platform: platform.clone(),
            lifecycle: lifecycle.clone(),
            hub,
            holder: replica.to_string(),
            asker: asker.with_patience(patience),
            keeper: Keeper::default(),
            briefs: Briefs::default(),
        };
        Self { shared: Arc::new(shared) }
    }
}

impl Deref for Runs {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs").field("holder", &self.holder).finish_non_exhaustive()
    }
}

/// Something to be said in a conversation.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// What is said.
    pub content: String,
    /// What happens to it while an answer is being given.
    pub on_busy: OnBusy,
}

/// A run that was started, or waits for its turn.
#[derive(Debug, Clone)]
pub struct Started {
    /// The run.
    pub run: Run,
    /// Its answer.
    pub message_id: MessageId,
    /// The number before its first event; of a run that waits, the last number there is.
    pub after: i64,
    /// Opens the log for whoever started it.
    pub by: By,
    /// The run itself where it goes on here: whoever shows it works on it as well.
    pub work: Option<Work>,
}

/// The place for the answer to the request, which is kept in the transaction of the start.
pub struct Keep {
    /// The place.
    pub slot: Slot,
    /// Makes the answer.
    pub answer: Box<dyn FnOnce(&Started) -> Answer + Send>,
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keep").field("slot", &self.slot).finish_non_exhaustive()
    }
}
