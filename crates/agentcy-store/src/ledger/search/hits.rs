//! The statements that find matches, count them and say how good they are.
//!
//! It is the rows looked at that cost, so they are looked at once. A place is where a row of `search_nodes` lies: within
//! one statement the shortest way back to it.

use std::cmp::Reverse;

use agentcy_core::page::TOTAL_CAP;
use sqlx::types::Uuid;

use super::sql::{Ask, Sql};
use crate::{Result, Tenant};

/// How many nodes are walked through for the newest matches of very many, before those are read and sorted.
const WALK: i64 = 20_000;

/// The newest and the oldest node there may be.
const EVERYTHING: (Uuid, Uuid) = (Uuid::max(), Uuid::nil());

/// How well a node matches by its words, and which one it is.
pub(super) type Scored = (f32, Uuid);

impl Ask {
    /// How many match, up to one more than is counted, and the newest of them from `top` down to `floor`: so many of
    /// those that are all counted, or so many of more.
    pub(super) async fn first(
        &self,
        t: &mut impl Tenant,
        (top, floor): (Uuid, Uuid),
        [counted, crowd]: [usize; 2],
    ) -> Result<(i64, Vec<Scored>)> {
        let mut sql = Sql::new("with hits as materialized (select m.id, m.");
        sql.push(if self.is_past() { "ctid as place" } else { "place" });
        self.matches(&mut sql);
        sql.push(" limit ").push_bind(TOTAL_CAP + 1);
        sql.push("), told as materialized (select count(*) as total, count(*)");
        if (top, floor) != EVERYTHING {
            sql.push(" filter (where true");
            within(&mut sql, "id", (top, floor));
            sql.push(")");
        }
        sql.push(" as within from hits), newest as (");
        sql.push("select id, place from hits where (select total from told) <= ");
        sql.push_bind(TOTAL_CAP);
        within(&mut sql, "id", (top, floor));
        // From the oldest up: that is how most rows lie, and what is in order is soon sorted.
        sql.push(" order by id offset greatest((select within from told) - ");
        sql.push_bind(most(counted)).push(", 0)");
        sql.push(") select (select total from told), ");
        if self.is_past() {
            sql.push("array(select id from newest), '{}'::real[]");
        } else {
            sql.push("coalesce(array_agg(m.id), '{}'), coalesce(array_agg(");
            self.score(&mut sql);
            sql.push("), '{}') from search_nodes m where m.org_id is not distinct from ");
            sql.push_bind(self.org_id).push(" and m.place = any(array(select place from newest))");
        }
        let (total, ids, scores): (i64, Vec<Uuid>, Vec<f32>) =
            sql.build_query_as().persistent(false).fetch_one(t.conn()).await?;
        let found = if total > TOTAL_CAP {
            self.newest(t, (top, floor), crowd, total).await?
        } else if self.is_past() {
            self.past_scores(t, &ids).await?
        } else {
            newest_first(scores.into_iter().zip(ids).collect())
        };
        Ok((total, found))
    }

    /// The newest matches from `top` down to `floor`. `total` tells which way is shorter: of many, the newest are met
    /// soon on a walk from the newest node down; few are read and sorted.
    pub(super) async fn newest(
        &self,
        t: &mut impl Tenant,
        bounds: (Uuid, Uuid),
        limit: usize,
        total: i64,
    ) -> Result<Vec<Scored>> {
        if self.is_past() {
            return self.past_newest(t, bounds, limit, total).await;
        }
        if total > TOTAL_CAP {
            let met = self.walk(t, bounds, limit).await?;
            if met.len() >= limit {
                return Ok(met);
            }
        }
        let mut sql = Sql::new("select ");
        self.score(&mut sql);
        sql.push(", m.id from (select m.id, m.words from (select m.id, m.words");
        self.matches(&mut sql);
        sql.push(" offset 0) m where true");
        within(&mut sql, "m.id", bounds);
        sql.push(" order by m.id desc limit ").push_bind(most(limit)).push(") m");
        let found = sql.build_query_as().persistent(false).fetch_all(t.conn()).await?;
        Ok(newest_first(found))
    }

    /// Those of the newest nodes that match, whatever the planner thinks of how many do.
    async fn walk(
        &self,
        t: &mut impl Tenant,
        bounds: (Uuid, Uuid),
        limit: usize,
    ) -> Result<Vec<Scored>> {
        let mut sql = Sql::new("select ");
        self.score(&mut sql);
        sql.push(
            ", m.id from (select m.org_id, m.id, m.words, m.marks from search_nodes m where m.org_id = ",
        );
        sql.push_bind(self.org_id);
        within(&mut sql, "m.id", bounds);
        sql.push(" order by m.id desc limit ").push_bind(WALK).push(") m where true");
        self.marked(&mut sql);
        if let Some(words) = &self.words {
            sql.push(" and m.words @@ ").push_bind(words.clone()).push("::tsquery");
        }
        sql.push(" order by m.id desc limit ").push_bind(most(limit));
        Ok(sql.build_query_as().persistent(false).fetch_all(t.conn()).await?)
    }

    async fn past_newest(
        &self,
        t: &mut impl Tenant,
        bounds: (Uuid, Uuid),
        limit: usize,
        total: i64,
    ) -> Result<Vec<Scored>> {
        let mut sql = Sql::new("select m.id from (select m.id");
        self.matches(&mut sql);
        sql.push(if total > TOTAL_CAP { ") m where true" } else { " offset 0) m where true" });
        within(&mut sql, "m.id", bounds);
        sql.push(" order by m.id desc limit ").push_bind(most(limit));
        let ids: Vec<Uuid> = sql.build_query_scalar().persistent(false).fetch_all(t.conn()).await?;
        self.past_scores(t, &ids).await
    }

    /// The score of what is called `m.words`: best in names, better in short texts than in long ones.
    fn score(&self, sql: &mut Sql) {
        let Some(words) = &self.words else {
            sql.push("0::real");
            return;
        };
        sql.push("ts_rank('{0.1,0.2,0.5,1.0}', m.words, ");
        sql.push_bind(words.clone()).push("::tsquery, 1)");
    }

    async fn past_scores(&self, t: &mut impl Tenant, ids: &[Uuid]) -> Result<Vec<Scored>> {
        if self.words.is_none() {
            return Ok(newest_first(ids.iter().map(|id| (0.0, *id)).collect()));
        }
        let mut sql = Sql::new("select max(");
        self.score(&mut sql);
        sql.push("), m.entity_id from search_facts m where m.entity_id = any(");
        sql.push_bind(ids.to_vec()).push(") and ");
        self.shows(&mut sql, "m");
        sql.push(" and m.org_id = ").push_bind(self.org_id).push(" group by 2");
        let rows: Vec<(Option<f32>, Uuid)> =
            sql.build_query_as().persistent(false).fetch_all(t.conn()).await?;
        let scored = rows.into_iter().map(|(score, id)| (score.unwrap_or_default(), id));
        Ok(newest_first(scored.collect()))
    }
}

fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn within(sql: &mut Sql, id: &str, (top, floor): (Uuid, Uuid)) {
    if top != EVERYTHING.0 {
        sql.push(format_args!(" and {id} <= ")).push_bind(top);
    }
    if floor != EVERYTHING.1 {
        sql.push(format_args!(" and {id} >= ")).push_bind(floor);
    }
}

fn newest_first(mut found: Vec<Scored>) -> Vec<Scored> {
    found.sort_by_key(|(_, id)| Reverse(*id));
    found
}
