//! Tests of the state as a whole: readings and keys in, rows out.

use super::staging::{Called, reading, recording, shop};
use super::*;

fn watch(settings: Settings) -> Watch {
    let mut watch = Watch::new(settings);
    watch.take(reading(shop(100), 0));
    watch.fit(10, 0);
    watch
}

fn names(watch: &Watch) -> Vec<&str> {
    watch.shown().iter().map(|id| watch.function(*id).key.qualname.as_str()).collect()
}

fn selected(watch: &Watch) -> &str {
    &watch.function(watch.selected().unwrap()).key.qualname
}

fn press(watch: &mut Watch, keys: &str) {
    for key in keys.chars() {
        assert_eq!(watch.press(Key::Char(key)), None);
    }
}

const FIB: &str = "fib";
const LOOK_UP: &str = "Catalogue.<locals>.look_up_by_name";
const VALIDATE: &str = "validate";
const SYNC: &str = "sync_orders";

#[test]
fn every_order_has_its_largest_first_and_can_be_turned_round() {
    let mut watch = watch(Settings::default());
    watch.take(reading(shop(101), 1));
    for (key, expected) in [
        ("1", [FIB, VALIDATE, LOOK_UP, SYNC]),
        ("2", [FIB, VALIDATE, LOOK_UP, SYNC]),
        ("3", [VALIDATE, FIB, LOOK_UP, SYNC]),
        ("4", [SYNC, VALIDATE, LOOK_UP, FIB]),
        ("5", [VALIDATE, SYNC, FIB, LOOK_UP]),
        ("6", [VALIDATE, SYNC, FIB, LOOK_UP]),
    ] {
        press(&mut watch, key);
        assert_eq!(names(&watch), expected, "{key}");
    }
    press(&mut watch, "r");
    assert_eq!(names(&watch), [LOOK_UP, FIB, SYNC, VALIDATE]);
    press(&mut watch, "rsS");
    assert_eq!(watch.sort(), SortBy::SelfTime);
    press(&mut watch, "s");
    assert_eq!(watch.sort(), SortBy::Calls);
}

#[test]
fn what_is_left_out_is_counted() {
    let mut watch = watch(Settings { top: Some(3), ..Settings::default() });
    assert_eq!((watch.shown().len(), watch.cut(), watch.bodies_hidden()), (3, 1, 1));
    press(&mut watch, "b");
    assert_eq!((watch.shown().len(), watch.cut(), watch.bodies_hidden()), (3, 2, 0));
    let other = self::watch(Settings { module: Some("x*".into()), ..Settings::default() });
    assert!(other.shown().is_empty());
}

#[test]
fn the_selection_keeps_its_function_while_rows_move() {
    let mut watch = watch(Settings::default());
    assert_eq!(selected(&watch), FIB);
    watch.press(Key::Down);
    assert_eq!(selected(&watch), VALIDATE);
    press(&mut watch, "4");
    assert_eq!((selected(&watch), watch.selected_line()), (VALIDATE, 2));
    press(&mut watch, "r");
    assert_eq!((selected(&watch), watch.selected_line()), (VALIDATE, 3));
    let mut other = vec![Called::new("new", 1)];
    other.push(Called::new(VALIDATE, 2));
    watch.take(reading(recording(&[&other[..], &[Called::new("z", 1_000)]].concat()), 1));
    assert_eq!(selected(&watch), VALIDATE);
    watch.press(Key::Home);
    press(&mut watch, "1r");
    assert_eq!(selected(&watch), "z");
}

#[test]
fn a_filter_follows_what_is_typed_and_can_be_taken_back() {
    let mut watch = watch(Settings::default());
    press(&mut watch, "/CAT");
    assert_eq!((names(&watch), watch.filter()), (vec![LOOK_UP], ("CAT", true)));
    press(&mut watch, "q?");
    assert!(names(&watch).is_empty() && watch.page().is_none());
    for _ in 0..2 {
        watch.press(Key::Backspace);
    }
    watch.press(Key::Enter);
    assert_eq!((names(&watch).len(), watch.filter()), (1, ("CAT", false)));
    press(&mut watch, "/x");
    watch.press(Key::Escape);
    assert_eq!((names(&watch).len(), watch.filter()), (1, ("CAT", false)));
    watch.press(Key::Escape);
    assert_eq!((names(&watch).len(), watch.filter()), (4, ("", false)));
    press(&mut watch, "/shop:fib");
    assert_eq!(names(&watch), [FIB]);
}

#[test]
fn pages_open_and_close_and_the_detail_follows_its_function() {
    let mut watch = watch(Settings::default());
    press(&mut watch, "ep?");
    assert_eq!(watch.page(), Some(Page::Help));
    press(&mut watch, "?");
    assert_eq!(watch.page(), Some(Page::Processes));
    watch.press(Key::Escape);
    assert_eq!(watch.page(), Some(Page::Exceptions));
    press(&mut watch, "e");
    assert_eq!(watch.page(), None);
    watch.press(Key::Enter);
    assert_eq!(watch.page(), Some(Page::Detail(FunctionId(2))));
    watch.take(reading(recording(&[Called::new(FIB, 900)]), 1));
    assert_eq!(watch.page(), Some(Page::Detail(FunctionId(1))));
    watch.take(reading(recording(&[Called::new("other", 900)]), 2));
    assert_eq!(watch.page(), None);
}

#[test]
fn a_page_scrolls_within_its_lines() {
    let mut watch = watch(Settings::default());
    press(&mut watch, "?");
    watch.fit(4, 10);
    for (key, line) in [
        (Key::PageDown, 3),
        (Key::PageDown, 6),
        (Key::Up, 5),
        (Key::End, 6),
        (Key::PageUp, 3),
        (Key::Home, 0),
        (Key::Up, 0),
    ] {
        watch.press(key);
        assert_eq!(watch.scroll(), line, "{key:?}");
    }
    watch.press(Key::End);
    watch.fit(8, 10);
    assert_eq!(watch.scroll(), 2);
}

#[test]
fn holding_still_drops_readings_and_problems_stay_until_the_next_one() {
    let mut watch = watch(Settings::default());
    let calls = |watch: &Watch| watch.row(FunctionId(2)).unwrap().call_count;
    press(&mut watch, " ");
    watch.take(reading(shop(200), 1));
    assert_eq!((calls(&watch), watch.calls_per_second()), (635_600, None));
    press(&mut watch, " ");
    watch.fail("disk on fire");
    assert_eq!(watch.problem(), Some("disk on fire"));
    watch.take(reading(shop(200), 2));
    assert_eq!((calls(&watch), watch.problem()), (1_271_200, None));
    assert_eq!(watch.row(FunctionId(2)).unwrap().calls_per_second, Some(317_800.0));
}

#[test]
fn quitting_and_suspending_work_whatever_is_typed() {
    let mut watch = watch(Settings::default());
    assert_eq!(watch.press(Key::Char('q')), Some(Request::Quit));
    assert_eq!(watch.press(Key::Ctrl('l')), Some(Request::Redraw));
    press(&mut watch, "/");
    assert_eq!(watch.press(Key::Ctrl('c')), Some(Request::Quit));
    assert_eq!(watch.press(Key::Ctrl('z')), Some(Request::Suspend));
}

#[test]
fn a_finished_session_lasted_until_its_end_and_a_running_one_until_now() {
    let mut watch = watch(Settings::default());
    assert_eq!((watch.duration_ns(), watch.is_final()), (Some(60_000_000_000), false));
    let mut ended = reading(shop(100), 9);
    ended.live.is_final = true;
    ended.live.session.end_unix_ns = Some(ended.live.session.start_unix_ns + 7);
    watch.take(ended.clone());
    assert_eq!((watch.duration_ns(), watch.is_final()), (Some(7), true));
    ended.live.session.end_unix_ns = None;
    watch.take(ended);
    assert_eq!(watch.duration_ns(), None);
}

#[test]
fn before_the_first_reading_there_is_nothing_and_no_key_fails() {
    let mut watch = Watch::new(Settings::default());
    for key in [Key::Down, Key::End, Key::Enter, Key::PageDown, Key::Char('e'), Key::Escape] {
        assert_eq!(watch.press(key), None);
    }
    watch.fit(0, 0);
    assert!(
        watch.session().is_none() && watch.selected().is_none() && watch.on_screen(5).is_empty()
    );
}
