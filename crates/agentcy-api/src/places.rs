//! The ids in paths, as the OpenAPI document tells of them.

#![expect(
    clippy::default_trait_access,
    reason = "the maps of aide are of a crate that we do not name"
)]

use aide::{
    generate::GenContext,
    openapi::{
        OpenApi, Operation, Parameter, ParameterData, ParameterSchemaOrContent, PathItem,
        PathStyle, ReferenceOr, SchemaObject,
    },
};
use schemars::JsonSchema;

/// Describes the next id of the path. What the path calls it is known once the route is mounted: see [`name`].
pub(crate) fn describe<T: JsonSchema>(ctx: &mut GenContext, operation: &mut Operation) {
    let json_schema = ctx.schema.subschema_for::<T>();
    let schema = SchemaObject { json_schema, external_docs: None, example: None };
    let parameter_data = ParameterData {
        name: String::new(),
        description: None,
        required: true,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(schema),
        example: None,
        examples: Default::default(),
        explode: None,
        extensions: Default::default(),
    };
    let parameter = Parameter::Path { parameter_data, style: PathStyle::Simple };
    operation.parameters.push(ReferenceOr::Item(parameter));
}

/// Gives each id of a path the name that it has there.
pub(crate) fn name(document: &mut OpenApi) {
    let Some(paths) = &mut document.paths else { return };
    for (path, item) in &mut paths.paths {
        let ReferenceOr::Item(item) = item else { continue };
        for operation in operations(item) {
            let mut names = path
                .split('/')
                .filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')));
            for parameter in &mut operation.parameters {
                if let ReferenceOr::Item(Parameter::Path { parameter_data, .. }) = parameter
                    && let Some(name) = names.next()
                {
                    name.clone_into(&mut parameter_data.name);
                }
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, patch, delete, .. } = item;
    [get, put, post, patch, delete].into_iter().flatten()
}
