//! What every page has. Owns addresses below the mount, the theme, icons, and whose box it is.

use std::convert::Infallible;
use std::fmt;

use askama::filters::HtmlSafe;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::admin::Shared;
use crate::brand::Brand;
use crate::serve::{FRAGMENT, Prefix, accent_name, prefix_of, version};
use crate::who::{Principal, named};

/// What every page has.
#[derive(Clone, Debug)]
pub(crate) struct Doc {
    pub(crate) prefix: String,
    pub(crate) theme: &'static str,
    /// Whether an open page asks, for its own content alone.
    pub(crate) fragment: bool,
    /// Whose box it is, beside the name.
    pub(crate) brand: String,
    /// The picture in the place of our own, among the assets.
    pub(crate) logo: Option<String>,
    /// The stylesheet with the accents, among the assets.
    pub(crate) accent: Option<String>,
}

/// HTML that we wrote ourselves.
#[derive(Clone, Debug)]
pub(crate) struct Markup(String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

impl Markup {
    /// What `leadbox-reports` drew, in which every text is escaped.
    pub(super) fn drawn(svg: String) -> Self {
        Self(svg)
    }
}

impl Doc {
    /// For a page that nothing is known about but where it is.
    pub(crate) fn bare(prefix: &Prefix) -> Self {
        let (brand, logo, accent) = (String::new(), None, None);
        Self { prefix: prefix.0.clone(), theme: "auto", fragment: false, brand, logo, accent }
    }

    /// The address of a page; the first one's when `path` is empty.
    pub(crate) fn page(&self, path: &str) -> String {
        match (self.prefix.as_str(), path) {
            ("", "") => "/".to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, path) => format!("{prefix}/{path}"),
        }
    }

    pub(crate) fn asset(&self, name: &str) -> String {
        format!("{}/assets/{}/{name}", self.prefix, version())
    }

    /// An icon of the sprite. `name` is one of ours, never anybody's input.
    pub(crate) fn icon(&self, name: &'static str) -> Markup {
        let sprite = self.asset("icons.svg");
        Markup(format!(
            r##"<svg class="ic" aria-hidden="true"><use href="{sprite}#{name}"/></svg>"##
        ))
    }
}

impl FromRequestParts<Shared> for Doc {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Infallible> {
        let theme = match named(&parts.headers, "lb_theme") {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "auto",
        };
        let fragment = parts.headers.contains_key(FRAGMENT);
        let Brand { name, logo, accent } = &shared.brand;
        let (mut brand, mut accent) = (name.clone(), *accent);
        if brand.is_empty() || accent.is_none() {
            // Of the tenant of whoever was let in. A page that cannot be read says so itself.
            let asker = parts.extensions.get::<Principal>().map(|principal| &principal.leadbox);
            if let Ok(catalog) = asker.unwrap_or(&shared.leadbox).catalog().await {
                if brand.is_empty() {
                    brand = catalog.settings.brand.clone().unwrap_or_default();
                }
                accent = accent.or(catalog.settings.accent);
            }
        }
        Ok(Self {
            prefix: prefix_of(parts),
            theme,
            fragment,
            brand,
            logo: logo.as_ref().map(|logo| logo.name.clone()),
            accent: accent.map(accent_name),
        })
    }
}

/// A text as a part of an address (RFC 3986, section 2).
pub(crate) fn escaped(text: &str) -> impl Iterator<Item = String> {
    text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    })
}
