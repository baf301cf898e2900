//! Who can put facts into words, behind one trait, and which of them is chosen.
//!
//! A back end gets facts and gives paragraphs. It prints nothing, and its errors never hold a key, an
//! address with a password in it, or anything a server said.

mod anthropic;
mod gemini;
mod http;
mod openai;
mod prompt;
mod secret;

use std::time::Duration;

use ghost_analysis::explain::{Excerpt, Facts, prose};
use ghost_export::Explanation;

use crate::args::BackendChoice;
use crate::environment;
use anthropic::Anthropic;
use gemini::Gemini;
use http::{Server, ServerError};
use openai::OpenAi;
use secret::Secret;

/// What is to be explained.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) facts: &'a Facts,
    /// Only where the user said that source may be shown to the back end.
    pub(super) source: Option<&'a Excerpt>,
}

/// Somebody who explains.
pub(super) trait Backend {
    /// The word users choose it by.
    fn name(&self) -> &'static str;

    /// Which model answers.
    fn model(&self) -> Option<&str> {
        None
    }

    /// The host that is asked; `None` where nothing leaves this process.
    fn place(&self) -> Option<&str> {
        None
    }

    /// The facts in words, one paragraph each.
    fn explain(&self, question: &Question<'_>) -> Result<Vec<String>, BackendError>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum BackendError {
    /// A back end was asked for that needs a key.
    #[error("{backend} needs a key, and `{variable}` is not set")]
    NoKey {
        /// Which one.
        backend: &'static str,
        /// Where its key is looked for.
        variable: &'static str,
    },
    /// Nothing can be asked there, or nothing came back.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// An answer came back, without words in it.
    #[error("`{host}` answered without a text")]
    NoText {
        /// Who was asked.
        host: String,
    },
    /// The facts cannot be written down.
    #[error("cannot write the question")]
    Question,
}

impl BackendError {
    /// The way out.
    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoKey { .. } => Some("`--backend template` asks nobody"),
            Self::Server(error) => error.hint(),
            Self::NoText { .. } | Self::Question => None,
        }
    }
}

/// What the user asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    pub(super) choice: BackendChoice,
    pub(super) model: Option<&'a str>,
    pub(super) base_url: Option<&'a str>,
    pub(super) timeout: Duration,
}

impl Wish<'_> {
    fn model_or(&self, default: &str) -> String {
        self.model.unwrap_or(default).to_owned()
    }

    fn server(&self, default: &str, key: Option<Secret>) -> Result<Server, ServerError> {
        Server::new(self.base_url.unwrap_or(default), key, self.timeout)
    }
}

/// The back end that is asked for.
pub(super) fn choose(wish: &Wish<'_>) -> Result<Box<dyn Backend>, BackendError> {
    match wish.choice {
        BackendChoice::Template => Ok(Box::new(Template)),
        BackendChoice::Auto => by_key(wish),
        BackendChoice::Gemini => Ok(Box::new(Gemini::new(wish, needed_key(&gemini::KEY)?)?)),
        BackendChoice::Anthropic => {
            Ok(Box::new(Anthropic::new(wish, needed_key(&anthropic::KEY)?)?))
        }
        BackendChoice::OpenAi => {
            let key = found_key(&openai::KEY);
            let elsewhere = wish.base_url.is_some() || environment::openai_base_url().is_some();
            // Whoever runs a server of their own decides whether it wants a key.
            let key = if elsewhere { key } else { Some(key.ok_or_else(|| openai::KEY.missing())?) };
            Ok(Box::new(OpenAi::new(wish, key)?))
        }
    }
}

/// The first whose key is set. An address alone says nothing of the protocol spoken there.
fn by_key(wish: &Wish<'_>) -> Result<Box<dyn Backend>, BackendError> {
    if let Some(key) = found_key(&gemini::KEY) {
        Ok(Box::new(Gemini::new(wish, key)?))
    } else if let Some(key) = found_key(&anthropic::KEY) {
        Ok(Box::new(Anthropic::new(wish, key)?))
    } else if let Some(key) = found_key(&openai::KEY) {
        Ok(Box::new(OpenAi::new(wish, Some(key))?))
    } else {
        Ok(Box::new(Template))
    }
}

/// Where the key of a back end is looked for.
struct KeyPlace {
    backend: &'static str,
    variable: &'static str,
}

impl KeyPlace {
    fn missing(&self) -> BackendError {
        BackendError::NoKey { backend: self.backend, variable: self.variable }
    }
}

fn found_key(place: &KeyPlace) -> Option<Secret> {
    environment::api_key(place.variable).map(Secret::new)
}

fn needed_key(place: &KeyPlace) -> Result<Secret, BackendError> {
    found_key(place).ok_or_else(|| place.missing())
}

/// Sentences made from the facts. Always there, asks nobody, never fails.
struct Template;

impl Backend for Template {
    fn name(&self) -> &'static str {
        "template"
    }

    fn explain(&self, question: &Question<'_>) -> Result<Vec<String>, BackendError> {
        Ok(prose(question.facts))
    }
}

/// What the template says.
pub(super) fn template(question: &Question<'_>) -> Explanation {
    Explanation { backend: Template.name(), model: None, paragraphs: prose(question.facts) }
}
