//! What each key does to the state.

use super::keys::{self, Action, Key};
use super::{Page, Request, SortBy, Watch};

impl Watch {
    /// Does what a key says.
    pub fn press(&mut self, key: Key) -> Option<Request> {
        // Whatever is typed, these must work.
        match key {
            Key::Ctrl('c') => return Some(Request::Quit),
            Key::Ctrl('z') => return Some(Request::Suspend),
            _ if self.filter.before.is_some() => self.type_filter(key),
            _ => return keys::action(key).and_then(|action| self.perform(action)),
        }
        None
    }

    fn perform(&mut self, action: Action) -> Option<Request> {
        match action {
            Action::Quit => return Some(Request::Quit),
            Action::Suspend => return Some(Request::Suspend),
            Action::Redraw => return Some(Request::Redraw),
            Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last => self.go(action),
            Action::Help => self.turn_to(Page::Help),
            Action::Exceptions => self.turn_to(Page::Exceptions),
            Action::Processes => self.turn_to(Page::Processes),
            Action::Detail => self.open_detail(),
            Action::Back => self.go_back(),
            Action::Filter => self.begin_filter(),
            Action::Pause => self.paused = !self.paused,
            Action::SortNext => self.sort_by(self.settings.sort.after(1)),
            Action::SortBefore => self.sort_by(self.settings.sort.after(SortBy::ALL.len() - 1)),
            Action::SortBy(number) => self.sort_by(SortBy::ALL[number % SortBy::ALL.len()]),
            Action::Reverse => {
                self.reversed = !self.reversed;
                self.reorder();
            }
            Action::Bodies => {
                self.bodies = !self.bodies;
                self.reorder();
            }
        }
        None
    }

    fn go(&mut self, action: Action) {
        let (at, last) = match self.page() {
            None => (self.cursor.position(), self.selection.shown.len().saturating_sub(1)),
            Some(_) => (self.scroll, self.lines.saturating_sub(self.height)),
        };
        // One line of the page before stays, for the eye.
        let page = self.height.saturating_sub(1).max(1);
        let to = match action {
            Action::Up => at.saturating_sub(1),
            Action::Down => at + 1,
            Action::PageUp => at.saturating_sub(page),
            Action::PageDown => at + page,
            Action::Last => last,
            _ => 0,
        };
        match (self.page(), action) {
            (Some(_), _) => self.scroll = to.min(last),
            (None, Action::First) => self.cursor.go_to_first(),
            (None, _) => self.cursor.go_to(to, &self.selection.shown),
        }
    }

    /// Opens a page, or closes it where it is open.
    fn turn_to(&mut self, page: Page) {
        self.scroll = 0;
        if self.page() == Some(page) {
            self.pages.pop();
        } else {
            self.pages.retain(|open| *open != page);
            self.pages.push(page);
        }
    }

    fn open_detail(&mut self) {
        if let (None, Some(id)) = (self.page(), self.selected()) {
            self.cursor.go_to(self.cursor.position(), &self.selection.shown);
            self.turn_to(Page::Detail(id));
        }
    }

    fn go_back(&mut self) {
        self.scroll = 0;
        if self.pages.pop().is_none() && !self.filter.text.is_empty() {
            self.filter.text.clear();
            self.reorder();
        }
    }

    fn sort_by(&mut self, sort: SortBy) {
        self.settings.sort = sort;
        self.reorder();
    }

    fn begin_filter(&mut self) {
        self.pages.clear();
        self.filter.before = Some(self.filter.text.clone());
    }

    /// Takes a key while a filter is typed. The table follows every character.
    fn type_filter(&mut self, key: Key) {
        match key {
            Key::Char(character) => self.filter.text.push(character),
            Key::Backspace if self.filter.text.is_empty() => self.filter.before = None,
            Key::Backspace => drop(self.filter.text.pop()),
            Key::Ctrl('u') => self.filter.text.clear(),
            Key::Enter => self.filter.before = None,
            Key::Escape => self.filter.text = self.filter.before.take().unwrap_or_default(),
            Key::Up | Key::Down => {
                self.go(if key == Key::Up { Action::Up } else { Action::Down });
            }
            _ => return,
        }
        self.reorder();
    }
}
