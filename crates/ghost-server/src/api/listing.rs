//! What all lists have in common: `limit`, `offset`, `sort` and `q` in, a page with its counts out.
//!
//! Decides nothing about rows: columns and texts are those of the table, items are made by the resource.

use serde::Serialize;
use utoipa::ToSchema;

use super::parameters::Parameters;
use crate::security::Problem;
use crate::sessions::{Column, Cut, Order, Page, Table};

/// Items of a page, at most.
pub(crate) const LIMIT_MAX: usize = 1000;
/// Items of a page where nobody says how many.
pub(crate) const LIMIT: usize = 100;
/// Beyond every list there is: ids of rows have 32 bits.
pub(crate) const OFFSET_MAX: usize = u32::MAX as usize;
/// Characters to search for; no name people search for is longer.
pub(crate) const SEARCH_MAX: usize = 256;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListAnswer<T> {
    /// The items of the page, in the order that was asked for.
    pub(crate) items: Vec<T>,
    /// Items of the whole list.
    #[schema(minimum = 0)]
    pub(crate) total_count: usize,
    /// Items that match, on all pages together.
    #[schema(minimum = 0)]
    pub(crate) matched_count: usize,
    /// Changes whenever anything in the list could have.
    pub(crate) version: String,
}

impl<T> ListAnswer<T> {
    /// A list that is not there yet.
    pub(crate) fn empty(version: &str) -> Self {
        let version = version.to_owned();
        Self { items: Vec::new(), total_count: 0, matched_count: 0, version }
    }
}

/// Which page of which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListQuery {
    limit: usize,
    offset: usize,
    order: Order,
    /// In lower case.
    text: String,
}

impl ListQuery {
    /// Takes the parameters of lists out of all parameters. `sort` is the name of a column, with `-` before it
    /// for the largest first.
    pub(crate) fn take<R>(
        parameters: &mut Parameters,
        columns: &[Column<R>],
        sort: &str,
    ) -> Result<Self, Problem> {
        let limit = parameters.number("limit", 1..=LIMIT_MAX)?.unwrap_or(LIMIT);
        let offset = parameters.number("offset", 0..=OFFSET_MAX)?.unwrap_or(0);
        let wanted = parameters.take("sort");
        let order = order(columns, wanted.as_deref().unwrap_or(sort))?;
        let text = parameters.take("q").unwrap_or_default();
        if text.chars().count() > SEARCH_MAX {
            let wanted = format!("must have at most {SEARCH_MAX} characters");
            return Err(Problem::bad_parameter("q", wanted));
        }
        Ok(Self { limit, offset, order, text: text.to_lowercase() })
    }

    /// The rows of the page.
    pub(crate) fn page<'a, R>(
        &self,
        table: &'a Table<R>,
        is_wanted: impl Fn(&R) -> bool,
    ) -> Page<'a, R> {
        let cut =
            Cut { order: self.order, text: &self.text, offset: self.offset, limit: self.limit };
        table.page(cut, is_wanted)
    }

    /// The page as it is sent.
    pub(crate) fn answer<R, T>(
        &self,
        table: &Table<R>,
        version: &str,
        item: impl Fn(&R) -> T,
    ) -> ListAnswer<T> {
        answer(self.page(table, |_| true), version, item)
    }
}

/// A page as it is sent.
pub(crate) fn answer<R, T>(
    page: Page<'_, R>,
    version: &str,
    item: impl Fn(&R) -> T,
) -> ListAnswer<T> {
    ListAnswer {
        items: page.rows.into_iter().map(item).collect(),
        total_count: page.total_count,
        matched_count: page.matched_count,
        version: version.to_owned(),
    }
}

fn order<R>(columns: &[Column<R>], sort: &str) -> Result<Order, Problem> {
    let (name, is_descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
    if let Some(column) = columns.iter().position(|column| column.name == name) {
        return Ok(Order { column, is_descending });
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let wanted = format!("must be one of {}, or one with `-` before it", names.join(", "));
    Err(Problem::bad_parameter("sort", wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column<u8>; 2] = [
        Column { name: "size", compare: Ord::cmp },
        Column { name: "parity", compare: |a, b| (a % 2).cmp(&(b % 2)) },
    ];

    fn take(query: &str) -> Result<ListQuery, Problem> {
        let mut parameters = Parameters::parse(Some(query))?;
        let taken = ListQuery::take(&mut parameters, &COLUMNS, "-size")?;
        parameters.finish().map(|()| taken)
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let query = take("").unwrap();
        assert_eq!((query.limit, query.offset, &*query.text), (100, 0, ""));
        assert_eq!(query.order, Order { column: 0, is_descending: true });
        assert_eq!(take("q=%C3%84B").unwrap().text, "äb");
    }

    #[test]
    fn only_named_columns_can_be_sorted_by() {
        assert_eq!(take("sort=parity").unwrap().order, Order { column: 1, is_descending: false });
        for sort in
            ["sort=", "sort=-", "sort=--size", "sort=SIZE", "sort=size,parity", "sort=1;drop"]
        {
            assert!(take(sort).is_err(), "{sort}");
        }
    }

    #[test]
    fn bounds_are_bounds() {
        let long = |length: usize| format!("q={}", "%C3%84".repeat(length));
        assert!(take(&long(SEARCH_MAX)).is_ok() && take(&long(SEARCH_MAX + 1)).is_err());
        for query in ["limit=0", "limit=1001", "offset=-1", "offset=4294967296", "page=2"] {
            assert!(take(query).is_err(), "{query}");
        }
        assert!(take("limit=1000&offset=4294967295").is_ok());
    }

    #[test]
    fn an_answer_counts_what_is_not_on_the_page() {
        let table = Table::new(vec![1, 2, 3, 12], &COLUMNS, |row, text| *text = row.to_string());
        let answer = take("q=2&limit=1&offset=1").unwrap().answer(&table, "v", |row| *row);
        assert_eq!(answer.items, [2]);
        assert_eq!((answer.total_count, answer.matched_count, &*answer.version), (4, 2, "v"));
    }
}
