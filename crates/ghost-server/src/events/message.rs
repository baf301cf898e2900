//! What is said over a socket: JSON texts, one message each. `docs/events.md` describes them.
//!
//! Only shapes; who is told what is decided in `hub` and `feed`.

use ghost_model::SessionId;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use utoipa::ToSchema;

/// Version of these messages, also the one in the name of the subprotocol.
pub(crate) const VERSION: u32 = 1;

/// A selector is an id, a name or a word.
const SELECTOR_BYTES_MAX: usize = 256;

/// What can be watched of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Topic {
    Overview,
    Functions,
    Requests,
    Queries,
    Anomalies,
    Probes,
    Processes,
}

impl Topic {
    /// All of them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Overview,
        Self::Functions,
        Self::Requests,
        Self::Queries,
        Self::Anomalies,
        Self::Probes,
        Self::Processes,
    ];
}

/// A set of topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Topics(u8);

impl Topics {
    /// Whether a topic is in it.
    pub(crate) fn contains(self, topic: Topic) -> bool {
        self.0 & 1 << topic as u8 != 0
    }

    /// Those in either.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The topics in it, in their order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Topic> {
        Topic::ALL.into_iter().filter(move |topic| self.contains(*topic))
    }
}

impl FromIterator<Topic> for Topics {
    fn from_iter<T: IntoIterator<Item = Topic>>(topics: T) -> Self {
        Self(topics.into_iter().fold(0, |set, topic| set | 1 << topic as u8))
    }
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Wish {
    /// To be told what changes in a session; replaces what was asked for before.
    Subscribe {
        /// Which session: an id, the beginning of one, a name, `latest` or `current`.
        session: String,
        /// What of it. Topics of other versions are left out; the answer says which hold.
        #[serde(deserialize_with = "known_topics")]
        topics: Vec<Topic>,
    },
    /// To be told of no session any more.
    Unsubscribe {},
}

fn known_topics<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Topic>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let known = |name: String| Topic::deserialize(Value::String(name)).ok();
    Ok(names.into_iter().filter_map(known).collect())
}

impl Wish {
    /// Reads a message; else says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wish: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match &wish {
            Self::Subscribe { session, .. } if session.len() > SELECTOR_BYTES_MAX => {
                Err(format!("`session` is longer than {SELECTOR_BYTES_MAX} bytes"))
            }
            _ => Ok(wish),
        }
    }
}

/// What the server tells.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Tell<'a> {
    /// The first message.
    Hello { version: u32 },
    /// A subscription holds. What is told of its topics leads on from this version.
    Subscribed { session: &'a str, topics: Vec<Topic>, version: &'a str, is_live: bool },
    /// What changed.
    Delta(DeltaMessage<'a>),
    /// This many messages were dropped, because the client did not read; the socket is closed next.
    Lag { dropped_count: u64 },
    /// There is a new session; `current` and `latest` may mean it from now on.
    SessionStarted { session: &'a str },
    /// Nothing in a session that is watched will change any more.
    SessionEnded { session: &'a str },
    /// What was asked for cannot be told.
    Error { detail: &'a str },
}

/// The rows of a topic that changed.
#[derive(Debug, Serialize)]
pub(crate) struct DeltaMessage<'a> {
    pub(crate) topic: Topic,
    pub(crate) session: &'a str,
    pub(crate) version: &'a str,
    pub(crate) items: &'a [Box<serde_json::value::RawValue>],
    pub(crate) removed: &'a [String],
    pub(crate) more_count: u64,
}

impl Tell<'_> {
    /// The text that is sent; shared by all who are sent it.
    pub(crate) fn frame(&self) -> Utf8Bytes {
        // Texts and numbers cannot fail.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}

/// The session named in messages.
pub(crate) fn started(id: &SessionId) -> Utf8Bytes {
    Tell::SessionStarted { session: id.as_str() }.frame()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_have_their_documented_shapes() {
        let item = serde_json::value::to_raw_value(&serde_json::json!({"call_count": 5})).unwrap();
        let delta = DeltaMessage {
            topic: Topic::Functions,
            session: "1-a",
            version: "v7",
            items: &[item],
            removed: &["00000000000000ff".to_owned()],
            more_count: 3,
        };
        let topics = vec![Topic::Overview];
        let lines = [
            Tell::Hello { version: VERSION },
            Tell::Subscribed { session: "1-a", topics, version: "v6", is_live: true },
            Tell::Delta(delta),
            Tell::Lag { dropped_count: 9 },
            Tell::SessionStarted { session: "2-b" },
            Tell::SessionEnded { session: "1-a" },
            Tell::Error { detail: "no session `x`" },
        ]
        .map(|message| message.frame().to_string());
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"type":"hello","version":1}
        {"type":"subscribed","session":"1-a","topics":["overview"],"version":"v6","is_live":true}
        {"type":"delta","topic":"functions","session":"1-a","version":"v7","items":[{"call_count":5}],"removed":["00000000000000ff"],"more_count":3}
        {"type":"lag","dropped_count":9}
        {"type":"session_started","session":"2-b"}
        {"type":"session_ended","session":"1-a"}
        {"type":"error","detail":"no session `x`"}
        "#);
    }

    #[test]
    fn a_wish_is_read_and_anything_else_refused() {
        let wish = r#"{"type":"subscribe","session":"current","topics":["overview","functions"]}"#;
        let topics = vec![Topic::Overview, Topic::Functions];
        let session = "current".to_owned();
        assert_eq!(Wish::parse(wish), Ok(Wish::Subscribe { session, topics }));
        let newer = wish.replace(']', ",\"secrets\"]");
        assert_eq!(Wish::parse(&newer), Wish::parse(wish));
        assert_eq!(Wish::parse(r#"{"type":"unsubscribe"}"#), Ok(Wish::Unsubscribe {}));
        let long = format!(r#"{{"type":"subscribe","session":"{}","topics":[]}}"#, "x".repeat(999));
        for text in [
            "",
            "5",
            "{}",
            r#"{"type":"shutdown"}"#,
            r#"{"type":"subscribe","session":"a"}"#,
            r#"{"type":"subscribe","session":"a","topics":[5]}"#,
            r#"{"type":"subscribe","session":"a","topics":[],"more":1}"#,
            &"[".repeat(60_000),
            &long,
        ] {
            assert!(Wish::parse(text).is_err(), "{text:.80}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "[\\PC\\x00-\\x1f{}\":]{0,200}") {
            let _ = Wish::parse(&text);
        }

        #[test]
        fn sets_hold_what_was_put_in(places in prop::collection::vec(0_usize..7, 0..9)) {
            let topics: Topics = places.iter().map(|place| Topic::ALL[*place]).collect();
            for (place, topic) in Topic::ALL.into_iter().enumerate() {
                prop_assert_eq!(topics.contains(topic), places.contains(&place));
            }
            prop_assert_eq!(topics.iter().collect::<Topics>(), topics);
            prop_assert_eq!(Topics::default().and(topics), topics);
        }
    }
}
