//! What is drawn, golden, at several sizes.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::state::staging::{reading, shop};
use crate::state::{Key, Settings};

const LOOK: Look = Look { colour: true, unicode: true };

fn watch() -> Watch {
    let mut watch = Watch::new(Settings::default());
    for (seconds, times) in [(0, 90), (1, 91), (2, 94), (4, 95), (5, 100)] {
        watch.take(reading(shop(times), seconds));
    }
    watch
}

fn press(watch: &mut Watch, keys: &[Key]) {
    for key in keys {
        watch.press(*key);
    }
}

/// The screen as text, without styles.
fn drawn(watch: &mut Watch, (width, height): (u16, u16), look: Look) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let size = Size { width, height };
    let lines = lines(watch, size);
    watch.fit(super::height(size), lines);
    terminal.draw(|frame| draw(frame, watch, look)).unwrap();
    let text = terminal.backend().to_string();
    let row = |line: &str| line.trim_matches('"').trim_end().to_owned();
    text.lines().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_table_at_every_size() {
    let sizes = [(80, 24), (120, 40), (40, 10), (10, 3)];
    for size in sizes {
        let name = format!("table_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name, drawn(&mut watch(), size, LOOK));
    }
}

#[test]
fn every_page() {
    let id = FIB_LINE_DOWN;
    let pages: [(&str, &[Key]); 5] = [
        ("detail", id),
        ("exceptions", &[Key::Char('e')]),
        ("processes", &[Key::Char('p')]),
        ("help", &[Key::Char('?')]),
        ("filter", &[Key::Char('/'), Key::Char('u'), Key::Char('P')]),
    ];
    for (name, keys) in pages {
        let mut watch = watch();
        press(&mut watch, keys);
        insta::assert_snapshot!(name, drawn(&mut watch, (90, 44), LOOK));
    }
}

/// Down to `validate`, and into it.
const FIB_LINE_DOWN: &[Key] = &[Key::Down, Key::Enter];

#[test]
fn without_unicode_everything_is_ascii() {
    let look = Look { unicode: false, ..LOOK };
    for keys in [&[][..], FIB_LINE_DOWN, &[Key::Char('?')], &[Key::Char('e')], &[Key::Char('p')]] {
        let mut watch = watch();
        press(&mut watch, keys);
        let text = drawn(&mut watch, (100, 40), look);
        assert!(text.is_ascii(), "{text}");
    }
    insta::assert_snapshot!("ascii", drawn(&mut watch(), (80, 12), look));
}

#[test]
fn without_colour_no_cell_has_one() {
    let colours = |colour: bool| {
        let mut terminal = Terminal::new(TestBackend::new(100, 30)).unwrap();
        let mut watch = watch();
        watch.fit(20, 0);
        terminal.draw(|frame| draw(frame, &watch, Look { colour, ..LOOK })).unwrap();
        let cells = terminal.backend().buffer().content.iter();
        cells.filter(|cell| cell.fg != ratatui::style::Color::Reset).count()
    };
    assert_eq!(colours(false), 0);
    assert!(colours(true) > 0);
}

#[test]
fn no_size_is_too_small_for_any_page() {
    for width in [1, 2, 5, 17, 30, 300] {
        for height in [1, 2, 3, 4, 5, 9, 60] {
            for keys in
                [&[][..], FIB_LINE_DOWN, &[Key::Char('e')], &[Key::Char('p'), Key::Char('?')]]
            {
                let mut watch = watch();
                press(&mut watch, keys);
                drawn(&mut watch, (width, height), LOOK);
            }
        }
    }
}

#[test]
fn names_cannot_reach_the_terminal() {
    let mut recording = shop(100);
    recording.functions[2].key.qualname = "a\u{1b}[2Jb\r\n\u{202e}".into();
    recording.functions[4].file = "\u{1b}]0;x\u{7}".into();
    recording.types[1].qualname = "\u{9b}31m".into();
    let mut reading = reading(recording, 0);
    reading.live.session.script = "\u{1b}c.py".into();
    for keys in [&[][..], &[Key::Enter], FIB_LINE_DOWN, &[Key::Char('e')]] {
        let mut watch = Watch::new(Settings::default());
        watch.take(reading.clone());
        press(&mut watch, keys);
        let text = drawn(&mut watch, (200, 40), LOOK);
        let harmless = |character: char| character == '\n' || !character.is_control();
        assert!(text.chars().all(harmless) && !text.contains('\u{202e}'), "{text}");
    }
}

#[test]
fn a_session_with_a_name_shows_it() {
    let mut reading = reading(shop(100), 0);
    reading.live.session.name = Some("before-refactor".into());
    let mut watch = Watch::new(Settings::default());
    watch.take(reading);
    let text = drawn(&mut watch, (90, 10), LOOK);
    assert!(text.starts_with("shop.py · before-refactor · running"), "{text}");
}

#[test]
fn before_the_first_reading_the_screen_says_so() {
    let text = drawn(&mut Watch::new(Settings::default()), (60, 8), LOOK);
    assert!(text.starts_with("reading the session…"), "{text}");
}
