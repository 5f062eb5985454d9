//! Sending a file that shall be imported. Owns how it arrives, and that what is no such file is refused at once.

use std::io::Write;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use leadbox_core::access::Capability;
use leadbox_core::transfer::Preview;
use leadbox_core::{FieldIssue, ImportId, Invalid};
use tempfile::NamedTempFile;

use super::Doc;
use super::import::to_import;
use super::shell::{Shell, Visit};
use crate::admin::Shared;
use crate::api::transfer_problem;
use crate::serve::{Problem, Upload};

/// The longest file, in bytes.
const LONGEST: u64 = 256 << 20;

/// What a file may take up on its way, with what stands around it.
pub(crate) fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(usize::try_from(LONGEST).unwrap_or(usize::MAX).saturating_add(64 << 10))
}

#[derive(Template)]
#[template(path = "import-new.html")]
struct NewPage {
    doc: Doc,
    shell: Shell,
    issues: Vec<FieldIssue>,
}

/// `GET /import`.
pub(crate) async fn form(visit: Visit) -> Result<Html<String>, Problem> {
    Ok(Html(new_page(visit, Vec::new())?))
}

fn new_page(visit: Visit, issues: Vec<FieldIssue>) -> Result<String, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("import");
    leadbox.rights().require_capability(Capability::LeadsImport)?;
    Ok(NewPage { doc, shell, issues }.render()?)
}

/// `POST /import`: a file, which waits for what shall be done with it.
pub(crate) async fn upload(
    State(shared): State<Shared>,
    visit: Visit,
    parts: Multipart,
) -> Result<Response, Problem> {
    visit.leadbox.rights().require_capability(Capability::LeadsImport)?;
    let (name, file) = arrived(parts).await?;
    let kept = |error: std::io::Error| Problem::broken(&error);
    let opened = file.reopen().map_err(kept)?;
    if let Err(error) = Preview::of(&visit.leadbox, opened).await {
        let problem = transfer_problem(error);
        if problem.status != StatusCode::UNPROCESSABLE_ENTITY {
            return Err(problem);
        }
        let issue = FieldIssue { field: "file".to_owned(), message: problem.detail };
        let page = new_page(visit, vec![issue])?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    }
    let id: ImportId = visit.leadbox.new_id();
    let upload = Upload::new(name, &visit.leadbox, file).map_err(kept)?;
    shared.uploads.keep(id, upload);
    Ok(to_import(&visit.doc, id).into_response())
}

/// The file that was sent, and what it is called.
async fn arrived(mut parts: Multipart) -> Result<(String, NamedTempFile), Problem> {
    let kept = |error: std::io::Error| Problem::broken(&error);
    let unread = |error: axum::extract::multipart::MultipartError| {
        Problem::new(error.status(), "It could not be read", error.body_text())
    };
    while let Some(mut part) = parts.next_field().await.map_err(unread)? {
        if part.name() != Some("file") {
            continue;
        }
        let name: String = part.file_name().unwrap_or_default().chars().take(200).collect();
        let (mut file, mut length) = (NamedTempFile::new().map_err(kept)?, 0);
        while let Some(chunk) = part.chunk().await.map_err(unread)? {
            length += chunk.len() as u64;
            if length > LONGEST {
                let detail = "The file is longer than 256 MiB. Import it in parts.";
                return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "It is too long", detail));
            }
            file.write_all(&chunk).map_err(kept)?;
        }
        return Ok((name, file));
    }
    Err(Invalid::one("file", "is missing").into())
}
