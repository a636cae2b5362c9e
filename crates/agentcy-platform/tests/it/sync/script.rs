//! A connector that says what a test tells it to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use agentcy_sources::{
    Connector, Cursor, EdgeRecord, End, Error, Fault, Gone, Job, Kind, NodeRecord, Record, Result,
};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use schemars::Schema;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

/// What happens in a collection.
#[derive(Clone)]
pub(crate) enum Step {
    Say(Record),
    /// The other side is away for now.
    Away,
    /// The other side says no.
    Refuse,
    Panic,
    /// Tells that it is here, and waits for its cue.
    Wait,
}

#[derive(Default)]
struct Inner {
    acts: Mutex<VecDeque<Vec<Step>>>,
    cursors: Mutex<Vec<Option<Value>>>,
    here: Notify,
    cue: Notify,
}

/// Each collection plays the next act; the last one is played again and again.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Inner>);

impl Script {
    pub(crate) fn then(&self, act: impl IntoIterator<Item = Step>) {
        self.0.acts.lock().unwrap().push_back(act.into_iter().collect());
    }

    /// Done once a collection waits.
    pub(crate) async fn waits(&self) {
        self.0.here.notified().await;
    }

    /// Lets one that waits go on.
    pub(crate) fn cue(&self) {
        self.0.cue.notify_one();
    }

    /// The cursors that collections were given.
    pub(crate) fn cursors(&self) -> Vec<Option<Value>> {
        self.0.cursors.lock().unwrap().clone()
    }
}

impl Connector for Script {
    fn source_type(&self) -> &'static str {
        "script"
    }
    fn title(&self) -> &'static str {
        "Script"
    }
    fn description(&self) -> &'static str {
        "Says what it is told to."
    }
    fn config_schema(&self) -> Schema {
        Schema::default()
    }
    fn credential_schema(&self) -> Schema {
        Schema::default()
    }
    fn is_remote(&self, _: &Value) -> bool {
        false
    }
    fn uploads(&self) -> bool {
        true
    }
    fn validate<'a>(&'a self, _: Job<'a>) -> BoxFuture<'a, Result<()>> {
        std::future::ready(Ok(())).boxed()
    }
    fn collect<'a>(&'a self, job: Job<'a>) -> BoxStream<'a, Result<Record>> {
        self.0.cursors.lock().unwrap().push(job.cursor.cloned());
        let mut acts = self.0.acts.lock().unwrap();
        let act = if acts.len() > 1 { acts.pop_front() } else { acts.front().cloned() };
        let steps = futures_util::stream::iter(act.unwrap_or_default());
        steps.filter_map(move |step| self.play(step)).boxed()
    }
}

impl Script {
    async fn play(&self, step: Step) -> Option<Result<Record>> {
        match step {
            Step::Say(record) => Some(Ok(record)),
            Step::Away => Some(Err(Error::Unavailable("no route to it".into()))),
            Step::Refuse => Some(Err(Error::Refused("the password is wrong".into()))),
            Step::Panic => panic!("as told"),
            Step::Wait => {
                self.0.here.notify_one();
                self.0.cue.notified().await;
                None
            }
        }
    }
}

/// A connector with tools only.
pub(crate) struct ToolsOnly;

impl Connector for ToolsOnly {
    fn source_type(&self) -> &'static str {
        "tools"
    }
    fn title(&self) -> &'static str {
        "Tools"
    }
    fn description(&self) -> &'static str {
        "Says nothing."
    }
    fn config_schema(&self) -> Schema {
        Schema::default()
    }
    fn credential_schema(&self) -> Schema {
        Schema::default()
    }
    fn is_remote(&self, _: &Value) -> bool {
        false
    }
    fn syncs(&self) -> bool {
        false
    }
    fn validate<'a>(&'a self, _: Job<'a>) -> BoxFuture<'a, Result<()>> {
        std::future::ready(Ok(())).boxed()
    }
    fn collect<'a>(&'a self, _: Job<'a>) -> BoxStream<'a, Result<Record>> {
        futures_util::stream::empty().boxed()
    }
}

pub(crate) fn node(id: &str) -> Step {
    titled(id, id)
}

pub(crate) fn titled(id: &str, title: &str) -> Step {
    let mut properties = Map::new();
    properties.insert("title".to_owned(), json!(title));
    let (external_id, labels) = (id.to_owned(), vec!["Thing".to_owned()]);
    Step::Say(Record::Node(NodeRecord {
        external_id,
        key: None,
        labels,
        properties,
        valid_from: None,
    }))
}

pub(crate) fn edge(from: &str, to: &str) -> Step {
    Step::Say(Record::Edge(EdgeRecord {
        external_id: format!("{from}-{to}"),
        edge_type: "KNOWS".to_owned(),
        from: End::Own(from.to_owned()),
        to: End::Own(to.to_owned()),
        key: String::new(),
        properties: Map::new(),
        valid_from: None,
    }))
}

pub(crate) fn broken(place: &str) -> Step {
    Step::Say(Record::Fault(Fault::new(place, "no key")))
}

pub(crate) fn gone(id: &str) -> Step {
    Step::Say(Record::Gone(Gone { kind: Kind::Node, external_id: id.to_owned() }))
}

pub(crate) fn delta() -> Step {
    Step::Say(Record::Delta)
}

pub(crate) fn cursor(value: impl Into<Value>) -> Step {
    Step::Say(Record::Cursor(Cursor { value: value.into() }))
}
