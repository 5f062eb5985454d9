//! Files that leave while they are being made. Owns that nobody is asked for more behind the end: layers that pack an answer
//! do ask once more, and a stream of ours may not survive it.

use axum::BoxError;
use axum::body::{Body, Bytes};
use futures_util::{Stream, StreamExt};

/// A body of these chunks.
pub(crate) fn streamed<C, E>(chunks: impl Stream<Item = Result<C, E>> + Send + 'static) -> Body
where
    C: Into<Bytes> + 'static,
    E: Into<BoxError> + 'static,
{
    Body::from_stream(chunks.fuse())
}
