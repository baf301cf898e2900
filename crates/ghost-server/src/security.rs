//! Who may ask, from where, and what a browser is told about the answer.
//!
//! A page of any site can reach a server on this machine. So there are three locks that do not depend on each
//! other: the token, the name that was asked for (`Host`), and the page that asks (`Origin`).

mod headers;
mod host_check;
mod origin_check;
mod problem;
mod token;

pub(crate) use headers::secure_answer;
pub(crate) use host_check::{HostNames, check_host};
pub(crate) use origin_check::{check_origin, is_own_origin};
pub(crate) use problem::Problem;
pub(crate) use token::{Token, check_token};
