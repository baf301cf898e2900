//! What expressions work with: copies of built-in values. Compares and prints; does not compute.

use std::cmp::Ordering;
use std::fmt;

/// A value, copied from the program. Numbers that do not fit, and objects of all other types, are opaque.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of at most 64 bits.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// A string.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A tuple or a list.
    Sequence(Vec<Self>),
    /// A dict, in its order.
    Mapping(Vec<(Self, Self)>),
    /// An object of another type, of which the name of its type is known and nothing else.
    Opaque(String),
    /// Something with the name of a secret.
    Redacted,
}

impl Value {
    /// The name of its type.
    pub fn type_name(&self) -> &str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::Sequence(_) => "list",
            Self::Mapping(_) => "dict",
            Self::Opaque(name) => name,
            Self::Redacted => "redacted",
        }
    }

    /// Whether it counts as true; `None` where only its own code could tell.
    pub fn truth(&self) -> Option<bool> {
        Some(match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Opaque(_) | Self::Redacted => return None,
            _ => self.length() != Some(0),
        })
    }

    /// How many items it has, where it has any.
    pub fn length(&self) -> Option<usize> {
        Some(match self {
            Self::Str(value) => value.chars().count(),
            Self::Bytes(value) => value.len(),
            Self::Sequence(items) => items.len(),
            Self::Mapping(items) => items.len(),
            _ => return None,
        })
    }

    /// Its value as a number, where it is one.
    pub fn as_float(&self) -> Option<f64> {
        Some(match self {
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Int(value) => *value as f64,
            Self::Float(value) => *value,
            _ => return None,
        })
    }

    /// Its value as an integer, where it is one.
    pub(crate) fn as_int(&self) -> Option<i64> {
        Some(match self {
            Self::Bool(value) => i64::from(*value),
            Self::Int(value) => *value,
            _ => return None,
        })
    }

    /// How many values it consists of, up to a bound.
    pub(crate) fn size(&self, bound: usize) -> usize {
        let mut left = bound;
        self.count(&mut left);
        bound - left
    }

    fn count(&self, left: &mut usize) {
        let own = match self {
            Self::Str(value) => 1 + value.len() / 16,
            Self::Bytes(value) => 1 + value.len() / 16,
            _ => 1,
        };
        *left = left.saturating_sub(own);
        match self {
            Self::Sequence(items) => items.iter().take_while(|item| item.count_on(left)).count(),
            Self::Mapping(items) => items
                .iter()
                .take_while(|(key, value)| key.count_on(left) && value.count_on(left))
                .count(),
            _ => 0,
        };
    }

    fn count_on(&self, left: &mut usize) -> bool {
        self.count(left);
        *left > 0
    }

    /// Whether two values are equal, as Python says; `None` where only their own code could tell, or where
    /// it would take too long.
    pub(crate) fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Opaque(_) | Self::Redacted, _) | (_, Self::Opaque(_) | Self::Redacted) => None,
            (Self::Sequence(one), Self::Sequence(two)) => {
                if one.len() != two.len() {
                    return Some(false);
                }
                let mut pairs = one.iter().zip(two);
                pairs.try_fold(true, |same, (one, two)| Some(same && one.equals(two)?))
            }
            (Self::Mapping(one), Self::Mapping(two)) => same_items(one, two),
            _ => Some(self.order(other) == Some(Ordering::Equal) || self == other),
        }
    }

    /// The order of two numbers, strings or bytes.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Str(one), Self::Str(two)) => Some(one.cmp(two)),
            (Self::Bytes(one), Self::Bytes(two)) => Some(one.cmp(two)),
            _ => match (self.as_int(), other.as_int()) {
                (Some(one), Some(two)) => Some(one.cmp(&two)),
                _ => self.as_float()?.partial_cmp(&other.as_float()?),
            },
        }
    }
}

/// Items up to which dicts are compared: each with each, as there are no hashes here.
const COMPARED_MAX: usize = 64;

fn same_items(one: &[(Value, Value)], two: &[(Value, Value)]) -> Option<bool> {
    if one.len() != two.len() {
        return Some(false);
    }
    if one.len() > COMPARED_MAX {
        return None;
    }
    for (key, value) in one {
        let mut same = false;
        for (other_key, other_value) in two {
            if key.equals(other_key)? {
                same = value.equals(other_value)?;
                break;
            }
        }
        if !same {
            return Some(false);
        }
    }
    Some(true)
}

/// As Python writes it, but for what it does not show.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => out.write_str("None"),
            Self::Bool(true) => out.write_str("True"),
            Self::Bool(false) => out.write_str("False"),
            Self::Int(value) => write!(out, "{value}"),
            Self::Float(value) => write!(out, "{value:?}"),
            Self::Str(value) => write!(out, "{value:?}"),
            Self::Bytes(value) => write!(out, "b\"{}\"", value.escape_ascii()),
            Self::Sequence(items) => {
                out.write_str("[")?;
                write_list(out, items.iter())?;
                out.write_str("]")
            }
            Self::Mapping(items) => {
                out.write_str("{")?;
                write_list(out, items.iter().map(|(key, value)| format!("{key}: {value}")))?;
                out.write_str("}")
            }
            Self::Opaque(name) => write!(out, "<{name}>"),
            Self::Redacted => out.write_str("<redacted>"),
        }
    }
}

fn write_list(
    out: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.write_str(", ")?;
        }
        write!(out, "{item}")?;
    }
    Ok(())
}
