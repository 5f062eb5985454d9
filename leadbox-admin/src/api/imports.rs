//! Leads from files. Owns that a file arrives whole before it is read, and that one sent again under the same key goes on
//! where it was interrupted.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use futures_util::TryStreamExt;
use leadbox_core::transfer::{
    Format, ImportReport, ImportState, Importer, Mapping, TransferError, UnknownColumns,
};
use leadbox_core::{Error, IdentityKind, ImportId, Invalid, LeadBox};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asker::Asker;
use super::once::{OnceKey, import_id};
use crate::serve::{Problem, arrived, aside};

/// The longest file, in bytes.
const LONGEST: u64 = 1 << 30;

/// How a file is read.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `csv` or `jsonl`; found out from the first bytes when not given.
    #[param(inline)]
    format: Option<FileFormat>,
    /// Only tries: says what would happen, and writes nothing.
    dry_run: bool,
    /// By what known leads are recognised, with commas between: `external_id`, `email`, `phone`. `external_id,email` when not
    /// given; empty for a new lead in any case.
    upsert_by: Option<String>,
    /// Which column fills which field, as a JSON object; null passes a column over.
    #[param(example = r#"{"Work Mail":"email","Fax":null}"#)]
    columns: Option<String>,
    /// Passes over columns that mean nothing, instead of refusing the file.
    ignore_unknown: bool,
}

/// A format of files.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileFormat {
    /// Comma-separated values (RFC 4180), with a header.
    Csv,
    /// One JSON object per line.
    Jsonl,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Csv => Self::CSV,
            FileFormat::Jsonl => Self::JsonLines,
        }
    }
}

impl Asked {
    fn importer<'a>(&self, leadbox: &'a LeadBox) -> Result<Importer<'a>, Invalid> {
        let mut importer = Importer::new(leadbox).mapping(self.mapping()?);
        if let Some(format) = self.format {
            importer = importer.format(format.into());
        }
        if let Some(text) = &self.upsert_by {
            importer = importer.upsert_by(upsert_by(text)?);
        }
        Ok(if self.dry_run { importer.dry_run() } else { importer })
    }

    fn mapping(&self) -> Result<Mapping, Invalid> {
        let mut mapping = Mapping::new();
        if self.ignore_unknown {
            mapping = mapping.unknown(UnknownColumns::Ignore);
        }
        let Some(text) = &self.columns else { return Ok(mapping) };
        let columns: BTreeMap<String, Option<String>> = serde_json::from_str(text)
            .map_err(|error| Invalid::one("columns", format!("are no JSON object: {error}")))?;
        Ok(columns.into_iter().fold(mapping, |mapping, (column, field)| match field {
            Some(field) => mapping.column(column, field),
            None => mapping.ignore(column),
        }))
    }
}

fn upsert_by(text: &str) -> Result<Vec<IdentityKind>, Invalid> {
    let kind = |name: &str| {
        let known = IdentityKind::ALL.into_iter().find(|kind| kind.as_str() == name);
        known.ok_or_else(|| Invalid::one("upsert_by", format!("'{name}' recognises no lead")))
    };
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(kind).collect()
}

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(super) struct ImportBody {
    /// What it did.
    #[serde(flatten)]
    report: ImportReport,
}

/// Import leads
///
/// From CSV with a header, or JSON Lines; the file is the body, up to 1 GiB. Every row is imported or refused alone, and the
/// answer names the first hundred that were refused. Interrupted and sent again with the same `Idempotency-Key` and file, it
/// goes on behind the last row that is in.
#[utoipa::path(post, path = "/imports", tag = "imports",
    params(Asked, OnceKey),
    request_body(content(("text/csv"), ("application/x-ndjson"))),
    responses((status = 200, body = ImportBody)))]
pub(super) async fn import(
    Asker(leadbox): Asker,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ImportBody>, Problem> {
    let id = import_id(&leadbox, &headers)?;
    let importer = asked.importer(&leadbox)?;
    let importer = match id {
        Some(id) => importer.id(id),
        None => importer,
    };
    let file = aside(tempfile::tempfile).await.map_err(|error| Problem::broken(&error))?;
    let chunks = body.into_data_stream().map_err(|_| StatusCode::BAD_REQUEST);
    let file = arrived(chunks, file, LONGEST).await?;
    let report = importer.run(file).await.map_err(problem)?;
    Ok(Json(ImportBody { report }))
}

/// How far an import is
///
/// None when none of its rows is in.
#[utoipa::path(get, path = "/imports/{id}", tag = "imports", params(("id" = ImportId, Path)),
    responses((status = 200, body = ImportState), (status = 404)))]
pub(super) async fn read(
    Asker(leadbox): Asker,
    Path(id): Path<ImportId>,
) -> Result<Json<ImportState>, Problem> {
    let state = ImportState::of(&leadbox, id).await.map_err(problem)?;
    state.map(Json).ok_or_else(|| Problem::not_found("There is no such import."))
}

/// What is wrong with a file, or with writing one.
pub(crate) fn problem(error: TransferError) -> Problem {
    let status = match &error {
        TransferError::Core(_) => {
            return match error {
                TransferError::Core(error) => error.into(),
                other => Problem::broken(&other),
            };
        }
        TransferError::Columns(invalid) => return Error::Invalid(invalid.clone()).into(),
        TransferError::AnotherFile { .. } | TransferError::RunElsewhere { .. } => {
            StatusCode::CONFLICT
        }
        TransferError::Empty
        | TransferError::Encoding { .. }
        | TransferError::Format { .. }
        | TransferError::Delimiter(_)
        | TransferError::RecordTooLong { .. }
        | TransferError::OpenQuote { .. }
        | TransferError::Csv { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        _ => return Problem::broken(&error),
    };
    let mut detail = error.to_string();
    if let Some(first) = detail.get(..1).map(str::to_uppercase) {
        detail.replace_range(..1, &first);
    }
    Problem::new(status, "The file cannot be imported", format!("{detail}."))
}
