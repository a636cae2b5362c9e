//! What is given on the command line, in a file, or on standard input.

use std::io::Read;

use anyhow::{Context, bail};
use secrecy::SecretString;
use serde_json::Value;

/// The most that is read from standard input, in bytes.
const MAX: u64 = 1 << 20;

/// A text as it stands; `@file` is what the file holds, and `@-` standard input.
pub(crate) fn text(given: String) -> anyhow::Result<String> {
    match given.strip_prefix('@') {
        None => Ok(given),
        Some("-") => stdin(),
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("{file} cannot be read"))
        }
    }
}

/// The same as JSON; `what` names it where it is none.
pub(crate) fn json(given: String, what: &str) -> anyhow::Result<Value> {
    serde_json::from_str(&text(given)?).with_context(|| format!("{what} is no JSON"))
}

/// All of standard input.
pub(crate) fn stdin() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX {
        bail!("standard input has more than {MAX} bytes");
    }
    String::from_utf8(bytes).context("standard input is not UTF-8")
}

/// A secret: asked for at a terminal without showing it, else all of standard input but the line break at its end.
pub(crate) fn secret(what: &str) -> anyhow::Result<SecretString> {
    if crate::output::can_ask() {
        let secret = rpassword::prompt_password(format!("{what}: "));
        return Ok(secret.with_context(|| format!("{what} cannot be read"))?.into());
    }
    let all = stdin()?;
    let line = all.strip_suffix('\n').unwrap_or(&all);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        bail!("there is nothing on standard input, where {what} is looked for");
    }
    Ok(line.into())
}

/// `name=value`, as options take it.
pub(crate) fn pair(given: &str) -> Result<(String, String), String> {
    match given.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is name=value".to_owned()),
    }
}

/// A value as JSON where it is some, else as text.
pub(crate) fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pair_has_a_name_and_a_value_is_json_where_it_can_be() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(pair("=b").is_err() && pair("a").is_err());
        assert_eq!([value("7"), value("[1]"), value("x y")], [json!(7), json!([1]), json!("x y")]);
    }
}
