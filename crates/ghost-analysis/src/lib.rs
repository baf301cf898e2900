//! What recordings mean: findings, comparison of two sessions, explanation of one function, checked
//! annotations. Pure: sees no database, and no file but the source text it is given.
#![forbid(unsafe_code)]
