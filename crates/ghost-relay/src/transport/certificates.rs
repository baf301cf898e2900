//! Files with certificates and keys, read once at the start so that a wrong one is said at once.

use std::fs;
use std::path::Path;

use ureq::tls::{PemItem, parse_pem};

use super::TransportError;
use crate::settings::TlsFiles;

/// No chain of certificates is larger.
const BYTES_MAX: u64 = 1 << 20;

/// What the files hold, PEM.
#[derive(Default)]
pub(super) struct Certificates {
    /// Who is trusted; `None` for the usual authorities.
    pub(super) authorities: Option<Vec<u8>>,
    /// Our certificate and its key.
    pub(super) identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Certificates {
    pub(super) fn read(files: &TlsFiles) -> Result<Self, TransportError> {
        let authorities =
            files.certificate.as_deref().map(|path| certificates("the certificate", path));
        let identity = match (&files.client_certificate, &files.client_key) {
            (Some(certificate), Some(key)) => {
                Some((certificates("the client certificate", certificate)?, private_key(key)?))
            }
            (None, None) => None,
            _ => return Err(TransportError::Pair),
        };
        Ok(Self { authorities: authorities.transpose()?, identity })
    }
}

fn certificates(role: &'static str, path: &Path) -> Result<Vec<u8>, TransportError> {
    read(role, path, "it holds no certificate", |item| matches!(item, PemItem::Certificate(_)))
}

fn private_key(path: &Path) -> Result<Vec<u8>, TransportError> {
    let is_key = |item: &PemItem<'_>| matches!(item, PemItem::PrivateKey(_));
    read("the client key", path, "it holds no private key", is_key)
}

fn read(
    role: &'static str,
    path: &Path,
    empty: &str,
    is_wanted: impl Fn(&PemItem<'_>) -> bool,
) -> Result<Vec<u8>, TransportError> {
    let wrong =
        |reason: String| TransportError::Certificate { role, path: path.to_owned(), reason };
    let size = fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
    if size > BYTES_MAX {
        return Err(wrong("it is too large".into()));
    }
    let bytes = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let items: Result<Vec<_>, _> = parse_pem(&bytes).collect();
    let items = items.map_err(|_| wrong("it is no PEM".into()))?;
    if !items.iter().any(is_wanted) {
        return Err(wrong(empty.to_owned()));
    }
    Ok(bytes)
}
