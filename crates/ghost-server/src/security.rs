//! Who may ask, from where, and what a browser is told about the answer.
//!
//! A page of any site can reach a server on this machine. So there are three locks that do not depend on each
//! other: the token, the name that was asked for (`Host`), and the page that asks (`Origin`).

mod headers;
mod host_check;
mod origin_check;
mod problem;
mod query_check;
mod request_size;
mod token;

pub(crate) use headers::secure_answer;
pub(crate) use host_check::{HostNames, check_host};
pub(crate) use origin_check::{check_origin, is_own_origin};
pub(crate) use problem::Problem;
pub(crate) use query_check::check_query;
pub(crate) use request_size::{check_target, read_body};
pub(crate) use token::{EVENTS_PATH, Token, check_token};
