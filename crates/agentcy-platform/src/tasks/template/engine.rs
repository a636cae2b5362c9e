//! Fills in one text after another, within bounds that hold for all of them together.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use agentcy_core::Timestamp;
use chrono::SecondsFormat;
use minijinja::{
    Environment, Error, ErrorKind, UndefinedBehavior, Value as Filler,
    value::{Object, ObjectRepr},
};
use serde_json::Value;

use super::{MAX_FILLED, TemplateError, filters};

/// How many steps all texts take at most.
const MAX_STEPS: u64 = 20_000;
/// How many bytes the values may have that are looked at, each time.
const MAX_WORK: usize = 16 << 20;

pub(super) struct Engine {
    environment: Environment<'static>,
    names: Filler,
    steps: u64,
    room: usize,
}

/// The one value that needs no marks.
#[derive(Debug)]
struct Now(String);

impl Object for Now {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Engine {
    pub(super) fn new(payload: &Value, now: Timestamp, mark: fn(&str) -> String) -> Self {
        let now = now.to_rfc3339_opts(SecondsFormat::Secs, true);
        let names =
            [("trigger", Filler::from_serialize(payload)), ("now", Filler::from_object(Now(now)))];
        let names = names.into_iter().collect();
        Self { environment: environment(mark), names, steps: MAX_STEPS, room: MAX_FILLED }
    }

    pub(super) fn fill(&mut self, text: &str) -> Result<String, TemplateError> {
        self.environment.set_fuel(Some(self.steps));
        let template = self.environment.template_from_str(text).map_err(|error| failed(&error))?;
        let mut page = Page { text: Vec::new(), room: self.room, is_full: false };
        let filled = template.render_captured_to(&self.names, &mut page);
        match filled {
            Ok(filled) => {
                self.steps = filled.state().fuel_levels().map_or(0, |(_, left)| left);
            }
            Err(_) if page.is_full => return Err(TemplateError::TooLong),
            Err(error) if is_too_much(&error) => return Err(TemplateError::TooMuch),
            Err(error) => return Err(failed(&error)),
        }
        self.room = page.room;
        let text = String::from_utf8(page.text).map_err(|error| failed(&error))?;
        // PostgreSQL has no place for it.
        Ok(text.replace('\0', "\u{fffd}"))
    }
}

/// What the engine says is wrong with a text, or which name there is not.
pub(super) fn fault(text: &str, names: &[&str]) -> Option<String> {
    let environment = Environment::empty();
    match environment.template_from_str(text) {
        Ok(template) => {
            let used = template.undeclared_variables(false);
            let unknown = used.into_iter().filter(|name| !names.contains(&name.as_str())).min();
            unknown.map(|name| format!("there is no {name}; there are {}", names.join(" and ")))
        }
        Err(error) => Some(words(&error)),
    }
}

fn environment(mark: fn(&str) -> String) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.add_test("defined", |value: &Filler| !value.is_undefined());
    environment.add_test("undefined", Filler::is_undefined);
    environment.add_test("none", Filler::is_none);
    let work = Arc::new(Work(AtomicUsize::new(MAX_WORK)));
    let shown = Arc::clone(&work);
    environment.set_formatter(move |out, _, value| {
        if let Some(Now(now)) = value.downcast_object_ref() {
            return Ok(out.write_str(now)?);
        }
        let text = shown.text(value)?;
        // What is missing has nothing to mark.
        if text.is_empty() { Ok(()) } else { Ok(out.write_str(&mark(&text))?) }
    });
    filters::add(&mut environment, &work);
    environment
}

/// What is left of the work that may be done on values.
pub(super) struct Work(AtomicUsize);

impl Work {
    pub(super) fn spend(&self, bytes: usize) -> Result<(), Error> {
        let rest = |left: usize| left.checked_sub(bytes);
        let spent = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest);
        spent.map(drop).map_err(|_| Error::new(ErrorKind::OutOfFuel, "too much work"))
    }

    /// A text as it is, nothing for what is missing, anything else as JSON.
    pub(super) fn text(&self, value: &Filler) -> Result<String, Error> {
        if value.is_undefined() || value.is_none() {
            return Ok(String::new());
        }
        if let Some(Now(now)) = value.downcast_object_ref() {
            return Ok(now.clone());
        }
        match value.as_str() {
            Some(text) => self.spend(text.len()).map(|()| text.to_owned()),
            None => self.json(value),
        }
    }

    pub(super) fn json(&self, value: &Filler) -> Result<String, Error> {
        let mut page =
            Page { text: Vec::new(), room: self.0.load(Ordering::Relaxed), is_full: false };
        let written = serde_json::to_writer(&mut page, value);
        self.spend(if page.is_full { usize::MAX } else { page.text.len() })?;
        let wrong =
            |error: &dyn fmt::Display| Error::new(ErrorKind::BadSerialization, error.to_string());
        written.map_err(|error| wrong(&error))?;
        String::from_utf8(page.text).map_err(|error| wrong(&error))
    }
}

/// A page that is full after so many characters.
struct Page {
    text: Vec<u8>,
    room: usize,
    is_full: bool,
}

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The first byte of each character; the others are 0b10xxxxxx.
        let count = bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        let Some(room) = self.room.checked_sub(count) else {
            self.is_full = true;
            return Err(io::ErrorKind::StorageFull.into());
        };
        self.room = room;
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_too_much(error: &Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let own = error.downcast_ref::<Error>();
        if own.is_some_and(|error| error.kind() == ErrorKind::OutOfFuel) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn failed(error: &dyn fmt::Display) -> TemplateError {
    TemplateError::Failed(error.to_string())
}

/// What the engine says, without the names that it has for texts without one.
fn words(error: &Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what,
    }
}
