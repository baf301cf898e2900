//! `ghost telemetry`: what would be sent, whether it is, and the switch.

use crate::sandbox::Sandbox;

#[test]
fn nothing_is_sent_by_default_and_looking_stores_nothing() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["telemetry", "show"]);
    assert_eq!(ran.code, Some(0));
    let payload: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(payload.as_object().unwrap().len(), 6);
    assert_eq!(payload["event"], "session_start");
    assert!(ran.stderr.ends_with("ghost: not sent: no endpoint is configured\n"), "{}", ran.stderr);
    assert!(!sandbox.data().exists());
}

#[test]
fn the_switch_is_remembered() {
    let sandbox = Sandbox::new();
    let off = sandbox.run(&["telemetry", "off"]);
    assert_eq!((off.code, off.stdout.as_str()), (Some(0), ""));
    assert_eq!(off.stderr, "ghost: not sent: `telemetry_enabled` is false\n");
    let settings = sandbox.data().join("settings.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    assert_eq!(text, "[telemetry]\ntelemetry_enabled = false\n");
    std::fs::write(&settings, format!("{text}telemetry_endpoint = \"https://a.example/v1\"\n"))
        .unwrap();
    let on = sandbox.run(&["telemetry", "on"]);
    assert_eq!(on.stderr, "ghost: sent to `https://a.example/v1` by `ghost serve`\n");
}

#[test]
fn broken_settings_are_named_and_nothing_is_sent() {
    let sandbox = Sandbox::new();
    sandbox.run(&["telemetry", "off"]);
    std::fs::write(sandbox.data().join("settings.toml"), "[telemetry").unwrap();
    let show = sandbox.run(&["telemetry"]);
    assert!(show.stderr.contains("not sent: the settings cannot be read"), "{}", show.stderr);
    let on = sandbox.run(&["telemetry", "on"]);
    assert_eq!((on.code, on.stderr.lines().count()), (Some(3), 1), "{}", on.stderr);
}
