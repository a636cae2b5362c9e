//! What is known of a webhook: looked up for many at once, and good for less than a second.
//!
//! Somebody without the secret must not find out which webhooks there are. So a refusal costs the same whether there is
//! one or not: the signature is checked twice, around one look at the store, against secrets that nobody has where there
//! are none.

use std::{sync::Arc, time::Duration};

use agentcy_core::{
    Chain,
    id::{OrgId, TriggerId},
};
use agentcy_store::system::hooks::{self, Hook};
use moka::future::Cache;

use super::{
    gather::{Bounds, Gather, Work},
    secret,
    signature::{Keys, Signed},
};
use crate::{Platform, Result, lifecycle::Lifecycle};

/// How long a look is good, in milliseconds: what is switched off is off everywhere within a second.
const SLOT_MILLIS: i64 = 800;
/// How many webhooks are remembered.
const CAPACITY: u64 = 10_000;
/// Ids that are looked up together, one look at a time.
const LOOKS: Bounds = Bounds {
    waiting: 4096,
    waiting_bytes: usize::MAX,
    together: 256,
    together_bytes: usize::MAX,
    abreast: 1,
    turns: 1,
};

/// A webhook.
pub(super) struct Known {
    pub(super) org: OrgId,
    pub(super) run_as: String,
    pub(super) header_id: Option<String>,
    pub(super) dedupe_secs: i32,
    require_timestamp: bool,
    enabled: bool,
    keys: [Keys; 2],
}

/// Looks webhooks up.
pub(super) struct Book {
    platform: Platform,
    looks: Gather<Look>,
    warm: Cache<(TriggerId, i64), Arc<Known>>,
    /// Of secrets that nobody has.
    decoys: [Keys; 2],
}

impl Book {
    pub(super) fn new(platform: &Platform, lifecycle: &Lifecycle) -> Self {
        let decoys = [(); 2].map(|()| Keys::of(&secret::mint(platform)));
        let look = Look {
            platform: platform.clone(),
            previous: decoys[1].clone(),
            decoy: decoy(platform),
        };
        Self {
            platform: platform.clone(),
            looks: Gather::new(look, LOOKS, lifecycle),
            warm: Cache::builder()
                .max_capacity(CAPACITY)
                .time_to_live(Duration::from_secs(1))
                .build(),
            decoys,
        }
    }

    /// The webhook that this signature is good for.
    pub(super) async fn find(
        &self,
        id: TriggerId,
        signed: &Signed<'_>,
        body: &[u8],
    ) -> Result<Option<Arc<Known>>> {
        let slot = self.platform.clock.now().timestamp_millis().div_euclid(SLOT_MILLIS);
        let warm = self.warm.get(&(id, slot)).await;
        if let Some(known) = self.judge(warm, signed, body) {
            return Ok(Some(known));
        }
        // A secret that was made just now is good at once.
        let known = self.judge(self.looks.ask((), id).await?, signed, body);
        if let Some(known) = &known {
            self.warm.insert((id, slot), Arc::clone(known)).await;
        }
        Ok(known)
    }

    fn judge(
        &self,
        known: Option<Arc<Known>>,
        signed: &Signed<'_>,
        body: &[u8],
    ) -> Option<Arc<Known>> {
        let keys = known.as_ref().map_or(&self.decoys, |known| &known.keys);
        let fits = keys.iter().any(|keys| signed.fits(keys, body).into());
        known.filter(|known| {
            fits && known.enabled && (signed.id().is_some() || !known.require_timestamp)
        })
    }
}

/// A webhook that there is not, whose secret is read where no other is.
fn decoy(platform: &Platform) -> Hook {
    let (org_id, id) = (platform.ids.next(), platform.ids.next());
    let secret = secret::seal(platform, org_id, id, &secret::mint(platform));
    Hook {
        id,
        org_id,
        task_id: platform.ids.next(),
        enabled: false,
        run_as: String::new(),
        dedupe_secs: 0,
        require_timestamp: false,
        header_id: None,
        secret: secret.unwrap_or_default(),
        previous_secret: None,
    }
}

struct Look {
    platform: Platform,
    /// Stands in for a secret before the present one.
    previous: Keys,
    /// Stands in for a webhook.
    decoy: Hook,
}

impl Look {
    fn known(&self, hook: Hook) -> Result<Known> {
        let open = |sealed: &[u8]| secret::open(&self.platform, hook.org_id, hook.id, sealed);
        let previous = hook.previous_secret.as_deref().map(open).transpose()?;
        let previous = previous.map_or_else(|| self.previous.clone(), |secret| Keys::of(&secret));
        let keys = [Keys::of(&open(&hook.secret)?), previous];
        Ok(Known {
            org: hook.org_id,
            run_as: hook.run_as,
            header_id: hook.header_id,
            dedupe_secs: hook.dedupe_secs,
            require_timestamp: hook.require_timestamp,
            enabled: hook.enabled,
            keys,
        })
    }
}

impl Work for Look {
    type Lane = ();
    type Item = TriggerId;
    type Done = Option<Arc<Known>>;

    fn weight(_: &TriggerId) -> usize {
        size_of::<TriggerId>()
    }

    async fn work(&self, (): (), ids: Vec<TriggerId>) -> Result<Vec<Self::Done>> {
        let mut tx = self.platform.db.system(&self.platform.system).await?;
        let hooks = hooks::find(&mut tx, &ids, self.platform.clock.now()).await?;
        tx.commit().await?;
        let find = |id: &TriggerId| hooks.iter().find(|hook| hook.id == *id);
        let known = ids.iter().map(|id| {
            let hook = find(id);
            let known = self.known(hook.unwrap_or(&self.decoy).clone());
            match known {
                Ok(known) => hook.map(|_| Arc::new(known)),
                // Its own senders are refused; those of others are not.
                Err(error) => {
                    tracing::error!(
                        trigger.id = %id, error = %Chain(&error),
                        "the secret of a webhook cannot be read"
                    );
                    None
                }
            }
        });
        Ok(known.collect())
    }
}
