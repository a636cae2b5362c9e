//! What a connector is given in a test.

use agentcy_egress::Egress;
use agentcy_sources::{
    Connector, Content, Credentials, Error, Fault, Files, Job, Output, Record, Result,
};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use serde_json::Value;

/// The settings of a source, and what it may reach.
pub(crate) struct Stage {
    pub(crate) config: Value,
    pub(crate) credentials: Credentials,
    pub(crate) egress: Egress,
    pub(crate) content: Option<Pieces>,
    files: Files,
}

/// An upload, in pieces of some size.
pub(crate) struct Pieces {
    bytes: Bytes,
    size: usize,
}

impl Content for Pieces {
    fn read(&self) -> BoxStream<'_, Result<Bytes>> {
        let pieces = self.bytes.chunks(self.size).map(|piece| Ok(self.bytes.slice_ref(piece)));
        stream::iter(pieces).boxed()
    }
}

impl Stage {
    /// A source that may reach this machine, and nothing else that is private.
    pub(crate) fn new(config: Value) -> Self {
        Self {
            config,
            credentials: Credentials::new(),
            egress: egress(&["127.0.0.1/32"]),
            content: None,
            files: Files::default(),
        }
    }

    pub(crate) fn uploaded(self, content: impl Into<Bytes>) -> Self {
        self.in_pieces(content, 64 << 10)
    }

    pub(crate) fn in_pieces(self, content: impl Into<Bytes>, size: usize) -> Self {
        Self { content: Some(Pieces { bytes: content.into(), size }), ..self }
    }

    pub(crate) fn credential(mut self, name: &str, secret: &str) -> Self {
        self.credentials.insert(name.to_owned(), secret.into());
        self
    }

    /// Nothing private may be reached.
    pub(crate) fn fenced(self) -> Self {
        Self { egress: egress(&[]), ..self }
    }

    pub(crate) fn job(&self) -> Job<'_> {
        Job {
            config: &self.config,
            credentials: &self.credentials,
            egress: &self.egress,
            files: &self.files,
            content: self.content.as_ref().map(|content| content as &dyn Content),
            cursor: None,
            cache: None,
        }
    }

    pub(crate) async fn collect(&self, connector: &impl Connector) -> Result<Vec<Record>> {
        connector.collect(self.job()).try_collect().await
    }

    pub(crate) async fn validate(&self, connector: &impl Connector) -> Result<()> {
        connector.validate(self.job()).await
    }

    pub(crate) async fn run(
        &self,
        connector: &impl Connector,
        tool: &str,
        args: Value,
    ) -> Result<Output> {
        connector.execute(self.job(), tool, &args).await
    }
}

/// A config with more in it.
pub(crate) fn merged(config: Value, more: Value) -> Value {
    let (Value::Object(mut config), Value::Object(more)) = (config, more) else {
        panic!("configs are objects")
    };
    config.extend(more);
    config.into()
}

pub(crate) fn egress(allow: &[&str]) -> Egress {
    Egress::new(allow.iter().map(|net| net.parse().unwrap()).collect())
}

/// The paths of the faults of wrong settings.
pub(crate) fn paths<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    match result {
        Err(Error::Invalid(faults)) => faults.into_iter().map(|fault| fault.path).collect(),
        other => panic!("not invalid: {other:?}"),
    }
}

/// The words of a refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Err(Error::Refused(words)) => words,
        other => panic!("not refused: {other:?}"),
    }
}

/// The external ids of the nodes.
pub(crate) fn ids<'a>(records: &'a [Record]) -> Vec<&'a str> {
    let id = |record: &'a Record| match record {
        Record::Node(node) => Some(node.external_id.as_str()),
        _ => None,
    };
    records.iter().filter_map(id).collect()
}

/// The properties of a node.
pub(crate) fn properties<'a>(
    records: &'a [Record],
    id: &str,
) -> &'a serde_json::Map<String, Value> {
    let found = records.iter().find_map(|record| match record {
        Record::Node(node) if node.external_id == id => Some(&node.properties),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no node {id}"))
}

/// The edges, as `from -TYPE-> to`.
pub(crate) fn edges(records: &[Record]) -> Vec<String> {
    let end = |end: &agentcy_sources::End| match end {
        agentcy_sources::End::Own(id) => id.clone(),
        agentcy_sources::End::Shared { key } => format!("<{key}>"),
    };
    let edge = |record: &Record| match record {
        Record::Edge(edge) => {
            Some(format!("{} -{}-> {}", end(&edge.from), edge.edge_type, end(&edge.to)))
        }
        _ => None,
    };
    records.iter().filter_map(edge).collect()
}

/// What could not be read, as `place: message`.
pub(crate) fn faults(records: &[Record]) -> Vec<String> {
    let fault = |record: &Record| match record {
        Record::Fault(Fault { place, message, .. }) => Some(format!("{place}: {message}")),
        _ => None,
    };
    records.iter().filter_map(fault).collect()
}
