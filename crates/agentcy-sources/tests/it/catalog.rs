use std::sync::Arc;

use agentcy_core::{FieldError, tool::Effect};
use agentcy_egress::Egress;
use agentcy_sources::{
    Catalog, Connector, Credentials, Error, Files, Job, NodeRecord, Record, Result, TakenType, Tool,
};
use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use schemars::{Schema, json_schema};
use serde_json::{Value, json};

/// A source that holds the names in its config.
struct Names;

impl Names {
    fn names(config: &Value) -> Result<Vec<String>> {
        serde_json::from_value(config["names"].clone())
            .map_err(|error| Error::Invalid(vec![FieldError::new("names", error.to_string())]))
    }
}

impl Connector for Names {
    fn source_type(&self) -> &'static str {
        "names"
    }
    fn title(&self) -> &'static str {
        "Names"
    }
    fn description(&self) -> &'static str {
        "A node for each name."
    }
    fn config_schema(&self) -> Schema {
        json_schema!({ "type": "object", "required": ["names"] })
    }
    fn credential_schema(&self) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": false })
    }
    fn tools(&self) -> Vec<Tool> {
        vec![Tool {
            name: "forget",
            description: "Forgets a name.",
            effect: Effect::Destructive,
            input_schema: json_schema!({ "type": "object" }),
        }]
    }
    fn is_remote(&self, _config: &Value) -> bool {
        true
    }
    fn validate<'a>(&'a self, job: Job<'a>) -> BoxFuture<'a, Result<()>> {
        async move { Self::names(job.config).map(drop) }.boxed()
    }
    fn collect<'a>(&'a self, job: Job<'a>) -> BoxStream<'a, Result<Record>> {
        let names = match Self::names(job.config) {
            Ok(names) => names,
            Err(error) => return stream::iter([Err(error)]).boxed(),
        };
        let node = |name: String| {
            Ok(Record::Node(NodeRecord {
                external_id: name.clone(),
                labels: vec!["Name".to_owned()],
                properties: json!({ "name": name }).as_object().unwrap().clone(),
                key: None,
                valid_from: None,
            }))
        };
        stream::iter(names.into_iter().map(node)).boxed()
    }
}

#[tokio::test]
async fn a_connector_is_found_by_its_kind_and_collects_without_a_store() {
    let catalog = Catalog::new([Arc::new(Names) as Arc<dyn Connector>]).unwrap();
    assert!(catalog.get("nothing").is_none());
    let connector = catalog.get("names").unwrap();
    assert_eq!(connector.tools()[0].effect, Effect::Destructive);

    let (egress, files) = (Egress::new(Vec::new()), Files::default());
    let config = json!({ "names": ["ada", "grace"] });
    let credentials = Credentials::new();
    let job = Job {
        config: &config,
        credentials: &credentials,
        egress: &egress,
        files: &files,
        content: None,
        cursor: None,
        cache: None,
    };
    connector.validate(job).await.unwrap();
    let records: Vec<_> = connector.collect(job).try_collect().await.unwrap();
    assert_eq!(
        serde_json::to_value(&records).unwrap(),
        json!([
            {"record": "node", "external_id": "ada", "labels": ["Name"], "properties": {"name": "ada"}},
            {"record": "node", "external_id": "grace", "labels": ["Name"], "properties": {"name": "grace"}},
        ])
    );

    let wrong = json!({ "names": 7 });
    let refused = connector.validate(Job { config: &wrong, ..job }).await;
    assert!(matches!(refused, Err(Error::Invalid(fields)) if fields[0].path == "names"));
}

#[test]
fn one_kind_has_one_connector() {
    let twice = Catalog::new([Arc::new(Names) as Arc<dyn Connector>, Arc::new(Names)]);
    assert_eq!(twice.unwrap_err(), TakenType("names"));
}

#[test]
fn a_record_reads_back_from_the_line_it_travels_in() {
    for line in [
        r#"{"record":"edge","external_id":"1","type":"OWNS","from":"a","to":{"key":"mailto:b@c"}}"#,
        r#"{"record":"node","external_id":"1","key":"k","labels":["A"],"valid_from":"2026-01-01T00:00:00Z"}"#,
        r#"{"record":"delta"}"#,
        r#"{"record":"gone","kind":"edge","external_id":"1"}"#,
        r#"{"record":"cursor","value":{"tips":[1]}}"#,
    ] {
        let record: Record = serde_json::from_str(line).unwrap();
        let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(record, again);
    }
    for bad in [
        r#"{"record":"edge","external_id":"1","type":"OWNS","from":"a"}"#,
        r#"{"record":"node","external_id":"1","labels":[],"valid_from":"yesterday"}"#,
        r#"{"record":"node","external_id":"1","labels":[],"org_id":"other"}"#,
    ] {
        assert!(serde_json::from_str::<Record>(bad).is_err(), "{bad}");
    }
}
