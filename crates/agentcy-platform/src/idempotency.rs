//! Requests that may be repeated: the first answer is kept for 24 hours and given again.

use agentcy_core::{By, Caller, ErrorCode};
use agentcy_store::{Tx, idempotency as store};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Answer, Error, Platform, Result, seal::Cell};

/// The longest path that is kept as it is; an index of PostgreSQL takes no more than 2.7 kB a row.
const MAX_PATH: usize = 1000;

/// The place kept for the answer to the request under way.
#[derive(Debug, Clone)]
pub struct Slot {
    request: Request,
    attempt: Uuid,
}

#[derive(Debug, Clone)]
struct Request {
    principal: String,
    method: String,
    path: String,
    key: String,
}

impl Request {
    fn key(&self) -> store::Key<'_> {
        let Self { principal, method, path, key } = self;
        store::Key { principal, method, path, key }
    }

    /// The row that the answer is sealed for.
    fn row(&self) -> String {
        let Self { principal, method, path, key } = self;
        row(principal, method, path, key)
    }
}

/// The row of a kept answer, as its cell names it.
pub(crate) fn row(principal: &str, method: &str, path: &str, key: &str) -> String {
    format!("{principal} {method} {path} {key}")
}

/// What a key stands for.
#[derive(Debug)]
pub enum Claim {
    /// The first request: do it, and keep the answer here.
    First(Slot),
    /// A repeat: this was the answer.
    Repeat(Answer),
}

impl Platform {
    /// Claims a key for this request, or finds the answer to its first one.
    ///
    /// Errors: `idempotency_in_progress`, `idempotency_key_reused`.
    pub async fn claim(
        &self,
        caller: &Caller,
        method: &str,
        path: &str,
        key: &str,
        body: &[u8],
    ) -> Result<Claim> {
        let by = self.bookkeeping(caller);
        let request = Request {
            principal: caller.principal.to_string(),
            method: method.to_owned(),
            path: if path.len() > MAX_PATH {
                hex::encode(Sha256::digest(path))
            } else {
                path.to_owned()
            },
            key: key.to_owned(),
        };
        let digest: [u8; 32] = Sha256::digest(body).into();
        let attempt: agentcy_core::id::EventId = self.ids.next();
        let attempt = Uuid::from(attempt);
        let mut tx = self.db.begin(&by).await?;
        let claim =
            store::claim(&mut tx, &request.key(), &digest, attempt, self.clock.now()).await?;
        tx.commit().await?;
        match claim {
            store::Claim::New { attempt } => Ok(Claim::First(Slot { request, attempt })),
            store::Claim::InProgress => Err(Error::refused(
                ErrorCode::IdempotencyInProgress,
                "the first request with this Idempotency-Key still runs",
            )),
            store::Claim::Reused => Err(Error::refused(
                ErrorCode::IdempotencyKeyReused,
                "this Idempotency-Key was used with another body",
            )),
            store::Claim::Done { answer, .. } => {
                let bytes = self.sealer.open(Cell::answer(by.org_id(), &request.row()), &answer)?;
                let answer = serde_json::from_slice(&bytes)
                    .map_err(|error| Error::internal("a kept answer is unreadable", error))?;
                Ok(Claim::Repeat(answer))
            }
        }
    }

    /// Keeps an answer that had no effect, such as a refusal.
    pub async fn keep(&self, caller: &Caller, slot: &Slot, answer: &Answer) -> Result<()> {
        let by = self.bookkeeping(caller);
        let mut tx = self.db.begin(&by).await?;
        self.keep_in(&mut tx, &by, slot, answer).await?;
        Ok(tx.commit().await?)
    }

    /// Frees the key after an answer that is not kept (429 and 5xx).
    pub async fn forget(&self, caller: &Caller, slot: &Slot) -> Result<()> {
        let by = self.bookkeeping(caller);
        let mut tx = self.db.begin(&by).await?;
        store::forget(&mut tx, &slot.request.key(), slot.attempt).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps the answer in the transaction of its effect.
    pub async fn keep_in(&self, tx: &mut Tx, by: &By, slot: &Slot, answer: &Answer) -> Result<()> {
        let bytes = serde_json::to_vec(answer)
            .map_err(|error| Error::internal("an answer could not be kept", error))?;
        let sealed = self.sealer.seal(Cell::answer(by.org_id(), &slot.request.row()), &bytes)?;
        store::complete(tx, &slot.request.key(), slot.attempt, answer.status, &sealed).await?;
        Ok(())
    }
}
