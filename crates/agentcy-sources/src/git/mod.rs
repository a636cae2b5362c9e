//! Git: repositories, their commits, people, files, branches and tags; from a folder or over https.

mod beneath;
mod changes;
mod config;
mod cursor;
mod delta;
mod light;
mod limits;
mod local;
mod model;
mod names;
mod origin;
mod people;
mod records;
mod refs;
mod remote;
mod repo;
mod sink;
mod subject;
mod sync;
mod tools;
mod transport;
mod tree;
mod version;
mod view;
mod way;
mod window;

use futures_util::{future::BoxFuture, stream::BoxStream};
use schemars::Schema;
use serde_json::Value;

pub use limits::Limits;

use self::{
    refs::Refs,
    sink::{Halt, Sink},
    subject::{Found, Opened, Subject, Task},
    sync::Sync,
};
use crate::{Connector, Cursor, Error, Job, Output, Record, Result, Tool};

/// The connector of git repositories.
#[derive(Debug, Clone, Copy, Default)]
pub struct Git {
    limits: Limits,
}

impl Git {
    /// The same with other bounds on what a server may send.
    pub const fn with_limits(limits: Limits) -> Self {
        Self { limits }
    }
}

impl Connector for Git {
    fn source_type(&self) -> &'static str {
        "git"
    }

    fn title(&self) -> &'static str {
        "Git"
    }

    fn description(&self) -> &'static str {
        "The history of a repository: commits, who made them, and the files they touched; branches, tags, releases."
    }

    fn config_schema(&self) -> Schema {
        config::schema()
    }

    fn credential_schema(&self) -> Schema {
        config::credential_schema()
    }

    fn destinations(&self) -> &'static [&'static str] {
        &["url"]
    }

    fn is_remote(&self, config: &Value) -> bool {
        config.get("url").is_some()
    }

    fn validate<'a>(&'a self, job: Job<'a>) -> BoxFuture<'a, Result<()>> {
        let task = Task::of(&job, self.limits);
        sink::answer(move |stop, runtime| task.check(stop, runtime))
    }

    fn collect<'a>(&'a self, job: Job<'a>) -> BoxStream<'a, Result<Record>> {
        let task = Task::of(&job, self.limits);
        sink::records(move |sink| collect(&task, sink))
    }

    fn tools(&self) -> Vec<Tool> {
        tools::list()
    }

    fn execute<'a>(
        &'a self,
        job: Job<'a>,
        tool: &'a str,
        args: &'a Value,
    ) -> BoxFuture<'a, Result<Output>> {
        let task = Task::of(&job, self.limits);
        let call = tools::Call::read(tool, args);
        sink::answer(move |stop, runtime| call?.run(task, stop, runtime))
    }
}

/// A whole sync, on a thread that may block.
fn collect(task: &Task, sink: &mut Sink) -> std::result::Result<(), Halt> {
    let (stop, runtime) = (sink.stop.clone(), sink.runtime.clone());
    let mut found = task.open(&stop, &runtime)?;
    if let Found::Changed(opened) = &found
        && opened.reused
        && is_damaged(opened, sink)?
    {
        found = task.open_anew(&stop, &runtime)?;
    }
    match found {
        Found::Same(same) => {
            sink.record(Record::Delta)?;
            end(&same.0, &same.1, sink)
        }
        Found::Changed(opened) => {
            tell(&opened, sink)?;
            if !sink.faults.is_empty() {
                read_again(task, sink)?;
            }
            end(&opened.subject, &opened.refs, sink)
        }
    }
}

/// Whether a kept clone lacks what it should hold.
fn is_damaged(opened: &Opened, sink: &mut Sink) -> std::result::Result<bool, Halt> {
    let mut sync = Sync::new(&opened.repo, &opened.subject, sink);
    let model = sync.model(opened.refs.clone())?;
    Ok(model.faults().next().is_some())
}

fn tell(opened: &Opened, sink: &mut Sink) -> std::result::Result<(), Halt> {
    let mut sync = Sync::new(&opened.repo, &opened.subject, sink);
    let new = sync.model(opened.refs.clone())?;
    let told = match &opened.last {
        Some(last) => {
            let old = sync.model(last.clone())?;
            sync.delta(&old, &new)?
        }
        None => false,
    };
    if !told {
        sync.full(&new)?;
    }
    opened.faults.iter().try_for_each(|fault| sync.fault(fault.clone()))
}

/// What was missing may have been packed away by git meanwhile, and a sync without it would take it
/// for gone. Only what is missing still is a fault.
fn read_again(task: &Task, sink: &mut Sink) -> std::result::Result<(), Halt> {
    let faults = std::mem::take(&mut sink.faults);
    sink.muted = true;
    if let Found::Changed(opened) = task.open(&sink.stop.clone(), &sink.runtime.clone())? {
        tell(&opened, sink)?;
    }
    sink.muted = false;
    if sink.faults == faults {
        return Ok(());
    }
    Err(Error::Unavailable("the repository changed while it was read".into()).into())
}

/// The note for the next sync.
fn end(subject: &Subject, refs: &Refs, sink: &mut Sink) -> std::result::Result<(), Halt> {
    let value = cursor::write(subject, refs);
    sink.record(Record::Cursor(Cursor { value }))
}
