//! The keys: one list, from which both the help and what a key does are taken.

/// A key press, whatever terminal it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// A character with Ctrl held.
    Ctrl(char),
    /// Return.
    Enter,
    /// Escape.
    Escape,
    /// Backspace.
    Backspace,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    Suspend,
    Redraw,
    Help,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Detail,
    Back,
    Filter,
    SortNext,
    SortBefore,
    SortBy(usize),
    Reverse,
    Bodies,
    Exceptions,
    Processes,
    Pause,
}

/// One line of the help.
pub(crate) struct Binding {
    keys: &'static [(Key, Action)],
    /// How the keys are written.
    pub(crate) shown: &'static str,
    /// What they do.
    pub(crate) meaning: &'static str,
}

/// Every key there is.
pub(crate) const BINDINGS: [Binding; 16] = [
    binding(
        "↑ ↓ k j",
        "move by one line",
        &[
            (Key::Up, Action::Up),
            (Key::Char('k'), Action::Up),
            (Key::Down, Action::Down),
            (Key::Char('j'), Action::Down),
        ],
    ),
    binding(
        "PgUp PgDn",
        "move by one page",
        &[(Key::PageUp, Action::PageUp), (Key::PageDown, Action::PageDown)],
    ),
    binding(
        "Home End g G",
        "first line (and stay there), last line",
        &[
            (Key::Home, Action::First),
            (Key::Char('g'), Action::First),
            (Key::End, Action::Last),
            (Key::Char('G'), Action::Last),
        ],
    ),
    binding(
        "Enter",
        "types, exceptions, callers and latency of the function",
        &[(Key::Enter, Action::Detail)],
    ),
    binding(
        "Esc Backspace",
        "back; in the table: forget the filter",
        &[(Key::Escape, Action::Back), (Key::Backspace, Action::Back)],
    ),
    binding("/", "only functions whose name contains a text", &[(Key::Char('/'), Action::Filter)]),
    binding(
        "s S",
        "sort by the next column, the one before",
        &[(Key::Char('s'), Action::SortNext), (Key::Char('S'), Action::SortBefore)],
    ),
    binding(
        "1 2 3 4 5 6",
        "sort by calls, rate, exceptions, latency, total, self",
        &[
            (Key::Char('1'), Action::SortBy(0)),
            (Key::Char('2'), Action::SortBy(1)),
            (Key::Char('3'), Action::SortBy(2)),
            (Key::Char('4'), Action::SortBy(3)),
            (Key::Char('5'), Action::SortBy(4)),
            (Key::Char('6'), Action::SortBy(5)),
        ],
    ),
    binding("r", "smallest first, and back", &[(Key::Char('r'), Action::Reverse)]),
    binding("b", "module and class bodies, too", &[(Key::Char('b'), Action::Bodies)]),
    binding("e", "exceptions and who caught them", &[(Key::Char('e'), Action::Exceptions)]),
    binding("p", "processes and what observing cost", &[(Key::Char('p'), Action::Processes)]),
    binding("Space", "hold still, and go on", &[(Key::Char(' '), Action::Pause)]),
    binding("Ctrl-L", "draw everything anew", &[(Key::Ctrl('l'), Action::Redraw)]),
    binding("? h", "this help", &[(Key::Char('?'), Action::Help), (Key::Char('h'), Action::Help)]),
    binding(
        "q Ctrl-C, Ctrl-Z",
        "quit, suspend",
        &[
            (Key::Char('q'), Action::Quit),
            (Key::Ctrl('c'), Action::Quit),
            (Key::Ctrl('z'), Action::Suspend),
        ],
    ),
];

const fn binding(
    shown: &'static str,
    meaning: &'static str,
    keys: &'static [(Key, Action)],
) -> Binding {
    Binding { keys, shown, meaning }
}

/// What a key does, if anything.
pub(super) fn action(key: Key) -> Option<Action> {
    let all = BINDINGS.iter().flat_map(|binding| binding.keys);
    all.filter(|(bound, _)| *bound == key).map(|(_, action)| *action).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_bound_twice_and_each_is_listed() {
        let all: Vec<Key> =
            BINDINGS.iter().flat_map(|binding| binding.keys).map(|(key, _)| *key).collect();
        for (index, key) in all.iter().enumerate() {
            assert!(!all[..index].contains(key), "{key:?}");
        }
        for binding in &BINDINGS {
            for (key, _) in binding.keys {
                let shown = match key {
                    Key::Char(' ') => "Space".to_owned(),
                    Key::Char(character) => character.to_string(),
                    Key::Ctrl(character) => format!("Ctrl-{}", character.to_ascii_uppercase()),
                    Key::Up => "↑".into(),
                    Key::Down => "↓".into(),
                    Key::PageUp => "PgUp".into(),
                    Key::PageDown => "PgDn".into(),
                    Key::Escape => "Esc".into(),
                    other => format!("{other:?}"),
                };
                assert!(binding.shown.contains(&shown), "{shown} in {}", binding.shown);
            }
        }
    }
}
