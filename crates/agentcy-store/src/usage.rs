//! Tokens, cost and runs of an org, a row a day, person, agent and model.

use agentcy_core::id::{AgentId, KeyId, UserId};
use chrono::NaiveDate;
use uuid::Uuid;

use crate::{Result, Tenant, Tx};

/// The most groups that one answer holds.
const MOST: i64 = 1000;

/// Which days, and whose.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Only what this person used.
    pub user: Option<UserId>,
}

/// What to add up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// Who used it.
    User,
    /// The agent that ran.
    Agent,
    /// The model that answered.
    Model,
    /// The day.
    Day,
}

impl Grouping {
    /// The name as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Agent => "agent",
            Self::Model => "model",
            Self::Day => "day",
        }
    }
}

/// Sums.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sums {
    /// Runs.
    pub runs: i64,
    /// Tokens read by models.
    pub in_tokens: i64,
    /// Tokens written by models.
    pub out_tokens: i64,
    /// What it cost in US dollars.
    pub cost_usd: f64,
}

/// The sums of each group, days in order and others the costliest first; at most 1000.
///
/// The key is a UUID, a model or a day; `None` where nobody or no agent was noted.
#[tracing::instrument(name = "db.usage.by_group", skip_all)]
pub async fn by_group(
    tenant: &mut impl Tenant,
    span: Span,
    grouping: Grouping,
) -> Result<Vec<(Option<String>, Sums)>> {
    let rows = sqlx::query!(
        r#"select case $5 when 'user' then user_id::text when 'agent' then agent_id::text
                   when 'model' then model else to_char(day, 'YYYY-MM-DD') end as key,
               sum(runs)::bigint as "runs!", sum(in_tokens)::bigint as "in_tokens!",
               sum(out_tokens)::bigint as "out_tokens!", sum(cost_usd) as "cost_usd!"
           from usage_days
           where org_id = $1 and day between $2 and $3 and ($4::uuid is null or user_id = $4)
           group by 1
           order by case when $5 = 'day' then min(day) end, sum(cost_usd) desc, 1
           limit $6"#,
        Uuid::from(tenant.org()),
        span.from,
        span.to,
        span.user.map(Uuid::from),
        grouping.name(),
        MOST,
    )
    .fetch_all(tenant.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let sums = Sums {
                runs: row.runs,
                in_tokens: row.in_tokens,
                out_tokens: row.out_tokens,
                cost_usd: row.cost_usd,
            };
            (row.key, sums)
        })
        .collect())
}

/// The sums of everything in the span.
#[tracing::instrument(name = "db.usage.total", skip_all)]
pub async fn total(tenant: &mut impl Tenant, span: Span) -> Result<Sums> {
    Ok(sqlx::query_as!(
        Sums,
        r#"select coalesce(sum(runs), 0)::bigint as "runs!",
               coalesce(sum(in_tokens), 0)::bigint as "in_tokens!",
               coalesce(sum(out_tokens), 0)::bigint as "out_tokens!",
               coalesce(sum(cost_usd), 0) as "cost_usd!"
           from usage_days
           where org_id = $1 and day between $2 and $3 and ($4::uuid is null or user_id = $4)"#,
        Uuid::from(tenant.org()),
        span.from,
        span.to,
        span.user.map(Uuid::from),
    )
    .fetch_one(tenant.conn())
    .await?)
}

/// Whose use of what on which day.
#[derive(Debug, Clone, Copy)]
pub struct Share<'a> {
    /// The day (UTC).
    pub day: NaiveDate,
    /// The person, where it is one.
    pub user: Option<UserId>,
    /// The key in place of a person: it counts for whoever made it.
    pub key: Option<KeyId>,
    /// The agent, where there is one.
    pub agent: Option<AgentId>,
    /// The model that answered.
    pub model: &'a str,
}

/// Adds to what was used.
#[tracing::instrument(name = "db.usage.add", skip_all)]
pub async fn add(tx: &mut Tx, share: Share<'_>, used: Sums) -> Result<()> {
    sqlx::query!(
        "insert into usage_days as u (org_id, day, user_id, agent_id, model, runs, in_tokens,
                                      out_tokens, cost_usd)
         values ($1, $2, coalesce($3, (select created_by from api_keys where org_id = $1 and id = $10)),
                 $4, $5, $6, $7, $8, $9)
         on conflict on constraint usage_day_key do update set
             runs = u.runs + excluded.runs, in_tokens = u.in_tokens + excluded.in_tokens,
             out_tokens = u.out_tokens + excluded.out_tokens,
             cost_usd = u.cost_usd + excluded.cost_usd",
        Uuid::from(tx.org()),
        share.day,
        share.user.map(Uuid::from),
        share.agent.map(Uuid::from),
        share.model,
        used.runs,
        used.in_tokens,
        used.out_tokens,
        used.cost_usd,
        share.key.map(Uuid::from),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
