//! The dashboard: files that were in `assets/` when the binary was built, served at `/`.
//!
//! They hold no data and are public. Nothing is read from the disk, so no path can lead anywhere else.
//! `/` is the only page: whatever it shows is told by the fragment of its address.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::state::AppState;

/// What is served at `/`.
const PAGE: &str = "index.html";

/// One file.
struct Asset {
    name: &'static str,
    bytes: &'static [u8],
    /// The same, compressed, where that is smaller.
    gzip: Option<&'static [u8]>,
}

const ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// One route per file.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    ASSETS.iter().fold(Router::new(), |router, asset| {
        let path = if asset.name == PAGE { "/".into() } else { format!("/{}", asset.name) };
        router.route(&path, get(move |headers: HeaderMap| async move { answer(asset, &headers) }))
    })
}

fn answer(asset: &'static Asset, asked: &HeaderMap) -> Response {
    let kind = HeaderValue::from_static(media_type(asset.name));
    let vary = (VARY, HeaderValue::from_static("accept-encoding"));
    match asset.gzip.filter(|_| accepts_gzip(asked)) {
        Some(gzip) => {
            let encoding = (CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            ([(CONTENT_TYPE, kind), vary, encoding], Bytes::from_static(gzip)).into_response()
        }
        None => ([(CONTENT_TYPE, kind), vary], Bytes::from_static(asset.bytes)).into_response(),
    }
}

/// Whether `gzip` is among the encodings, and not as one that is unwanted (`q=0`).
fn accepts_gzip(asked: &HeaderMap) -> bool {
    let values = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).unwrap_or("1");
        is_gzip && weight.parse().is_ok_and(|weight: f32| weight > 0.0)
    })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(encoding: &str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(encoding).unwrap())])
    }

    #[test]
    fn there_is_a_page() {
        assert!(ASSETS.iter().any(|asset| asset.name == PAGE && !asset.bytes.is_empty()));
    }

    #[test]
    fn every_asset_has_a_media_type() {
        for asset in ASSETS {
            assert_ne!(media_type(asset.name), "application/octet-stream", "{}", asset.name);
        }
    }

    #[test]
    fn compressed_only_for_those_who_want_it() {
        for yes in ["gzip", "br, GZIP", "deflate;q=0.5, gzip;q=0.8"] {
            assert!(accepts_gzip(&asked(yes)), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip; q=0.0", "x-gzip", "gzip;q=nonsense"] {
            assert!(!accepts_gzip(&asked(no)), "{no}");
        }
    }
}
