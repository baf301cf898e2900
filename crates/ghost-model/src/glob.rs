//! Module globs: `*` stands for any text, dots included, and `?` for one character.

/// Whether the whole name matches.
pub fn glob_matches(glob: &str, name: &str) -> bool {
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // Where the latest `*` stands, and how much of the name it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        if at < glob.len() && glob[at] == '*' {
            star = Some((at, seen));
            at += 1;
        } else if at < glob.len() && (glob[at] == '?' || glob[at] == name[seen]) {
            at += 1;
            seen += 1;
        } else if let Some((position, taken)) = star {
            star = Some((position, taken + 1));
            at = position + 1;
            seen = taken + 1;
        } else {
            return false;
        }
    }
    glob[at..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_and_question_marks_match() {
        for (glob, name) in [
            ("shop", "shop"),
            ("shop.*", "shop.orders.validate"),
            ("*.orders", "shop.orders"),
            ("*ord*s", "shop.orders"),
            ("sh?p", "shöp"),
            ("*", ""),
            ("**a*", "ba"),
        ] {
            assert!(glob_matches(glob, name), "{glob} {name}");
        }
        for (glob, name) in
            [("shop", "shops"), ("shop.*", "shop"), ("?", ""), ("*.orders", "shop.orders.x")]
        {
            assert!(!glob_matches(glob, name), "{glob} {name}");
        }
    }

    proptest! {
        #[test]
        fn a_name_matches_itself_and_any_part_of_it_starred(name in "[a-z.]{0,12}", cut in 0..12_usize) {
            prop_assert!(glob_matches(&name, &name));
            let cut = cut.min(name.len());
            let starred = format!("{}*", &name[..cut]);
            prop_assert!(glob_matches(&starred, &name));
        }
    }
}
