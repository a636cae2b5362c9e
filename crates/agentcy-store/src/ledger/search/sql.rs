//! What nodes are asked for, as conditions of SQL. Present nodes are read through the door `search_nodes`, past ones
//! through `search_facts`.
//!
//! Few statements are kept prepared: the plan for a rare word is not the one for a frequent word.

mod marks;

use std::collections::HashMap;

use agentcy_core::{
    Realms,
    id::{Id, NodeId, OrgId},
};
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder, types::Uuid};

use super::{NodeQuery, PropertyIs, terms::lexeme};
use crate::{
    Result, Tenant,
    ledger::{
        Moment,
        rows::{kept, slugs},
        text,
    },
};

/// How many of those known by exactly what was typed are shown before all others.
const EXACT: i64 = 20;
/// How many nodes that hold a word are counted at most.
const HELD: i64 = 500;

pub(super) type Sql = QueryBuilder<Postgres>;

/// What the statements have in common.
pub(super) struct Ask {
    pub(super) org_id: Uuid,
    realms: Option<Vec<String>>,
    labels: Vec<String>,
    source: Option<Uuid>,
    /// Of each the values of which it must be one.
    properties: Vec<(String, Vec<Value>)>,
    moment: Moment,
    /// As a tsquery.
    pub(super) words: Option<String>,
}

/// Somebody known by exactly what was typed.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Exact {
    pub(super) id: Uuid,
    /// Whether it is one of those that match by words too.
    pub(super) matches: bool,
}

impl Ask {
    pub(super) fn new(org: OrgId, realms: &Realms, query: &NodeQuery, moment: Moment) -> Self {
        Self {
            org_id: org.into(),
            realms: slugs(realms),
            labels: kept(&query.labels),
            source: query.source.map(Uuid::from),
            properties: query.properties.iter().map(property).collect(),
            moment,
            words: None,
        }
    }

    pub(super) fn is_past(&self) -> bool {
        self.moment != Moment::default()
    }

    /// Those whose id, shared key, id of a source's own or whole name is what was typed, the newest first.
    pub(super) async fn exact(
        &self,
        t: &mut impl Tenant,
        typed: &str,
        whole: &str,
    ) -> Result<Vec<Exact>> {
        let id = typed.parse::<NodeId>().ok().map(Id::uuid).or_else(|| typed.parse().ok());
        let key = text::escape(typed);
        // A limit outside of what is read: else a plan might walk all nodes from the newest down for it.
        let ids = sqlx::query_scalar!(
            r#"select id as "id!" from entities where org_id = $1 and id = $2
               union
               select e.id from realms r
               cross join lateral (
                   select 'k:' || $3::text as key
                   union all
                   select 's:' || s.id || ':' || $3::text from sources s where s.org_id = $1) k
               cross join lateral (
                   select id from entities
                   where org_id = $1 and realm = r.slug and kind = 'node' and key = k.key limit 1) e
               where r.org_id = $1
               union (
                   select id from (
                       select id from search_nodes
                       where org_id is not distinct from $1 and marks @> array[
                           search_mark('org', $1::uuid::text), search_mark('called', $3::text)]
                       offset 0
                   ) called order by id desc limit $8)
               union (
                   select id from (
                       select id from search_nodes
                       where $5 and org_id is not distinct from $1
                           and marks @> array[search_mark('org', $1::uuid::text)]
                           and words @@ $4::text::tsquery
                       offset 0
                   ) named order by id desc limit $8)
               union (
                   select distinct entity_id from (
                       select entity_id from search_facts
                       where not $5 and org_id = $1 and words @@ $4::text::tsquery
                           and fact_shows(valid_from, valid_to, recorded_at, ended_at,
                               superseded_at, $6, $7)
                       offset 0
                   ) named order by entity_id desc limit $8)"#,
            self.org_id,
            id,
            &*key,
            lexeme(&format!("={whole}")),
            !self.is_past(),
            self.moment.as_of,
            self.moment.known_at,
            EXACT,
        )
        .fetch_all(t.conn())
        .await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = Sql::new("select m.id, ");
        self.holds_words(&mut sql);
        sql.push(" as matches");
        self.fits(&mut sql);
        // Not by the fence alone, whose index has all nodes of the org.
        sql.push(" and m.org_id = ").push_bind(self.org_id);
        sql.push(" and m.id = any(").push_bind(ids).push(") order by m.id desc limit ");
        sql.push_bind(EXACT);
        Ok(sql.build_query_as().persistent(false).fetch_all(t.conn()).await?)
    }

    /// How many nodes hold each of these words, of those that some node holds; one that goes on, as a beginning.
    pub(super) async fn known(
        &self,
        t: &mut impl Tenant,
        words: &[(String, bool)],
    ) -> Result<HashMap<String, i64>> {
        if words.is_empty() {
            return Ok(HashMap::new());
        }
        // As tables of their own, so that no plan reads all nodes for the one that it hopes to meet soon.
        let mut sql = Sql::new("with ");
        for (at, (word, goes_on)) in words.iter().enumerate() {
            sql.push(format_args!("{}held_{at} as materialized (", if at > 0 { ", " } else { "" }));
            sql.push("select from search_nodes m where true");
            self.fence(&mut sql);
            sql.push(" and m.words @@ ");
            sql.push_bind(format!("{}{}", lexeme(word), if *goes_on { ":*" } else { "" }));
            sql.push("::tsquery)");
        }
        for (at, (word, _)) in words.iter().enumerate() {
            sql.push(if at > 0 { " union all select " } else { " select " });
            sql.push_bind(word.clone());
            sql.push(format_args!("::text, count(*) from (select from held_{at} limit "));
            sql.push_bind(HELD).push(") held having count(*) > 0");
        }
        let known: Vec<(String, i64)> =
            sql.build_query_as().persistent(false).fetch_all(t.conn()).await?;
        Ok(known.into_iter().collect())
    }

    /// Words of names that are like the word.
    pub(super) async fn spellings_like(
        &self,
        t: &mut impl Tenant,
        word: &str,
        likeness: &str,
        limit: i64,
    ) -> Result<Vec<String>> {
        // Stays with the connection, where nothing else goes by it.
        sqlx::query!(
            "select set_config('pg_trgm.word_similarity_threshold', $1, false)",
            likeness,
        )
        .fetch_one(t.conn())
        .await?;
        // As a table of its own, so that no plan reads all words in the hope of meeting these soon.
        let mut sql = Sql::new("with alike as materialized (select s.spelling");
        sql.push(" from search_spellings s where s.org_id = ").push_bind(self.org_id);
        if let Some(realms) = &self.realms {
            sql.push(" and s.realm = any(").push_bind(realms.clone()).push(")");
        }
        sql.push(" and s.spelling %> ").push_bind(word);
        sql.push(") select spelling from alike limit ").push_bind(limit);
        Ok(sql.build_query_scalar().persistent(false).fetch_all(t.conn()).await?)
    }

    /// `from … where …` of the nodes `m` that match.
    pub(super) fn matches(&self, sql: &mut Sql) {
        self.fits(sql);
        if self.words.is_some() {
            sql.push(" and ");
            self.holds_words(sql);
        }
    }

    /// Whether `m` holds the words.
    fn holds_words(&self, sql: &mut Sql) {
        let Some(words) = &self.words else {
            sql.push("false");
            return;
        };
        if self.is_past() {
            sql.push("m.id in (select f.entity_id from search_facts f where f.org_id = ");
            sql.push_bind(self.org_id).push(" and f.words @@ ").push_bind(words.clone());
            sql.push("::tsquery and ");
            self.shows(sql, "f");
            sql.push(")");
        } else {
            sql.push("m.words @@ ").push_bind(words.clone()).push("::tsquery");
        }
    }

    /// `from … where …` of the nodes `m` that are not ruled out by anything but words.
    fn fits(&self, sql: &mut Sql) {
        if !self.is_past() {
            sql.push(" from search_nodes m where true");
            self.marked(sql);
            return;
        }
        sql.push(" from entities m where m.kind = 'node' and m.org_id = ").push_bind(self.org_id);
        if let Some(realms) = &self.realms {
            sql.push(" and m.realm = any(").push_bind(realms.clone()).push(")");
        }
        self.fitted(sql);
    }

    /// `and …` of what the present node `m` must be, but for its words.
    pub(super) fn marked(&self, sql: &mut Sql) {
        let is_all = self.words.is_none()
            && self.labels.is_empty()
            && self.source.is_none()
            && self.properties.is_empty();
        if is_all && self.realms.is_none() {
            // All that the org has is read faster in order than through the index.
            sql.push(" and m.org_id = ").push_bind(self.org_id);
        } else {
            sql.push(" and m.org_id is not distinct from ").push_bind(self.org_id);
            self.bear(sql, self.marks());
        }
    }

    /// `and …` of where the present node `m` must lie, for an index that is shared by all orgs. Not as `=`: a planner that
    /// knows nothing of the table yet would read all nodes of the org in another index beside.
    fn fence(&self, sql: &mut Sql) {
        sql.push(" and m.org_id is not distinct from ").push_bind(self.org_id);
        self.bear(sql, vec![self.place()]);
    }

    /// Each is asked of one node at a time: a join might read every fact there is.
    fn fitted(&self, sql: &mut Sql) {
        sql.push(" and (select true");
        self.fact(sql);
        sql.push(" limit 1)");
        if !self.labels.is_empty() {
            sql.push(" and (select true");
            self.fact(sql);
            sql.push(" and f.labels && ").push_bind(self.labels.clone()).push(" limit 1)");
        }
        if let Some(source) = self.source {
            sql.push(" and (select true");
            self.fact(sql);
            sql.push(" and f.asserter_kind = 'source' and f.asserter_id = ").push_bind(source);
            sql.push(" limit 1)");
        }
        for (name, values) in &self.properties {
            sql.push(" and (select f.properties -> ").push_bind(name.clone());
            self.fact(sql);
            // Who is heard of several is the rule of the merge.
            sql.push(" and f.properties ? ").push_bind(name.clone()).push(
                " order by array_position('{person,run,source}', f.asserter_kind),
                      f.valid_from desc, f.recorded_at desc, f.id desc limit 1) = any(",
            );
            sql.push_bind(values.clone()).push(")");
        }
    }

    /// `from facts f where …` of those of `m` that were seen at the moment.
    fn fact(&self, sql: &mut Sql) {
        sql.push(" from facts f where f.kind = 'node' and f.org_id = ").push_bind(self.org_id);
        sql.push(" and f.entity_id = m.id and ");
        self.shows(sql, "f");
    }

    pub(super) fn shows(&self, sql: &mut Sql, fact: &str) {
        sql.push(format_args!(
            "fact_shows({fact}.valid_from, {fact}.valid_to, {fact}.recorded_at, {fact}.ended_at, {fact}.superseded_at, "
        ));
        sql.push_bind(self.moment.as_of).push(", ").push_bind(self.moment.known_at).push(")");
    }
}

/// The values that a property may have to be what is written.
fn property(is: &PropertyIs) -> (String, Vec<Value>) {
    let mut values = vec![Value::String(text::escape(&is.text).into_owned())];
    if let Ok(value @ (Value::Number(_) | Value::Bool(_))) = serde_json::from_str(&is.text) {
        values.push(value);
    }
    (text::escape(&is.name).into_owned(), values)
}
