//! Options of `ghost explain`.

use clap::{Args, ValueEnum};

/// Arguments of `ghost explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// Name of a function, or a part of it: `process_order`, `Cart.add`, `shop.Cart.add:7`.
    #[arg(value_name = "PATTERN")]
    pub(crate) pattern: String,
    /// Session id, the start of one, name, `latest` or `previous`.
    #[arg(long, value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// Who puts the facts into words; facts leave this machine only if it is a model elsewhere.
    #[arg(long, default_value = "auto")]
    pub(crate) backend: BackendChoice,
    /// Which model to ask, instead of the default one.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Where to ask, for example `http://localhost:11434/v1` for Ollama.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Give the model the source of the function, too.
    #[arg(long)]
    pub(crate) with_source: bool,
    /// How long to wait for a model.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
    /// How to write it.
    #[arg(long, default_value = "text")]
    pub(crate) format: ExplainFormat,
}

/// Who puts the facts into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendChoice {
    /// The first of gemini, anthropic and openai whose API key is set, else the template.
    Auto,
    /// Sentences made here; nobody is asked.
    Template,
    /// Google Gemini, with `GEMINI_API_KEY`.
    Gemini,
    /// `OpenAI` and everything that speaks its protocol, with `OPENAI_API_KEY` or without a key.
    #[value(name = "openai")]
    OpenAi,
    /// Anthropic Claude, with `ANTHROPIC_API_KEY`.
    Anthropic,
}

/// How an explanation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For issues and chats.
    Markdown,
}
