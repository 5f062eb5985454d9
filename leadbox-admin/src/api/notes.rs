//! Notes about a lead: list, write, change, delete.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use leadbox_core::{Actor, LeadId, Note, NoteId, Revision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::interactions::require_lead;
use super::once::{OnceKey, Posted, replayed};
use super::paging::{Listed, Paging};
use super::version::{Expected, IfMatch, Tagged, tagged};
use crate::serve::Problem;

/// Something that somebody wrote down about a lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
pub(super) struct NoteBody {
    /// Its id.
    id: NoteId,
    /// The lead that it is about.
    lead: LeadId,
    /// Raised by one at every change. Also its `ETag`.
    revision: Revision,
    /// The text with its lines.
    text: String,
    /// When it was written.
    made_at: DateTime<Utc>,
    /// By whom.
    made_by: Actor,
    /// When it was last written anew, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<DateTime<Utc>>,
}

impl NoteBody {
    fn of(note: &Note) -> Self {
        Self {
            id: note.id,
            lead: note.lead,
            revision: note.revision,
            text: note.text.clone(),
            made_at: note.made_at,
            made_by: note.made_by.clone(),
            edited_at: note.edited_at,
        }
    }
}

/// A note's text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewNote)]
pub(super) struct TextBody {
    /// 1 to 20,000 characters.
    #[schema(max_length = 20_000)]
    text: String,
}

/// List a lead's notes
///
/// The latest first.
#[utoipa::path(get, path = "/leads/{id}/notes", tag = "notes", params(("id" = LeadId, Path), Paging),
    responses((status = 200, body = Listed<NoteBody>), (status = 404)))]
pub(super) async fn list(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<NoteBody>>, Problem> {
    require_lead(&leadbox, id).await?;
    let found = leadbox.notes().of_lead(id, &paging.request()?).await?;
    Ok(Json(Listed::of(&found, NoteBody::of)))
}

/// Write a note
#[utoipa::path(post, path = "/leads/{id}/notes", tag = "notes", request_body = TextBody,
    params(("id" = LeadId, Path), OnceKey),
    responses((status = 201, body = NoteBody, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn add(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    new: Posted<TextBody>,
) -> Result<Response, Problem> {
    let (once, made) = new.begin(&leadbox).await?;
    let created = |note: &Note| {
        (StatusCode::CREATED, Tagged(note.revision.0), Json(NoteBody::of(note))).into_response()
    };
    match made {
        Some(made) => {
            let note = leadbox.notes().note(made.into()).await?;
            let note = note.ok_or_else(|| Problem::not_found("There is no such note."))?;
            Ok(replayed(created(&note)))
        }
        None => Ok(created(&once.notes().add(id, &new.value.text).await?)),
    }
}

/// Change a note
///
/// One's own, or any for whoever may. With `If-Match` only at that revision.
#[utoipa::path(put, path = "/notes/{id}", tag = "notes", request_body = TextBody,
    params(("id" = NoteId, Path), IfMatch),
    responses((status = 200, body = NoteBody, headers(("ETag" = String))), (status = 404), (status = 412)))]
pub(super) async fn change(
    Asker(leadbox): Asker,
    Path(id): Path<NoteId>,
    expected: Expected,
    Body(new): Body<TextBody>,
) -> Result<Response, Problem> {
    let note = leadbox.notes().change(id, &new.text, expected.version()?.map(Revision)).await?;
    Ok(tagged(note.revision.0, NoteBody::of(&note)))
}

/// Delete a note
#[utoipa::path(delete, path = "/notes/{id}", tag = "notes", params(("id" = NoteId, Path)),
    responses((status = 204), (status = 404)))]
pub(super) async fn delete(
    Asker(leadbox): Asker,
    Path(id): Path<NoteId>,
) -> Result<StatusCode, Problem> {
    leadbox.notes().delete(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
