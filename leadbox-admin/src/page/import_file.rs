//! Sending a file that shall be imported. Owns how it arrives, and that what is no such file is refused at once.

use std::fs::File;
use std::path::PathBuf;

use askama::Template;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use futures_util::TryStreamExt;
use leadbox_core::access::Capability;
use leadbox_core::transfer::Preview;
use leadbox_core::{FieldIssue, ImportId, Invalid, LeadBox};
use tempfile::NamedTempFile;

use super::Doc;
use super::import::to_import;
use super::issues::Issues;
use super::shell::{Shell, Visit};
use crate::admin::Shared;
use crate::api::transfer_problem;
use crate::serve::{Problem, Upload, arrived, aside, unread};

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
    issues: Issues,
}

/// `GET /import`.
pub(crate) async fn form(visit: Visit) -> Result<Html<String>, Problem> {
    Ok(Html(new_page(visit, Vec::new())?))
}

fn new_page(visit: Visit, issues: Vec<FieldIssue>) -> Result<String, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("import");
    leadbox.rights().require_capability(Capability::LeadsImport)?;
    Ok(NewPage { doc, shell, issues: issues.into() }.render()?)
}

/// `POST /import`: a file, which waits for what shall be done with it.
pub(crate) async fn upload(
    State(shared): State<Shared>,
    visit: Visit,
    parts: Multipart,
) -> Result<Response, Problem> {
    visit.leadbox.rights().require_capability(Capability::LeadsImport)?;
    match looked_at(&visit.leadbox, parts).await {
        Ok(upload) => {
            let id: ImportId = visit.leadbox.new_id();
            shared.uploads.keep(id, upload);
            Ok(to_import(&visit.doc, id).into_response())
        }
        // What is wrong with a file is said where the next one is chosen.
        Err(problem) if !problem.issues.is_empty() => {
            let issues = problem.issues.into_iter().map(|issue| FieldIssue {
                field: issue.pointer.trim_start_matches('/').to_owned(),
                message: issue.detail,
            });
            let page = new_page(visit, issues.collect())?;
            Ok((problem.status, Html(page)).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// The file that was sent, if it is one that can be imported.
async fn looked_at(leadbox: &LeadBox, parts: Multipart) -> Result<Upload, Problem> {
    let Arrived { name, file, opened } = received(parts, std::env::temp_dir()).await?;
    if let Err(error) = Preview::of(leadbox, opened).await {
        let problem = transfer_problem(error);
        return Err(match problem.status {
            StatusCode::UNPROCESSABLE_ENTITY => Invalid::one("file", problem.detail).into(),
            _ => problem,
        });
    }
    Upload::new(name, leadbox, file).await.map_err(|error| Problem::broken(&error))
}

/// A file that was sent, what it is called, and itself at its beginning.
struct Arrived {
    name: String,
    file: NamedTempFile,
    opened: File,
}

/// Keeps the file that was sent in this folder.
async fn received(mut parts: Multipart, folder: PathBuf) -> Result<Arrived, Problem> {
    let status = |error: MultipartError| error.status();
    let broken = |error: MultipartError| unread(error.status(), LONGEST);
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        if part.name() != Some("file") {
            continue;
        }
        let name: String = part.file_name().unwrap_or_default().chars().take(200).collect();
        let made = aside(move || {
            let file = NamedTempFile::new_in(folder)?;
            let opened = file.reopen()?;
            Ok((file, opened))
        });
        let (file, opened) = made.await.map_err(|error| Problem::broken(&error))?;
        let opened = arrived(part.map_err(status), opened, LONGEST).await?;
        return Ok(Arrived { name, file, opened });
    }
    Err(Invalid::one("file", "is missing").into())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::time::Duration;

    use axum::body::Body;
    use axum::extract::{FromRequest, Request};
    use axum::http::header::CONTENT_TYPE;
    use futures_util::{Stream, StreamExt, stream};

    use super::*;

    const BEGINNING: &str = "--lb\r\ncontent-disposition: form-data; name=\"file\"; filename=\"leads.csv\"\r\n\r\nName\r\nAda\r\n";
    const END: &str = "\r\n--lb--\r\n";

    async fn parts(
        chunks: impl Stream<Item = Result<&'static str, std::io::Error>> + Send + 'static,
    ) -> Multipart {
        let request = Request::builder().header(CONTENT_TYPE, "multipart/form-data; boundary=lb");
        let request = request.body(Body::from_stream(chunks)).unwrap();
        Multipart::from_request(request, &()).await.unwrap()
    }

    fn files(folder: &tempfile::TempDir) -> usize {
        folder.path().read_dir().unwrap().count()
    }

    #[tokio::test]
    async fn of_a_file_that_breaks_off_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let at = || folder.path().to_owned();
        let whole = parts(stream::iter([Ok(BEGINNING), Ok(END)])).await;
        let Arrived { name, file, mut opened } = received(whole, at()).await.unwrap();
        let mut text = String::new();
        opened.read_to_string(&mut text).unwrap();
        assert_eq!((name.as_str(), text.as_str()), ("leads.csv", "Name\r\nAda\r\n"));
        assert_eq!(files(&folder), 1);
        drop(file);

        let torn = stream::iter([Ok(BEGINNING), Err(std::io::Error::other("gone"))]);
        for torn in [parts(torn).await, parts(stream::iter([Ok(BEGINNING)])).await] {
            let problem = received(torn, at()).await.err().unwrap();
            assert_eq!(problem.status, StatusCode::BAD_REQUEST);
            assert_eq!(problem.issues[0].pointer, "/file");
            assert_eq!(files(&folder), 0);
        }

        let stalled = parts(stream::iter([Ok(BEGINNING)]).chain(stream::pending())).await;
        let mut receiving = Box::pin(received(stalled, at()));
        let mut seen = 0;
        // Once more after the file is there: then it is in the hands of whoever receives.
        while seen < 2 {
            let waited = tokio::time::timeout(Duration::from_millis(10), &mut receiving).await;
            assert!(waited.is_err(), "it was still arriving");
            seen += files(&folder);
        }
        drop(receiving);
        assert_eq!(files(&folder), 0, "nor of one whose sender is waited for no longer");
    }
}
