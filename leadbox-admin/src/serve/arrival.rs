//! Files that come in. Owns that one is kept as it arrives without holding up those who are served meanwhile, how long it may
//! be, and what is said when it breaks off; knows nothing of what is in it.

use std::fs::File;
use std::io;

use axum::body::Bytes;
use axum::http::StatusCode;
use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncSeekExt, AsyncWriteExt, BufWriter};

use super::{Issue, Problem};

/// How much is gathered before it is written, in bytes.
const GATHERED: usize = 256 << 10;

/// Does something with files where nobody else waits for it.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Writes what arrives, up to so many bytes, into a file, and comes back with it at its beginning. What stops arriving is told
/// by the status that it is answered with.
pub(crate) async fn arrived(
    chunks: impl Stream<Item = Result<Bytes, StatusCode>>,
    file: File,
    longest: u64,
) -> Result<File, Problem> {
    let kept = |error: io::Error| Problem::broken(&error);
    let mut file = BufWriter::with_capacity(GATHERED, tokio::fs::File::from_std(file));
    let (mut chunks, mut length) = (std::pin::pin!(chunks), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|status| unread(status, longest))?;
        length += chunk.len() as u64;
        if length > longest {
            return Err(unread(StatusCode::PAYLOAD_TOO_LARGE, longest));
        }
        file.write_all(&chunk).await.map_err(kept)?;
    }
    file.flush().await.map_err(kept)?;
    file.rewind().await.map_err(kept)?;
    Ok(file.into_inner().into_std().await)
}

/// What is said of a file that could not be read to its end.
pub(crate) fn unread(status: StatusCode, longest: u64) -> Problem {
    let (status, title, detail) = match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("is longer than {} MiB: import it in parts", longest >> 20);
            (status, "It is too long", detail)
        }
        // Whatever tore it, it was on the sender's side.
        _ => (StatusCode::BAD_REQUEST, "It could not be read", "did not arrive whole".to_owned()),
    };
    let problem = Problem::new(status, title, format!("The file {detail}."));
    Problem { issues: vec![Issue { pointer: "/file".to_owned(), detail }], ..problem }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_file_is_kept_as_it_came_up_to_its_longest() {
        let chunks: Vec<Bytes> = (0..40).map(|n| vec![n; 20_000].into()).collect();
        let sent: Vec<u8> = chunks.concat();
        let length = sent.len() as u64;
        for (longest, fits) in [(length, true), (length - 1, false)] {
            let arriving = stream::iter(chunks.clone()).map(Ok);
            match arrived(arriving, tempfile::tempfile().unwrap(), longest).await {
                Ok(mut file) => {
                    let mut kept = Vec::new();
                    file.read_to_end(&mut kept).unwrap();
                    assert!(fits && kept == sent, "{} of {length}", kept.len());
                }
                Err(problem) => {
                    assert!(!fits);
                    assert_eq!(problem.status, StatusCode::PAYLOAD_TOO_LARGE);
                    assert_eq!(problem.issues[0].pointer, "/file");
                }
            }
        }
    }
}
