//! Where the user is in the table.
//!
//! Before the first move the cursor stays in the first line, whatever function is there; after it,
//! it stays with its function while rows move. `Home` goes back to the former.

use ghost_model::FunctionId;

/// The selected line and the first one on the screen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    position: usize,
    function: Option<FunctionId>,
    first: usize,
}

impl Cursor {
    /// The selected line.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The first line on the screen.
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// Goes to a line, and stays with the function in it from now on.
    pub(super) fn go_to(&mut self, position: usize, shown: &[FunctionId]) {
        self.position = position.min(shown.len().saturating_sub(1));
        self.function = shown.get(self.position).copied();
    }

    /// Goes to the first line and stays in it.
    pub(super) fn go_to_first(&mut self) {
        *self = Self::default();
    }

    /// Stays with its function under the id that it has now.
    pub(super) fn rename(&mut self, id_of: impl Fn(FunctionId) -> Option<FunctionId>) {
        self.function = self.function.and_then(id_of);
    }

    /// Finds its function again after rows moved; goes to the first line where it is not shown.
    pub(super) fn find(&mut self, shown: &[FunctionId]) {
        let found = self.function.and_then(|id| shown.iter().position(|&other| other == id));
        match found {
            Some(position) => self.position = position,
            None => self.go_to_first(),
        }
    }

    /// Scrolls no further than needed to have the selected line among the `height` on the screen.
    pub(super) fn scroll(&mut self, height: usize, length: usize) {
        let height = height.max(1);
        let last_first = length.saturating_sub(height);
        let lowest = (self.position + 1).saturating_sub(height);
        self.first = self.first.clamp(lowest, self.position.max(lowest)).min(last_first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(ids: &[u32]) -> Vec<FunctionId> {
        ids.iter().copied().map(FunctionId).collect()
    }

    #[test]
    fn the_selection_stays_with_its_function_after_a_move_and_with_the_first_line_before() {
        let mut cursor = Cursor::default();
        cursor.find(&ids(&[5, 6, 7]));
        assert_eq!(cursor.position(), 0);
        cursor.go_to(1, &ids(&[5, 6, 7]));
        cursor.find(&ids(&[7, 5, 6]));
        assert_eq!(cursor.position(), 2);
        cursor.rename(|FunctionId(id)| Some(FunctionId(id + 1)));
        cursor.find(&ids(&[7, 5, 6]));
        assert_eq!(cursor.position(), 0);
        cursor.find(&ids(&[8, 9]));
        cursor.find(&ids(&[8, 7]));
        assert_eq!(cursor.position(), 0);
    }

    proptest! {
        #[test]
        fn the_selected_line_is_on_the_screen(
            length in 1..50_usize, height in 1..20_usize, moves in prop::collection::vec(0..60_usize, 1..9)
        ) {
            let shown: Vec<FunctionId> = (0..length as u32).map(FunctionId).collect();
            let mut cursor = Cursor::default();
            for position in moves {
                cursor.go_to(position, &shown);
                cursor.scroll(height, length);
                let on_screen = cursor.first()..cursor.first() + height;
                prop_assert!(on_screen.contains(&cursor.position()));
                prop_assert!(cursor.first() == 0 || cursor.first() + height <= length);
            }
        }
    }
}
