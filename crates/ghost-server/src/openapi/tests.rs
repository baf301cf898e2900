//! The document is what the router has: route by route, both ways, and as a golden file.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;
use utoipa::OpenApi as _;

use super::Document;
use crate::api::staging;
use crate::{api, events, vitals};

fn document() -> Value {
    serde_json::to_value(Document::openapi()).unwrap()
}

#[test]
fn the_document_stays_as_it_is() {
    insta::assert_snapshot!(Document::openapi().to_pretty_json().unwrap());
}

/// What the routers say of themselves: there is no other way to ask them.
fn routed() -> BTreeSet<String> {
    let rooms = [api::routes(), events::routes(), vitals::routes(), super::routes()];
    let routers = rooms.map(|room| format!("{room:?}"));
    let texts = routers.iter().flat_map(|text| text.split('"'));
    // Where no route fits there is still the answer that there is none.
    let is_route = |text: &&str| text.len() > 1 && text.starts_with('/') && !text.contains('*');
    texts.filter(is_route).map(str::to_owned).collect()
}

#[test]
fn every_route_is_in_the_document_and_the_other_way_round() {
    let document = document();
    let documented: BTreeSet<String> =
        document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(documented, routed());
}

#[tokio::test]
async fn every_method_that_is_taken_is_in_the_document() {
    let stage = staging::Stage::new();
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "put", "post", "delete", "patch"] {
            let address = path.replace(['{', '}'], "");
            let request = Request::builder().method(&*method.to_uppercase()).uri(&address);
            let request = request.body(Body::empty()).unwrap();
            let response = stage.rooms().oneshot(request).await.unwrap();
            let is_taken = response.status() != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(is_taken, !item[method].is_null(), "{method} {path}");
        }
    }
}
