//! Takes deliveries in: judges them, tells a repeat from what is new, and writes what came at once at once.

use std::{fmt, sync::Arc};

use agentcy_core::{
    Action, ErrorCode,
    id::{DeliveryId, OrgId, TaskRunId, TriggerId},
};
use agentcy_store::deliveries::{self, NewDelivery, Taken};
use bytes::Bytes;
use http::{HeaderMap, header};

use super::{
    gather::{Bounds, Gather, Work},
    headers::kept,
    key::Key,
    known::Book,
    signature::Signed,
};
use crate::{
    Error, Platform, Result, StoreError, jobs::MAX_ATTEMPTS, lifecycle::Lifecycle, wake::Bell,
};

/// What waits and is written together, for each org.
const WRITES: Bounds = Bounds {
    waiting: 1024,
    waiting_bytes: 32 << 20,
    together: 128,
    together_bytes: 4 << 20,
    // While one flushes, others are read and written, and share its flush where they are quick enough.
    abreast: 4,
    turns: 8,
};

/// Something that came in, of which nothing is known yet.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The trigger that it names.
    pub trigger: TriggerId,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its bytes, as they came.
    pub body: Bytes,
}

/// What a sender is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The delivery; of a repeat the first one.
    pub delivery: DeliveryId,
    /// The run that it set off.
    pub run: TaskRunId,
    /// Whether it came before.
    pub duplicate: bool,
}

/// Takes deliveries in. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    shared: Arc<Shared>,
}

struct Shared {
    platform: Platform,
    book: Book,
    writes: Gather<Write>,
}

impl Intake {
    /// The intake of a process.
    pub fn new(platform: &Platform, lifecycle: &Lifecycle) -> Self {
        let write = Write { platform: platform.clone(), lifecycle: lifecycle.clone() };
        let shared = Shared {
            platform: platform.clone(),
            book: Book::new(platform, lifecycle),
            writes: Gather::new(write, WRITES, lifecycle),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Takes one delivery in; durable when this returns. One refusal for everything that is wrong with it.
    #[tracing::instrument(name = "hooks.take", skip_all)]
    pub async fn take(&self, arrival: Arrival) -> Result<Receipt> {
        let taken = self.judge(arrival).await;
        let outcome = match &taken {
            Ok(receipt) if receipt.duplicate => "repeated",
            Ok(_) => "taken",
            Err(Error::Refused { code: ErrorCode::InvalidSignature, .. }) => "refused",
            Err(_) => "failed",
        };
        metrics::counter!("agentcy_hook_deliveries_total", "outcome" => outcome).increment(1);
        taken
    }

    async fn judge(&self, arrival: Arrival) -> Result<Receipt> {
        let Shared { platform, book, writes } = &*self.shared;
        let Arrival { trigger, headers, body } = arrival;
        let now = platform.clock.now();
        let Some(signed) = Signed::of(&headers, now.timestamp()) else { return Err(refused()) };
        let known = book.find(trigger, &signed, &body).await?.ok_or_else(refused)?;

        let (delivery, run) = (platform.ids.next(), platform.ids.next());
        let header_id = known.header_id.as_deref();
        let key = Key::of(delivery, signed.id(), header_id, known.dedupe_secs, &headers, &body);
        let content_type = headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let new = NewDelivery {
            id: delivery,
            run,
            job: platform.ids.next(),
            max_attempts: MAX_ATTEMPTS,
            trigger,
            key: key.bytes,
            headers: kept(&headers),
            content_type,
            body,
            at: now,
            expires_at: now + key.kept,
        };
        let offer = Offer { new, run_as: known.run_as.clone() };
        match writes.ask(known.org, offer).await? {
            Taken::New => Ok(Receipt { delivery, run, duplicate: false }),
            Taken::Repeat { delivery, run } => Ok(Receipt { delivery, run, duplicate: true }),
            Taken::Gone => Err(refused()),
        }
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Intake")
    }
}

/// The one answer to what is wrong, whatever it is.
fn refused() -> Error {
    Error::refused(ErrorCode::InvalidSignature, "the delivery is refused")
}

struct Offer {
    new: NewDelivery,
    run_as: String,
}

struct Write {
    platform: Platform,
    lifecycle: Lifecycle,
}

impl Work for Write {
    type Lane = OrgId;
    type Item = Offer;
    type Done = Taken;

    fn weight(offer: &Offer) -> usize {
        offer.new.body.len() + 1024
    }

    async fn work(&self, org: OrgId, offers: Vec<Offer>) -> Result<Vec<Taken>> {
        // Whoever one of the tasks runs as: what is opened is the org, and what is written says its own.
        let Some(first) = offers.first() else { return Ok(Vec::new()) };
        let by = self.platform.acting(org, first.new.job, &first.run_as, Action::TaskTrigger)?;
        let new: Vec<NewDelivery> = offers.into_iter().map(|offer| offer.new).collect();
        let mut tenant = self.platform.db.read(&by).await?;
        let mut outcome = deliveries::take_in(&mut tenant, &new).await;
        if matches!(outcome, Err(StoreError::Constraint { .. })) {
            // A task went while its delivery was being written; the second look finds none.
            outcome = deliveries::take_in(&mut tenant, &new).await;
        }
        let taken = outcome?;
        if taken.contains(&Taken::New) {
            let platform = self.platform.clone();
            self.lifecycle.spawn(async move { platform.ring(Bell::Due).await });
        }
        Ok(taken)
    }
}
