//! Where a receiver is: a URL, without the name and password that it may hold.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::http::Uri;

use crate::secret::Secret;

/// A receiver's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: &'static str,
    /// Host and port as they were written.
    authority: String,
    host: String,
    /// Begins with a slash, or is empty.
    path: String,
    /// The header `Authorization`, if the URL had a name and password.
    authorization: Option<Secret>,
}

impl Endpoint {
    /// Reads a URL. Nothing of it is part of the error.
    pub(super) fn parse(text: &str, default_scheme: &'static str) -> Result<Self, &'static str> {
        let text = text.trim();
        let full = if text.contains("://") {
            text.to_owned()
        } else {
            format!("{default_scheme}://{text}")
        };
        let uri: Uri = full.parse().map_err(|_| "it is no URL")?;
        let scheme = match uri.scheme_str() {
            Some("http") => "http",
            Some("https") => "https",
            _ => return Err("it begins with neither `https` nor `http`"),
        };
        if uri.query().is_some() {
            return Err("it holds a query");
        }
        let authority = uri.authority().ok_or("it has no host")?;
        let (credentials, place) = match authority.as_str().rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, authority.as_str()),
        };
        if authority.host().is_empty() {
            return Err("it has no host");
        }
        let basic = |credentials| Secret::new(format!("Basic {}", STANDARD.encode(credentials)));
        Ok(Self {
            scheme,
            authority: place.to_owned(),
            host: authority.host().to_owned(),
            path: uri.path().trim_end_matches('/').to_owned(),
            authorization: credentials.map(basic),
        })
    }

    /// The same with more path.
    pub(super) fn join(mut self, path: &str) -> Self {
        self.path.push_str(path);
        self
    }

    /// The URL to send to.
    pub(crate) fn url(&self) -> String {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        format!("{}://{}{path}", self.scheme, self.authority)
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// Host and port, for people.
    pub(crate) fn place(&self) -> &str {
        &self.authority
    }

    /// Whether what is sent is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether the host is this machine: no proxy leads there.
    pub(crate) fn is_here(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The header `Authorization`, if the URL had a name and password.
    pub(crate) fn authorization(&self) -> Option<&Secret> {
        self.authorization.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_the_url() {
        let endpoint = Endpoint::parse("https://me:canary@h:4318/x/", "http").unwrap();
        assert_eq!(endpoint.clone().join("/v1/traces").url(), "https://h:4318/x/v1/traces");
        assert_eq!((endpoint.place(), endpoint.is_encrypted()), ("h:4318", true));
        assert!(!format!("{endpoint:?}").contains("canary"));
        let header = endpoint.authorization().map(Secret::expose);
        assert_eq!(header, Some("Basic bWU6Y2FuYXJ5"));
    }

    #[test]
    fn what_is_no_endpoint_is_refused_without_repeating_it() {
        for wrong in ["", "file:///etc/canary", "ftp://canary", "http://", "http://canary?q", "a b"]
        {
            let error = Endpoint::parse(wrong, "http").unwrap_err();
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn this_machine_has_many_names() {
        for here in ["localhost:1", "http://127.0.0.1", "http://[::1]:4317/"] {
            assert!(Endpoint::parse(here, "http").unwrap().is_here(), "{here}");
        }
        assert!(!Endpoint::parse("http://collector:4318", "http").unwrap().is_here());
    }
}
