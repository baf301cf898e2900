//! Which language and dialect a database speaks, by the name that drivers and OpenTelemetry have for it.
//!
//! A database that is not known is taken for one of SQL whose dialect is not known.

use super::rules::{self, Rules};

/// What is sent to a database.
#[derive(Clone, Copy, Debug)]
pub(super) enum Speech {
    /// SQL or Cypher, written by these rules.
    Statements(&'static Rules),
    /// Commands of Redis: a word and arguments.
    Redis,
    /// Documents, of which nothing is kept.
    Documents,
}

/// Names of systems, in OpenTelemetry's spelling and in those of drivers and SQLAlchemy.
const SYSTEMS: [(&str, Speech); 34] = [
    ("postgresql", Speech::Statements(&rules::POSTGRESQL)),
    ("postgres", Speech::Statements(&rules::POSTGRESQL)),
    ("cockroachdb", Speech::Statements(&rules::POSTGRESQL)),
    ("redshift", Speech::Statements(&rules::POSTGRESQL)),
    ("aws.redshift", Speech::Statements(&rules::POSTGRESQL)),
    ("mysql", Speech::Statements(&rules::MYSQL)),
    ("mariadb", Speech::Statements(&rules::MYSQL)),
    ("tidb", Speech::Statements(&rules::MYSQL)),
    ("sqlite", Speech::Statements(&rules::SQLITE)),
    ("sqlite3", Speech::Statements(&rules::SQLITE)),
    ("mssql", Speech::Statements(&rules::MSSQL)),
    ("sqlserver", Speech::Statements(&rules::MSSQL)),
    ("microsoft.sql_server", Speech::Statements(&rules::MSSQL)),
    ("sybase", Speech::Statements(&rules::MSSQL)),
    ("oracle", Speech::Statements(&rules::ORACLE)),
    ("oracle.db", Speech::Statements(&rules::ORACLE)),
    ("neo4j", Speech::Statements(&rules::CYPHER)),
    ("cypher", Speech::Statements(&rules::CYPHER)),
    ("memgraph", Speech::Statements(&rules::CYPHER)),
    ("redis", Speech::Redis),
    ("valkey", Speech::Redis),
    ("mongodb", Speech::Documents),
    ("mongo", Speech::Documents),
    ("couchbase", Speech::Documents),
    ("couchdb", Speech::Documents),
    ("cosmosdb", Speech::Documents),
    ("azure.cosmosdb", Speech::Documents),
    ("dynamodb", Speech::Documents),
    ("aws.dynamodb", Speech::Documents),
    ("elasticsearch", Speech::Documents),
    ("opensearch", Speech::Documents),
    ("memcached", Speech::Documents),
    ("influxdb", Speech::Documents),
    ("hbase", Speech::Documents),
];

impl Speech {
    /// What the database with this name speaks.
    pub(super) fn of(system: &str) -> Self {
        let known = SYSTEMS.iter().find(|(name, _)| name.eq_ignore_ascii_case(system));
        known.map_or(Self::Statements(&rules::GENERIC), |(_, speech)| *speech)
    }
}
