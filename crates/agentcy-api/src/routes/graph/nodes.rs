//! `/graph/nodes`: search, and one node.

use agentcy_core::{
    Action, ErrorCode, FieldError, Realm, Timestamp,
    id::{NodeId, SourceId},
};
use agentcy_platform::graph::{self, Moment, NodeQuery, NodeSearch, PropertyIs};
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::NodeView;
use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{IdPath, Known, PageQuery, ValidQuery},
    respond::{PageView, Reply},
    state::AppState,
};

const COLLECTION: &str = "/api/v1/graph/nodes";
const ITEM: &str = "/api/v1/graph/nodes/{node_id}";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(search, search_docs))
        .api_route(ITEM, get_with(read, read_docs))
}

/// What to look for; a label or realm given more than once widens, all else narrows.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SearchQuery {
    /// Words of the name, title, description, ids or labels; typos are forgiven, `"quotes"` keep words together, `-` leaves
    /// one out. Newest first without.
    q: Option<String>,
    /// Nodes with any of these labels.
    #[serde(default)]
    label: Vec<String>,
    /// Nodes in any of these realms.
    #[serde(default)]
    realm: Vec<Realm>,
    /// Nodes that this source asserts.
    source: Option<SourceId>,
    /// `name:value`; nodes with all of these properties.
    #[serde(default)]
    property: Vec<String>,
    /// As it held then.
    as_of: Option<Timestamp>,
    /// As it was known then.
    known_at: Option<Timestamp>,
    /// How many, 1 to 200; 50 unless said.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl SearchQuery {
    fn into_search(self) -> Result<NodeSearch, ApiError> {
        let property = |(index, text): (usize, String)| match text.split_once(':') {
            Some((name, value)) if !name.is_empty() => {
                Ok(PropertyIs { name: name.to_owned(), text: value.to_owned() })
            }
            _ => {
                let path = format!("property[{index}]");
                Err(ApiError::invalid(vec![FieldError::new(path, "is name:value")]))
            }
        };
        let properties = self.property.into_iter().enumerate().map(property);
        Ok(NodeSearch {
            query: NodeQuery {
                q: self.q.unwrap_or_default(),
                labels: self.label,
                realms: self.realm,
                source: self.source,
                properties: properties.collect::<Result<_, _>>()?,
            },
            moment: Moment { as_of: self.as_of, known_at: self.known_at },
            page: PageQuery::request(self.limit, self.cursor)?,
        })
    }
}

/// Which moment of it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MomentQuery {
    /// As it held then.
    as_of: Option<Timestamp>,
    /// As it was known then.
    known_at: Option<Timestamp>,
}

impl From<MomentQuery> for Moment {
    fn from(query: MomentQuery) -> Self {
        Self { as_of: query.as_of, known_at: query.known_at }
    }
}

#[tracing::instrument(name = "api.graph.nodes.search", skip_all)]
async fn search(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<SearchQuery>,
) -> Result<Reply<PageView<NodeView>>, ApiError> {
    let page = graph::search(&app.platform, &caller, query.into_search()?).await?;
    Ok(PageView::of(page, NodeView::from))
}

fn search_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "graph_nodes_search",
        tag: "graph",
        summary: "Search nodes",
        description: "Full text, forgiving typos, within the caller's realms; the best first, or the newest without `q`.",
        audience: Audience::May(Action::GraphRead),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of nodes.", PageView::sample(NodeView::sample()))
}

#[tracing::instrument(name = "api.graph.nodes.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(node_id): IdPath<NodeId>,
    ValidQuery(query): ValidQuery<MomentQuery>,
) -> Result<Reply<NodeView>, ApiError> {
    let (node, degree) = graph::read(&app.platform, &caller, node_id, query.into()).await?;
    Ok(Reply(NodeView::from(node).with_degree(degree)))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "graph_nodes_read",
        tag: "graph",
        summary: "Read a node",
        description: "With its degree, its sources, and who asserts which property where several speak of it. An archived node \
            says since when.",
        audience: Audience::May(Action::GraphRead),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid],
    };
    ok(doc.of(op), "The node.", NodeView::sample().with_degree(3))
}
