//! Which function a user means by a pattern.
//!
//! A name written out wins over all that merely contain it.

use ghost_model::{Function, FunctionId, FunctionKind, Recording};

/// What a pattern means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// No function.
    Nothing,
    /// One function.
    One(FunctionId),
    /// Several, the most called first.
    Several(Vec<FunctionId>),
}

/// Finds the functions a pattern means: those called exactly so (`Cart.add`, `Cart.add:7`,
/// `shop.Cart.add`, `shop:Cart.add:7`); if there are none, those whose qualified name contains it; if
/// there are none either, the same without regard to case.
pub fn find(recording: &Recording, pattern: &str) -> Found {
    let matching = |matches: &dyn Fn(&Function) -> bool| {
        let mut found: Vec<(FunctionId, u64)> = recording
            .observed()
            .filter(|(_, function, _)| function.kind != FunctionKind::Overflow)
            .filter(|(_, function, _)| matches(function))
            .map(|(id, _, profile)| (id, profile.call_count()))
            .filter(|(_, calls)| *calls > 0)
            .collect();
        found.sort_by(|(a, a_calls), (b, b_calls)| {
            let key = |id: &FunctionId| &recording.function(*id).key;
            b_calls.cmp(a_calls).then_with(|| key(a).cmp(key(b)))
        });
        found.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    let folded = pattern.to_lowercase();
    let contains: [&dyn Fn(&Function) -> bool; 3] = [
        &|function| names(function).iter().any(|name| name == pattern),
        &|function| !is_body(function) && long_name(function).contains(pattern),
        &|function| !is_body(function) && long_name(function).to_lowercase().contains(&folded),
    ];
    for matches in contains {
        match matching(matches).as_slice() {
            [] => {}
            [one] => return Found::One(*one),
            several => return Found::Several(several.to_vec()),
        }
    }
    Found::Nothing
}

/// Every way to write a function out.
fn names(function: &Function) -> [String; 4] {
    let key = &function.key;
    [
        key.qualname.clone(),
        format!("{}:{}", key.qualname, key.line),
        format!("{}.{}", key.module, key.qualname),
        key.to_string(),
    ]
}

/// What substrings are looked for in.
fn long_name(function: &Function) -> String {
    let key = &function.key;
    format!("{}.{}", key.module, key.qualname)
}

fn is_body(function: &Function) -> bool {
    matches!(function.kind, FunctionKind::Module | FunctionKind::ClassBody)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{FunctionKey, Profile};

    fn recording() -> Recording {
        let mut recording = Recording::default();
        let functions = [
            ("shop", "add", 1, FunctionKind::Function, 5),
            ("shop", "Cart.add", 9, FunctionKind::Function, 7),
            ("shop", "Cart.add_all", 20, FunctionKind::Function, 1),
            ("other", "Cart.add", 9, FunctionKind::Function, 2),
            ("shop", "Cart", 5, FunctionKind::ClassBody, 1),
            ("shop", "never", 5, FunctionKind::Function, 0),
        ];
        for (module, qualname, line, kind, calls) in functions {
            recording.functions.push(Function {
                key: FunctionKey { module: module.into(), qualname: qualname.into(), line },
                file: "shop.py".into(),
                parameters: String::new(),
                kind,
            });
            let args = vec![(vec![], calls)];
            recording.profiles.push(Profile { args, ..Profile::default() });
        }
        recording
    }

    fn found(pattern: &str) -> Vec<u32> {
        match find(&recording(), pattern) {
            Found::Nothing => vec![],
            Found::One(id) => vec![id.0],
            Found::Several(ids) => ids.into_iter().map(|id| id.0).collect(),
        }
    }

    #[test]
    fn a_name_written_out_wins() {
        assert_eq!(found("add"), [1]);
        assert_eq!(found("Cart.add"), [2, 4]);
        assert_eq!(found("shop.Cart.add"), [2]);
        assert_eq!(found("other:Cart.add:9"), [4]);
        assert_eq!(found("Cart.add_all:20"), [3]);
        assert_eq!(found("Cart"), [5]);
    }

    #[test]
    fn else_a_part_of_the_name_is_enough() {
        assert_eq!(found("_all"), [3]);
        assert_eq!(found("Cart."), [2, 4, 3]);
        assert_eq!(found("CART.ADD_"), [3]);
        assert_eq!(found("shop.C"), [2, 3]);
        assert!(found("nothing").is_empty() && found("never").is_empty());
    }
}
