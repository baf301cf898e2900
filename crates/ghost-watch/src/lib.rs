//! The terminal view of a live or finished session. `state` knows no terminal, `view` changes nothing.
#![forbid(unsafe_code)]
