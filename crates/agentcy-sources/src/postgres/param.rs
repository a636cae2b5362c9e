//! JSON values as parameters of a statement, in the words of PostgreSQL's own input.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use serde_json::Value;
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type, to_sql_checked};

/// A parameter of whichever type the statement wants.
#[derive(Debug)]
pub(super) struct Param<'a>(pub(super) &'a Value);

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let is_json = matches!(*kind, Type::JSON | Type::JSONB);
        let text = match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            value if is_json => value.to_string(),
            Value::String(text) => text.clone(),
            Value::Array(items) if matches!(kind.kind(), Kind::Array(_)) => array(items),
            value => value.to_string(),
        };
        if text.contains('\0') {
            return Err("PostgreSQL holds no NUL characters".into());
        }
        out.put_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    fn encode_format(&self, _kind: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// An array as PostgreSQL reads it.
fn array(items: &[Value]) -> String {
    let item = |item: &Value| match item {
        Value::Null => "NULL".to_owned(),
        Value::Array(items) => array(items),
        Value::String(text) => quoted(text),
        value => quoted(&value.to_string()),
    };
    format!("{{{}}}", items.iter().map(item).collect::<Vec<_>>().join(","))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
