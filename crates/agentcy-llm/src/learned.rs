//! What servers were found to want, and to read at most, while this process runs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    Settings,
    openai::{Bound, Dialect},
    price,
};

/// How many servers are remembered.
const MOST: usize = 1_024;

/// The least that a model reads, whatever its server says of itself.
const LEAST: u32 = 1_024;

/// Place and model.
type Server = (String, String);

/// What servers were found to be like.
#[derive(Clone, Default)]
pub(crate) struct Learned(Arc<Mutex<HashMap<Server, Found>>>);

#[derive(Clone, Copy, Default)]
struct Found {
    dialect: Option<Dialect>,
    window: Option<u32>,
}

impl Learned {
    fn find(&self, settings: &Settings, model: &str) -> Found {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&server(settings, model)).copied().unwrap_or_default()
    }

    fn change(&self, settings: &Settings, model: &str, change: impl FnOnce(&mut Found)) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        change(known.entry(server(settings, model)).or_default());
    }

    /// How a server is asked first.
    pub(crate) fn dialect(&self, settings: &Settings, model: &str) -> Dialect {
        self.find(settings, model).dialect.unwrap_or(Dialect::of(settings, model))
    }

    /// How it was asked in the end.
    pub(crate) fn speaks(&self, settings: &Settings, model: &str, dialect: Dialect) {
        // A bound may have been refused for being too high this once, thoughts for what was cut before them.
        let dialect = Dialect { kept: true, ..dialect };
        if dialect.bound != Bound::Unsaid && dialect != self.dialect(settings, model) {
            self.change(settings, model, |found| found.dialect = Some(dialect));
        }
    }

    /// How many tokens a model reads and writes at once.
    pub(crate) fn window(&self, settings: &Settings) -> u32 {
        let model = settings.model();
        let listed = price::window(model);
        self.find(settings, model).window.map_or(listed, |found| found.min(listed))
    }

    /// It refused to read more.
    pub(crate) fn reads(&self, settings: &Settings, window: u32) {
        self.change(settings, settings.model(), |found| found.window = Some(window.max(LEAST)));
    }
}

fn server(settings: &Settings, model: &str) -> Server {
    let base = settings.base_url.as_ref().map_or_else(String::new, ToString::to_string);
    (base, model.to_owned())
}
