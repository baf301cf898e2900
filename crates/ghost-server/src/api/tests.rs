//! Resources as clients see them.

use axum::http::StatusCode;
use ghost_model::SessionId;
use ghost_store::StagedProcess;
use serde_json::json;

use super::staging::{Stage, shop, shop_tree, stage, stage_process};

#[tokio::test]
async fn functions_are_listed_sorted_and_searched() {
    let stage = Stage::new();
    let answer = stage.get("/sessions/latest/functions").await;
    assert_eq!(answer.status, StatusCode::OK);
    let first = &answer.body["items"][0];
    assert_eq!((&first["qualname"], &first["call_count"]), (&json!("price"), &json!(120)));
    assert_eq!(
        (&answer.body["total_count"], &answer.body["matched_count"]),
        (&json!(6), &json!(5))
    );
    let all =
        stage.get("/sessions/shop/functions?bodies=true&sort=qualname&limit=1&offset=1").await;
    assert_eq!(
        (&all.body["matched_count"], &all.body["items"][0]["qualname"]),
        (&json!(6), &json!("<module>"))
    );
    let found = stage.get("/sessions/current/functions?q=SHOP:SY").await;
    assert_eq!(
        (&found.body["matched_count"], &found.body["items"][0]["qualname"]),
        (&json!(1), &json!("sync"))
    );
}

#[tokio::test]
async fn a_call_tree_is_exact_where_one_was_kept() {
    let stage = Stage::new();
    let staged =
        StagedProcess { recording: shop(), call_tree: shop_tree(), ..StagedProcess::default() };
    let id = SessionId::new(1_763_630_000_000_000_000, 9);
    stage_process(&stage.data_dir, &id, Some("tree"), staged);
    assert_eq!(stage.get("/sessions/shop/call-tree").await.body["is_exact"], json!(false));
    let answer = stage.get("/sessions/tree/call-tree?limit=4").await;
    assert_eq!(
        (&answer.body["is_exact"], &answer.body["total_ns"], &answer.body["root"]["call_count"]),
        (&json!(true), &json!(90), &json!(1))
    );
    let main = &answer.body["root"]["children"][0]["children"][0];
    assert_eq!((&main["name"], &main["elided_count"]), (&json!("main"), &json!(1)));
    let sync = &main["children"][0];
    assert_eq!(
        (&sync["name"], &sync["total_ns"], &sync["self_ns"]),
        (&json!("sync"), &json!(50), &json!(10))
    );
}

#[tokio::test]
async fn hostile_names_are_json_strings() {
    let stage = Stage::new();
    let answer = stage.get("/sessions/latest/functions?q=onerror").await;
    assert_eq!(answer.body["items"][0]["qualname"], "<img src=x onerror=alert(1)>\u{1b}[31m");
}

#[tokio::test]
async fn nonsense_is_refused_by_name() {
    let stage = Stage::new();
    for (query, parameter) in [
        ("limit=-1", "limit"),
        ("limit=1000000000000000000", "limit"),
        ("offset=x", "offset"),
        ("sort=call_count%20DESC", "sort"),
        ("q=%00", "q"),
        ("q=%ff", "q"),
        ("q=a&q=b", "q"),
        ("bodies=1", "bodies"),
        ("token=abc", "token"),
    ] {
        let answer = stage.get(&format!("/sessions/latest/functions?{query}")).await;
        let problem = answer.headers["content-type"].to_str().unwrap();
        assert_eq!((answer.status, problem), (StatusCode::BAD_REQUEST, "application/problem+json"));
        if query != "q=%00" {
            assert_eq!(answer.body["parameter"], parameter, "{query}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let stage = Stage::new();
    let elsewhere = stage.data_dir.root().join("elsewhere.db");
    std::fs::copy(stage.data_dir.session_path(&stage.id), &elsewhere).unwrap();
    let link = stage.data_dir.sessions_dir().join("1763630009-00000001.db");
    std::os::unix::fs::symlink(&elsewhere, link).unwrap();
    for session in [
        "nothing",
        "1763630009-00000001",
        "1763630009",
        "..%2f..%2f..%2fetc%2fpasswd",
        "..",
        "%2e%2e",
        "1763630000-00000007.db",
        "-",
    ] {
        let answer = stage.get(&format!("/sessions/{session}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{session}");
    }
    assert_eq!(stage.get("/sessions").await.body["total_count"], 1);
    let answer = stage.get("/sessions/%ff").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = stage.get("/sessions/latest/functions/0000000000000000").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_has_a_version_is_not_sent_it_again() {
    let stage = Stage::new();
    for address in
        ["/sessions", "/sessions/latest", "/sessions/latest/functions", "/sessions/latest/overview"]
    {
        let answer = stage.get(address).await;
        let tag = answer.headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(tag, format!("\"{}\"", answer.body["version"].as_str().unwrap()));
        let again = stage.get_unless(address, &tag).await;
        assert_eq!(
            (again.status, again.body),
            (StatusCode::NOT_MODIFIED, json!(null)),
            "{address}"
        );
        assert_eq!(stage.get_unless(address, "\"other\"").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_function_has_its_neighbours_and_its_exceptions() {
    let stage = Stage::new();
    let list = stage.get("/sessions/latest/functions?q=check").await;
    let address = list.body["items"][0]["function_id"].as_str().unwrap().to_owned();
    let check = stage.get(&format!("/sessions/latest/functions/{address}")).await.body;
    assert_eq!(check["exceptions"][0]["caught_by"]["qualname"], "sync");
    assert_eq!(check["exceptions"][0]["is_swallowed"], true);
    assert_eq!(check["signatures"], json!([{ "name": "(int)", "count": 30 }]));
    let bucket = &check["latency_buckets"][0];
    assert!(bucket["lower_ns"].as_u64() < Some(2000) && bucket["upper_ns"].as_u64() >= Some(2000));
    let sync = check["callers"][0]["function_id"].as_str().unwrap();
    let sync = stage.get(&format!("/sessions/latest/functions/{sync}")).await.body;
    let callees: Vec<_> =
        sync["callees"].as_array().unwrap().iter().map(|it| &it["call_count"]).collect();
    assert_eq!(callees, [&json!(120), &json!(30)]);
}

#[tokio::test]
async fn an_overview_adds_up() {
    let stage = Stage::new();
    let overview = stage.get("/sessions/latest/overview").await.body;
    let steps = overview["series"].as_array().unwrap();
    let sum = |name: &str| steps.iter().map(|step| step[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("request_count"), sum("error_count")), (6, 1));
    assert_eq!((&overview["request_count"], &overview["is_complete"]), (&json!(6), &json!(true)));
    assert_eq!(overview["recent_errors"][0]["status"], 503);
    assert_eq!(overview["own_cost"]["observing_ns_per_call"], 81.5);
    assert_eq!((&overview["call_count"], &overview["function_count"]), (&json!(164), &json!(5)));
}

#[tokio::test]
async fn a_session_that_is_written_anew_is_read_anew() {
    let stage_ = Stage::new();
    let before = stage_.get("/sessions/latest/functions").await.body;
    let path = stage_.data_dir.session_path(&stage_.id);
    std::fs::remove_file(&path).unwrap();
    let mut recording = shop();
    recording.profiles[4].args[0].1 = 500;
    stage(&stage_.data_dir, &stage_.id, None, recording, vec![]);
    let mut after = before.clone();
    while after["version"] == before["version"] {
        after = stage_.get("/sessions/latest/functions").await.body;
        tokio::task::yield_now().await;
    }
    assert_eq!(after["items"][0]["call_count"], 500);
}
