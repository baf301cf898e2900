//! Methods that are bound by the annotations of a method they override, or that overrides them:
//! annotating one but not the other by what was seen could make them disagree.

use std::collections::{BTreeSet, HashMap};

use ghost_model::TypeName;

/// Which methods are bound, and by which class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    by: HashMap<(String, String), String>,
}

impl Settled {
    /// From the recorded types and the annotated methods of each class, by its full name.
    pub fn new(types: &[TypeName], annotated: &HashMap<String, BTreeSet<String>>) -> Self {
        let mut by = HashMap::new();
        for name in types.iter().filter(|name| name.mro.len() > 2) {
            for (binding, methods) in name.mro.iter().filter_map(|it| annotated.get_key_value(it)) {
                for class in name.mro.iter().filter(|class| *class != binding) {
                    for method in methods {
                        by.insert((class.clone(), method.clone()), binding.clone());
                    }
                }
            }
        }
        Self { by }
    }

    /// The class by whose annotations a method is bound.
    pub fn by(&self, class: &str, method: &str) -> Option<&str> {
        // Constructors are never called in each other's place.
        if method == "__init__" || self.by.is_empty() {
            return None;
        }
        self.by.get(&(class.to_owned(), method.to_owned())).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_bound_by_the_annotations_of_its_relatives() {
        let mut circle = TypeName::new("shapes", "Circle");
        circle.mro = ["shapes.Circle", "shapes.Shape", "object"].map(String::from).into();
        let annotated =
            HashMap::from([("shapes.Shape".to_owned(), BTreeSet::from(["area".to_owned()]))]);
        let settled = Settled::new(&[circle], &annotated);
        assert_eq!(settled.by("shapes.Circle", "area"), Some("shapes.Shape"));
        assert_eq!(settled.by("shapes.Circle", "name"), None);
        assert_eq!(settled.by("shapes.Shape", "area"), None);
    }
}
