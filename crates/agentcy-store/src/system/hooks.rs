//! Webhooks: a delivery names its trigger and no org.

use agentcy_core::{
    Timestamp,
    id::{OrgId, TaskId, TriggerId},
};
use uuid::Uuid;

use crate::{Result, SystemTx};

/// What a delivery is judged by.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The trigger.
    pub id: TriggerId,
    /// The org it belongs to.
    pub org_id: OrgId,
    /// The task that it sets off.
    pub task_id: TaskId,
    /// Whether that is on.
    pub enabled: bool,
    /// In whose name it runs.
    pub run_as: String,
    /// For how long an equal body is a repeat, where the sender names no delivery.
    pub dedupe_secs: i32,
    /// Whether the signature must cover a time.
    pub require_timestamp: bool,
    /// The header in which the sender names a delivery.
    pub header_id: Option<String>,
    /// The secret, sealed.
    pub secret: Vec<u8>,
    /// The one before, sealed, while it is good.
    pub previous_secret: Option<Vec<u8>>,
}

/// The webhooks of these ids, as far as there are any.
#[tracing::instrument(name = "db.triggers.find_hooks", skip_all)]
pub async fn find(tx: &mut SystemTx, ids: &[TriggerId], now: Timestamp) -> Result<Vec<Hook>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| Uuid::from(*id)).collect();
    let rows = sqlx::query!(
        r#"select t.id, t.org_id, t.task_id, k.enabled, k.run_as, t.dedupe_secs, t.require_timestamp,
                  t.header_id, t.secret as "secret!",
                  case when t.previous_until > $2 then t.previous_secret end as previous_secret
           from triggers t join tasks k on k.org_id = t.org_id and k.id = t.task_id
           where t.id = any($1) and t.kind = 'webhook'"#,
        &ids,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    let hooks = rows.into_iter().map(|row| Hook {
        id: row.id.into(),
        org_id: row.org_id.into(),
        task_id: row.task_id.into(),
        enabled: row.enabled,
        run_as: row.run_as,
        dedupe_secs: row.dedupe_secs,
        require_timestamp: row.require_timestamp,
        header_id: row.header_id,
        secret: row.secret,
        previous_secret: row.previous_secret,
    });
    Ok(hooks.collect())
}
