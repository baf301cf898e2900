//! Which code is observed: decided once per code object, from names alone.
//!
//! The project is observed: files below its roots that are not part of a library folder. The longest
//! matching folder decides, so a virtual environment inside the project is a library and an editable
//! package outside it is not.

/// What decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeRules {
    /// Folders of the project, absolute; files are shown relative to the first that fits.
    pub roots: Vec<String>,
    /// Folders of the standard library, of installed packages, of the virtual environment.
    pub libraries: Vec<String>,
    /// Observe libraries too.
    pub everything: bool,
    /// Module globs to observe besides.
    pub include: Vec<String>,
    /// Module globs never to observe.
    pub exclude: Vec<String>,
}

/// The decision about one code object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Observe it; the file is shown as this.
    Observed(String),
    /// Leave it alone; the file is shown as this.
    Outside(String),
}

/// Our own modules, never observed.
const OWN_PACKAGE: &str = "ghostglass";

impl ScopeRules {
    /// Decides about code of `module` in `file`; `module_file` is the `__file__` of its globals,
    /// which stands in for code made from text.
    pub fn decide(&self, file: &str, module: &str, module_file: Option<&str>) -> Scope {
        let made_from_text = file.starts_with('<');
        let source = if made_from_text { module_file.unwrap_or(file) } else { file };
        let (shown, in_project) = self.place(source);
        let shown = if made_from_text { file.to_owned() } else { shown };
        let target = made_from_text && module_file.is_none() && module == "__main__";
        let frozen = file.starts_with("<frozen");
        if matches_any(&self.exclude, module) || module_matches(OWN_PACKAGE, module) {
            return Scope::Outside(shown);
        }
        let wanted = self.everything || matches_any(&self.include, module);
        if wanted || (!frozen && (in_project || target)) {
            Scope::Observed(shown)
        } else {
            Scope::Outside(shown)
        }
    }

    /// How a file is shown, and whether it belongs to the project.
    fn place(&self, file: &str) -> (String, bool) {
        let longest = |folders: &[String]| {
            folders.iter().filter(|folder| below(folder, file).is_some()).map(String::len).max()
        };
        let (root, library) = (longest(&self.roots), longest(&self.libraries));
        let project = root.is_some() && root > library;
        let folders = if project { &self.roots } else { &self.libraries };
        let shown = if project {
            folders.iter().find_map(|folder| below(folder, file))
        } else {
            let fitting = folders.iter().filter_map(|folder| below(folder, file));
            fitting.min_by_key(|rest| rest.len())
        };
        let name = || file.rsplit('/').next().unwrap_or(file);
        let installed = shown.is_some_and(|rest| {
            rest.split('/').any(|part| part == "site-packages" || part == "dist-packages")
        });
        (shown.unwrap_or_else(name).to_owned(), project && !installed)
    }
}

/// The rest of a path below a folder.
fn below<'a>(folder: &str, file: &'a str) -> Option<&'a str> {
    file.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/')
}

fn matches_any(globs: &[String], module: &str) -> bool {
    globs.iter().any(|glob| module_matches(glob, module))
}

/// Whether a module, or a package around it, matches a glob in which `*` stands for anything.
pub fn module_matches(glob: &str, module: &str) -> bool {
    let ends = module.match_indices('.').map(|(at, _)| at).chain([module.len()]);
    ends.into_iter().any(|end| wildcard(glob.as_bytes(), &module.as_bytes()[..end]))
}

fn wildcard(glob: &[u8], text: &[u8]) -> bool {
    let (mut g, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if glob.get(g) == Some(&b'*') {
            star = Some((g, t));
            g += 1;
        } else if glob.get(g) == Some(&text[t]) || glob.get(g) == Some(&b'?') {
            (g, t) = (g + 1, t + 1);
        } else if let Some((star_g, star_t)) = star {
            star = Some((star_g, star_t + 1));
            (g, t) = (star_g + 1, star_t + 1);
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> ScopeRules {
        ScopeRules {
            roots: vec!["/srv/shop".into(), "/srv/editable".into()],
            libraries: vec![
                "/usr/lib/python3.13".into(),
                "/srv/shop/.venv".into(),
                "/srv/shop/.venv/lib/python3.13/site-packages".into(),
            ],
            ..ScopeRules::default()
        }
    }

    fn observed(file: &str) -> Scope {
        Scope::Observed(file.into())
    }

    fn outside(file: &str) -> Scope {
        Scope::Outside(file.into())
    }

    #[test]
    fn the_project_is_observed_and_libraries_are_not() {
        let rules = rules();
        let decide = |file| rules.decide(file, "m", None);
        assert_eq!(decide("/srv/shop/cart/order.py"), observed("cart/order.py"));
        assert_eq!(decide("/srv/editable/tool.py"), observed("tool.py"));
        assert_eq!(decide("/usr/lib/python3.13/json/decoder.py"), outside("json/decoder.py"));
        assert_eq!(
            decide("/srv/shop/.venv/lib/python3.13/site-packages/flask/app.py"),
            outside("flask/app.py")
        );
        assert_eq!(decide("/srv/shop/.venv/bin/pytest"), outside("bin/pytest"));
        assert_eq!(decide("/opt/other/x.py"), outside("x.py"));
        assert_eq!(decide("/srv/shopping/x.py"), outside("x.py"));
    }

    #[test]
    fn code_made_from_text_belongs_to_its_module() {
        let rules = rules();
        let file = Some("/srv/shop/models.py");
        assert_eq!(rules.decide("<string>", "models", file), observed("<string>"));
        assert_eq!(rules.decide("<string>", "__main__", None), observed("<string>"));
        assert_eq!(rules.decide("<string>", "namedtuple_P", None), outside("<string>"));
        assert_eq!(rules.decide("<frozen runpy>", "runpy", None), outside("<frozen runpy>"));
    }

    #[test]
    fn globs_add_and_remove_modules() {
        let mut rules = rules();
        rules.include.push("json".into());
        rules.exclude.push("shop.tests*".into());
        let json = "/usr/lib/python3.13/json/decoder.py";
        assert_eq!(rules.decide(json, "json.decoder", None), observed("json/decoder.py"));
        let test = "/srv/shop/tests/t.py";
        assert_eq!(rules.decide(test, "shop.tests.t", None), outside("tests/t.py"));
        rules.everything = true;
        assert_eq!(rules.decide(test, "shop.tests.t", None), outside("tests/t.py"));
        assert_eq!(rules.decide("/x/y.py", "ghostglass._startup", None), outside("y.py"));
    }

    #[test]
    fn a_glob_matches_the_package_around_a_module() {
        assert!(module_matches("shop", "shop.cart"));
        assert!(module_matches("shop.*", "shop.cart"));
        assert!(module_matches("*.cart", "shop.cart.lines"));
        assert!(!module_matches("shop", "shopping"));
        assert!(!module_matches("shop.*", "shop"));
    }
}
