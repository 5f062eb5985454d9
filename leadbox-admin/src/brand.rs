//! Whose box it is, to be seen on every page: a name, a picture and a colour. Owns what of it is taken; how a colour becomes one
//! that can be read is `serve`'s.

use std::fmt::Write as _;
use std::sync::Arc;

use leadbox_core::Colour;
use sha2::{Digest, Sha256};

/// The name, logo and accent colour of whoever offers the dashboard.
///
/// ```
/// use leadbox_admin::{Brand, Logo};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let square = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>"#;
/// let brand = Brand::new("Acme Inc").logo(Logo::svg(square)?).accent("#0B6E4F".parse()?);
/// # let _ = brand;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Brand {
    pub(crate) name: String,
    pub(crate) logo: Option<Logo>,
    pub(crate) accent: Option<Colour>,
}

impl Brand {
    /// A name, shown beside LeadBox's.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// With a picture, in the place of LeadBox's name and mark.
    #[must_use]
    pub fn logo(self, logo: Logo) -> Self {
        Self { logo: Some(logo), ..self }
    }

    /// With a colour for what can be pressed or is chosen. Where it could not be read, it is darkened or lightened.
    #[must_use]
    pub fn accent(self, colour: Colour) -> Self {
        Self { accent: Some(colour), ..self }
    }
}

impl From<&str> for Brand {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Brand {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// A picture, shown 22 pixels high and up to 120 wide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Logo {
    /// Its name among the assets, which changes with it.
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) bytes: Arc<[u8]>,
}

/// It cannot be a logo.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogoError {
    /// Too large for something that every page shows.
    #[error("the logo has more than {} kB", Logo::MOST / 1024)]
    TooLarge,
    /// It does not begin as such a file does.
    #[error("the logo is no {0} file")]
    Kind(&'static str),
}

impl Logo {
    /// The most bytes.
    pub const MOST: usize = 64 * 1024;

    /// A drawing in SVG. It is shown as a picture, so scripts in it do not run, and it loads nothing.
    ///
    /// # Errors
    /// `TooLarge`; `Kind` when it is no SVG.
    pub fn svg(text: &str) -> Result<Self, LogoError> {
        let head = text.trim_start_matches('\u{feff}').trim_start();
        if !(head.starts_with("<svg") || head.starts_with("<?xml") && head.contains("<svg")) {
            return Err(LogoError::Kind("SVG"));
        }
        Self::of("svg", "image/svg+xml", text.as_bytes())
    }

    /// A picture in PNG.
    ///
    /// # Errors
    /// `TooLarge`; `Kind` when it is no PNG.
    pub fn png(bytes: &[u8]) -> Result<Self, LogoError> {
        if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Err(LogoError::Kind("PNG"));
        }
        Self::of("png", "image/png", bytes)
    }

    fn of(ending: &str, kind: &'static str, bytes: &[u8]) -> Result<Self, LogoError> {
        if bytes.len() > Self::MOST {
            return Err(LogoError::TooLarge);
        }
        let mut name = "logo-".to_owned();
        for byte in &Sha256::digest(bytes)[..6] {
            // Writing to a text cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        Ok(Self { name: format!("{name}.{ending}"), kind, bytes: bytes.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_logos() {
        let xml = "\u{feff}<?xml version=\"1.0\"?>\n<svg/>";
        assert!(Logo::svg(" <svg/>").is_ok() && Logo::svg(xml).is_ok());
        assert_eq!(Logo::svg("<html><svg/></html>"), Err(LogoError::Kind("SVG")));
        assert_eq!(Logo::png(b"GIF89a"), Err(LogoError::Kind("PNG")));
        let large = format!("<svg>{}</svg>", " ".repeat(Logo::MOST));
        assert_eq!(Logo::svg(&large), Err(LogoError::TooLarge));
        assert_eq!(LogoError::TooLarge.to_string(), "the logo has more than 64 kB");
    }

    #[test]
    fn another_logo_has_another_name() {
        let (one, two) = (Logo::svg("<svg/>").unwrap(), Logo::svg("<svg></svg>").unwrap());
        assert_ne!(one.name, two.name);
        assert_eq!(one, Logo::svg("<svg/>").unwrap());
    }
}
