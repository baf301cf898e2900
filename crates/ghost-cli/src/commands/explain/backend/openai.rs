//! `OpenAI`'s chat completions, which many servers speak: Ollama, vLLM, llama.cpp, gateways.

use serde_json::json;

use super::http::{Server, ServerError};
use super::{Backend, BackendError, KeyPlace, Question, Secret, Wish, prompt};
use crate::environment;

/// Where its key is.
pub(super) const KEY: KeyPlace = KeyPlace { backend: "openai", variable: "OPENAI_API_KEY" };
const BASE_URL: &str = "https://api.openai.com/v1";
/// Small, and there since long; other servers have names of their own.
const MODEL: &str = "gpt-5-mini";

/// Asks a server that speaks the protocol.
#[derive(Debug)]
pub(super) struct OpenAi {
    server: Server,
    model: String,
}

impl OpenAi {
    pub(super) fn new(wish: &Wish<'_>, key: Option<Secret>) -> Result<Self, ServerError> {
        let base_url = environment::openai_base_url();
        let server = wish.server(base_url.as_deref().unwrap_or(BASE_URL), key)?;
        Ok(Self { server, model: wish.model_or(MODEL) })
    }
}

impl Backend for OpenAi {
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
            "messages": [
                { "role": "system", "content": prompt::INSTRUCTIONS },
                { "role": "user", "content": prompt::content(question)? },
            ],
        });
        let answer =
            self.server.post("/chat/completions", "authorization", "Bearer ", &[], &body)?;
        let text = answer["choices"][0]["message"]["content"].as_str().unwrap_or_default();
        self.server.paragraphs(text)
    }
}
