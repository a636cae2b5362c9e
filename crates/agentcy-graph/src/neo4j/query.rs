//! Raw Cypher on the server: read access, a connection of its own, and no more rows than asked for.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use agentcy_core::id::OrgId;
use neo4rs::{BoltType, DetachedRowStream, Neo4jErrorKind, Row};
use serde_json::Value as Json;
use tokio::time::timeout_at;

use super::{
    Neo4j,
    bolt::{column, list, map},
    cell::{Ids, cell, ends, weigh},
    link::{Failure as Broken, Link},
};
use crate::{
    Properties, Result,
    cypher::{Bounds, Checked, Dialect, Failure, Refusal, RefusalKind, Table},
    name::{EDGE, META, REMOVED},
};

/// How many queries run at a time.
pub(super) const RUNNING: usize = 4;

/// How many rows a round trip brings: few, so that the size of an answer is seen while it comes.
const FETCH: usize = 64;

const ENDS: &str = "
    MATCH (n:_Node {_org_id: $org}) WHERE n._id IS NOT NULL AND id(n) IN $ids
    RETURN id(n) AS number, n._id AS id LIMIT $limit";

impl Neo4j {
    pub(super) async fn ask(
        &self,
        org: OrgId,
        query: &Checked,
        params: &Properties,
        bounds: Bounds,
    ) -> Result<Table> {
        query.check_run(&Dialect::NEO4J, params)?;
        let until = Instant::now() + bounds.time;
        let _turn = self.lane.enter(org, until).await?;
        let link = self.link(org).await?;
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        // Let go of at the end, whatever that is: then the server ends the transaction.
        let server = link.apart(left, FETCH)?;
        let mut statement = link.bounded(neo4rs::query(query.text()), left);
        for (name, value) in params {
            statement = statement.param(name, parameter(value));
        }
        let work = async {
            let stream = server.execute_read(statement).await?;
            read(stream, query, bounds).await
        };
        let raw = match timeout_at(until.into(), Box::pin(work)).await {
            Ok(Ok(raw)) => raw?,
            Ok(Err(error)) => return Err(judged(query.text(), bounds.time, error)),
            Err(_) => return Err(Failure::Timeout(bounds.time).into()),
        };
        drop(server);
        raw.into_table(&link, org).await
    }
}

/// Rows as they came.
struct Raw {
    columns: Vec<String>,
    rows: Vec<Vec<BoltType>>,
    truncated: bool,
}

async fn read(
    mut stream: DetachedRowStream,
    query: &Checked,
    bounds: Bounds,
) -> Result<Result<Raw, Failure>, neo4rs::Error> {
    let mut raw = Raw { columns: query.columns().to_vec(), rows: Vec::new(), truncated: false };
    let mut bytes = 0;
    while let Some(row) = stream.next().await? {
        if raw.rows.is_empty() {
            raw.columns = columns(&row, query);
        }
        let values = raw.columns.iter().map(|name| row.get::<BoltType>(name));
        let values: Vec<BoltType> = values.collect::<Result<_, _>>()?;
        // Records of ours are no rows.
        if values.iter().any(is_record) {
            continue;
        }
        if raw.rows.len() == bounds.rows {
            raw.truncated = true;
            break;
        }
        bytes += values.iter().map(weigh).sum::<usize>();
        if bytes > bounds.bytes {
            let message = format!("the answer has more than {} bytes", bounds.bytes);
            return Ok(Err(Failure::TooLarge(message)));
        }
        raw.rows.push(values);
    }
    Ok(Ok(raw))
}

fn is_record(value: &BoltType) -> bool {
    let BoltType::Node(node) = value else { return false };
    let is = |label: &BoltType| matches!(label, BoltType::String(text) if [EDGE, META].contains(&text.value.as_str()));
    node.labels.value.iter().any(is) || node.properties.value.contains_key(REMOVED)
}

/// The names of the columns in the order of the query. The driver does not keep it, so the gate's names lead.
fn columns(row: &Row, query: &Checked) -> Vec<String> {
    let mut keys: Vec<String> = row.keys().into_iter().map(|key| key.value.clone()).collect();
    let named = query.columns();
    let place =
        |key: &String| named.iter().position(|name| name == key).map_or(0, |place| place + 1);
    // What `*` stands for comes first, in the order of the alphabet, as the server has it.
    keys.sort_by(|left, right| (place(left), left).cmp(&(place(right), right)));
    keys
}

impl Raw {
    async fn into_table(self, link: &Link, org: OrgId) -> Result<Table> {
        let (mut ids, mut wanted) = (Ids::new(), HashSet::new());
        self.rows.iter().flatten().for_each(|value| ends(value, &mut ids, &mut wanted));
        wanted.retain(|id| !ids.contains_key(id));
        if !wanted.is_empty() {
            let count = i64::try_from(wanted.len()).unwrap_or(i64::MAX);
            let find = neo4rs::query(ENDS)
                .param("org", org.to_string())
                .param("ids", list(wanted.into_iter().map(BoltType::from)))
                .param("limit", count);
            for row in link.rows(find, link.settings.read).await? {
                ids.insert(column(&row, org, "number")?, column(&row, org, "id")?);
            }
        }
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in self.rows {
            let mut cells = Vec::with_capacity(row.len());
            for value in row {
                cells.extend(cell(value, org, &ids)?);
            }
            if cells.len() == self.columns.len() {
                rows.push(cells);
            }
        }
        Ok(Table { columns: self.columns, rows, truncated: self.truncated })
    }
}

fn parameter(json: &Json) -> BoltType {
    match json {
        Json::Null => BoltType::Null(neo4rs::BoltNull),
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => int.into(),
            (None, float) => float.unwrap_or(f64::NAN).into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => list(items.iter().map(parameter)),
        Json::Object(entries) => map(entries.iter().map(|(name, value)| (name, parameter(value)))),
    }
}

/// What an error of the server means for the asker.
fn judged(text: &str, limit: Duration, error: neo4rs::Error) -> crate::Error {
    let neo4rs::Error::Neo4j(said) = &error else { return Broken::from(error).into_error() };
    let (code, message) = (said.code(), said.message());
    if code.contains("TransactionTimedOut") || code.ends_with("Terminated") {
        return Failure::Timeout(limit).into();
    }
    if code.contains("OutOfMemory") || code.contains("StackOverFlow") {
        return Failure::TooLarge("it needs more memory than the server gives a query".to_owned())
            .into();
    }
    if code.ends_with("AccessMode") || message.contains("access mode") {
        return Failure::from(Refusal::whole(
            RefusalKind::NotReadOnly,
            "the query does more than read",
        ))
        .into();
    }
    let client = matches!(said.kind(), Neo4jErrorKind::Client(_)) && !code.contains("Security");
    if !client {
        return Broken::from(error).into_error();
    }
    // Its place stands behind its words, with the line of the text below.
    let words = message.lines().next().unwrap_or(message);
    let (words, place) = words.rsplit_once(" (line ").unwrap_or((words, ""));
    let offset =
        place.split_once("(offset: ").and_then(|(_, rest)| rest.split(')').next()?.parse().ok());
    let byte =
        offset.and_then(|offset: usize| text.char_indices().nth(offset)).map(|(byte, _)| byte);
    let refusal = match byte {
        Some(byte) => Refusal::at(text, byte, RefusalKind::Syntax, words),
        None => Refusal::whole(RefusalKind::Syntax, words),
    };
    Failure::from(refusal).into()
}

#[cfg(test)]
mod on_neo4j {
    use neo4rs::query;
    use uuid::Uuid;

    use super::*;
    use crate::{GraphStore as _, neo4j::Settings};

    const BOUNDS: Bounds = Bounds { rows: 10, bytes: 10_000, time: Duration::from_secs(10) };

    #[expect(clippy::disallowed_methods, reason = "tests read where their server is")]
    fn env(name: &str) -> String {
        std::env::var(name)
            .unwrap_or_else(|_| panic!("{name} is not set: cargo xtask test brings it"))
    }

    fn open() -> Neo4j {
        let password = env("AGENTCY_TEST_NEO4J_PASSWORD");
        let settings = Settings::new(
            env("AGENTCY_TEST_NEO4J"),
            env("AGENTCY_TEST_NEO4J_USER"),
            password.into(),
        );
        Neo4j::open(settings, Uuid::from_u128(1)).unwrap()
    }

    async fn without_the_gate(store: &Neo4j, text: &str) -> Result<Table> {
        let org = OrgId::from(Uuid::from_u128(1));
        store
            .cypher(org, &Checked::unchecked(text, Dialect::NEO4J), &Properties::new(), BOUNDS)
            .await
    }

    #[tokio::test]
    #[ignore = "needs Neo4j: cargo xtask test brings it"]
    async fn without_the_gate_read_access_refuses_every_write() {
        let store = open();
        for text in [
            "CREATE (n:Gate) RETURN n",
            "MERGE (n:Gate) RETURN n",
            "CREATE (n:Gate)",
            "MATCH (n) WITH n LIMIT 1 SET n.gate = 1",
            "MATCH (n) WITH n LIMIT 1 DETACH DELETE n",
            "CALL { CREATE (n:Gate) } IN TRANSACTIONS",
            "UNWIND [1] AS x CALL { CREATE (n:Gate) RETURN n } RETURN n",
            "CREATE INDEX gate FOR (n:Gate) ON (n.x)",
            "MATCH (n) \\u0053ET n.gate = 1",
            "CREATE CONSTRAINT gate FOR (n:Gate) REQUIRE n.x IS UNIQUE",
        ] {
            let answer = without_the_gate(&store, text).await;
            assert!(
                matches!(answer, Err(crate::Error::Query(Failure::Refused(_)))),
                "{text}: {answer:?}"
            );
        }
        let link = store.databases.home();
        let count = query("MATCH (n) WHERE n:Gate OR n.gate IS NOT NULL RETURN count(n) AS count");
        let rows = link.rows(count, BOUNDS.time).await.unwrap();
        assert_eq!(rows[0].get::<i64>("count").unwrap(), 0);
    }

    #[tokio::test]
    #[ignore = "needs Neo4j: cargo xtask test brings it"]
    async fn every_procedure_that_may_be_called_is_said_to_read_by_the_server() {
        let store = open();
        let show = query("SHOW PROCEDURES YIELD name, mode RETURN name, mode");
        let rows = store.databases.home().rows(show, BOUNDS.time).await.unwrap();
        let mut found = 0;
        for row in rows {
            let (name, mode): (String, String) =
                (row.get("name").unwrap(), row.get("mode").unwrap());
            let allowed = crate::cypher::check(&format!("CALL {name}()"), &Dialect::NEO4J).is_ok();
            found += usize::from(allowed);
            assert!(!allowed || mode == "READ", "{name} is of mode {mode}");
        }
        assert_eq!(found, 6);
    }
}
