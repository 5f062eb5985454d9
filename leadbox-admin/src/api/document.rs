//! The OpenAPI 3.1 document. Owns what holds for every operation: how one proves who one is, and how errors look.

use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi, PartialSchema};

use crate::serve::{Issue, Prefix, Problem};
use crate::who::SESSION;

/// What the document begins with.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "LeadBox",
        description = "Leads: captured, worked on, followed.\n\nErrors are problem details (RFC 9457); what is wrong with the \
            input stands in `errors`, each with a JSON pointer. Lists come in pages: give `next` back as `after`. Changes \
            take `If-Match` with the `ETag` that was read; what makes something takes `Idempotency-Key`, and sent again \
            with the same key makes nothing again for a day. Every answer has an `X-Request-Id`. A key with a limit is told \
            how much is left by `RateLimit` and `RateLimit-Policy`.",
    ),
    tags(
        (name = "leads", description = "Leads, and where they have been"),
        (name = "interactions", description = "What happens with a lead"),
        (name = "tasks", description = "Work to be done about leads"),
        (name = "notes", description = "Remarks about leads"),
        (name = "views", description = "Lists of leads under a name"),
        (name = "duplicates", description = "Leads that may be the same person, and merging them"),
        (name = "bulk", description = "The same for many leads, and taking it back"),
        (name = "imports", description = "Leads from files"),
        (name = "scoring", description = "What leads are worth, why, and by which rules"),
        (name = "setup", description = "Custom fields, pipelines, settings"),
        (name = "users", description = "Users, teams, roles"),
        (name = "keys", description = "API keys"),
        (name = "log", description = "Everything that was done"),
        (name = "me", description = "Who asks"),
    ),
)]
pub(super) struct Beginning;

/// Every error.
const ERROR: &str = "Error";

/// Adds what holds for every operation.
pub(super) fn completed(mut document: Document) -> Result<Value, serde_json::Error> {
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key: `lbk_...`"));
    let session =
        ApiKey::Cookie(ApiKeyValue::with_description(SESSION, "A session of the dashboard"));
    components.add_security_scheme("key", SecurityScheme::Http(bearer.build()));
    components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    components.schemas.insert("Problem".to_owned(), Problem::schema());
    components.schemas.insert("Issue".to_owned(), Issue::schema());
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let error = ResponseBuilder::new()
        .description("What went wrong")
        .content("application/problem+json", content);
    components.responses.insert(ERROR.to_owned(), RefOr::T(error.build()));
    for item in document.paths.paths.values_mut() {
        let methods =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in methods.into_iter().flatten() {
            complete(operation);
        }
    }
    let mut document = serde_json::to_value(document)?;
    plain(&mut document);
    Ok(document)
}

fn complete(operation: &mut Operation) {
    operation.parameters.iter_mut().flatten().for_each(given_or_left_out);
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        if !status.starts_with(['1', '2']) {
            *response = RefOr::Ref(Ref::from_response_name(ERROR));
        }
    }
    for status in ["400", "401", "403", "422", "429", "default"] {
        let response = RefOr::Ref(Ref::from_response_name(ERROR));
        responses.entry(status.to_owned()).or_insert(response);
    }
    let either = ["key", "session"].map(|name| {
        utoipa::openapi::security::SecurityRequirement::new(name, Vec::<String>::new())
    });
    operation.security = Some(either.into());
}

/// An optional parameter is left out; nobody sends null for it.
fn given_or_left_out(parameter: &mut RefOr<Parameter>) {
    if let RefOr::T(parameter) = parameter
        && let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
        && let SchemaType::Array(types) = &object.schema_type
        && let Some(own) = types.iter().find(|one| **one != Type::Null)
    {
        object.schema_type = SchemaType::Type(own.clone());
    }
}

/// Takes the links of our own documentation out of every description.
fn plain(value: &mut Value) {
    match value {
        Value::Object(object) => object.iter_mut().for_each(|(name, value)| match value {
            Value::String(text) if name == "description" => *text = unlinked(text),
            other => plain(other),
        }),
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

/// A link such as those of our documentation (a name in backticks and square brackets, perhaps with its target behind it),
/// without what makes it one.
fn unlinked(text: &str) -> String {
    let mut parts = text.split("[`");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((name, rest)) = part.split_once("`]") else {
            plain.push_str("[`");
            plain.push_str(part);
            continue;
        };
        let rest = match rest.strip_prefix('(') {
            Some(target) => target.split_once(')').map_or(rest, |(_, rest)| rest),
            None => rest,
        };
        plain.push('`');
        plain.push_str(name.rsplit("::").next().unwrap_or(name));
        plain.push('`');
        plain.push_str(rest);
    }
    plain
}

/// The document for whoever asks below this prefix.
pub(super) fn below(document: &Value, prefix: &Prefix) -> Value {
    let mut document = document.clone();
    document["servers"] = json!([{ "url": prefix.0 }]);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_have_no_links_into_our_documentation() {
        let text = "at most [`Interaction::MAX`] bytes, as [`it`](Self::it) says, [`open";
        assert_eq!(unlinked(text), "at most `MAX` bytes, as `it` says, [`open");
        let mut document = json!({"a": [{"description": "[`B::C`]"}], "title": "[`B::C`]"});
        plain(&mut document);
        assert_eq!(document, json!({"a": [{"description": "`C`"}], "title": "[`B::C`]"}));
    }
}
