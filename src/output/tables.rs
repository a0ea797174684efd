//! `runs.parquet` and `timeline.parquet`, with the cargo feature `parquet`: results as columns, for large studies.
//!
//! `runs.parquet` has a row for each run: variation, what it sets, policy, replication, seed, digests, and a column for each
//! metric, empty where the run has no value. `timeline.parquet` is long: a row for each series and bin.

use super::Folder;
use super::manifest::Manifest;
use crate::failure::Failure;

/// Writes both files; nothing without the feature.
#[cfg(not(feature = "parquet"))]
pub fn write(_: &Folder, _: &Manifest) -> Result<(), Failure> {
    Ok(())
}

#[cfg(feature = "parquet")]
pub use with::write;

#[cfg(feature = "parquet")]
mod with {
    use super::super::Whole;
    use super::{Failure, Folder, Manifest};
    use parquet::basic::{LogicalType, Repetition, Type as Physical};
    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
    use parquet::errors::ParquetError;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::types::Type;
    use serde_json::Value;
    use sim_core::measure::record::RunRecord;
    use std::collections::BTreeSet;
    use std::fs::File;
    use std::io::{self, BufRead, BufReader, Write};
    use std::sync::Arc;

    /// Runs that are held at once.
    const ROWS: usize = 512;

    /// A column and its values; an absent one is null.
    enum Column {
        Whole(String, Vec<i64>),
        Number(String, Vec<Option<f64>>),
        Text(String, Vec<Option<String>>),
    }

    /// Writes both files from the log of runs: once through it for the names of metrics, once for their values.
    pub fn write(folder: &Folder, manifest: &Manifest) -> Result<(), Failure> {
        let mut metrics = BTreeSet::new();
        for record in records(folder)? {
            for name in record?.metrics.into_keys() {
                metrics.insert(name);
            }
        }
        let mut wide = Sheet::create(folder, "runs.parquet", &runs(manifest, &metrics, &[]))?;
        let mut long = Sheet::create(folder, "timeline.parquet", &timeline(&[]))?;
        let mut all = records(folder)?;
        loop {
            let some = all.by_ref().take(ROWS).collect::<Result<Vec<_>, _>>()?;
            if some.is_empty() {
                break;
            }
            wide.add(runs(manifest, &metrics, &some))?;
            long.add(timeline(&some))?;
        }
        wide.persist()?;
        long.persist()
    }

    /// The runs of the log.
    fn records(folder: &Folder) -> Result<impl Iterator<Item = Result<RunRecord, Failure>>, Failure> {
        let path = folder.file(super::super::runs::NAME);
        let file = File::open(&path).map_err(|error| Failure::file("read", &path, &error))?;
        let lines = BufReader::with_capacity(1 << 20, file).split(b'\n');
        Ok(lines.map(move |line| {
            let line = line.map_err(|error| Failure::file("read", &path, &error))?;
            serde_json::from_slice(&line)
                .map_err(|error| Failure::Work(format!("{} holds no run record: {error}", path.display())))
        }))
    }

    /// A row for each run.
    fn runs(manifest: &Manifest, metrics: &BTreeSet<String>, records: &[RunRecord]) -> Vec<Column> {
        let text = |name: &str, of: &dyn Fn(&RunRecord) -> String| {
            Column::Text(name.to_owned(), records.iter().map(|it| Some(of(it))).collect())
        };
        let mut columns = vec![
            text("id", &|it| it.id.clone()),
            Column::Whole("variation".to_owned(), records.iter().map(|it| i64::from(it.variation)).collect()),
        ];
        let mut pointers: Vec<&str> = Vec::new();
        for pointer in manifest.variations.iter().flat_map(|it| it.values.keys()) {
            if !pointers.contains(&pointer.as_str()) {
                pointers.push(pointer);
            }
        }
        columns.extend(pointers.into_iter().map(|pointer| varied(manifest, records, pointer)));
        columns.extend([
            text("policy", &|it| it.policy.clone()),
            Column::Whole(
                "replication".to_owned(),
                records.iter().map(|it| i64::from(it.replication)).collect(),
            ),
            // As text: a seed may be larger than a signed number holds.
            text("seed", &|it| it.seed.to_string()),
            text("trace", &|it| it.trace.clone()),
            text("exogenous", &|it| it.exogenous.clone()),
        ]);
        columns.extend(metrics.iter().map(|metric| {
            Column::Number(metric.clone(), records.iter().map(|it| it.metric(metric)).collect())
        }));
        columns
    }

    /// What a variation sets at a pointer: a number where all are, or else text.
    fn varied(manifest: &Manifest, records: &[RunRecord], pointer: &str) -> Column {
        let values: Vec<Option<&Value>> = records
            .iter()
            .map(|it| manifest.variations.get(it.variation as usize)?.values.get(pointer))
            .collect();
        let all = || manifest.variations.iter().filter_map(|it| it.values.get(pointer));
        if all().all(Value::is_number) {
            let numbers = values.iter().map(|it| it.and_then(Value::as_f64));
            return Column::Number(pointer.to_owned(), numbers.collect());
        }
        let text = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
        Column::Text(pointer.to_owned(), values.iter().map(|it| it.map(text)).collect())
    }

    /// A row for each series and bin of each run that has a timeline.
    fn timeline(records: &[RunRecord]) -> Vec<Column> {
        let (mut variations, mut replications, mut policies) = (Vec::new(), Vec::new(), Vec::new());
        let (mut names, mut times, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for record in records {
            let Some(timeline) = &record.timeline else { continue };
            let known = |bins: &[f64]| bins.iter().copied().map(Some).collect::<Vec<_>>();
            let nodes = timeline.nodes.iter().map(|(name, bins)| (format!("nodes.{name}"), known(bins)));
            let outdoor =
                timeline.outdoor.iter().map(|(name, bins)| (format!("outdoor.{name}"), known(bins)));
            let success = std::iter::once(("success".to_owned(), timeline.success.clone()));
            for (name, bins) in nodes.chain(outdoor).chain(success) {
                for (bin, value) in bins.into_iter().enumerate() {
                    variations.push(i64::from(record.variation));
                    replications.push(i64::from(record.replication));
                    policies.push(Some(record.policy.clone()));
                    names.push(Some(name.clone()));
                    times.push(Some(bin as f64 * timeline.bin));
                    values.push(value);
                }
            }
        }
        vec![
            Column::Whole("variation".to_owned(), variations),
            Column::Text("policy".to_owned(), policies),
            Column::Whole("replication".to_owned(), replications),
            Column::Text("series".to_owned(), names),
            Column::Number("time_s".to_owned(), times),
            Column::Number("value".to_owned(), values),
        ]
    }

    impl Column {
        fn field(&self) -> Result<Arc<Type>, ParquetError> {
            let (name, physical, repetition) = match self {
                Self::Whole(name, _) => (name, Physical::INT64, Repetition::REQUIRED),
                Self::Number(name, _) => (name, Physical::DOUBLE, Repetition::OPTIONAL),
                Self::Text(name, _) => (name, Physical::BYTE_ARRAY, Repetition::OPTIONAL),
            };
            let logical = matches!(self, Self::Text(..)).then_some(LogicalType::String);
            let field = Type::primitive_type_builder(name, physical)
                .with_repetition(repetition)
                .with_logical_type(logical);
            field.build().map(Arc::new)
        }
    }

    /// A growing file.
    struct Sheet {
        name: &'static str,
        writer: SerializedFileWriter<Out>,
    }

    impl Sheet {
        /// Begins a file with columns like these.
        fn create(folder: &Folder, name: &'static str, like: &[Column]) -> Result<Self, Failure> {
            let out = Out(folder.create(name)?);
            let create = || {
                let fields = like.iter().map(Column::field).collect::<Result<Vec<_>, _>>()?;
                let schema = Arc::new(Type::group_type_builder("results").with_fields(fields).build()?);
                let properties = WriterProperties::builder().set_created_by("brownout".to_owned()).build();
                SerializedFileWriter::new(out, schema, Arc::new(properties))
            };
            Ok(Self { name, writer: create().map_err(|error| failed(name, &error))? })
        }

        /// Adds rows.
        fn add(&mut self, columns: Vec<Column>) -> Result<(), Failure> {
            self.try_add(columns).map_err(|error| failed(self.name, &error))
        }

        fn try_add(&mut self, columns: Vec<Column>) -> Result<(), ParquetError> {
            let mut group = self.writer.next_row_group()?;
            for column in columns {
                let mut out = group
                    .next_column()?
                    .ok_or_else(|| ParquetError::General("fewer columns than the schema has".to_owned()))?;
                match column {
                    Column::Whole(_, values) => {
                        out.typed::<Int64Type>().write_batch(&values, None, None)?;
                    }
                    Column::Number(_, values) => {
                        let (known, levels) = split(values);
                        out.typed::<DoubleType>().write_batch(&known, Some(&levels), None)?;
                    }
                    Column::Text(_, values) => {
                        let (known, levels) = split(values);
                        let known: Vec<ByteArray> =
                            known.into_iter().map(|it| it.into_bytes().into()).collect();
                        out.typed::<ByteArrayType>().write_batch(&known, Some(&levels), None)?;
                    }
                }
                out.close()?;
            }
            group.close()?;
            Ok(())
        }

        /// Puts the file in its place.
        fn persist(self) -> Result<(), Failure> {
            self.writer.into_inner().map_err(|error| failed(self.name, &error))?.0.persist()
        }
    }

    fn failed(name: &str, error: &ParquetError) -> Failure {
        Failure::Work(format!("cannot write {name}: {error}"))
    }

    /// A file of the folder as a place to write to.
    struct Out(Whole);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.write(bytes) {
                Ok(()) => Ok(bytes.len()),
                Err(Failure::Work(message)) => Err(io::Error::other(message)),
                Err(_) => Err(io::Error::other("it cannot be written")),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The values that are there, and for each row whether it has one.
    fn split<T>(values: Vec<Option<T>>) -> (Vec<T>, Vec<i16>) {
        let levels = values.iter().map(|it| i16::from(it.is_some())).collect();
        (values.into_iter().flatten().collect(), levels)
    }
}
