//! The OpenAPI 3.1 document. Owns what holds for every operation: how one proves who one is, and how errors look.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder, ServerBuilder,
};
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
        (name = "imports", description = "Leads from files"),
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
pub(super) fn completed(mut document: Document) -> Document {
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
    document
}

fn complete(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        if !status.starts_with('2') {
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

/// The document for whoever asks below this prefix.
pub(super) fn below(document: &Document, prefix: &Prefix) -> Document {
    let mut document = document.clone();
    document.servers = Some(vec![ServerBuilder::new().url(prefix.0.clone()).build()]);
    document
}
