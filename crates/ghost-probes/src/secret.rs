//! Which names are those of secrets. Looks at names only, never at values.

/// Parts of names, without case and underscores. Rather too many: what is hidden can be asked for by
/// another name, what was shown cannot be taken back.
const PARTS: [&str; 20] = [
    "accesskey",
    "apikey",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "creditcard",
    "csrf",
    "encryptionkey",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "session",
    "signature",
    "ssn",
    "token",
];
/// Whole names.
const NAMES: [&str; 6] = ["auth", "cvv", "iban", "otp", "pass", "pin"];

/// Whether a name is that of a secret.
pub fn is_secret(name: &str) -> bool {
    let letters = |part: char| part.is_alphanumeric();
    let plain: String = name.chars().filter(|c| letters(*c)).flat_map(char::to_lowercase).collect();
    NAMES.contains(&plain.as_str()) || PARTS.iter().any(|part| plain.contains(part))
}
