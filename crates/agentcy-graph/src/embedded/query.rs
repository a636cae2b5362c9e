//! Raw Cypher on a graph file: planned here, on what a reader may see, and pulled chunk by chunk.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use grafeo::{Value, store::GraphStore};
use grafeo_common::utils::error::{Error as EngineError, QueryErrorKind};
use grafeo_core::execution::{deadline, operators::OperatorError};
use grafeo_engine::query::{
    Optimizer, binder::Binder, planner::Planner, processor::substitute_params, translate_cypher,
};
use serde_json::Value as Json;

use agentcy_core::id::OrgId;
use tokio::time::sleep;

use super::{
    CLOSED, ENGINE, Embedded, State,
    cell::Reader,
    file::OrgGraph,
    plan::{bounded, judge, only_reads},
    view::{TOO_LARGE, View},
};
use crate::{
    Error, Properties, Result,
    cypher::{Bounds, Checked, Dialect, Failure, Refusal, RefusalKind, Table, weigh},
};

/// How many queries run at a time. One that overruns its time holds none of the threads that the rest needs.
pub(super) const RUNNING: usize = 2;

/// The memory that one search for paths may hold.
const PATH_MEMORY: usize = 64 << 20;

/// A question, ready to be asked on another thread.
struct Question {
    query: Checked,
    params: Properties,
    bounds: Bounds,
    /// When the answer has to be there.
    until: Instant,
}

impl Embedded {
    /// Runs a query; the answer comes in time, also when the engine's thread is late.
    pub(super) async fn ask(
        &self,
        org: OrgId,
        query: &Checked,
        params: &Properties,
        bounds: Bounds,
    ) -> Result<Table> {
        query.check_run(&Dialect::EMBEDDED, params)?;
        let until = Instant::now() + bounds.time;
        let turn = self.lane.enter(org, until).await?;
        let slot = self.slot(org).await?;
        let graph = match slot.state() {
            State::Open(graph) => graph,
            State::Closed => return Err(CLOSED),
            State::NotOpen => {
                let writing = Arc::clone(&slot.writer).lock_owned().await;
                self.opened(&slot, org, &writing).await?
            }
        };
        let question = Question { query: query.clone(), params: params.clone(), bounds, until };
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            graph.answer(&question)
        });
        tokio::select! {
            biased;
            done = work => {
                done.map_err(|error| Error::Unavailable { engine: ENGINE, source: Some(error.into()) })?
            }
            () = sleep(until.saturating_duration_since(Instant::now())) => {
                Err(Failure::Timeout(bounds.time).into())
            }
        }
    }
}

impl OrgGraph {
    /// Runs a query on the calling thread; it ends within about one chunk of work after its time.
    fn answer(&self, question: &Question) -> Result<Table> {
        let Question { query, params, bounds, until } = question;
        let text = query.text();
        let late = || Error::from(Failure::Timeout(bounds.time));
        if Instant::now() >= *until {
            return Err(late());
        }
        let failed = |error: EngineError| self.judged(text, bounds.time, error);
        let snapshot = self.db.snapshot().map_err(|error| self.failed(error))?;
        let (stored, view) = (snapshot.shared(), snapshot.view());
        let seen: Arc<dyn GraphStore> = Arc::new(
            View::new(Arc::clone(&stored), view, query.max_read())
                .map_err(|error| self.failed(error))?,
        );

        let mut plan = translate_cypher(text).map_err(failed)?;
        if plan.explain || plan.profile || !only_reads(&plan.root) {
            let message = "the query does more than read";
            return Err(Failure::from(Refusal::whole(RefusalKind::NotReadOnly, message)).into());
        }
        let params: HashMap<String, Value> =
            params.iter().map(|(name, value)| (name.clone(), engine_value(value))).collect();
        substitute_params(&mut plan, &params).map_err(failed)?;
        Binder::new().bind(&plan).map_err(failed)?;
        let mut plan = Optimizer::from_graph_store(&*seen).optimize(plan).map_err(failed)?;
        plan.root = bounded(plan.root, query.walks(), query.kept_rows());
        let planner = Planner::new(seen, snapshot.epoch())
            .with_external_store()
            .with_read_only(true)
            .with_path_search_budget(PATH_MEMORY);
        let (physical, steps) = planner.plan_profiled(&plan).map_err(failed)?;

        // The engine writes the text of a value its own way; the query's own is what was asked for.
        let columns = match query.columns() {
            named if named.len() == physical.columns.len() => named.to_vec(),
            _ => physical.columns.clone(),
        };
        let mut table = Table { columns, ..Table::default() };
        let mut operator = physical.into_operator();
        let reader = Reader { graph: self, store: &*stored, view };
        let mut bytes = 0;
        let _clock = deadline::enter(Some(*until));
        'chunks: while let Some(chunk) =
            operator.next().map_err(|error| failed(engine_error(error)))?
        {
            for row in chunk.selected_indices() {
                if table.rows.len() == bounds.rows {
                    table.truncated = true;
                    break 'chunks;
                }
                let mut cells = Vec::with_capacity(table.columns.len());
                for column in 0..table.columns.len() {
                    let value = chunk.column(column).and_then(|column| column.get_value(row));
                    let cell = reader.cell(&value.unwrap_or(Value::Null))?;
                    bytes += weigh(&cell);
                    cells.push(cell);
                }
                if bytes > bounds.bytes {
                    let message = format!("the answer has more than {} bytes", bounds.bytes);
                    return Err(Failure::TooLarge(message).into());
                }
                table.rows.push(cells);
            }
            if Instant::now() >= *until {
                return Err(late());
            }
        }
        judge(&steps, query.kept_rows())?;
        Ok(table)
    }

    /// What an error of the engine means for the asker.
    fn judged(&self, text: &str, limit: Duration, error: EngineError) -> Error {
        let EngineError::Query(query) = &error else {
            return match error {
                EngineError::InvalidValue(message) => syntax(text, None, &message),
                EngineError::TypeMismatch(_) => syntax(text, None, &error.to_string()),
                error => self.failed(error),
            };
        };
        if query.kind == QueryErrorKind::Timeout {
            return Failure::Timeout(limit).into();
        }
        let message = query.message.as_str();
        if let Some(message) = message.strip_prefix(TOO_LARGE) {
            return Failure::TooLarge(message.to_owned()).into();
        }
        if query.kind == QueryErrorKind::Execution && message.contains("of memory") {
            return Failure::TooLarge("it follows too many paths at once".to_owned()).into();
        }
        syntax(text, query.span.as_ref().map(|span| span.start), message)
    }
}

fn syntax(text: &str, byte: Option<usize>, message: &str) -> Error {
    let refusal = match byte {
        Some(byte) => Refusal::at(text, byte.min(text.len()), RefusalKind::Syntax, message),
        None => Refusal::whole(RefusalKind::Syntax, message),
    };
    Failure::from(refusal).into()
}

fn engine_error(error: OperatorError) -> EngineError {
    use grafeo_common::utils::error::QueryError;
    match error {
        OperatorError::Timeout => QueryError::timeout().into(),
        OperatorError::Wrapped(error) => *error,
        OperatorError::InvalidValue(message) => EngineError::InvalidValue(message),
        error => QueryError::new(QueryErrorKind::Execution, error.to_string()).into(),
    }
}

fn engine_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => int.into(),
            (None, Some(float)) => float.into(),
            (None, None) => Value::Null,
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => {
            Value::List(items.iter().map(engine_value).collect::<Vec<_>>().into())
        }
        Json::Object(map) => {
            let entries =
                map.iter().map(|(name, value)| (name.as_str().into(), engine_value(value)));
            Value::Map(Arc::new(entries.collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::GraphStore as _;

    const BOUNDS: Bounds = Bounds { rows: 10, bytes: 10_000, time: Duration::from_secs(5) };

    async fn without_the_gate(text: &str) -> Result<Table> {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::open(folder.path(), Uuid::from_u128(1), 2).unwrap();
        let org = OrgId::from(Uuid::from_u128(1));
        store.watermark(org).await.unwrap();
        let answer = store
            .cypher(org, &Checked::unchecked(text, Dialect::EMBEDDED), &Properties::new(), BOUNDS)
            .await;
        let query = Checked::unchecked("MATCH (n) RETURN count(n)", Dialect::EMBEDDED);
        let count = store.cypher(org, &query, &Properties::new(), BOUNDS).await.unwrap();
        assert_eq!(count.rows[0][0], crate::cypher::Cell::Value(0.into()), "{text} wrote");
        answer
    }

    #[tokio::test]
    async fn without_the_gate_nothing_is_written_read_from_disk_or_administered() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "secret\n").unwrap();
        let load = format!("LOAD CSV FROM '{}' AS row RETURN row", file.path().display());
        let nested = format!(
            "CALL {{ LOAD CSV FROM '{}' AS row RETURN row }} RETURN row",
            file.path().display()
        );
        for text in [
            "CREATE (n) RETURN n",
            "MERGE (n:A) RETURN n",
            "MATCH (n) SET n.x = 1 RETURN n",
            "MATCH (n) DETACH DELETE n",
            "MATCH (n) REMOVE n.x RETURN n",
            "FOREACH (x IN [1] | CREATE (n))",
            "UNWIND [1] AS x CREATE (n) RETURN n",
            "CALL { CREATE (n) RETURN n } RETURN n",
            "MATCH (n) \u{17f}ET n.x = 1",
            &load,
            &nested,
            "CREATE INDEX i FOR (n:A) ON (n.x)",
            "DROP INDEX i",
            "SHOW INDEXES",
            "EXPLAIN MATCH (n) RETURN n",
            "PROFILE CREATE (n)",
            "CALL db.labels()",
            "CALL grafeo.procedures()",
        ] {
            let answer = without_the_gate(text).await;
            assert!(matches!(answer, Err(Error::Query(Failure::Refused(_)))), "{text}: {answer:?}");
        }
    }
}
