//! What a database is made of, read from its catalogs a page at a time.
//!
//! Sizes and row counts are said as powers of ten: exact ones change by the minute, and with them every sync would be a
//! change.

use futures_util::Stream;
use serde_json::Value;
use tokio_postgres::{Row, types::ToSql};

use super::{
    config::Settings,
    node::{Names, edge},
    session::{Session, cell},
    statements::{
        COLUMNS, DATABASE, DEPENDENCIES, FOREIGN_KEYS, INDEXES, PARENTS, RELATIONS, SCHEMAS, WANTED,
    },
};
use crate::{Fault, Job, Progress, Record, Result};

/// The most that one sync reads, in bytes.
const MAX_READ: usize = 256 << 20;
const FETCH: &str = "fetch 1000 from page";

type Read = fn(&Names, &Row) -> Result<Vec<Record>>;

const STEPS: [(&str, Read); 8] = [
    (DATABASE, database),
    (SCHEMAS, schema),
    (RELATIONS, relation),
    (COLUMNS, column),
    (INDEXES, index),
    (FOREIGN_KEYS, foreign_key),
    (DEPENDENCIES, dependency),
    (PARENTS, parent),
];

/// Everything in one view of the catalogs.
pub(super) fn collect(
    job: Job<'_>,
    settings: Settings,
) -> impl Stream<Item = Result<Record>> + Send + '_ {
    async_stream::try_stream! {
        let Session { client, mut connection } = Session::open(job, &settings, MAX_READ).await?;
        connection.drive(client.batch_execute("set local statement_timeout = '60s'")).await?;
        let names = Names::new(&settings);
        let mut missing = settings.schemas.clone();
        for (done, (statement, read)) in (1..).zip(STEPS) {
            let declare = format!("declare page no scroll cursor for {WANTED} {statement}");
            let params: [&(dyn ToSql + Sync); 2] = [&settings.schemas, &settings.include_system];
            connection.drive(client.execute(&declare, &params)).await?;
            loop {
                let page = connection.drive(client.query(FETCH, &[])).await?;
                if page.is_empty() {
                    break;
                }
                for row in &page {
                    if statement == SCHEMAS {
                        let name: String = cell(row, 0)?;
                        missing.retain(|schema| *schema != name);
                    }
                    for record in read(&names, row)? {
                        yield record;
                    }
                }
            }
            connection.drive(client.batch_execute("close page")).await?;
            yield Record::Progress(Progress { done, total: Some(STEPS.len() as u64) });
        }
        for schema in missing {
            let fault = Fault::new(&format!("schema {schema}"), "there is no such schema");
            yield Record::Fault(Fault { hides: false, ..fault });
        }
    }
}

/// The power of ten below a count.
fn at_least(count: Option<i64>) -> Value {
    let power = |count: i64| count.checked_ilog10().map_or(0, |digits| 10_i64.pow(digits));
    count.map(power).into()
}

type Text = String;
type Maybe = Option<String>;

fn database(names: &Names, row: &Row) -> Result<Vec<Record>> {
    let name: Text = cell(row, 0)?;
    Ok(vec![names.node(
        &[],
        "Database",
        [
            ("name", name.into()),
            ("engine", "PostgreSQL".into()),
            ("version", cell::<i32>(row, 1)?.into()),
            ("encoding", cell::<Text>(row, 2)?.into()),
            ("description", cell::<Maybe>(row, 3)?.into()),
        ],
    )])
}

fn schema(names: &Names, row: &Row) -> Result<Vec<Record>> {
    let name: Text = cell(row, 0)?;
    let properties = [
        ("name", name.as_str().into()),
        ("owner", cell::<Text>(row, 1)?.into()),
        ("description", cell::<Maybe>(row, 2)?.into()),
    ];
    Ok(vec![names.node(&[&name], "Schema", properties), edge(&[], "CONTAINS", &[&name], "", [])])
}

fn relation(names: &Names, row: &Row) -> Result<Vec<Record>> {
    let (schema, name, kind): (Text, Text, Text) = (cell(row, 0)?, cell(row, 1)?, cell(row, 2)?);
    let label = match kind.as_str() {
        "v" => "View",
        "m" => "MaterializedView",
        _ => "Table",
    };
    let kind = match kind.as_str() {
        "p" => Some("partitioned"),
        "f" => Some("foreign"),
        _ => None,
    };
    let properties = [
        ("name", name.as_str().into()),
        ("schema", schema.as_str().into()),
        ("kind", kind.into()),
        ("owner", cell::<Text>(row, 3)?.into()),
        ("rows_at_least", at_least(cell(row, 4)?)),
        ("bytes_at_least", at_least(cell(row, 5)?)),
        ("row_security", cell::<bool>(row, 6)?.into()),
        ("checks", cell::<Vec<Text>>(row, 7)?.into()),
        ("primary_key", cell::<Option<Vec<Text>>>(row, 8)?.into()),
        ("description", cell::<Maybe>(row, 9)?.into()),
    ];
    let path = [schema.as_str(), name.as_str()];
    Ok(vec![names.node(&path, label, properties), edge(&[&schema], "CONTAINS", &path, "", [])])
}

fn column(names: &Names, row: &Row) -> Result<Vec<Record>> {
    let (schema, table, name): (Text, Text, Text) = (cell(row, 0)?, cell(row, 1)?, cell(row, 2)?);
    let properties = [
        ("name", name.as_str().into()),
        ("table", format!("{schema}.{table}").into()),
        ("position", cell::<i32>(row, 3)?.into()),
        ("type", cell::<Text>(row, 4)?.into()),
        ("nullable", cell::<bool>(row, 5)?.into()),
        ("default", cell::<Maybe>(row, 6)?.into()),
        ("identity", cell::<bool>(row, 7)?.into()),
        ("generated", cell::<bool>(row, 8)?.into()),
        ("primary_key", cell::<bool>(row, 9)?.into()),
        ("description", cell::<Maybe>(row, 10)?.into()),
    ];
    let path = [schema.as_str(), table.as_str(), name.as_str()];
    let has = edge(&[&schema, &table], "HAS_COLUMN", &path, "", []);
    Ok(vec![names.node(&path, "Column", properties), has])
}

fn index(names: &Names, row: &Row) -> Result<Vec<Record>> {
    let (schema, table, name): (Text, Text, Text) = (cell(row, 0)?, cell(row, 1)?, cell(row, 2)?);
    let properties = [
        ("name", name.as_str().into()),
        ("table", format!("{schema}.{table}").into()),
        ("method", cell::<Text>(row, 3)?.into()),
        ("columns", cell::<Vec<Text>>(row, 4)?.into()),
        ("unique", cell::<bool>(row, 5)?.into()),
        ("primary", cell::<bool>(row, 6)?.into()),
        ("invalid", cell::<bool>(row, 7)?.into()),
        ("predicate", cell::<Maybe>(row, 8)?.into()),
        ("constraint", cell::<Maybe>(row, 9)?.into()),
        ("bytes_at_least", at_least(cell(row, 11)?)),
        ("description", cell::<Maybe>(row, 12)?.into()),
    ];
    // Tables and indexes of a schema share one space of names.
    let path = [schema.as_str(), name.as_str()];
    let mut records = vec![
        names.node(&path, "Index", properties),
        edge(&path, "INDEXES", &[&schema, &table], "", []),
    ];
    for column in cell::<Vec<Text>>(row, 10)? {
        records.push(edge(&path, "INDEXES", &[&schema, &table, &column], "", []));
    }
    Ok(records)
}

fn foreign_key(_names: &Names, row: &Row) -> Result<Vec<Record>> {
    let name: Text = cell(row, 0)?;
    let (schema, table): (Text, Text) = (cell(row, 1)?, cell(row, 2)?);
    let (to_schema, to_table): (Text, Text) = (cell(row, 3)?, cell(row, 4)?);
    let (columns, to_columns): (Vec<Text>, Vec<Text>) = (cell(row, 5)?, cell(row, 6)?);
    let properties = [
        ("constraint", name.as_str().into()),
        ("columns", columns.clone().into()),
        ("references", to_columns.clone().into()),
        ("on_update", cell::<Text>(row, 7)?.into()),
        ("on_delete", cell::<Text>(row, 8)?.into()),
    ];
    let mut records =
        vec![edge(&[&schema, &table], "REFERENCES", &[&to_schema, &to_table], &name, properties)];
    for (column, to_column) in columns.iter().zip(&to_columns) {
        let (from, to) = ([&*schema, &table, column], [&*to_schema, &to_table, to_column]);
        records.push(edge(
            &from,
            "REFERENCES",
            &to,
            &name,
            [("constraint", Value::from(name.as_str()))],
        ));
    }
    Ok(records)
}

fn dependency(_names: &Names, row: &Row) -> Result<Vec<Record>> {
    let (from, to): ([Text; 2], [Text; 2]) =
        ([cell(row, 0)?, cell(row, 1)?], [cell(row, 2)?, cell(row, 3)?]);
    Ok(vec![edge(&[&from[0], &from[1]], "DEPENDS_ON", &[&to[0], &to[1]], "", [])])
}

fn parent(_names: &Names, row: &Row) -> Result<Vec<Record>> {
    let (from, to): ([Text; 2], [Text; 2]) =
        ([cell(row, 0)?, cell(row, 1)?], [cell(row, 2)?, cell(row, 3)?]);
    let edge_type = if cell(row, 4)? { "PARTITION_OF" } else { "INHERITS" };
    Ok(vec![edge(&[&from[0], &from[1]], edge_type, &[&to[0], &to[1]], "", [])])
}
