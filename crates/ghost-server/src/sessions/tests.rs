//! When sessions are read, and how long they are held.

use std::sync::Arc;

use ghost_model::SessionId;

use super::{SESSIONS_MAX, SessionError};
use crate::api::staging::{START_UNIX_NS, Stage, shop, stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_ask_at_once_get_the_same_reading() {
    let stage = Stage::new();
    let sessions = Arc::clone(&stage.state.sessions);
    let asked: Vec<_> = (0..50)
        .map(|_| {
            let sessions = Arc::clone(&sessions);
            tokio::spawn(async move { sessions.view("latest").await })
        })
        .collect();
    let mut views = Vec::new();
    for asked in asked {
        views.push(asked.await.unwrap().unwrap());
    }
    assert!(views.iter().all(|view| Arc::ptr_eq(view, &views[0])));
}

#[tokio::test]
async fn few_sessions_are_held_and_what_is_not_there_pushes_nothing_out() {
    let stage_ = Stage::new();
    let sessions = &stage_.state.sessions;
    let id = |number: u64| SessionId::new(START_UNIX_NS + number * 1_000_000_000, 7);
    for number in 1..=SESSIONS_MAX as u64 + 2 {
        stage(&stage_.data_dir, &id(number), None, shop(), vec![]);
        sessions.view_of(&id(number)).await.unwrap();
    }
    let held = |number| sessions.is_held(&id(number));
    assert!(!held(1) && !held(2) && held(3) && held(SESSIONS_MAX as u64 + 2));
    for missing in 100..120 {
        let answer = sessions.view_of(&id(missing)).await;
        assert!(matches!(answer, Err(SessionError::Store(_))), "{answer:?}");
    }
    assert!(held(3));
}

#[tokio::test]
async fn a_session_is_meant_by_its_name_its_beginning_and_by_words() {
    let stage_ = Stage::new();
    let second = SessionId::new(START_UNIX_NS + 5_000_000_000, 7);
    stage(&stage_.data_dir, &second, Some("shop"), shop(), vec![]);
    let sessions = &stage_.state.sessions;
    for wanted in ["shop", "latest", "current", "1763630005", second.as_str()] {
        assert_eq!(sessions.select(wanted).await.unwrap(), second, "{wanted}");
    }
    assert_eq!(sessions.select("previous").await.unwrap(), stage_.id);
    for wanted in ["17636", "", "shop2", "SHOP"] {
        assert!(matches!(sessions.select(wanted).await, Err(SessionError::Select(_))), "{wanted}");
    }
}
