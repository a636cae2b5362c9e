//! The values of a query's parameters, judged before they reach an engine.

use serde_json::{Map, Value};

use super::{Checked, Dialect, Failure, MAX_PARAMS, Refusal, RefusalKind, check_pattern};

/// How deep a parameter may nest.
const MAX_DEPTH: usize = 32;

/// The most that they hold where texts or lists are put together and nothing can stop that.
const MAX_JOINED_PARAMS: usize = 16 << 10;

impl Checked {
    /// Refuses a query that was checked for another engine, and parameters that are too large or make it do too much.
    pub(crate) fn check_run(
        &self,
        on: &Dialect,
        params: &Map<String, Value>,
    ) -> Result<(), Failure> {
        if self.dialect != *on {
            let message = "the query was checked for another engine";
            return Err(Refusal::whole(RefusalKind::Syntax, message).into());
        }
        self.check_params(params)
    }

    fn check_params(&self, params: &Map<String, Value>) -> Result<(), Failure> {
        let refused = |message: String| Refusal::whole(RefusalKind::TooLarge, message);
        let mut bytes = 0;
        for (name, value) in params {
            bytes += name.len()
                + weight(value, MAX_DEPTH).ok_or_else(|| {
                    refused(format!("the parameter ${name} nests more than {MAX_DEPTH} deep"))
                })?;
        }
        if bytes > MAX_PARAMS {
            return Err(refused(format!("the parameters hold more than {MAX_PARAMS} bytes")).into());
        }
        if self.dialect.bounded_expressions && self.found.joins_texts && bytes > MAX_JOINED_PARAMS {
            let message = format!(
                "a query that puts texts or lists together takes {MAX_JOINED_PARAMS} bytes of parameters"
            );
            return Err(refused(message).into());
        }
        for (name, limit) in &self.found.ranges {
            let fits = params
                .get(name)
                .and_then(Value::as_i64)
                .is_some_and(|number| number.unsigned_abs() <= limit.unsigned_abs());
            if self.dialect.bounded_expressions && !fits {
                let message =
                    format!("${name} stands in range() and is a whole number up to {limit}");
                return Err(refused(message).into());
            }
        }
        for name in &self.found.patterns {
            let Some(Value::String(pattern)) = params.get(name) else { continue };
            check_pattern(pattern).map_err(|message| refused(format!("${name}: {message}")))?;
        }
        Ok(())
    }
}

fn weight(value: &Value, depth: usize) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    Some(match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len(),
        Value::Array(items) => {
            items.iter().map(|item| weight(item, depth)).sum::<Option<usize>>()? + 8 * items.len()
        }
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| Some(key.len() + weight(value, depth)?));
            entries.sum::<Option<usize>>()?
        }
    })
}
