//! Anthropic Claude, by its messages interface.

use serde_json::json;

use super::http::{Server, ServerError};
use super::{Backend, BackendError, KeyPlace, Question, Secret, Wish, prompt};

/// Where its key is.
pub(super) const KEY: KeyPlace = KeyPlace { backend: "anthropic", variable: "ANTHROPIC_API_KEY" };
const BASE_URL: &str = "https://api.anthropic.com";
const MODEL: &str = "claude-haiku-4-5";
/// The version of the interface.
const VERSION: &str = "2023-06-01";
/// The interface wants a bound; 200 words are a third of it.
const TOKENS_MAX: u32 = 1024;

/// Asks Claude.
#[derive(Debug)]
pub(super) struct Anthropic {
    server: Server,
    model: String,
}

impl Anthropic {
    pub(super) fn new(wish: &Wish<'_>, key: Secret) -> Result<Self, ServerError> {
        Ok(Self { server: wish.server(BASE_URL, Some(key))?, model: wish.model_or(MODEL) })
    }
}

impl Backend for Anthropic {
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
        let body = json!({
            "model": self.model,
            "max_tokens": TOKENS_MAX,
            "system": prompt::INSTRUCTIONS,
            "messages": [{ "role": "user", "content": prompt::content(question)? }],
        });
        let version = [("anthropic-version", VERSION)];
        let answer = self.server.post("/v1/messages", "x-api-key", "", &version, &body)?;
        let parts = answer["content"].as_array();
        let texts = parts.into_iter().flatten().filter_map(|part| part["text"].as_str());
        self.server.paragraphs(&texts.collect::<String>())
    }
}
