//! Unsigned numbers in `SQLite`'s signed columns.
//!
//! `SQLite` stores 63 bits of magnitude. A larger number (no real duration or count is) is stored as
//! the largest one, and a negative number in a file is damage.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// A `u64` as stored in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unsigned(pub(crate) u64);

impl ToSql for Unsigned {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Unsigned {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number).map(Self).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_too_large_is_stored_as_the_largest() {
        let stored = Unsigned(u64::MAX).to_sql().unwrap();
        assert_eq!(stored, ToSqlOutput::from(i64::MAX));
    }

    #[test]
    fn a_negative_number_is_refused() {
        assert!(Unsigned::column_result(ValueRef::Integer(-1)).is_err());
        assert_eq!(Unsigned::column_result(ValueRef::Integer(7)).ok(), Some(Unsigned(7)));
    }
}
