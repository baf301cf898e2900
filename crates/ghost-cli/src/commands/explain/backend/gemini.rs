//! Google Gemini, by `generateContent` of its REST interface.

use serde_json::json;

use super::http::{Server, ServerError};
use super::{Backend, BackendError, KeyPlace, Question, Secret, Wish, prompt};

/// Where its key is.
pub(super) const KEY: KeyPlace = KeyPlace { backend: "gemini", variable: "GEMINI_API_KEY" };
const BASE_URL: &str = "https://generativelanguage.googleapis.com";
/// The alias of the newest fast model.
const MODEL: &str = "gemini-flash-latest";

/// Asks Gemini.
#[derive(Debug)]
pub(super) struct Gemini {
    server: Server,
    model: String,
}

impl Gemini {
    pub(super) fn new(wish: &Wish<'_>, key: Secret) -> Result<Self, ServerError> {
        let model = wish.model_or(MODEL);
        let model = model.strip_prefix("models/").unwrap_or(&model);
        // The only name that becomes part of an address.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if model.is_empty() || !model.chars().all(is_plain) {
            return Err(ServerError::Model { model: model.to_owned() });
        }
        Ok(Self { server: wish.server(BASE_URL, Some(key))?, model: model.to_owned() })
    }
}

impl Backend for Gemini {
    fn name(&self) -> &'static str {
        KEY.backend
    }

    fn model(&self) -> Option<&str> {
        Some(&self.model)
    }

    fn place(&self) -> Option<&str> {
        Some(self.server.host())
    }

    fn explain(&self, question: &Question<'_>) -> Result<Vec<String>, BackendError> {
        let path = format!("/v1beta/models/{}:generateContent", self.model);
        let body = json!({
            "system_instruction": { "parts": [{ "text": prompt::INSTRUCTIONS }] },
            "contents": [{ "role": "user", "parts": [{ "text": prompt::content(question)? }] }],
        });
        let answer = self.server.post(&path, "x-goog-api-key", "", &[], &body)?;
        let parts = answer["candidates"][0]["content"]["parts"].as_array();
        let texts = parts.into_iter().flatten().filter_map(|part| part["text"].as_str());
        self.server.paragraphs(&texts.collect::<String>())
    }
}
