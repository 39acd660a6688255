//! `/api`: what is described at `/api/openapi.json`, as a page.

use std::time::Duration;

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::OpenApi as _;

use crate::api::Described;
use crate::failure::Failure;
use crate::layout::{Layout, Page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage {
    layout: Layout,
    about: String,
    calls: Vec<Call>,
    kinds: Vec<Kind>,
    /// What can go wrong.
    failures: Vec<Failure>,
}

/// A call.
struct Call {
    verb: String,
    path: String,
    about: String,
    answers: Vec<(String, String)>,
}

/// What an answer is made of.
struct Kind {
    name: String,
    about: String,
    fields: Vec<(String, String, String)>,
}

pub(crate) async fn show(visitor: Visitor) -> Result<Response, Failure> {
    let described = serde_json::to_value(Described::openapi()).map_err(Failure::inside)?;
    let page = ApiPage {
        layout: Layout::new(visitor),
        about: text(&described["info"]["description"]),
        calls: calls(&described),
        kinds: kinds(&described),
        failures: Failure::each(&"rj".parse().map_err(Failure::inside)?, Duration::from_mins(1)),
    };
    Ok(Page(page).into_response())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn calls(described: &Value) -> Vec<Call> {
    let mut calls = Vec::new();
    for (path, verbs) in members(&described["paths"]) {
        for (verb, call) in members(verbs) {
            let answer = |(status, answer): (&String, &Value)| {
                (status.clone(), text(&answer["description"]))
            };
            let about = [text(&call["summary"]), text(&call["description"])].join(" ");
            calls.push(Call {
                verb: verb.to_uppercase(),
                path: path.clone(),
                about: about.trim().to_owned(),
                answers: members(&call["responses"]).map(answer).collect(),
            });
        }
    }
    calls
}

fn kinds(described: &Value) -> Vec<Kind> {
    let schemas = members(&described["components"]["schemas"]);
    let kind = |(name, schema): (&String, &Value)| {
        let parts = std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten());
        let fields = parts.flat_map(|part| members(&part["properties"]));
        let field = |(name, field): (&String, &Value)| {
            (name.clone(), kind_of(field), text(&field["description"]))
        };
        let fields = fields.map(field).collect();
        Kind { name: name.clone(), about: text(&schema["description"]), fields }
    };
    schemas.map(kind).collect()
}

/// `integer`, `string or null`, `list of Month`
fn kind_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(any) = schema["oneOf"].as_array() {
        return any.iter().map(kind_of).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", kind_of(&schema["items"])),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    }
}
