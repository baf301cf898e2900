//! A text that nobody gets to see.

use std::fmt;

/// An API key. It can be sent, and nothing else: it has no `Display`, and its `Debug` is dots.
pub(super) struct Secret(String);

impl Secret {
    /// Keeps a key. Blanks around it come from copying.
    pub(super) fn new(key: impl AsRef<str>) -> Self {
        Self(key.as_ref().trim().to_owned())
    }

    /// The key itself, for the header of a request.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_kept() {
        let secret = Secret::new(" canary-4711\n");
        assert_eq!(secret.expose(), "canary-4711");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)).matches("canary").count(), 0);
    }
}
