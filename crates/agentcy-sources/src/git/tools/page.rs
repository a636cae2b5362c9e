//! Answers that never pass the bound, and say what is missing.

use serde_json::{Map, Value};

use crate::{
    MAX_OUTPUT, Output,
    output::{fit, json_len},
};

/// Room for the names of the fields and the word on what was cut.
const FRAME: usize = 1024;

/// A list that is filled until the answer is full.
pub(super) struct Page {
    head: Map<String, Value>,
    items: Vec<Value>,
    room: usize,
    cut: Option<String>,
}

impl Page {
    /// A page with some fields beside its list. A field that is too long is cut.
    pub(super) fn new(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let mut page =
            Self { head: Map::new(), items: Vec::new(), room: MAX_OUTPUT - FRAME, cut: None };
        for (name, value) in fields {
            page.room = page.room.saturating_sub(json_len(&value));
            page.head.insert(name.to_owned(), value);
        }
        page
    }

    /// Adds an item. `false` when it has no room, which ends the page.
    pub(super) fn push(&mut self, item: Value) -> bool {
        let size = json_len(&item) + 1;
        if size > self.room {
            self.cut("the answer is full");
            return false;
        }
        self.room -= size;
        self.items.push(item);
        true
    }

    /// As much of a text as has room beside other parts of its item.
    pub(super) fn fit<'t>(&self, text: &'t str, beside: usize) -> &'t str {
        fit(text, self.room.saturating_sub(beside))
    }

    pub(super) const fn len(&self) -> usize {
        self.items.len()
    }

    /// Notes that something is missing, and how to get it; the first reason counts.
    pub(super) fn cut(&mut self, why: &str) {
        self.cut.get_or_insert_with(|| why.to_owned());
    }

    pub(super) fn into_output(mut self, name: &str) -> Output {
        let truncated = self.cut.is_some();
        self.head.insert(name.to_owned(), Value::Array(self.items));
        self.head.insert("truncated".to_owned(), truncated.into());
        if let Some(why) = self.cut {
            self.head.insert("cut".to_owned(), why.into());
        }
        Output { content: Value::Object(self.head), truncated }
    }
}
