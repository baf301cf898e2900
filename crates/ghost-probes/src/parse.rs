//! From tokens to nodes, by descent. What has no rule here is refused: that is the allow-list.

use crate::expression::{Binary, Compare, Function, Node, Unary};
use crate::token::{Token, tokens};
use crate::value::Value;

/// Bytes an expression may have. One that a person wrote has a tenth.
const BYTES_MAX: usize = 2_000;
/// How deep it may be nested: evaluating and dropping it recurse as deep.
const DEPTH_MAX: usize = 40;
/// How many terms a chain of operators may have: it nests as deep, to the left.
const CHAIN_MAX: usize = 60;

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParseError {
    /// It is too long.
    #[error("an expression may have {BYTES_MAX} bytes, not {bytes}")]
    Long {
        /// How long it is.
        bytes: usize,
    },
    /// It is nested too deep.
    #[error("an expression may be nested {DEPTH_MAX} deep, with {CHAIN_MAX} operators in a row")]
    Deep,
    /// A character that is not part of any token.
    #[error("`{}` has no meaning in an expression", character.escape_default())]
    Character {
        /// Which.
        character: char,
    },
    /// A number that is not decimal, or does not fit 64 bits.
    #[error("`{}` is not a decimal number of 64 bits", text.escape_default())]
    Number {
        /// As it is written.
        text: String,
    },
    /// An escape that strings do not have.
    #[error("`\\{}` is not an escape that strings have here", character.escape_default())]
    Escape {
        /// The character behind the backslash.
        character: char,
    },
    /// A string without an end.
    #[error("a string has no end")]
    Unfinished,
    /// Something of Python's that is not allowed.
    #[error("{what} are not allowed in an expression")]
    NotAllowed {
        /// What.
        what: &'static str,
    },
    /// A function that is none of ours.
    #[error("`{}` cannot be called", name.escape_default())]
    Function {
        /// Its name.
        name: String,
    },
    /// Something else than was to come.
    #[error("`{}` was not expected", found.escape_default())]
    Unexpected {
        /// What was there.
        found: String,
    },
}

/// Keywords, none of which is a name. What is not used below has no rule.
const KEYWORDS: [&str; 22] = [
    "and", "or", "not", "in", "is", "if", "else", "lambda", "await", "async", "yield", "for",
    "while", "import", "from", "def", "class", "del", "global", "nonlocal", "raise", "return",
];

pub(crate) fn parse(text: &str) -> Result<Node, ParseError> {
    if text.len() > BYTES_MAX {
        return Err(ParseError::Long { bytes: text.len() });
    }
    let mut parser = Parser { tokens: tokens(text.trim())?, at: 0, depth: 0 };
    let node = parser.choice()?;
    match parser.peek() {
        Token::End => Ok(node),
        other => Err(unexpected(other)),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// Makes a node of two.
type Join = fn(Box<Node>, Box<Node>) -> Node;
type Parsed = Result<Node, ParseError>;

fn unexpected(token: &Token) -> ParseError {
    match token {
        Token::Mark(".") => ParseError::NotAllowed { what: "attributes" },
        Token::Mark("**") => ParseError::NotAllowed { what: "powers" },
        Token::Mark(":=") => ParseError::NotAllowed { what: "assignments" },
        Token::Mark("@") => ParseError::NotAllowed { what: "decorators and matrices" },
        Token::Name(name) if name == "for" => ParseError::NotAllowed { what: "comprehensions" },
        Token::Name(name) if name == "lambda" => ParseError::NotAllowed { what: "functions" },
        Token::Name(name) => ParseError::Unexpected { found: name.clone() },
        Token::Mark(mark) => ParseError::Unexpected { found: (*mark).to_owned() },
        Token::Str(_) | Token::Bytes(_) => ParseError::Unexpected { found: "a string".to_owned() },
        Token::Int(_) | Token::Float(_) => ParseError::Unexpected { found: "a number".to_owned() },
        Token::End => ParseError::Unexpected { found: "the end".to_owned() },
    }
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn takes(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Token::Mark(found) if *found == mark);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(found) if found == word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str) -> Result<(), ParseError> {
        if self.takes(mark) { Ok(()) } else { Err(unexpected(self.peek())) }
    }

    /// One level deeper.
    fn nested(&mut self, rule: fn(&mut Self) -> Parsed) -> Parsed {
        if self.depth >= DEPTH_MAX {
            return Err(ParseError::Deep);
        }
        self.depth += 1;
        let node = rule(self);
        self.depth -= 1;
        node
    }

    /// Operands of one rank with operators between them, from the left.
    fn chain(
        &mut self,
        operand: fn(&mut Self) -> Parsed,
        operator: fn(&mut Self) -> Option<Join>,
    ) -> Parsed {
        let mut node = operand(self)?;
        let mut operands = 1;
        while let Some(join) = operator(self) {
            operands += 1;
            if operands > CHAIN_MAX {
                return Err(ParseError::Deep);
            }
            node = join(Box::new(node), Box::new(operand(self)?));
        }
        Ok(node)
    }

    fn choice(&mut self) -> Parsed {
        self.nested(|parser| {
            let then = parser.either()?;
            if !parser.takes_word("if") {
                return Ok(then);
            }
            let condition = Box::new(parser.either()?);
            if !parser.takes_word("else") {
                return Err(unexpected(parser.peek()));
            }
            let otherwise = Box::new(parser.choice()?);
            Ok(Node::Choice { condition, then: Box::new(then), otherwise })
        })
    }

    fn either(&mut self) -> Parsed {
        self.chain(Self::both, |parser| parser.takes_word("or").then_some(Node::Or as Join))
    }

    fn both(&mut self) -> Parsed {
        self.chain(Self::negation, |parser| parser.takes_word("and").then_some(Node::And as Join))
    }

    fn negation(&mut self) -> Parsed {
        if self.takes_word("not") {
            return Ok(Node::Not(Box::new(self.nested(Self::negation)?)));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed {
        let first = self.sum()?;
        let mut rest = Vec::new();
        while let Some(operator) = self.comparison_operator()? {
            if rest.len() >= CHAIN_MAX {
                return Err(ParseError::Deep);
            }
            rest.push((operator, self.sum()?));
        }
        Ok(if rest.is_empty() { first } else { Node::Compare(Box::new(first), rest) })
    }

    fn comparison_operator(&mut self) -> Result<Option<Compare>, ParseError> {
        let operator = match self.peek() {
            Token::Mark("==") => Compare::Equal,
            Token::Mark("!=") => Compare::NotEqual,
            Token::Mark("<") => Compare::Less,
            Token::Mark("<=") => Compare::LessEqual,
            Token::Mark(">") => Compare::Greater,
            Token::Mark(">=") => Compare::GreaterEqual,
            Token::Name(name) if name == "in" => Compare::In,
            Token::Name(name) if name == "is" => Compare::Is,
            Token::Name(name) if name == "not" => Compare::NotIn,
            _ => return Ok(None),
        };
        self.at += 1;
        match operator {
            Compare::Is if self.takes_word("not") => Ok(Some(Compare::IsNot)),
            Compare::NotIn if !self.takes_word("in") => Err(unexpected(self.peek())),
            _ => Ok(Some(operator)),
        }
    }

    fn sum(&mut self) -> Parsed {
        self.chain(Self::product, |parser| {
            if parser.takes("+") {
                Some(|one, two| Node::Binary(Binary::Add, one, two))
            } else if parser.takes("-") {
                Some(|one, two| Node::Binary(Binary::Subtract, one, two))
            } else {
                None
            }
        })
    }

    fn product(&mut self) -> Parsed {
        self.chain(Self::signed, |parser| {
            if parser.takes("*") {
                Some(|one, two| Node::Binary(Binary::Multiply, one, two))
            } else if parser.takes("//") {
                Some(|one, two| Node::Binary(Binary::FloorDivide, one, two))
            } else if parser.takes("/") {
                Some(|one, two| Node::Binary(Binary::Divide, one, two))
            } else if parser.takes("%") {
                Some(|one, two| Node::Binary(Binary::Remainder, one, two))
            } else {
                None
            }
        })
    }

    fn signed(&mut self) -> Parsed {
        let sign = if self.takes("-") {
            Unary::Minus
        } else if self.takes("+") {
            Unary::Plus
        } else {
            return self.subscripted();
        };
        Ok(Node::Unary(sign, Box::new(self.nested(Self::signed)?)))
    }

    fn subscripted(&mut self) -> Parsed {
        let mut node = self.atom()?;
        let mut subscripts = 0;
        while self.takes("[") {
            subscripts += 1;
            if subscripts > CHAIN_MAX {
                return Err(ParseError::Deep);
            }
            node = self.subscript(node)?;
        }
        match self.peek() {
            Token::Mark("(") => Err(ParseError::NotAllowed { what: "calls of results" }),
            _ => Ok(node),
        }
    }

    fn subscript(&mut self, of: Node) -> Parsed {
        let of = Box::new(of);
        let first = if self.takes(":") { None } else { Some(Box::new(self.choice()?)) };
        match first {
            Some(first) if !self.takes(":") => {
                self.expect("]")?;
                Ok(Node::Item(of, first))
            }
            from => {
                let to = if self.takes("]") {
                    return Ok(Node::Slice(of, from, None));
                } else {
                    Some(Box::new(self.choice()?))
                };
                self.expect("]")?;
                Ok(Node::Slice(of, from, to))
            }
        }
    }

    fn atom(&mut self) -> Parsed {
        let token = self.next();
        match token {
            Token::Int(value) => Ok(Node::Constant(Value::Int(value))),
            Token::Float(value) => Ok(Node::Constant(Value::Float(value))),
            Token::Str(value) => Ok(Node::Constant(Value::Str(value))),
            Token::Bytes(value) => Ok(Node::Constant(Value::Bytes(value))),
            Token::Mark("(") => self.group(),
            Token::Mark("[") => Ok(Node::Sequence(self.items("]")?)),
            Token::Name(name) => self.name(name),
            other => Err(unexpected(&other)),
        }
    }

    fn name(&mut self, name: String) -> Parsed {
        let constant = match name.as_str() {
            "None" => Value::None,
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            word if KEYWORDS.contains(&word) => return Err(unexpected(&Token::Name(name))),
            word if word.starts_with("__") => {
                return Err(ParseError::NotAllowed { what: "names with two underscores" });
            }
            _ if self.takes("(") => {
                let Some(function) = Function::named(&name) else {
                    return Err(ParseError::Function { name });
                };
                return Ok(Node::Call(function, self.items(")")?));
            }
            _ => return Ok(Node::Name(name)),
        };
        Ok(Node::Constant(constant))
    }

    /// Brackets around an expression, or a tuple.
    fn group(&mut self) -> Parsed {
        if self.takes(")") {
            return Ok(Node::Sequence(Vec::new()));
        }
        let first = self.choice()?;
        if self.takes(")") {
            return Ok(first);
        }
        self.expect(",")?;
        let mut items = vec![first];
        items.extend(self.items(")")?);
        Ok(Node::Sequence(items))
    }

    fn items(&mut self, end: &str) -> Result<Vec<Node>, ParseError> {
        let mut items = Vec::new();
        while !self.takes(end) {
            items.push(self.choice()?);
            if !self.takes(",") {
                self.expect(end)?;
                break;
            }
        }
        Ok(items)
    }
}
