//! Stylesheet, scripts, icons, font. Owns their bytes, their version and how long they are kept; they are part of the
//! program, so that nothing has to be deployed beside it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::Problem;
use super::accent::accent_style;
use crate::admin::Shared;
use crate::brand::Brand;

macro_rules! files {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/", $folder, $name)))),+]
    };
}

/// One stylesheet in parts; their order is the order in which they hold.
const STYLES: &[(&str, &str)] = files!["css/":
    "tokens.css", "base.css", "layout.css", "page.css", "controls.css", "forms.css", "menus.css",
    "tables.css", "cards.css", "facts.css", "feed.css", "work.css", "charts.css", "editor.css", "states.css",
    "overlays.css", "helpers.css", "print.css",
];

const SCRIPTS: &[(&str, &str)] = files!["js/":
    "app.js", "charts.js", "dialogs.js", "dom.js", "editor.js", "forms.js", "fragments.js", "live.js", "menu.js",
    "search.js", "selection.js", "theme.js",
];

const PICTURES: &[(&str, &str)] = files!["": "icon.svg", "icons.svg"];

const FONT: &[u8] = include_bytes!("../../assets/inter.woff2");

#[derive(Clone)]
struct Asset {
    kind: &'static str,
    plain: Vec<u8>,
    /// None where packing gains nothing.
    packed: Option<Vec<u8>>,
}

struct Assets {
    version: String,
    by_name: HashMap<&'static str, Asset>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::gather);

impl Assets {
    fn gather() -> Self {
        let style: String = STYLES.iter().map(|(_, text)| *text).collect();
        let mut by_name = HashMap::new();
        by_name.insert("app.css", Asset::text("text/css; charset=utf-8", &style));
        for (name, text) in SCRIPTS {
            by_name.insert(*name, Asset::text("text/javascript; charset=utf-8", text));
        }
        for (name, text) in PICTURES {
            by_name.insert(*name, Asset::text("image/svg+xml", text));
        }
        let font = Asset { kind: "font/woff2", plain: FONT.to_vec(), packed: None };
        by_name.insert("inter.woff2", font);
        let mut names: Vec<_> = by_name.keys().copied().collect();
        names.sort_unstable();
        let mut hash = Sha256::new();
        for name in names {
            hash.update(name);
            hash.update(&by_name[name].plain);
        }
        let mut version = String::new();
        for byte in &hash.finalize()[..6] {
            let _ = write!(version, "{byte:02x}");
        }
        Self { version, by_name }
    }
}

impl Asset {
    fn text(kind: &'static str, text: &str) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).ok();
        Self { kind, plain: text.as_bytes().to_vec(), packed }
    }
}

/// What stands in the addresses of assets: it changes with any of them.
pub(crate) fn version() -> &'static str {
    &ASSETS.version
}

/// What follows from whose box it is: its names change with what is in it.
fn branded(brand: &Brand, name: &str) -> Option<Asset> {
    let logo = brand.logo.as_ref().filter(|logo| logo.name == name);
    let logo = logo.map(|logo| Asset { kind: logo.kind, plain: logo.bytes.to_vec(), packed: None });
    logo.or_else(|| accent_style(name).map(|style| Asset::text("text/css; charset=utf-8", &style)))
}

/// Answers `/assets/{version}/{name}`.
pub(crate) async fn asset(
    State(shared): State<Shared>,
    Path((asked, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asset = ASSETS.by_name.get(name.as_str()).map(Cow::Borrowed);
    let asset = asset.or_else(|| branded(&shared.brand, &name).map(Cow::Owned));
    let asset = asset.ok_or_else(|| Problem::not_found("There is no such file."))?;
    // A page of an earlier version, open while the program was replaced, gets what there is now, and does not keep it.
    let keep = if asked == version() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let tag = format!("\"{}\"", version());
    let mut response = if headers.get(IF_NONE_MATCH).is_some_and(|known| known == tag.as_str()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match &asset.packed {
            Some(packed) if takes_gzip(&headers) => {
                ([(CONTENT_ENCODING, "gzip")], packed.clone()).into_response()
            }
            _ => asset.plain.clone().into_response(),
        }
    };
    let own = response.headers_mut();
    own.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    own.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    own.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        own.insert(ETAG, tag);
    }
    Ok(response)
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|list| {
        list.split(',').any(|one| {
            let mut parts = one.split(';').map(str::trim);
            parts.next() == Some("gzip") && parts.next() != Some("q=0")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the files in a folder of assets.
    fn names(folder: &str) -> Vec<String> {
        let folder = format!("{}/assets/{folder}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_file_is_served() {
        for (folder, files) in [("css", STYLES), ("js", SCRIPTS)] {
            let mut served: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
            served.sort_unstable();
            assert_eq!(names(folder), served);
        }
    }

    #[test]
    fn the_parts_of_the_stylesheet_come_in_the_order_of_their_layers() {
        let (_, tokens) = STYLES[0];
        let (_, order) = tokens.split_once("\n@layer ").unwrap();
        let (order, _) = order.split_once(';').unwrap();
        let layers: Vec<String> =
            order.split(',').map(|layer| format!("{}.css", layer.trim())).collect();
        let parts: Vec<&str> = STYLES.iter().map(|(name, _)| *name).collect();
        assert_eq!(parts, layers);
    }

    #[test]
    fn gzip_is_sent_to_whoever_takes_it() {
        let takes = |list: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(list));
            takes_gzip(&headers)
        };
        assert!(takes("gzip") && takes("br, gzip;q=0.5"));
        assert!(!takes("br") && !takes("gzip;q=0") && !takes_gzip(&HeaderMap::new()));
    }
}
