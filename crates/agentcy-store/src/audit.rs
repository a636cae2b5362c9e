//! `audit`: who did what. Append only; the sequencer numbers the rows of an org.

use agentcy_core::{
    Timestamp,
    audit::{AuditEntry, Decision},
    id::{ApprovalId, AuditId, OrgId, RunId, TaskRunId},
};
use serde_json::Value;
use sqlx::types::Uuid;

use crate::{Connection, Error, Result, SystemTx, Tenant};

/// An entry with its place in the log of its org.
#[derive(Debug, Clone)]
pub struct Numbered {
    /// Its number: from 1 on, without gaps.
    pub seq: i64,
    /// What was written.
    pub entry: AuditEntry,
}

/// Writes an entry of the org that was opened, in the transaction if there is one.
#[tracing::instrument(name = "db.audit.record", skip_all)]
pub async fn record(tenant: &mut impl Tenant, entry: &AuditEntry) -> Result<()> {
    insert(tenant.conn(), entry).await
}

/// Writes an entry of any org, or of none.
#[tracing::instrument(name = "db.audit.record_system", skip_all)]
pub async fn record_system(tx: &mut SystemTx, entry: &AuditEntry) -> Result<()> {
    insert(tx.conn(), entry).await
}

async fn insert(conn: &mut Connection, entry: &AuditEntry) -> Result<()> {
    sqlx::query!(
        "insert into audit
             (id, org_id, at, actor, action, decision, target, details, request_id, ip)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::inet)",
        Uuid::from(entry.id),
        entry.org_id.map(Uuid::from),
        entry.at,
        entry.actor,
        entry.action,
        entry.decision.name(),
        entry.target,
        entry.details,
        entry.request_id,
        entry.ip.map(|ip| ip.to_string()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The entries numbered above `seq`, oldest first.
#[tracing::instrument(name = "db.audit.after", skip(t))]
pub async fn after(t: &mut impl Tenant, seq: i64, limit: i64) -> Result<Vec<Numbered>> {
    let org_id = Uuid::from(t.org());
    let rows = sqlx::query_as!(
        AuditRow,
        r#"select id, org_id as "org_id!", seq as "seq!", at, actor, action, decision, target,
                  details, request_id, host(ip) as ip
           from audit where org_id = $1 and seq > $2 order by seq limit $3"#,
        org_id,
        seq,
        limit,
    )
    .fetch_all(t.conn())
    .await?;
    rows.into_iter().map(Numbered::try_from).collect()
}

/// The entries numbered below `seq`, newest first; from the newest on without it.
#[tracing::instrument(name = "db.audit.before", skip(t))]
pub async fn before(t: &mut impl Tenant, seq: Option<i64>, limit: i64) -> Result<Vec<Numbered>> {
    let org_id = Uuid::from(t.org());
    let rows = sqlx::query_as!(
        AuditRow,
        r#"select id, org_id as "org_id!", seq as "seq!", at, actor, action, decision, target,
                  details, request_id, host(ip) as ip
           from audit where org_id = $1 and seq < $2 order by seq desc limit $3"#,
        org_id,
        seq.unwrap_or(i64::MAX),
        limit,
    )
    .fetch_all(t.conn())
    .await?;
    rows.into_iter().map(Numbered::try_from).collect()
}

/// What a run of a task was permitted, who set it off, and who decided and stopped in it; the oldest first.
#[tracing::instrument(name = "db.audit.of_task_run", skip_all)]
pub async fn of_task_run(
    t: &mut impl Tenant,
    task_run: TaskRunId,
    run: Option<RunId>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    let org_id = Uuid::from(t.org());
    let mut targets = vec![task_run.to_string()];
    targets.extend(run.map(|run| run.to_string()));
    if let Some(run) = run {
        let approvals = sqlx::query_scalar!(
            "select id from approvals where org_id = $1 and run_id = $2",
            org_id,
            Uuid::from(run),
        );
        let approvals = approvals.fetch_all(t.conn()).await?;
        targets.extend(approvals.into_iter().map(|id| ApprovalId::from(id).to_string()));
    }
    // Whatever name a client gives its request: what a run does comes from no address.
    let rows = sqlx::query_as!(
        AuditRow,
        r#"select id as "id!", org_id as "org_id!", coalesce(seq, 0) as "seq!", at as "at!", actor as "actor!",
                  action as "action!", decision as "decision!", target as "target!",
                  details as "details!", request_id as "request_id!", host(ip) as ip
           from audit
           where org_id = $1
             and (request_id = $2 and ip is null
                  or target = any($3) and action in ('approval.decide', 'run.cancel', 'task.run',
                                                     'task.run.cancel', 'task.trigger'))
           order by written limit $4"#,
        org_id,
        run.map_or_else(|| task_run.to_string(), |run| run.to_string()),
        &targets,
        limit,
    )
    .fetch_all(t.conn())
    .await?;
    rows.into_iter().map(|row| Ok(Numbered::try_from(row)?.entry)).collect()
}

struct AuditRow {
    id: Uuid,
    org_id: Uuid,
    seq: i64,
    at: Timestamp,
    actor: String,
    action: String,
    decision: String,
    target: String,
    details: Value,
    request_id: String,
    ip: Option<String>,
}

impl TryFrom<AuditRow> for Numbered {
    type Error = Error;

    fn try_from(row: AuditRow) -> Result<Self> {
        let corrupt = |what: &str| Error::corrupt("audit", row.id, what);
        let decision = [Decision::Allowed, Decision::Denied]
            .into_iter()
            .find(|decision| decision.name() == row.decision)
            .ok_or_else(|| corrupt("decision"))?;
        let ip = row.ip.map(|ip| ip.parse().map_err(|_| corrupt("ip"))).transpose()?;
        let entry = AuditEntry {
            id: AuditId::from(row.id),
            org_id: Some(OrgId::from(row.org_id)),
            at: row.at,
            actor: row.actor,
            action: row.action,
            decision,
            target: row.target,
            details: row.details,
            request_id: row.request_id,
            ip,
        };
        Ok(Self { seq: row.seq, entry })
    }
}
