//! What variables and destinations become together.

use std::collections::HashMap;

use super::*;

const CANARY: &str = "canary-4711";

fn settings(
    destination: &str,
    variables: &[(&str, &str)],
) -> Result<ExportSettings, SettingsError> {
    let known: HashMap<&str, &str> = variables.iter().copied().collect();
    let lookup = |name: &str| known.get(name).map(|value| (*value).to_owned());
    let destination = destination.parse().unwrap();
    ExportSettings::new(&[(destination, &lookup)], &lookup)
}

fn otlp(destination: &str, variables: &[(&str, &str)]) -> OtlpSettings {
    match settings(destination, variables).unwrap().exporters.remove(0) {
        ExporterSettings::Otlp(otlp) => *otlp,
        other => panic!("{other:?}"),
    }
}

fn urls(destination: &str, variables: &[(&str, &str)]) -> [String; 2] {
    let OtlpSettings { traces, metrics, .. } = otlp(destination, variables);
    [traces, metrics].map(|signal| signal.map(|signal| signal.endpoint.url()).unwrap_or_default())
}

#[test]
fn defaults_are_those_of_the_specification() {
    let OtlpSettings { traces, metric_interval, limits, .. } = otlp("otlp", &[]);
    let traces = traces.unwrap();
    assert_eq!(traces.endpoint.url(), "http://localhost:4318/v1/traces");
    assert_eq!((traces.protocol, traces.is_compressed), (Protocol::Http, false));
    assert_eq!(traces.timeout.as_secs(), 10);
    assert_eq!((limits.batch_max, limits.delay.as_secs(), metric_interval.as_secs()), (512, 5, 60));
}

#[test]
fn paths_are_added_to_the_general_endpoint_only() {
    let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://h/base/");
    assert_eq!(urls("otlp", &[general]), ["https://h/base/v1/traces", "https://h/base/v1/metrics"]);
    let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:1/own");
    assert_eq!(urls("otlp", &[general, own]), ["http://t:1/own", "https://h/base/v1/metrics"]);
    assert_eq!(urls("otlp=http://c:9", &[general, own])[0], "http://c:9/v1/traces");
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    assert_eq!(urls("otlp", &[grpc]), ["http://localhost:4317/", "http://localhost:4317/"]);
    let bare = ("OTEL_EXPORTER_OTLP_ENDPOINT", "h:1");
    let insecure = ("OTEL_EXPORTER_OTLP_INSECURE", "true");
    assert_eq!(urls("otlp", &[grpc, bare])[0], "https://h:1/");
    assert_eq!(urls("otlp", &[grpc, bare, insecure])[0], "http://h:1/");
}

#[test]
fn what_a_signal_has_of_its_own_wins() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=2"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "API-Key=x%20y"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1500"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "7"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"),
    ];
    let OtlpSettings { traces, metrics, .. } = otlp("otlp", &variables);
    let (traces, metrics) = (traces.unwrap(), metrics.unwrap());
    let names: Vec<&str> = traces.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names, traces.headers[0].1.expose()), (vec!["api-key"], "x y"));
    assert_eq!(metrics.headers.len(), 2);
    assert_eq!((traces.timeout.as_millis(), metrics.timeout.as_millis()), (1500, 7));
    assert_eq!((traces.is_compressed, metrics.is_compressed), (false, true));
    assert_eq!(traces.tls.certificate.unwrap().to_str(), Some("/ca.pem"));
}

#[test]
fn exporters_can_be_switched_off() {
    assert_eq!(urls("otlp", &[("OTEL_TRACES_EXPORTER", "none")])[0], "");
    assert_eq!(urls("otlp", &[("OTEL_METRICS_EXPORTER", "None")])[1], "");
    let disabled = settings("otlp", &[("OTEL_SDK_DISABLED", "TRUE")]).unwrap();
    assert!(disabled.is_empty() && disabled.is_disabled());
    let other = settings("prometheus", &[("OTEL_SDK_DISABLED", "true")]).unwrap();
    assert!(!other.is_empty() && !other.is_disabled());
}

#[test]
fn the_service_has_a_name_and_attributes() {
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team=x%2Cy");
    let named = |variables: &[(&str, &str)]| {
        let facts = settings("console", variables).unwrap().service.facts();
        let value = |name: &str| facts.iter().find(|(key, _)| key == name).unwrap().1.clone();
        (value("service.name"), facts.iter().any(|(_, value)| value == "x,y"))
    };
    assert_eq!(named(&[]), ("unknown_service:python".into(), false));
    assert_eq!(named(&[attributes]), ("a".into(), true));
    assert_eq!(named(&[attributes, ("OTEL_SERVICE_NAME", "b")]), ("b".into(), true));
}

#[test]
fn prometheus_listens_on_this_machine_alone_unless_told() {
    let address =
        |variables: &[(&str, &str)]| match &settings("prometheus", variables)?.exporters[0] {
            ExporterSettings::Prometheus(address) => Ok::<_, SettingsError>(address.to_string()),
            other => panic!("{other:?}"),
        };
    assert_eq!(address(&[]).unwrap(), "127.0.0.1:9464");
    let host = ("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0");
    let port = ("OTEL_EXPORTER_PROMETHEUS_PORT", "9090");
    assert_eq!(address(&[host, port]).unwrap(), "0.0.0.0:9090");
    assert!(address(&[("OTEL_EXPORTER_PROMETHEUS_PORT", "70000")]).is_err());
}

#[test]
fn a_wrong_variable_is_named_but_not_repeated() {
    let credentials = format!("https://u:{CANARY}@h?x");
    let wrong = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", credentials.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", CANARY),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=canary-4711%0a"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", CANARY),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", CANARY),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
        ("OTEL_RESOURCE_ATTRIBUTES", CANARY),
    ];
    for (variable, value) in wrong {
        let error = settings("otlp", &[(variable, value)]).unwrap_err();
        let (text, debug) = (error.to_string(), format!("{error:?}"));
        assert!(text.contains(variable), "{text}");
        assert!(!text.contains(CANARY) && !debug.contains(CANARY), "{text}");
    }
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=canary-4711");
    let debug = format!("{:?}", settings("otlp", &[headers]).unwrap());
    assert!(!debug.contains(CANARY), "{debug}");
}
