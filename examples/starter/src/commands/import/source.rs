//! What is imported. Owns the import's name, which follows from the file and the options, so that the same command goes on
//! where an interrupted one stopped.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use leadbox_core::ImportId;
use leadbox_core::transfer::{Delimiter, Format};
use sha2::{Digest, Sha256};

use crate::cli;
use crate::exit::Failure;

/// The file to be imported.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) format: Option<Format>,
    pub(super) size: Option<u64>,
    content: Content,
}

enum Content {
    /// A file, with the digest of the command that imports it.
    File { path: PathBuf, digest: [u8; 32] },
    /// What can be read only once, as long as it was not.
    Once(Option<Box<dyn Read + Send>>),
}

impl Source {
    /// # Errors
    /// `Failed`.
    pub(super) fn open(args: &cli::Import) -> Result<Self, Failure> {
        let asked = args.delimiter.map(|byte| Format::Csv { delimiter: Delimiter::Byte(byte) });
        let asked = asked.or(args.format.map(Format::from));
        if args.file == Path::new("-") {
            return Ok(Self::once(io::stdin(), "standard input".to_owned(), asked));
        }
        let name = args.file.display().to_string();
        let unreadable = |error| Failure::because(format!("cannot read {name}"), error);
        let mut file = File::open(&args.file).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() && !metadata.is_dir() {
            return Ok(Self::once(file, name, asked));
        }
        let digest = digest(args, &mut file).map_err(unreadable)?;
        let format = asked.or_else(|| Format::of_path(&args.file));
        let content = Content::File { path: args.file.clone(), digest };
        Ok(Self { name, format, size: Some(metadata.len()), content })
    }

    /// Standard input or a pipe with a name.
    fn once(input: impl Read + Send + 'static, name: String, format: Option<Format>) -> Self {
        Self { name, format, size: None, content: Content::Once(Some(Box::new(input))) }
    }

    /// What is in it, from its beginning.
    ///
    /// # Errors
    /// `Failed`.
    pub(super) fn input(&mut self) -> Result<Box<dyn Read + Send>, Failure> {
        match &mut self.content {
            Content::Once(input) => Ok(input.take().unwrap_or_else(|| Box::new(io::empty()))),
            Content::File { path, .. } => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(error) => Err(Failure::because(format!("cannot read {}", self.name), error)),
            },
        }
    }

    /// The import's id for the first time, or when it is done once more; none for what cannot be read twice. The same
    /// command names the same import, and a mended file or another mapping is a new one.
    pub(super) fn import(&self, time: u32) -> Option<ImportId> {
        let Content::File { digest, .. } = &self.content else { return None };
        let digest = match time {
            0 => *digest,
            time => Sha256::new()
                .chain_update(digest)
                .chain_update(time.to_be_bytes())
                .finalize()
                .into(),
        };
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        // UUIDv8 (RFC 9562, section 5.8): made from a digest.
        Some(ImportId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid()))
    }
}

/// Of the bytes of the file and the options that give them their meaning.
fn digest(args: &cli::Import, file: &mut File) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let options = (
        &args.key,
        args.always_new,
        &args.map,
        &args.ignore,
        args.ignore_unknown,
        args.delimiter,
        args.format,
    );
    hash.update(format!("{options:?}"));
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize().into())
}
