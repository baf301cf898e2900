//! Rows that are listed again and again: sorted by one of their columns, searched for a text, cut in pages.
//!
//! Orders are made when first asked for and kept, so that a page costs the same wherever it begins. What a
//! row means, and how it is written, is its owner's business.

use std::cmp::Ordering;
use std::sync::OnceLock;

use memchr::memmem::Finder;

/// Something that rows can be sorted by.
pub(crate) struct Column<R> {
    /// What it is called, as in the rows that are sent.
    pub(crate) name: &'static str,
    /// How two rows compare. Rows that are equal in it stay in the order of the table.
    pub(crate) compare: fn(&R, &R) -> Ordering,
}

/// A column of a table, and the direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// Its place among the columns.
    pub(crate) column: usize,
    /// Largest first.
    pub(crate) is_descending: bool,
}

/// Rows under columns.
pub(crate) struct Table<R: 'static> {
    rows: Vec<R>,
    texts: Texts,
    columns: &'static [Column<R>],
    /// Two for each column: ascending and descending.
    orders: Vec<OnceLock<Vec<u32>>>,
}

/// A part of a table.
#[derive(Debug)]
pub(crate) struct Page<'a, R> {
    /// Rows of the whole table.
    pub(crate) total_count: usize,
    /// Of them those that match.
    pub(crate) matched_count: usize,
    /// Of them those of this page.
    pub(crate) rows: Vec<&'a R>,
}

/// Which part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut<'a> {
    /// In which order.
    pub(crate) order: Order,
    /// The text that rows have to contain, in lower case; empty for all of them.
    pub(crate) text: &'a str,
    /// Matching rows before the page.
    pub(crate) offset: usize,
    /// Rows of the page, at most.
    pub(crate) limit: usize,
}

impl<R> Table<R> {
    /// Rows in the order that ties are left in, with the text of each that is searched.
    pub(crate) fn new(
        rows: Vec<R>,
        columns: &'static [Column<R>],
        text: impl Fn(&R, &mut String),
    ) -> Self {
        let mut texts = Texts::default();
        for row in &rows {
            texts.push(|buffer| text(row, buffer));
        }
        let orders = (0..columns.len() * 2).map(|_| OnceLock::new()).collect();
        Self { rows, texts, columns, orders }
    }

    /// All rows, in the order of the table.
    pub(crate) fn rows(&self) -> &[R] {
        &self.rows
    }

    /// A page of the rows that match and are wanted.
    pub(crate) fn page(&self, cut: Cut<'_>, is_wanted: impl Fn(&R) -> bool) -> Page<'_, R> {
        let matches = self.texts.matching(cut.text);
        let is_shown = |place: &&u32| {
            let place = **place as usize;
            matches.as_ref().is_none_or(|found| found.get(place).copied().unwrap_or(false))
                && self.rows.get(place).is_some_and(&is_wanted)
        };
        let mut matched_count = 0;
        let mut rows = Vec::new();
        for place in self.order(cut.order).iter().filter(is_shown) {
            if matched_count >= cut.offset && rows.len() < cut.limit {
                rows.extend(self.rows.get(*place as usize));
            }
            matched_count += 1;
        }
        Page { total_count: self.rows.len(), matched_count, rows }
    }

    fn order(&self, order: Order) -> &[u32] {
        let slot = order.column * 2 + usize::from(order.is_descending);
        let (Some(made), Some(column)) = (self.orders.get(slot), self.columns.get(order.column))
        else {
            return &[];
        };
        made.get_or_init(|| {
            let mut places: Vec<u32> = (0..self.rows.len() as u32).collect();
            places.sort_by(|a, b| {
                let compared = (column.compare)(&self.rows[*a as usize], &self.rows[*b as usize]);
                if order.is_descending { compared.reverse() } else { compared }
            });
            places
        })
    }
}

/// The texts of all rows one after another: searching them is reading on.
#[derive(Debug, Default)]
struct Texts {
    all: String,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, write: impl FnOnce(&mut String)) {
        let mut text = String::new();
        write(&mut text);
        self.all.push_str(&text.to_lowercase());
        self.ends.push(self.all.len());
    }

    /// For each row whether it contains a text; `None` where all do.
    fn matching(&self, wanted: &str) -> Option<Vec<bool>> {
        if wanted.is_empty() {
            return None;
        }
        let finder = Finder::new(wanted);
        let mut start = 0;
        let found = self.ends.iter().map(|&end| {
            let text = self.all.as_bytes().get(start..end).unwrap_or_default();
            start = end;
            finder.find(text).is_some()
        });
        Some(found.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Row = (u8, String);

    const COLUMNS: [Column<Row>; 2] = [
        Column { name: "number", compare: |a, b| a.0.cmp(&b.0) },
        Column { name: "text", compare: |a, b| a.1.cmp(&b.1) },
    ];

    fn table(rows: &[Row]) -> Table<Row> {
        Table::new(rows.to_vec(), &COLUMNS, |row, text| text.push_str(&row.1))
    }

    fn cut(text: &str, offset: usize, limit: usize) -> Cut<'_> {
        Cut { order: Order { column: 0, is_descending: true }, text, offset, limit }
    }

    #[test]
    fn equal_rows_stay_in_their_order_in_both_directions() {
        let rows = [(1, "a"), (2, "b"), (1, "c"), (2, "d")].map(|(n, text)| (n, text.to_owned()));
        let table = table(&rows);
        let texts = |is_descending| {
            let cut = Cut { order: Order { column: 0, is_descending }, ..cut("", 0, 9) };
            table.page(cut, |_| true).rows.iter().map(|row| row.1.as_str()).collect::<String>()
        };
        assert_eq!((texts(true), texts(false)), ("bdac".into(), "acbd".into()));
    }

    #[test]
    fn a_text_never_matches_over_the_end_of_a_row() {
        let table = table(&[(1, "ab".into()), (2, "cd".into())]);
        assert_eq!(table.page(cut("bc", 0, 9), |_| true).matched_count, 0);
        assert_eq!(table.page(cut("CD", 0, 9), |_| true).matched_count, 0);
        assert_eq!(table.page(cut("d", 0, 9), |_| true).matched_count, 1);
    }

    proptest! {
        #[test]
        fn pages_put_together_are_all_that_match(
            rows in prop::collection::vec((0_u8..4, "[abÄß]{0,3}"), 0..40),
            text in "[abäß]{0,2}",
            limit in 1_usize..9,
            least in 0_u8..4,
        ) {
            let table = table(&rows);
            let wanted = |row: &Row| row.0 >= least;
            let matching =
                rows.iter().filter(|row| wanted(row) && row.1.to_lowercase().contains(&text));
            let mut expected: Vec<&Row> = matching.collect();
            expected.sort_by_key(|row| std::cmp::Reverse(row.0));
            let mut found: Vec<&Row> = Vec::new();
            for start in 0..=rows.len() / limit {
                let page = table.page(cut(&text, start * limit, limit), wanted);
                prop_assert_eq!((page.total_count, page.matched_count), (rows.len(), expected.len()));
                prop_assert!(page.rows.len() <= limit);
                found.extend(page.rows);
            }
            prop_assert_eq!(found, expected);
        }
    }
}
