//! What is shown of a command to MongoDB: what it does and to which collection, nothing of the document.
//!
//! Drivers tell both apart from the command, so that nothing has to be read here.

use std::sync::Arc;

use super::Redacted;

/// The server allows 255 bytes with the name of the database.
const COLLECTION_BYTES_MAX: usize = 255;

/// Commands that are named; any other may be the program's own document.
const COMMANDS: [&str; 57] = [
    "abortTransaction",
    "aggregate",
    "authenticate",
    "buildInfo",
    "bulkWrite",
    "collMod",
    "collStats",
    "commitTransaction",
    "compact",
    "connectionStatus",
    "convertToCapped",
    "count",
    "create",
    "createIndexes",
    "createSearchIndexes",
    "createUser",
    "currentOp",
    "dbStats",
    "delete",
    "distinct",
    "drop",
    "dropDatabase",
    "dropIndexes",
    "dropSearchIndex",
    "dropUser",
    "endSessions",
    "explain",
    "find",
    "findAndModify",
    "fsync",
    "getLog",
    "getMore",
    "getParameter",
    "grantRolesToUser",
    "hello",
    "hostInfo",
    "insert",
    "isMaster",
    "killCursors",
    "killOp",
    "listCollections",
    "listDatabases",
    "listIndexes",
    "mapReduce",
    "ping",
    "profile",
    "reIndex",
    "renameCollection",
    "saslContinue",
    "saslStart",
    "serverStatus",
    "setParameter",
    "update",
    "updateUser",
    "usersInfo",
    "validate",
    "whatsmyuri",
];

/// What is shown of the command `command` on `collection`: `find orders`.
pub fn mongo(command: &str, collection: Option<&str>) -> Redacted {
    let known = COMMANDS.iter().find(|known| known.eq_ignore_ascii_case(command)).copied();
    let Some(operation) = known else { return Redacted::default() };
    let collection: Option<Arc<str>> = collection.filter(|name| is_name(name)).map(Arc::from);
    let text = match &collection {
        Some(name) => format!("{operation} {name}").into(),
        None => operation.into(),
    };
    Redacted { text: Some(text), operation: Some(operation), collection }
}

fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    name.len() <= COLLECTION_BYTES_MAX
        && name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$'))
        && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(command: &str, collection: Option<&str>) -> Option<String> {
        mongo(command, collection).text.map(|text| text.to_string())
    }

    #[test]
    fn a_command_is_shown_with_its_collection() {
        assert_eq!(text("find", Some("orders")).as_deref(), Some("find orders"));
        assert_eq!(
            text("FINDANDMODIFY", Some("a.b-c_1")).as_deref(),
            Some("findAndModify a.b-c_1")
        );
        assert_eq!(text("find", Some("$cmd.aggregate")).as_deref(), Some("find $cmd.aggregate"));
        assert_eq!(text("ping", None).as_deref(), Some("ping"));
    }

    #[test]
    fn what_is_no_name_is_not_shown() {
        assert_eq!(text("find", Some("it's")).as_deref(), Some("find"));
        assert_eq!(text("find", Some("1234")).as_deref(), Some("find"));
        assert_eq!(text("find", Some("a b")).as_deref(), Some("find"));
        assert_eq!(mongo("canary", Some("orders")), Redacted::default());
    }
}
