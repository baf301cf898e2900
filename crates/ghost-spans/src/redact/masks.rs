//! Statements in which a value needs no quotes: settings, passwords and keys, arguments of procedures.
//!
//! From where such a value may begin, nothing of the statement is kept but one `?`. Better too much
//! than too little: a word is enough to begin, and only `;` ends it.

use super::items::{Before, Item};
use super::rules::Language;
use super::token::{Doubt, TokenKind};

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// It is written, if it is no literal.
    Keep,
    /// `?` is written for it.
    Value,
    /// Nothing is.
    Hide,
    /// What follows is data, not statements.
    End,
}

/// Statements that may set a password; others may have a column of that name.
const ACCOUNT_VERBS: [&str; 13] = [
    "CREATE", "ALTER", "SET", "GRANT", "CHANGE", "START", "OPEN", "CLOSE", "BACKUP", "RESTORE",
    "ATTACH", "ADD", "IMPORT",
];
/// What is created or altered and has columns, parameters or code instead of passwords.
const OBJECTS: [&str; 12] = [
    "TABLE",
    "INDEX",
    "VIEW",
    "FUNCTION",
    "PROCEDURE",
    "PROC",
    "TRIGGER",
    "TYPE",
    "SEQUENCE",
    "DOMAIN",
    "AGGREGATE",
    "PACKAGE",
];
/// What has settings that `ALTER … SET` changes.
const WITH_SETTINGS: [&str; 5] = ["SYSTEM", "SESSION", "ROLE", "USER", "DATABASE"];
/// A word that contains one of these announces a secret.
const SECRETS: [&str; 6] = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "CREDENTIAL", "PWD"];
/// Words that are no values among the arguments of a procedure.
const ARGUMENT_WORDS: [&str; 8] =
    ["NULL", "DEFAULT", "OUTPUT", "OUT", "TRUE", "FALSE", "USING", "INTO"];

/// What is known of the statement so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Masks {
    language: Language,
    verb: Verb,
    mode: Mode,
    words: usize,
    subject: Subject,
    /// A setting is being changed: `=` or `TO` will come before its value.
    sets: bool,
    copies_stdin: bool,
}

/// What a statement begins with, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    None,
    Account,
    Alter,
    Attach,
    Copy,
    Pragma,
    Permission,
    Other,
}

/// What a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Unknown,
    /// Something with columns, keys or code, which may be called like a secret.
    Object,
    /// A user, in Cypher.
    User,
}

/// Where we are in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// In none.
    Open,
    /// A secret was announced.
    Announced,
    /// One begins with the next item.
    Begins,
    /// In one, up to the end of the statement.
    Inside,
    /// One begins, up to a parenthesis.
    BeginsInParentheses,
    /// In one, up to a parenthesis.
    InParentheses,
    /// Before the name of a procedure.
    Procedure,
    /// In or behind that name.
    ProcedureNamed,
    /// Among its arguments.
    Arguments,
}

impl Masks {
    /// Before a statement.
    pub(super) fn new(language: Language) -> Self {
        Self {
            language,
            verb: Verb::None,
            mode: Mode::Open,
            words: 0,
            subject: Subject::Unknown,
            sets: false,
            copies_stdin: false,
        }
    }

    /// Whether the next items are arguments, so that a literal needs no keyword before it.
    pub(super) fn takes_words(&self) -> bool {
        matches!(self.mode, Mode::ProcedureNamed | Mode::Arguments)
    }

    /// Whether items are kept as they are.
    pub(super) fn is_open(&self) -> bool {
        self.mode == Mode::Open
    }

    /// Decides about `item`.
    pub(super) fn accept(&mut self, before: &Before<'_>, item: &Item<'_>) -> Result<Action, Doubt> {
        if item.is(b';') {
            let ends = self.copies_stdin;
            *self = Self::new(self.language);
            return Ok(if ends { Action::End } else { Action::Keep });
        }
        if item.kind() == TokenKind::Cut {
            return Ok(Action::Keep);
        }
        let action = self.act(item);
        if action == Action::Keep {
            self.observe(before, item)?;
        }
        Ok(action)
    }

    /// What becomes of `item` in this mode, and the mode behind it.
    fn act(&mut self, item: &Item<'_>) -> Action {
        let (mode, action) = match self.mode {
            Mode::Open => (Mode::Open, Action::Keep),
            Mode::Announced if item.is(b'=') || item.is_word(&["BY"]) => {
                (Mode::Announced, Action::Keep)
            }
            Mode::Announced | Mode::Begins => (Mode::Inside, Action::Value),
            Mode::BeginsInParentheses if !item.is(b')') => (Mode::InParentheses, Action::Value),
            Mode::BeginsInParentheses | Mode::InParentheses if item.is(b')') => {
                (Mode::Inside, Action::Keep)
            }
            Mode::Inside | Mode::InParentheses | Mode::BeginsInParentheses => {
                (self.mode, Action::Hide)
            }
            Mode::Procedure if item.is_name() => (Mode::ProcedureNamed, Action::Keep),
            // Code in a literal, not a procedure.
            Mode::Procedure if item.is(b'(') => (Mode::Open, Action::Keep),
            Mode::Procedure => (Mode::Procedure, Action::Keep),
            Mode::ProcedureNamed if item.is(b'.') => (Mode::Procedure, Action::Keep),
            Mode::ProcedureNamed | Mode::Arguments => (Mode::Arguments, argument(item)),
        };
        self.mode = mode;
        action
    }

    fn observe(&mut self, before: &Before<'_>, item: &Item<'_>) -> Result<(), Doubt> {
        if !matches!(self.mode, Mode::Open) {
            return Ok(());
        }
        match item.kind() {
            TokenKind::Word => self.observe_word(before, item)?,
            TokenKind::Symbol(b'=') if self.sets && !is_variable(before) => {
                self.mode = Mode::Begins;
            }
            TokenKind::Symbol(b'=') if self.verb == Verb::Pragma => self.mode = Mode::Begins,
            TokenKind::Symbol(b'(') if self.verb == Verb::Pragma => {
                self.mode = Mode::BeginsInParentheses;
            }
            TokenKind::Symbol(b'(') if self.language == Language::Cypher => {
                self.subject = Subject::Object;
            }
            _ => {}
        }
        Ok(())
    }

    fn observe_word(&mut self, before: &Before<'_>, word: &Item<'_>) -> Result<(), Doubt> {
        if self.verb == Verb::None {
            self.begin(word)?;
        }
        self.words += 1;
        self.observe_subject(word);
        self.sets |= self.verb == Verb::Alter && self.words == 2 && word.is_word(&WITH_SETTINGS);
        self.copies_stdin |= self.verb == Verb::Copy && word.is_word(&["STDIN"]);
        let executes = self.words == 1 || self.language == Language::TransactSql;
        if word.is_word(&["EXEC", "EXECUTE"]) && executes && self.may_execute() {
            self.mode = Mode::Procedure;
        } else if self.sets && word.is_word(&["TO"]) {
            self.mode = Mode::Begins;
        } else if self.announces_secret(word) && !before.is(b'.') {
            self.mode = Mode::Announced;
        }
        Ok(())
    }

    fn observe_subject(&mut self, word: &Item<'_>) {
        if word.is_word(&OBJECTS) {
            self.subject = Subject::Object;
        } else if self.subject == Subject::Unknown && word.is_word(&["USER", "ALIAS"]) {
            self.subject = Subject::User;
        }
    }

    /// Takes note of the first word.
    fn begin(&mut self, word: &Item<'_>) -> Result<(), Doubt> {
        self.verb = match word {
            // `CONNECT user/password@database`.
            _ if word.is_word(&["CONNECT"]) => return Err(Doubt::Unknown),
            _ if word.is_word(&["PRAGMA"]) => Verb::Pragma,
            _ if word.is_word(&["COPY"]) => Verb::Copy,
            _ if word.is_word(&["ATTACH"]) => Verb::Attach,
            _ if word.is_word(&["ALTER"]) => Verb::Alter,
            _ if word.is_word(&["GRANT", "REVOKE", "DENY"]) => Verb::Permission,
            _ if word.is_word(&ACCOUNT_VERBS) => Verb::Account,
            _ => Verb::Other,
        };
        self.sets = word.is_word(&["SET"]) && self.language != Language::Cypher;
        Ok(())
    }

    /// Whether `EXECUTE` would begin a call: in `GRANT EXECUTE` and `CREATE … WITH EXECUTE AS` it does
    /// not.
    fn may_execute(&self) -> bool {
        !matches!(self.verb, Verb::Permission | Verb::Account | Verb::Alter)
    }

    fn announces_secret(&self, word: &Item<'_>) -> bool {
        let about_accounts = match self.language {
            Language::Cypher => self.subject == Subject::User,
            _ => self.subject != Subject::Object,
        };
        let sets_secrets =
            matches!(self.verb, Verb::Account | Verb::Alter | Verb::Attach | Verb::Permission);
        word.is_word(&["IDENTIFIED"])
            || (self.verb == Verb::Attach && word.is_word(&["KEY"]))
            || (sets_secrets && about_accounts && is_secret(word.text))
    }
}

/// What becomes of an argument of a procedure: bare words are values in Transact-SQL.
fn argument(item: &Item<'_>) -> Action {
    if item.is_name() && !item.is_word(&ARGUMENT_WORDS) { Action::Value } else { Action::Keep }
}

/// Whether a variable of the server's language is assigned, whose value is an expression.
fn is_variable(before: &Before<'_>) -> bool {
    let last = before.last.filter(|last| last.kind() == TokenKind::Parameter);
    last.is_some_and(|last| last.text.starts_with('@') && !last.text.starts_with("@@"))
}

fn is_secret(word: &str) -> bool {
    let bytes = word.as_bytes();
    let contains = |secret: &&str| {
        bytes.windows(secret.len()).any(|window| window.eq_ignore_ascii_case(secret.as_bytes()))
    };
    SECRETS.iter().any(contains)
}
