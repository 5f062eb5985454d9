//! Possible duplicates: of a lead, and of all; and who is not one.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use leadbox_core::service::{Distinction, DuplicateCandidate, DuplicatePair};
use leadbox_core::{Catalog, LeadId, Likeness};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asker::Asker;
use super::body::Body;
use super::lead::LeadBody;
use super::paging::{Listed, Paging, request};
use crate::serve::Problem;

/// A lead that may be the same person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DuplicateCandidate)]
pub(super) struct CandidateBody {
    /// The lead.
    lead: LeadBody,
    /// Why, and how sure that is.
    likeness: Likeness,
}

impl CandidateBody {
    fn of(candidate: &DuplicateCandidate, catalog: &Catalog) -> Self {
        let lead = LeadBody::of(&candidate.lead, catalog);
        Self { lead, likeness: candidate.likeness.clone() }
    }
}

/// Two leads that may be the same person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DuplicatePair)]
pub(super) struct PairBody {
    /// The one that came in first.
    first: LeadBody,
    /// The other.
    second: LeadBody,
    /// Why, and how sure that is.
    likeness: Likeness,
}

impl PairBody {
    fn of(pair: &DuplicatePair, catalog: &Catalog) -> Self {
        let (first, second) = (&pair.first, &pair.second);
        Self {
            first: LeadBody::of(first, catalog),
            second: LeadBody::of(second, catalog),
            likeness: pair.likeness.clone(),
        }
    }
}

/// How many to show.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Most {
    /// The most leads, 1 to 1000; 50 when not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// List a lead's possible duplicates
///
/// The likeliest first. Who was told apart from it is not among them.
#[utoipa::path(get, path = "/leads/{id}/duplicates", tag = "duplicates", params(("id" = LeadId, Path), Most),
    responses((status = 200, body = Listed<CandidateBody>), (status = 404)))]
pub(super) async fn of_lead(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Query(most): Query<Most>,
) -> Result<Json<Listed<CandidateBody>>, Problem> {
    let limit = request(most.limit, None)?.limit();
    let found = leadbox.leads().duplicates(id, limit as usize).await?;
    let catalog = leadbox.catalog().await?;
    Ok(Json(Listed::whole(found.iter().map(|one| CandidateBody::of(one, &catalog)))))
}

/// List possible duplicates
///
/// Pairs of leads, each once. A page may be a little longer than asked, or short and still have a next one.
#[utoipa::path(get, path = "/duplicates", tag = "duplicates", params(Paging),
    responses((status = 200, body = Listed<PairBody>)))]
pub(super) async fn list(
    Asker(leadbox): Asker,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<PairBody>>, Problem> {
    let found = leadbox.leads().duplicate_pairs(&paging.request()?).await?;
    let catalog = leadbox.catalog().await?;
    Ok(Json(Listed::of(&found, |pair| PairBody::of(pair, &catalog))))
}

/// Whether two leads are one person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DistinctionChange)]
pub(super) struct DistinctionBody {
    is: Distinction,
}

/// Tell two leads apart
///
/// They are no longer shown as possible duplicates; `unknown` takes that back, and so does merging them.
#[utoipa::path(put, path = "/duplicates/{a}/{b}", tag = "duplicates", request_body = DistinctionBody,
    params(("a" = LeadId, Path), ("b" = LeadId, Path)),
    responses((status = 204), (status = 404)))]
pub(super) async fn tell_apart(
    Asker(leadbox): Asker,
    Path((a, b)): Path<(LeadId, LeadId)>,
    Body(told): Body<DistinctionBody>,
) -> Result<StatusCode, Problem> {
    leadbox.leads().tell_apart(a, b, told.is).await?;
    Ok(StatusCode::NO_CONTENT)
}
