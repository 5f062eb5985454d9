//! The bytes of a file. Owns the look at its beginning, going on behind what was done before, and the bound on how much
//! one record may take; knows nothing of formats.

use std::io::{self, Chain, Cursor, Read};

use sha2::{Digest, Sha256};

use super::TransferError;

/// The most bytes of one record or line: 1 MiB. A quote that never closes would otherwise take the whole file for one.
pub const MAX_RECORD: usize = 1 << 20;

/// How much of the beginning is looked at; a CSV header has to fit.
const HEAD: u64 = 64 << 10;

/// A file of which only the beginning was read.
pub(super) struct Source<R> {
    pub(super) head: Vec<u8>,
    rest: R,
}

impl<R: Read> Source<R> {
    /// # Errors
    /// `Io`.
    pub(super) fn open(mut rest: R) -> Result<Self, TransferError> {
        let mut head = Vec::new();
        rest.by_ref().take(HEAD).read_to_end(&mut head).map_err(TransferError::reading)?;
        Ok(Self { head, rest })
    }

    /// Whether the head is all there is, as far as it is known.
    pub(super) fn is_short(&self) -> bool {
        (self.head.len() as u64) < HEAD
    }

    /// The bytes from `offset` on, followed by `ending`, which is none of the file's.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn from(self, offset: u64, ending: &'static [u8]) -> Result<Feed<R>, TransferError> {
        let Self { head, mut rest } = self;
        let in_head = offset.min(head.len() as u64);
        let beyond = offset - in_head;
        if beyond > 0 {
            io::copy(&mut rest.by_ref().take(beyond), &mut io::sink())
                .map_err(TransferError::reading)?;
        }
        let mut head = Cursor::new(head);
        head.set_position(in_head);
        let (handed, most) = (offset, u64::MAX);
        Ok(Feed { input: head.chain(rest), handed, begun: offset, most, ended: false, ending })
    }
}

/// A digest of the first bytes of a file, as far as `done` goes: it tells whether what was imported before is there.
pub(super) fn digest(head: &[u8], done: u64) -> String {
    let length = usize::try_from(done).unwrap_or(usize::MAX).min(head.len());
    let digest = Sha256::digest(&head[..length]);
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A stream of bytes that refuses to go on when one record takes too many.
pub(super) struct Feed<R> {
    input: Chain<Cursor<Vec<u8>>, R>,
    handed: u64,
    begun: u64,
    most: u64,
    ended: bool,
    ending: &'static [u8],
}

impl<R> Feed<R> {
    /// Bounds records from now on; the present one begins at `offset` of the file.
    pub(super) fn begin_record(&mut self, offset: u64) {
        (self.begun, self.most) = (offset, MAX_RECORD as u64);
    }

    /// How many bytes of the file were handed out, counted from its beginning.
    pub(super) fn handed(&self) -> u64 {
        self.handed
    }
}

/// One record took too many bytes.
#[derive(Debug, thiserror::Error)]
#[error("the record is too long")]
pub(super) struct TooLong;

impl<R: Read> Read for Feed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // Whoever reads on has used up all that was handed out, and is still inside the record.
        if self.handed - self.begun > self.most {
            return Err(io::Error::other(TooLong));
        }
        if !self.ended && !into.is_empty() {
            let count = self.input.read(into)?;
            self.handed += count as u64;
            self.ended = count == 0;
            if count > 0 {
                return Ok(count);
            }
        }
        self.ending.read(into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_begins_anywhere_and_ends_as_told() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        for offset in [0, 10, 65_536, 70_000, 200_000, 300_000] {
            let source = Source::open(bytes.as_slice()).unwrap();
            assert!(!source.is_short());
            let mut read = Vec::new();
            source.from(offset, b"end").unwrap().read_to_end(&mut read).unwrap();
            let from = bytes.len().min(usize::try_from(offset).unwrap());
            assert_eq!(read, [&bytes[from..], b"end"].concat());
        }
    }

    #[test]
    fn a_record_that_takes_too_much_is_refused() {
        let mut feed = Source::open(io::repeat(b'x')).unwrap().from(0, b"").unwrap();
        feed.begin_record(0);
        let failed = io::copy(&mut feed, &mut io::sink()).unwrap_err();
        assert!(failed.get_ref().is_some_and(|error| error.is::<TooLong>()));
        assert!(feed.handed() < (MAX_RECORD + 2 * 65_536) as u64);
    }
}
