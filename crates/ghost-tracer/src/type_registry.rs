//! Types and signatures by number: each is written to the ledger once.
//!
//! A type is known by address only while it lives; its death (reported by the interpreter) drops
//! the address, and the code states that cached it. By name it stays known for ever.

use rustc_hash::{FxHashMap, FxHashSet};

use ghost_ledger::{Counter, Ledger};

use crate::code_state::Shape;
use crate::limits::{MRO_MAX, TYPES_MAX};
use crate::{Interpreter, TypeAddress, TypeDescription};

/// Texts already in the ledger.
#[derive(Debug, Default)]
pub(crate) struct Texts(FxHashMap<Box<str>, u32>);

impl Texts {
    /// The number of a text that is in the ledger.
    pub(crate) fn known(&self, text: &str) -> Option<u32> {
        self.0.get(text).copied()
    }

    /// The number of a text; that of the empty text where the ledger is full.
    pub(crate) fn number(&mut self, ledger: &mut Ledger, text: &str) -> u32 {
        if let Some(&number) = self.0.get(text) {
            return number;
        }
        let Some(number) = ledger.add_text(text) else {
            return self.0.get("").copied().unwrap_or_default();
        };
        self.0.insert(text.into(), number);
        number
    }
}

#[derive(Debug)]
struct LiveType {
    number: u32,
    /// Code states that cache the address; empty for types that cannot die.
    users: FxHashSet<u32>,
    mortal: bool,
}

/// All types and signatures seen.
#[derive(Debug)]
pub(crate) struct TypeRegistry {
    live: FxHashMap<TypeAddress, LiveType>,
    by_name: FxHashMap<(u32, u32), u32>,
    signatures: FxHashMap<Box<[u32]>, u32>,
}

/// Number of the type `…`, and of the signature that is made of it alone.
pub(crate) const OVERFLOW: u32 = 0;
/// Number of the type of a parameter that holds nothing.
const UNSET: u32 = 1;
/// Number of the entry for `*args`.
const VARARGS: u32 = 2;
/// Number of the entry for `**kwargs`.
const VARKWARGS: u32 = 3;
/// Pseudo types in the order of their numbers.
const PSEUDO: [&str; 4] = ["…", "<unset>", "*args", "**kwargs"];

impl TypeRegistry {
    pub(crate) fn new(ledger: &mut Ledger, texts: &mut Texts) -> Self {
        let module = texts.number(ledger, "");
        for name in PSEUDO {
            let qualname = texts.number(ledger, name);
            ledger.add_type(module, qualname, &[]);
        }
        ledger.add_signature(&[OVERFLOW]);
        let signatures = FxHashMap::from_iter([(Box::from([OVERFLOW]), OVERFLOW)]);
        Self { live: FxHashMap::default(), by_name: FxHashMap::default(), signatures }
    }

    /// The number of a live type, cached from now on by code state `user`.
    pub(crate) fn number(
        &mut self,
        ledger: &mut Ledger,
        texts: &mut Texts,
        interpreter: &mut impl Interpreter,
        class: TypeAddress,
        user: Option<u32>,
    ) -> u32 {
        if class.0 == 0 {
            return UNSET;
        }
        if !self.live.contains_key(&class) {
            let description = interpreter.describe_type(class);
            let mortal = description.mortal;
            let number = self.number_by_name(ledger, texts, &description);
            self.live.insert(class, LiveType { number, users: FxHashSet::default(), mortal });
        }
        let Some(live) = self.live.get_mut(&class) else { return OVERFLOW };
        if live.mortal {
            live.users.extend(user);
        }
        live.number
    }

    fn number_by_name(
        &mut self,
        ledger: &mut Ledger,
        texts: &mut Texts,
        description: &TypeDescription,
    ) -> u32 {
        let module = texts.number(ledger, &description.module);
        let qualname = texts.number(ledger, &description.qualname);
        if let Some(&number) = self.by_name.get(&(module, qualname)) {
            return number;
        }
        if self.by_name.len() >= TYPES_MAX {
            ledger.counter(Counter::TypesRefused).add(1);
            return OVERFLOW;
        }
        let mro = description.mro.iter().take(MRO_MAX);
        let mro: Vec<u32> = mro.map(|name| texts.number(ledger, name)).collect();
        let number = ledger.add_type(module, qualname, &mro).unwrap_or(OVERFLOW);
        self.by_name.insert((module, qualname), number);
        number
    }

    /// Forgets an address; returns the code states that cached it.
    pub(crate) fn forget(&mut self, class: TypeAddress) -> FxHashSet<u32> {
        self.live.remove(&class).map(|live| live.users).unwrap_or_default()
    }

    /// Types whose death would be told.
    pub(crate) fn mortal(&self) -> Vec<TypeAddress> {
        self.live.iter().filter(|(_, live)| live.mortal).map(|(class, _)| *class).collect()
    }

    /// The number of a signature that was seen before.
    pub(crate) fn known_signature(&self, types: &[u32]) -> Option<u32> {
        self.signatures.get(types).copied()
    }

    /// The number of a signature; `None` where the ledger is full.
    pub(crate) fn signature(&mut self, ledger: &mut Ledger, types: &[u32]) -> Option<u32> {
        if let Some(number) = self.known_signature(types) {
            return Some(number);
        }
        let number = ledger.add_signature(types)?;
        self.signatures.insert(types.into(), number);
        Some(number)
    }
}

/// Parameter types in declaration order, with one entry each for `*args` and `**kwargs`.
pub(crate) fn declared_order(shape: Shape, mut types: Vec<u32>) -> Vec<u32> {
    if shape.varargs {
        types.insert(usize::from(shape.positional).min(types.len()), VARARGS);
    }
    if shape.varkwargs {
        types.push(VARKWARGS);
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_arguments_stand_where_they_are_declared() {
        let shape = Shape { positional: 2, keyword_only: 1, varargs: true, varkwargs: true };
        assert_eq!(declared_order(shape, vec![10, 11, 12]), [10, 11, VARARGS, 12, VARKWARGS]);
        assert_eq!(declared_order(Shape::default(), vec![]), []);
    }
}
