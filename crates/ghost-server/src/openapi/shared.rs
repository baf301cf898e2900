//! What all operations of the document have in common.

use serde_json::{Value, json};
use utoipa::Modify;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ComponentsBuilder, Schema};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Required, ResponseBuilder};

use crate::api::{self, LIMIT_MAX, OFFSET_MAX, SEARCH_MAX};

/// Adds it.
pub(super) struct Shared;

/// The name of the scheme of the token.
const TOKEN: &str = "token";
/// The name of the schema of errors.
const PROBLEM: &str = "Problem";

impl Modify for Shared {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.take().unwrap_or_default();
        let mut components = ComponentsBuilder::from(components)
            .security_scheme(TOKEN, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        if let Some(problem) = schema(problem()) {
            components = components.schema(PROBLEM, problem);
        }
        document.components = Some(components.build());
        for (path, item) in &mut document.paths.paths {
            for operation in operations(item) {
                complete(path, operation);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn complete(path: &str, operation: &mut Operation) {
    if !path.starts_with("/api/") {
        return;
    }
    operation.security = Some(vec![SecurityRequirement::new(TOKEN, Vec::<String>::new())]);
    if path.contains("{session}") {
        add_parameter(operation, session());
    }
    if let Some(list) = api::LISTS.iter().find(|list| list.path == path) {
        for parameter in list_parameters(&(list.columns)(), list.sort) {
            add_parameter(operation, parameter);
        }
    }
    let mut problems = vec![
        (400, "A parameter makes no sense, or there is none of that name."),
        (401, "No token, or not that of this server."),
        (403, "Asked from elsewhere."),
        (405, "Not with this method."),
        (414, "The address is too long."),
        (431, "The headers are too long."),
        (500, "Our failure."),
        (503, "Busy; ask again."),
    ];
    if path.contains('{') {
        problems.push((404, "No such thing."));
    }
    for (status, description) in problems {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(PROBLEM))).build();
        let response = ResponseBuilder::new().description(description);
        let response = response.content("application/problem+json", content).build();
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_string()).or_insert(RefOr::T(response));
    }
    let unchanged = "The client has this version (`If-None-Match`).";
    let unchanged = ResponseBuilder::new().description(unchanged).build();
    operation.responses.responses.entry("304".into()).or_insert(RefOr::T(unchanged));
}

fn add_parameter(operation: &mut Operation, parameter: Parameter) {
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(RefOr::T(parameter));
}

fn session() -> Parameter {
    let description = "The id of a session, the start of one, its name, `latest`, `previous`, or `current`: the one \
                       the server was started for";
    let text =
        json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^\\u0000]*$" });
    parameter("session", ParameterIn::Path, Required::True, description, text)
}

fn list_parameters(columns: &[&str], sort: &str) -> Vec<Parameter> {
    let orders: Vec<String> =
        columns.iter().flat_map(|name| [(*name).to_owned(), format!("-{name}")]).collect();
    let query = |name, description, schema| {
        parameter(name, ParameterIn::Query, Required::False, description, schema)
    };
    vec![
        query(
            "limit",
            "Items of a page, at most",
            json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": 100 }),
        ),
        query(
            "offset",
            "Matching items before the page",
            json!({ "type": "integer", "minimum": 0, "maximum": OFFSET_MAX, "default": 0 }),
        ),
        query(
            "sort",
            "What to sort by; with `-` before it the largest first",
            json!({ "type": "string", "enum": orders, "default": sort }),
        ),
        query(
            "q",
            "Text that items contain, in whatever case",
            json!({ "type": "string", "maxLength": SEARCH_MAX, "pattern": "^[^\\u0000]*$" }),
        ),
    ]
}

fn parameter(
    name: &str,
    place: ParameterIn,
    required: Required,
    description: &str,
    value: Value,
) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(required);
    parameter.description(Some(description)).schema(schema(value)).build()
}

fn schema(value: Value) -> Option<RefOr<Schema>> {
    serde_json::from_value(value).ok()
}

/// RFC 9457.
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What is wrong (RFC 9457).",
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string" },
            "parameter": { "type": "string", "description": "The parameter that makes no sense" }
        }
    })
}
