//! The statements of search. Present nodes are read through the door `search_nodes`, past ones through `search_facts`.
//!
//! None is kept prepared: the plan for a rare word is not the one for a frequent word.

use std::collections::HashSet;

use agentcy_core::{
    Realms,
    id::{Id, NodeId, OrgId},
    page::TOTAL_CAP,
};
use serde_json::{Map, Value, json};
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

type Sql = QueryBuilder<Postgres>;

/// What the statements have in common.
pub(super) struct Ask {
    org_id: Uuid,
    realms: Option<Vec<String>>,
    labels: Vec<String>,
    source: Option<Uuid>,
    /// Of each the objects of which one must be within.
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

    fn is_past(&self) -> bool {
        self.moment != Moment::default()
    }

    /// How many match, up to one more than is counted, and the newest of them from `top` down to `floor`. Both in one
    /// statement: it is the rows looked at that cost.
    pub(super) async fn first(
        &self,
        t: &mut impl Tenant,
        (top, floor): (Uuid, Uuid),
        limit: usize,
    ) -> Result<(i64, Vec<Uuid>)> {
        let mut sql = Sql::new("with hits as materialized (select m.id");
        self.matches(&mut sql);
        sql.push(" limit ").push_bind(TOTAL_CAP + 1);
        sql.push(") select c.count, case when c.count <= ").push_bind(TOTAL_CAP);
        sql.push(" then array(select id from hits where id <= ");
        sql.push_bind(top).push(" and id >= ").push_bind(floor);
        sql.push(" order by id desc limit ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        sql.push(") end from (select count(*) from hits) c");
        let (total, ids): (i64, Option<Vec<Uuid>>) =
            sql.build_query_as().persistent(false).fetch_one(t.conn()).await?;
        let ids = match ids {
            Some(ids) => ids,
            None => self.newest(t, (top, floor), limit, total).await?,
        };
        Ok((total, ids))
    }

    /// The newest matches from `top` down to `floor`. `total` tells which way is shorter: of many, the newest are met
    /// soon on a walk from the newest node down; few are read and sorted.
    pub(super) async fn newest(
        &self,
        t: &mut impl Tenant,
        (top, floor): (Uuid, Uuid),
        limit: usize,
        total: i64,
    ) -> Result<Vec<Uuid>> {
        let many = total > TOTAL_CAP;
        let mut sql = Sql::new("select id from (select m.id");
        self.matches(&mut sql);
        sql.push(if many { ") m where id <= " } else { " offset 0) m where id <= " });
        sql.push_bind(top).push(" and id >= ").push_bind(floor);
        sql.push(" order by id desc limit ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        Ok(sql.build_query_scalar().persistent(false).fetch_all(t.conn()).await?)
    }

    /// How well each of these matches by its words: best in names, better in short texts than in long ones.
    pub(super) async fn scores(
        &self,
        t: &mut impl Tenant,
        ids: &[Uuid],
    ) -> Result<Vec<(f32, Uuid)>> {
        let mut sql = Sql::new("select max(ts_rank('{0.1,0.2,0.5,1.0}', words, ");
        sql.push_bind(self.words.clone()).push("::tsquery, 1)), ");
        if self.is_past() {
            sql.push("entity_id from search_facts f where f.entity_id = any(")
                .push_bind(ids.to_vec());
            sql.push(") and ");
            self.shows(&mut sql, "f");
        } else {
            sql.push("id from search_nodes f where f.id = any(").push_bind(ids.to_vec()).push(")");
        }
        sql.push(" and f.org_id = ").push_bind(self.org_id).push(" group by 2");
        let rows: Vec<(Option<f32>, Uuid)> =
            sql.build_query_as().persistent(false).fetch_all(t.conn()).await?;
        Ok(rows.into_iter().map(|(score, id)| (score.unwrap_or_default(), id)).collect())
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
               select e.id from realms r join entities e
                   on e.org_id = r.org_id and e.realm = r.slug and e.kind = 'node' and e.key = any(array(
                       select 'k:' || $3::text
                       union all
                       select 's:' || s.id || ':' || $3::text from sources s where s.org_id = $1))
               where r.org_id = $1
               union (
                   select id from (
                       select id from search_nodes where org_id = $1 and sources @> $4 offset 0
                   ) called order by id desc limit $9)
               union (
                   select id from (
                       select id from search_nodes
                       where $6 and org_id = $1 and words @@ $5::text::tsquery offset 0
                   ) named order by id desc limit $9)
               union (
                   select distinct entity_id from (
                       select entity_id from search_facts
                       where not $6 and org_id = $1 and words @@ $5::text::tsquery
                           and fact_shows(valid_from, valid_to, recorded_at, ended_at,
                               superseded_at, $7, $8)
                       offset 0
                   ) named order by entity_id desc limit $9)"#,
            self.org_id,
            id,
            &*key,
            json!([{ "external_id": key }]),
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
        sql.push(" and m.id = any(").push_bind(ids).push(") order by m.id desc limit ");
        sql.push_bind(EXACT);
        Ok(sql.build_query_as().persistent(false).fetch_all(t.conn()).await?)
    }

    /// Which of these words some node holds; one that goes on, as a beginning.
    pub(super) async fn known(
        &self,
        t: &mut impl Tenant,
        words: &[(String, bool)],
    ) -> Result<HashSet<String>> {
        let query = |(word, goes_on): &(String, bool)| {
            format!("{}{}", lexeme(word), if *goes_on { ":*" } else { "" })
        };
        let queries: Vec<String> = words.iter().map(query).collect();
        let words: Vec<String> = words.iter().map(|(word, _)| word.clone()).collect();
        // A frequent word is among the newest nodes: that spares reading all of its places in the index.
        let known = sqlx::query_scalar!(
            r#"with newest as materialized (
                   select words from search_nodes
                   where org_id = $1 and ($4::text[] is null or realm = any($4))
                   order by id desc limit 200
               )
               select u.word as "word!" from unnest($2::text[], $3::text[]) u (word, query)
               where exists (select from newest n where n.words @@ u.query::tsquery)
                   or exists (
                       select from search_nodes n
                       where n.org_id = $1 and n.words @@ u.query::tsquery
                           and ($4::text[] is null or n.realm = any($4)))"#,
            self.org_id,
            &words,
            &queries,
            self.realms.as_deref(),
        )
        .fetch_all(t.conn())
        .await?;
        Ok(known.into_iter().collect())
    }

    /// Names of which a part is like the word.
    pub(super) async fn names_like(
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
        let names = sqlx::query_scalar!(
            r#"select title as "title!" from search_nodes
               where org_id = $1 and title %> $2 and ($3::text[] is null or realm = any($3))
               limit $4"#,
            self.org_id,
            word,
            self.realms.as_deref(),
            limit,
        )
        .fetch_all(t.conn())
        .await?;
        Ok(names)
    }

    /// `from … where …` of the nodes `m` that match.
    fn matches(&self, sql: &mut Sql) {
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
        if self.is_past() {
            sql.push(" from entities m where m.kind = 'node' and m.org_id = ");
        } else {
            sql.push(" from search_nodes m where m.org_id = ");
        }
        sql.push_bind(self.org_id);
        if let Some(realms) = &self.realms {
            sql.push(" and m.realm = any(").push_bind(realms.clone()).push(")");
        }
        if self.is_past() {
            self.fitted(sql);
        } else {
            self.fits_now(sql);
        }
    }

    fn fits_now(&self, sql: &mut Sql) {
        if !self.labels.is_empty() {
            sql.push(" and m.labels && ").push_bind(self.labels.clone());
        }
        if let Some(source) = self.source {
            sql.push(" and m.sources @> ").push_bind(json!([{ "source_id": source }]));
        }
        for (name, values) in &self.properties {
            sql.push(" and (false");
            for value in values {
                let within = Map::from_iter([(name.clone(), value.clone())]);
                sql.push(" or m.properties @> ").push_bind(Value::Object(within));
            }
            sql.push(")");
        }
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

    fn shows(&self, sql: &mut Sql, fact: &str) {
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
