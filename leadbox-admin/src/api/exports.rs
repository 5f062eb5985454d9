//! Leads into files. Owns that a file leaves as it is being written, a page of leads at a time, and no faster than it is
//! read.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use axum::body::Bytes;
use axum::extract::Query;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use leadbox_core::transfer::{Exporter, Format, TransferError};
use leadbox_core::{LeadBox, LeadList, ViewId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::asker::Asker;
use super::imports::{FileFormat, problem};
use super::views::viewed;
use crate::serve::{Problem, streamed};

/// Which leads, in which format.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// The id of a saved view, as for the list of leads.
    view: Option<ViewId>,
    /// Text to look for.
    q: Option<String>,
    /// A condition as JSON, as for the list of leads.
    filter: Option<String>,
    /// The order, as for the list of leads.
    sort: Option<String>,
    /// `csv` when not given.
    #[param(inline)]
    format: Option<FileFormat>,
}

/// Export leads
///
/// Those that pass and that whoever asks may export, without the fields that are hidden from it. The file can be imported
/// again.
#[utoipa::path(get, path = "/leads/export", tag = "leads", params(Asked),
    responses((status = 200, description = "The file", content((String = "text/csv"), (String = "application/x-ndjson")))))]
pub(super) async fn export(
    Asker(leadbox): Asker,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (q, filter, sort) = (asked.q.as_deref(), asked.filter.as_deref(), asked.sort.as_deref());
    let list = viewed(&leadbox, asked.view, q, filter, sort).await?;
    file(leadbox, list, asked.format.unwrap_or(FileFormat::Csv)).await
}

/// The leads of a list as a file.
pub(crate) async fn file(
    leadbox: LeadBox,
    list: LeadList,
    format: FileFormat,
) -> Result<Response, Problem> {
    let (kind, name) = match format {
        FileFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"leads.csv\""),
        FileFormat::Jsonl => ("application/x-ndjson", "attachment; filename=\"leads.jsonl\""),
    };
    let mut writing = Writing::begin(leadbox, list, format.into());
    // What cannot begin is said as a problem; what breaks off later breaks the answer off.
    let first = writing.chunk().await.transpose().map_err(problem)?;
    let first = stream::iter(first.map(Ok::<_, TransferError>));
    let rest =
        stream::unfold(
            writing,
            |mut writing| async move { Some((writing.chunk().await?, writing)) },
        );
    let body = streamed(first.chain(rest));
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)], body).into_response())
}

/// What was written and did not leave yet.
#[derive(Clone, Default)]
struct Pending(Arc<Mutex<Vec<u8>>>);

impl Pending {
    fn take(&self) -> Option<Bytes> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!pending.is_empty()).then(|| Bytes::from(std::mem::take(&mut *pending)))
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Course = Pin<Box<dyn Future<Output = Result<(), TransferError>> + Send>>;

/// An export on its way. It goes on only while somebody takes what it wrote.
struct Writing {
    pending: Pending,
    /// None once it has ended.
    export: Option<Course>,
}

impl Writing {
    fn begin(leadbox: LeadBox, list: LeadList, format: Format) -> Self {
        let pending = Pending::default();
        let into = pending.clone();
        let export = async move {
            Exporter::new(&leadbox).list(list).format(format).run(into).await.map(|_| ())
        };
        Self { pending, export: Some(Box::pin(export)) }
    }

    /// What was written next; none at the end.
    async fn chunk(&mut self) -> Option<Result<Bytes, TransferError>> {
        std::future::poll_fn(|context| {
            let Some(export) = &mut self.export else {
                return Poll::Ready(self.pending.take().map(Ok));
            };
            match export.as_mut().poll(context) {
                Poll::Ready(ended) => {
                    self.export = None;
                    Poll::Ready(match ended {
                        Ok(()) => self.pending.take().map(Ok),
                        Err(error) => Some(Err(error)),
                    })
                }
                Poll::Pending => match self.pending.take() {
                    Some(chunk) => Poll::Ready(Some(Ok(chunk))),
                    None => Poll::Pending,
                },
            }
        })
        .await
    }
}
