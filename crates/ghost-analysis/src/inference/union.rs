//! From all types that were seen to one that can be read.

use ghost_model::{TypeId, TypeName};

use super::naming::is_mock;
use super::observation::Seen;
use super::{InferredType, Nameable, Unclaimed};

/// More types than this are one base, or no claim: nobody reads a longer union.
const UNION_MEMBERS_MAX: usize = 4;
/// So many classes of the project with a base in the project are that base: two may be an accident,
/// three are a hierarchy.
const SIBLINGS_MIN: usize = 3;

/// One seen type and what stands for it.
#[derive(Clone, Debug)]
struct Member<'a> {
    inferred: InferredType,
    name: &'a TypeName,
}

/// The type of values of all the types in `seen`, and of those the source shows (`shown`).
pub(super) fn infer(
    seen: &Seen,
    shown: &[InferredType],
    types: &[TypeName],
    nameable: &Nameable,
    reader: &str,
) -> Result<InferredType, Unclaimed> {
    let members = members(seen, types, nameable, reader)?;
    let (nothing, mut members): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|member| member.inferred.is_none());
    drop_subclasses(&mut members);
    members.retain(|member| !shown.iter().any(|shown| is_base(shown, member.name)));
    if let Some(base) = common_base(&members, nameable, reader)? {
        return Ok(with_shown([base], shown, !nothing.is_empty()));
    }
    let inferred = members.into_iter().map(|member| member.inferred);
    Ok(with_shown(inferred, shown, !nothing.is_empty()))
}

fn members<'a>(
    seen: &Seen,
    types: &'a [TypeName],
    nameable: &Nameable,
    reader: &str,
) -> Result<Vec<Member<'a>>, Unclaimed> {
    let mut members = Vec::new();
    let mut mocks = 0;
    for &id in seen.types.keys() {
        let name = types.get(id.index()).filter(|_| id != TypeId::OVERFLOW);
        let name = name.ok_or(Unclaimed::Overflow)?;
        // `*args`, `**kwargs` and parameters that held no object.
        if name.module.is_empty() {
            continue;
        }
        if is_mock(name) {
            mocks += 1;
            continue;
        }
        members.push(Member { inferred: nameable.name(name, reader)?, name });
    }
    match (members.is_empty(), mocks) {
        (true, 0) => Err(Unclaimed::NothingSeen),
        (true, _) => Err(Unclaimed::OnlyMocks),
        _ => Ok(members),
    }
}

/// Whatever is a subclass of another member is that member; numbers as type checkers see them.
fn drop_subclasses(members: &mut Vec<Member<'_>>) {
    let all = members.clone();
    let is_covered = |member: &Member<'_>| {
        all.iter().any(|other| other.name != member.name && covers(other, member))
    };
    members.retain(|member| !is_covered(member));
    let mut distinct: Vec<InferredType> = Vec::new();
    members.retain(|member| {
        let is_new = !distinct.contains(&member.inferred);
        distinct.extend(is_new.then(|| member.inferred.clone()));
        is_new
    });
}

fn covers(wider: &Member<'_>, narrower: &Member<'_>) -> bool {
    let is_itself = |member: &Member<'_>| match &member.inferred {
        InferredType::Class { qualname, .. } => *qualname == member.name.qualname,
        _ => false,
    };
    let full = wider.name.full_name();
    let by_mro = is_itself(wider) && narrower.name.mro.iter().skip(1).any(|base| *base == full);
    let builtin = |member: &Member<'_>| member.name.module == "builtins";
    let by_tower = builtin(wider)
        && builtin(narrower)
        && super::inferred_type::accepts(&wider.name.qualname, &narrower.name.qualname);
    by_mro || by_tower
}

/// Whether what the source shows is a class that the seen type derives from.
fn is_base(shown: &InferredType, name: &TypeName) -> bool {
    let is_this = |(module, qualname): (&str, &str), base: &String| {
        base.strip_suffix(qualname).is_some_and(|rest| {
            rest.strip_suffix('.').unwrap_or("builtins") == module || rest == "__main__."
        })
    };
    shown.members().iter().any(|member| match member {
        InferredType::Class { module, qualname } => {
            name.mro.iter().skip(1).any(|base| is_this((module, qualname), base))
        }
        _ => false,
    })
}

/// The base that stands for all members, where there are so many that it should.
fn common_base(
    members: &[Member<'_>],
    nameable: &Nameable,
    reader: &str,
) -> Result<Option<InferredType>, Unclaimed> {
    if members.len() < SIBLINGS_MIN {
        return Ok(None);
    }
    let shared = shared_bases(members, nameable, reader);
    let of_project = shared.iter().find(|base| nameable.is_project(base));
    match of_project.or(shared.first()) {
        Some(base) if nameable.is_project(base) || members.len() > UNION_MEMBERS_MAX => {
            Ok(Some(base.clone()))
        }
        None if members.len() > UNION_MEMBERS_MAX => {
            Err(Unclaimed::TooMany { count: members.len() })
        }
        _ => Ok(None),
    }
}

/// What all members are, nearest first.
fn shared_bases(members: &[Member<'_>], nameable: &Nameable, reader: &str) -> Vec<InferredType> {
    let Some((first, others)) = members.split_first() else { return Vec::new() };
    let is_shared =
        |base: &str| others.iter().all(|other| other.name.mro.iter().any(|b| b == base));
    let bases = nameable.bases(first.name, reader);
    bases.filter(|(base, _)| is_shared(base)).map(|(_, inferred)| inferred).collect()
}

/// Adds what the source shows, unless it is admitted already.
fn with_shown(
    inferred: impl IntoIterator<Item = InferredType>,
    shown: &[InferredType],
    none_seen: bool,
) -> InferredType {
    let mut all: Vec<InferredType> = inferred.into_iter().collect();
    for extra in shown.iter().flat_map(InferredType::members) {
        all.retain(|member| !admits(extra, member));
        if !all.iter().any(|member| admits(member, extra)) {
            all.push(extra.clone());
        }
    }
    all.extend(none_seen.then_some(InferredType::None));
    InferredType::union(all).unwrap_or(InferredType::None)
}

fn admits(wider: &InferredType, narrower: &InferredType) -> bool {
    match narrower {
        InferredType::Class { module, qualname } if module == "builtins" => {
            wider.admits_builtin(qualname)
        }
        _ => wider == narrower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types of a little zoo: `Animal` is the base of all animals.
    fn zoo() -> (Vec<TypeName>, Nameable) {
        let names = ["Animal", "Cat", "Dog", "Cow", "Hen"];
        let mut nameable = Nameable::default();
        nameable.define("zoo", names.map(String::from));
        let mut types = vec![TypeName::new("", "…"), TypeName::new("", "<unset>")];
        for name in
            ["NoneType", "bool", "int", "float", "str", "bytes", "list", "dict", "ValueError"]
        {
            let mut name = TypeName::new("builtins", name);
            name.mro.push(name.qualname.clone());
            name.mro.extend((name.qualname == "bool").then(|| "int".to_owned()));
            name.mro.push("object".into());
            types.push(name);
        }
        for class in names {
            let mut name = TypeName::new("zoo", class);
            name.mro.push(format!("zoo.{class}"));
            name.mro.extend((class != "Animal").then(|| "zoo.Animal".to_owned()));
            name.mro.push("object".into());
            types.push(name);
        }
        let mut mock = TypeName::new("unittest.mock", "Mock");
        mock.mro = vec!["unittest.mock.Mock".into(), "unittest.mock.NonCallableMock".into()];
        types.push(mock);
        (types, nameable)
    }

    fn inferred(names: &[&str]) -> String {
        let (types, nameable) = zoo();
        let id = |name: &&str| types.iter().position(|t| t.qualname == **name).unwrap();
        let ids = names.iter().map(|name| (TypeId(id(name) as u32), 1));
        match infer(&Seen { types: ids.collect() }, &[], &types, &nameable, "zoo") {
            Ok(inferred) => {
                let text = |member: &InferredType| match member {
                    InferredType::Class { qualname, .. } => qualname.clone(),
                    other => format!("{other:?}"),
                };
                inferred.members().iter().map(text).collect::<Vec<_>>().join(" | ")
            }
            Err(reason) => reason.to_string(),
        }
    }

    #[test]
    fn a_few_types_are_a_union_with_none_last() {
        assert_eq!(inferred(&["NoneType", "str", "bytes"]), "bytes | str | None");
        assert_eq!(inferred(&["NoneType"]), "None");
        assert_eq!(inferred(&["Cat", "Dog"]), "Cat | Dog");
    }

    #[test]
    fn numbers_and_subclasses_are_the_wider_type() {
        assert_eq!(inferred(&["bool", "int"]), "int");
        assert_eq!(inferred(&["bool", "int", "float", "NoneType"]), "float | None");
        assert_eq!(inferred(&["bool", "float"]), "float");
        assert_eq!(inferred(&["Cat", "Animal"]), "Animal");
    }

    #[test]
    fn many_siblings_are_their_base() {
        assert_eq!(inferred(&["Cat", "Dog", "Cow", "NoneType"]), "Animal | None");
        assert_eq!(inferred(&["Cat", "Dog", "Cow", "str"]), "Cat | Cow | Dog | str");
        let unrelated = ["str", "bytes", "list", "dict", "int"];
        assert_eq!(inferred(&unrelated), "5 types without a base in common");
    }

    #[test]
    fn what_is_not_known_is_not_claimed() {
        assert_eq!(inferred(&[]), "nothing was seen");
        assert_eq!(inferred(&["<unset>"]), "nothing was seen");
        assert_eq!(inferred(&["…", "int"]), "more types than a recording keeps");
        assert_eq!(inferred(&["Mock"]), "only mock objects were seen");
        assert_eq!(inferred(&["Mock", "Cat"]), "Cat");
    }

    proptest::proptest! {
        #[test]
        fn what_was_seen_is_admitted_in_any_order(mut picked in proptest::collection::vec(2_usize..10, 1..4)) {
            let (types, nameable) = zoo();
            picked.sort_unstable();
            picked.dedup();
            let seen = Seen { types: picked.iter().map(|&at| (TypeId(at as u32), 1)).collect() };
            let inferred = infer(&seen, &[], &types, &nameable, "zoo").unwrap();
            for at in picked {
                proptest::prop_assert!(inferred.admits_builtin(&types[at].qualname));
            }
        }
    }
}
