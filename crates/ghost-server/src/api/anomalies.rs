//! `GET /api/v1/sessions/{session}/anomalies`: what every detector finds.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_analysis::Severity;
use ghost_export::finding_json;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::asked::{Asked, made};
use super::listing::{self, ListAnswer, ListQuery};
use super::parameters::Parameters;
use crate::security::Problem;
use crate::sessions::{Anomalies, FINDING_COLUMNS, FindingRow, FunctionAddress, SessionView};
use crate::state::AppState;

/// What findings are sorted by where nobody says so: the most severe first.
pub(crate) const SORT: &str = "-severity";

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/anomalies", get(anomalies))
}

/// Findings, or that they are being looked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnomaliesAnswer {
    #[serde(flatten)]
    #[schema(value_type = ListAnswer<FindingItem>)]
    list: ListAnswer<Value>,
    state: ComputationState,
    /// What could not be looked at, one line each.
    remarks: Vec<String>,
}

/// Whether an answer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ComputationState {
    /// It is.
    Complete,
    /// It is being made, and nothing is in this one: ask again.
    Computing,
}

/// A finding, as `ghost anomalies --format json` writes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct FindingItem {
    detector: String,
    /// `low`, `medium` or `high`.
    severity: String,
    fn_key: String,
    module: String,
    qualname: String,
    file: String,
    line: u32,
    /// The function, where it was observed.
    #[schema(required)]
    function_id: Option<String>,
    /// What within the function; often empty.
    subject: String,
    messages: Vec<String>,
    /// The numbers and names behind the messages, other ones for each detector.
    facts: Value,
    /// Functions that have to do with it.
    related: Vec<RelatedItem>,
    /// The same over sessions and edits.
    fingerprint: String,
}

/// A function that has to do with a finding.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct RelatedItem {
    fn_key: String,
    module: String,
    qualname: String,
    file: String,
    line: u32,
    note: String,
}

fn item(view: &SessionView, row: &FindingRow) -> Value {
    let place = &row.finding.place;
    let address = FunctionAddress::named(&place.file, &place.function);
    let is_observed = view.function_at(address).is_some();
    let mut value = finding_json(&row.finding);
    value["function_id"] = json!(is_observed.then(|| address.to_string()));
    value
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/anomalies",
    description = "What every detector finds. Looking may take a while in large sessions: then `state` is \
                   `computing`, there is no item, and who asks again a little later gets them. Those of a running \
                   session may be of a reading before the latest; `version` says of which.",
    params(
        ("severity" = Option<String>, Query, pattern = "^(low|medium|high)$", description = "Findings of this severity only"),
        ("detector" = Option<String>, Query, pattern = "^[^\\u0000]*$", description = "Findings of this detector only"),
    ),
    responses((status = 200, body = AnomaliesAnswer))
)]
pub(crate) async fn anomalies(mut asked: Asked) -> Result<Response, Problem> {
    let query = ListQuery::take(&mut asked.parameters, &FINDING_COLUMNS, SORT)?;
    let filter = Filter::take(&mut asked.parameters)?;
    let sessions = Arc::clone(&asked.sessions);
    let (view, known) = asked.view().await?;
    let Some(found) = sessions.anomalies(&view).await else {
        let list = ListAnswer::empty(&view.version);
        let state = ComputationState::Computing;
        return made(move || Ok(AnomaliesAnswer { list, state, remarks: Vec::new() })).await;
    };
    let version = found.version.clone();
    known.or_made(&version, move || Ok(answer(&query, &filter, &view, &found))).await
}

/// Which findings are wanted.
struct Filter {
    severity: Option<Severity>,
    detector: Option<String>,
}

impl Filter {
    fn take(parameters: &mut Parameters) -> Result<Self, Problem> {
        let severity = parameters.take("severity").map(|word| {
            let wanted = "must be `low`, `medium` or `high`";
            word.parse().map_err(|_| Problem::bad_parameter("severity", wanted))
        });
        // One that is not known here has found nothing here.
        let detector = parameters.take("detector");
        Ok(Self { severity: severity.transpose()?, detector })
    }

    fn admits(&self, row: &FindingRow) -> bool {
        self.severity.is_none_or(|severity| severity == row.finding.severity)
            && self.detector.as_ref().is_none_or(|detector| detector == row.finding.detector)
    }
}

fn answer(
    query: &ListQuery,
    filter: &Filter,
    view: &SessionView,
    found: &Anomalies,
) -> AnomaliesAnswer {
    let page = query.page(&found.table, |row| filter.admits(row));
    AnomaliesAnswer {
        list: listing::answer(page, &found.version, |row| item(view, row)),
        state: ComputationState::Complete,
        remarks: found.remarks.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(query: &str) -> Result<Filter, Problem> {
        Filter::take(&mut Parameters::parse(Some(query))?)
    }

    #[test]
    fn only_severities_and_names_are_filtered_by() {
        let both = filter("severity=high&detector=n_plus_one").unwrap();
        assert_eq!(
            (both.severity, both.detector.as_deref()),
            (Some(Severity::High), Some("n_plus_one"))
        );
        assert!(filter("").unwrap().severity.is_none());
        for query in ["severity=", "severity=HIGH", "severity=worst"] {
            assert!(filter(query).is_err(), "{query}");
        }
    }
}
