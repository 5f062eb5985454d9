//! The log: what was done, by whom. Read, verified and exported.

use axum::Json;
use axum::extract::Query;
use chrono::{DateTime, Utc};
use leadbox_core::event::{LogCheck, Verdict};
use leadbox_core::service::Log;
use leadbox_core::storage::EventFilter;
use leadbox_core::{
    Actor, Error, Event, EventId, EventType, Invalid, Payload, Subject, SubjectKind, Version,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::asker::Asker;
use super::body::Body;
use super::paging::{Listed, request};
use crate::serve::Problem;

/// A fact that was committed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(super) struct EventBody {
    /// Its place in the log: 1, then one more for each, over all tenants.
    position: i64,
    /// Its id.
    id: EventId,
    /// What kind of fact.
    #[schema(example = "lead.stage_changed")]
    kind: String,
    /// What it is about.
    subject: Subject,
    /// The subject's version after it.
    version: Version,
    /// When it was decided.
    at: DateTime<Utc>,
    /// Who did it.
    actor: Actor,
    /// Whether it is one of very many, as in an import.
    bulk: bool,
    /// What it says; missing once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload>,
}

impl EventBody {
    pub(super) fn of(event: &Event) -> Self {
        Self {
            position: event.position.0,
            id: event.id,
            kind: event.kind.to_string(),
            subject: event.subject,
            version: event.version,
            at: event.at,
            actor: event.actor.clone(),
            bulk: event.bulk,
            payload: event.payload.is_some().then(|| event.fact.payload().unwrap_or_default()),
        }
    }
}

/// Which facts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Only of these types, with commas between.
    #[param(example = "lead.captured,lead.assigned")]
    kind: Option<String>,
    /// Only about things of this kind, together with `subject`.
    #[param(inline)]
    subject_kind: Option<SubjectKind>,
    /// Only about this one.
    subject: Option<Uuid>,
    /// Only what this one did: a user, a key, an import, a bulk action.
    actor: Option<Uuid>,
    /// How many rows, 1 to 1000; 50 when not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// List what was done
///
/// The latest first.
#[utoipa::path(get, path = "/events", tag = "log", params(Asked),
    responses((status = 200, body = Listed<EventBody>)))]
pub(super) async fn list(
    Asker(leadbox): Asker,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<EventBody>>, Problem> {
    let subject = match (asked.subject_kind, asked.subject) {
        (Some(kind), Some(id)) => Some(Subject { kind, id }),
        (None, None) => None,
        _ => {
            let message = "go together: give both or none";
            return Err(
                leadbox_core::Error::from(leadbox_core::Invalid::one("subject", message)).into()
            );
        }
    };
    let kinds =
        asked.kind.as_deref().unwrap_or_default().split(',').filter(|kind| !kind.is_empty());
    let filter =
        EventFilter { subject, actor: asked.actor, kinds: kinds.map(EventType::named).collect() };
    let page = request(asked.limit, asked.after.as_deref())?;
    let found = leadbox.log().events(&filter, &page).await?;
    Ok(Json(Listed::of(&found, EventBody::of)))
}

/// How a check of the chain goes on.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = NewVerification)]
pub(super) struct Goes {
    /// `next` of the answer before; from the first fact on when not given.
    after: Option<String>,
}

/// What a check of the chain found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verification)]
pub(super) struct VerificationBody {
    /// `intact`, or what is wrong: `changed`, `missing` or `broken`; `under_way` while it is not at the end.
    verdict: &'static str,
    /// Where it is wrong first.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<i64>,
    /// How many facts are whole.
    whole: u64,
    /// How many were erased, as their ledger says.
    erased: u64,
    /// How far the log is as it was written.
    up_to: i64,
    /// Give it back as `after` to go on; missing at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Verify the log
///
/// Walks the hash chain: no fact was changed, left out or put in. Twenty thousand facts with each request; while the verdict
/// is `under_way`, send `next` back.
#[utoipa::path(post, path = "/events/verification", tag = "log", request_body = Goes,
    responses((status = 200, body = VerificationBody)))]
pub(super) async fn verify(
    Asker(leadbox): Asker,
    Body(goes): Body<Goes>,
) -> Result<Json<VerificationBody>, Problem> {
    let so_far = match &goes.after {
        Some(text) => text.parse(),
        None => Ok(LogCheck::default()),
    };
    let so_far = so_far.map_err(|error| Error::from(Invalid::one("after", error)))?;
    let check = leadbox.log().check(so_far, Log::CHECKED).await?;
    let (verdict, position) = match check.verdict {
        None => ("under_way", None),
        Some(Verdict::Intact { .. }) => ("intact", None),
        Some(Verdict::Changed(position)) => ("changed", Some(position)),
        Some(Verdict::Missing(position)) => ("missing", Some(position)),
        Some(Verdict::Broken(position)) => ("broken", Some(position)),
        Some(_) => ("broken", Some(check.head.position)),
    };
    Ok(Json(VerificationBody {
        verdict,
        position: position.map(|position| position.0),
        whole: check.whole,
        erased: check.erased,
        up_to: check.head.position.0,
        next: (verdict == "under_way").then(|| check.to_string()),
    }))
}
