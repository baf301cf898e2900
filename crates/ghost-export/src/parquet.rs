//! Parquet: one row per function with the columns of CSV, for data frames. Only with the feature
//! `parquet`.
//!
//! Distributions are JSON texts, as in CSV: readers of data frames agree on those, not on maps.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{ConvertedType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::flat::{COLUMNS, Kind, Value, row};
use crate::format::{ExportError, Exporter};
use crate::view::ExportView;

/// The Parquet format.
pub(crate) struct Parquet;

impl Exporter for Parquet {
    fn write(&self, view: &ExportView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
        // The writer wants to own what it writes to, and a session is small.
        let bytes = table(view).map_err(io::Error::other)?;
        output.write_all(&bytes)?;
        Ok(())
    }
}

fn table(view: &ExportView<'_>) -> Result<Vec<u8>, ParquetError> {
    let labels = view.labels();
    let rows: Vec<_> =
        view.rows().map(|(function, profile)| row(&labels, function, profile)).collect();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema()?, properties)?;
    let mut group = writer.next_row_group()?;
    let mut index = 0;
    while let Some(column) = group.next_column()? {
        write_column(column, rows.iter().filter_map(|row| row.get(index)))?;
        index += 1;
    }
    group.close()?;
    writer.close()?;
    Ok(bytes)
}

fn schema() -> Result<TypePtr, ParquetError> {
    let fields: Result<Vec<TypePtr>, ParquetError> =
        COLUMNS.iter().map(|(name, kind)| field(name, *kind)).collect();
    let schema = Type::group_type_builder("profiles").with_fields(fields?).build()?;
    Ok(Arc::new(schema))
}

fn field(name: &str, kind: Kind) -> Result<TypePtr, ParquetError> {
    let (physical, converted) = match kind {
        Kind::Text | Kind::Counts => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
        Kind::Count | Kind::Measure => (Physical::INT64, ConvertedType::NONE),
        Kind::Share => (Physical::DOUBLE, ConvertedType::NONE),
    };
    let repetition =
        if kind == Kind::Measure { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let builder = Type::primitive_type_builder(name, physical).with_repetition(repetition);
    Ok(Arc::new(builder.with_converted_type(converted).build()?))
}

fn write_column<'a>(
    mut column: SerializedColumnWriter<'_>,
    values: impl Iterator<Item = &'a Value>,
) -> Result<(), ParquetError> {
    let (mut texts, mut numbers, mut shares, mut present) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for value in values {
        match value {
            Value::Text(text) => texts.push(ByteArray::from(text.as_bytes().to_vec())),
            Value::Counts(counts) => {
                let json =
                    serde_json::to_vec(counts).map_err(|e| ParquetError::External(e.into()))?;
                texts.push(ByteArray::from(json));
            }
            Value::Count(number) => numbers.push(signed(*number)),
            Value::Measure(number) => {
                present.push(i16::from(number.is_some()));
                numbers.extend(number.map(signed));
            }
            Value::Share(share) => shares.push(*share),
        }
    }
    let levels = (!present.is_empty()).then_some(present.as_slice());
    if !texts.is_empty() {
        column.typed::<ByteArrayType>().write_batch(&texts, None, None)?;
    } else if !shares.is_empty() {
        column.typed::<DoubleType>().write_batch(&shares, None, None)?;
    } else if !numbers.is_empty() || levels.is_some() {
        column.typed::<Int64Type>().write_batch(&numbers, levels, None)?;
    }
    column.close()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, bytes_of};
    use crate::sample;
    use parquet::data_type::AsBytes as _;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::{Field, RowAccessor as _};

    #[test]
    fn what_is_read_back_is_what_the_table_holds() {
        let bytes = bytes_of(&sample::session(), Format::Parquet);
        assert_eq!(&bytes[..4], b"PAR1".as_bytes());
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), sample::session().view().functions.len());
        assert_eq!(rows[0].get_string(0).unwrap(), "shop:process:42");
        assert_eq!(rows[0].get_long(1).unwrap(), 1500);
        assert!((rows[0].get_double(3).unwrap() - 0.008).abs() < f64::EPSILON);
        assert_eq!(rows[0].get_string(8).unwrap(), r#"{"NoneType":1488}"#);
        assert_eq!(rows[1].get_string(10).unwrap(), sample::ODD_NAME);
        let columns: Vec<(&String, &Field)> = rows[1].get_column_iter().collect();
        assert_eq!(columns[4], (&"mean_latency_ns".to_owned(), &Field::Null));
        assert_eq!(columns.len(), COLUMNS.len());
    }
}
