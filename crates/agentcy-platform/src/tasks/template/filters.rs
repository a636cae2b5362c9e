//! What may be done with a value on its way into a text. Each looks at it once, and makes nothing that is much longer.

use std::sync::Arc;

use minijinja::{Environment, Error, Value, value::Rest};

use super::engine::Work;

/// The filters that there are.
pub(super) const NAMES: [&str; 10] =
    ["default", "first", "join", "last", "length", "lower", "tojson", "trim", "truncate", "upper"];

/// Adds all of them; what they look at counts as work.
pub(super) fn add(environment: &mut Environment<'static>, work: &Arc<Work>) {
    let own = || Arc::clone(work);
    environment.add_filter("default", |value: Value, other: Value| {
        if value.is_undefined() || value.is_none() { other } else { value }
    });
    let work = own();
    environment
        .add_filter("upper", move |value: Value| Ok::<_, Error>(work.text(&value)?.to_uppercase()));
    let work = own();
    environment
        .add_filter("lower", move |value: Value| Ok::<_, Error>(work.text(&value)?.to_lowercase()));
    let work = own();
    environment.add_filter("trim", move |value: Value| {
        Ok::<_, Error>(work.text(&value)?.trim().to_owned())
    });
    let work = own();
    environment.add_filter("length", move |value: Value| match value.as_str() {
        Some(text) => work.spend(text.len()).map(|()| text.chars().count()),
        None => Ok(value.len().unwrap_or_default()),
    });
    environment.add_filter("first", |value: Value| match value.as_str() {
        Some(text) => text.chars().next().map(Value::from).unwrap_or_default(),
        None => value.get_item_by_index(0).unwrap_or_default(),
    });
    environment.add_filter("last", |value: Value| {
        if let Some(text) = value.as_str() {
            return text.chars().next_back().map(Value::from).unwrap_or_default();
        }
        let last = value.len().and_then(|len| len.checked_sub(1));
        last.and_then(|last| value.get_item_by_index(last).ok()).unwrap_or_default()
    });
    let work = own();
    environment.add_filter("join", move |value: Value, between: Rest<String>| {
        let between = between.first().map_or("", String::as_str);
        let mut joined = String::new();
        for (index, one) in value.try_iter()?.enumerate() {
            if index > 0 {
                work.spend(between.len())?;
                joined.push_str(between);
            }
            joined.push_str(&work.text(&one)?);
        }
        Ok::<_, Error>(joined)
    });
    let work = own();
    environment.add_filter("tojson", move |value: Value| work.json(&value));
    let work = own();
    environment.add_filter("truncate", move |value: Value, most: usize| {
        let text = work.text(&value)?;
        let mut cut: String = text.chars().take(most).collect();
        if cut.len() < text.len() {
            cut.push('…');
        }
        Ok::<_, Error>(cut)
    });
}
