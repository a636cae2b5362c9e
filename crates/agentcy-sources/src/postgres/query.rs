//! The tool `query`: one statement that reads, and as many of its rows as an answer holds.

use std::fmt::Write;

use futures_util::{TryStreamExt, pin_mut};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_postgres::{
    Client, Column,
    types::{Kind, Type},
};

use super::{
    config::Settings,
    gate::{self, Passed},
    param::Param,
    session::{Connection, Session, cell},
    vet,
};
use crate::{
    Error, Job, MAX_OUTPUT, Output, Result,
    output::{fit, json_len},
    settings::invalid,
};

/// The most that is read from the server for one call, in bytes.
pub(super) const MAX_READ: usize = 8 << 20;
const MAX_ROWS: u32 = 1000;
const MAX_PARAMS: usize = 100;
const MAX_COLUMNS: usize = 400;
/// How many arguments one call of a function may have in PostgreSQL.
const ARGUMENTS: usize = 100;
/// What stands around the rows.
const FRAME: usize = 256;

/// What `query` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// One SELECT, VALUES, WITH, or EXPLAIN of one. Functions that may do more than read are refused.
    sql: String,
    /// The values of $1, $2 and so on.
    #[serde(default)]
    params: Vec<Value>,
    /// How many rows to answer, 1 to 1000.
    #[serde(default = "hundred")]
    limit: u32,
}

const fn hundred() -> u32 {
    100
}

pub(super) async fn run(job: Job<'_>, settings: &Settings, args: Args) -> Result<Output> {
    if !(1..=MAX_ROWS).contains(&args.limit) {
        return Err(invalid("args.limit", "1 to 1000"));
    }
    if args.params.len() > MAX_PARAMS {
        return Err(invalid("args.params", "at most 100 values"));
    }
    let passed = gate::pass(&args.sql).map_err(|fault| invalid("args.sql", fault))?;
    let Session { client, mut connection } = Session::open(job, settings, MAX_READ).await?;
    vet::vet_names(&client, &mut connection, &passed.names).await?;
    // Names mean what they mean to the role.
    connection.drive(client.batch_execute("set local search_path to default")).await?;
    ask(&client, &mut connection, &passed, &args).await
}

async fn ask(
    client: &Client,
    connection: &mut Connection,
    passed: &Passed,
    args: &Args,
) -> Result<Output> {
    let statement = connection.drive(client.prepare(&passed.text)).await?;
    let wanted = statement.params().len();
    if wanted != args.params.len() {
        return Err(invalid("args.params", format!("the statement takes {wanted} values")));
    }
    let params = args.params.iter().map(Param);
    if passed.is_plan {
        let lines = connection.drive(async {
            let rows = client.query_raw(&statement, params).await?;
            pin_mut!(rows);
            let mut lines = String::new();
            while let Some(row) = rows.try_next().await? {
                let line: String = row.try_get(0)?;
                lines.push_str(&line);
                lines.push('\n');
            }
            Ok(lines)
        });
        let lines = lines.await?;
        let plan = fit(&lines, MAX_OUTPUT - FRAME);
        let truncated = plan.len() < lines.len();
        return Ok(Output { content: json!({ "plan": plan, "cut": truncated }), truncated });
    }
    let columns = statement.columns();
    if columns.len() > MAX_COLUMNS {
        return Err(invalid("args.sql", "at most 400 columns"));
    }
    let sql = as_json(&passed.text, columns, args.limit);
    let names: Vec<Value> = columns
        .iter()
        .map(|column| json!({ "name": column.name(), "type": column.type_().name() }))
        .collect();
    let mut shown = Shown::new(json!(names), args.limit);
    connection.drive(shown.fill(client, &sql, params)).await?;
    shown.output()
}

/// The statement with each row as JSON texts: the server knows how to write values of every type, and a number of
/// any length stays what it is.
fn as_json(text: &str, columns: &[Column], limit: u32) -> String {
    let names: Vec<_> = (1..=columns.len()).map(|number| format!("c{number}")).collect();
    let cells: Vec<_> =
        columns.iter().zip(&names).map(|(column, name)| cell_sql(column.type_(), name)).collect();
    let mut sql = "select ".to_owned();
    for (index, cells) in cells.chunks(ARGUMENTS).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(sql, "{comma}pg_catalog.json_build_array({})::text", cells.join(", "));
    }
    let aliases = if names.is_empty() { String::new() } else { format!("({})", names.join(", ")) };
    let _ = write!(sql, " from ({text}) as answer{aliases} limit {}", limit + 1);
    sql
}

fn cell_sql(kind: &Type, name: &str) -> String {
    let is_record = matches!(*kind, Type::RECORD | Type::RECORD_ARRAY);
    let is_pseudo = matches!(kind.kind(), Kind::Pseudo) && !is_record;
    // JSON numbers of other readers end at 64 bits.
    if *kind == Type::NUMERIC || is_pseudo {
        format!("{name}::text")
    } else if *kind == Type::NUMERIC_ARRAY {
        format!("{name}::text[]")
    } else {
        name.to_owned()
    }
}

/// The rows so far.
struct Shown {
    columns: Value,
    rows: Vec<Value>,
    limit: usize,
    room: usize,
    is_cut: bool,
    fault: Option<Error>,
}

impl Shown {
    fn new(columns: Value, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let room = MAX_OUTPUT.saturating_sub(FRAME + json_len(&columns));
        Self { columns, rows: Vec::new(), limit, room, is_cut: false, fault: None }
    }

    async fn fill(
        &mut self,
        client: &Client,
        sql: &str,
        params: impl ExactSizeIterator<Item = Param<'_>>,
    ) -> std::result::Result<(), tokio_postgres::Error> {
        let statement = client.prepare(sql).await?;
        let rows = client.query_raw(&statement, params).await?;
        pin_mut!(rows);
        while let Some(row) = rows.try_next().await? {
            let read = (0..row.len()).map(|index| {
                let cells: String = cell(&row, index)?;
                serde_json::from_str::<Vec<Value>>(&cells).map_err(|error| {
                    Error::Refused(format!("a value is no JSON; cast it to text: {error}"))
                })
            });
            match read.collect::<Result<Vec<_>>>() {
                Ok(chunks) => self.add(chunks.concat().into()),
                Err(fault) => self.fault = Some(fault),
            }
            if self.is_cut || self.fault.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn add(&mut self, row: Value) {
        let length = json_len(&row) + 1;
        if self.rows.len() == self.limit || length > self.room {
            self.is_cut = true;
        } else {
            self.room -= length;
            self.rows.push(row);
        }
    }

    fn output(self) -> Result<Output> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let mut content = json!({ "columns": self.columns, "rows": self.rows });
        if self.is_cut {
            let count = self.rows.len();
            content["note"] =
                format!("cut after {count} rows; ask for fewer rows or shorter columns").into();
        }
        Ok(Output { content, truncated: self.is_cut })
    }
}
