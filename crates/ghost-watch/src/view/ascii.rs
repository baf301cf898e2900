//! For terminals that show nothing beyond ASCII: replaces what was drawn, character by character.

use ratatui::buffer::{Buffer, Cell};

/// What we draw ourselves, and what comes closest to it.
const REPLACED: [(&str, &str); 18] = [
    ("▁", "_"),
    ("▂", "."),
    ("▃", ":"),
    ("▄", "-"),
    ("▅", "="),
    ("▆", "+"),
    ("▇", "*"),
    ("█", "#"),
    ("·", "-"),
    ("…", "~"),
    ("µ", "u"),
    ("≤", "<"),
    ("≈", "~"),
    ("–", "-"),
    ("↑", "^"),
    ("↓", "v"),
    ("→", ">"),
    ("×", "x"),
];

/// Replaces everything in the buffer that is not ASCII. Names of the program become `?` there.
pub(super) fn replace(buffer: &mut Buffer) {
    // What follows a wide character is hidden below it, and holds a space.
    buffer.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()).for_each(replace_cell);
}

fn replace_cell(cell: &mut Cell) {
    let known = REPLACED.iter().find(|(drawn, _)| *drawn == cell.symbol());
    let plain = known.map_or("?", |(_, plain)| plain);
    cell.set_symbol(plain);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn nothing_but_ascii_is_left_and_columns_stay() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 14, 1));
        buffer.set_string(0, 0, "a▁█·…µ ö漢字x≤1", Style::new());
        replace(&mut buffer);
        let text: String = buffer.content.iter().map(Cell::symbol).collect();
        assert_eq!(text, "a_#-~u ?? ? x<");
    }
}
