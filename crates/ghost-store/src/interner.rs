//! Types, signatures and functions of a session, each stored once and known by number.
//!
//! Numbers are dense and start at 0, so that they are the ids of the merged recording too: type 0
//! is the overflow type, function 0 the root. Nothing is ever removed or renumbered.

use std::collections::HashMap;

use ghost_model::{
    Function, FunctionId, FunctionKey, FunctionKind, Recording, Signature, TypeId, TypeName,
    type_label,
};
use rusqlite::{Connection, params};

/// What the file holds, kept in memory so that folding does not ask it again.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    types: Vec<TypeName>,
    type_labels: Vec<String>,
    type_ids: HashMap<(String, String), TypeId>,
    kinds: Vec<FunctionKind>,
    function_ids: HashMap<(FunctionKey, String), FunctionId>,
    signatures: Vec<Signature>,
    signature_ids: HashMap<Signature, u32>,
}

impl Interner {
    /// Takes over what is in the file already.
    pub(crate) fn load(
        types: Vec<TypeName>,
        functions: Vec<Function>,
        signatures: Vec<Signature>,
    ) -> Self {
        let mut interner = Self { type_labels: type_label(&types), ..Self::default() };
        for (name, id) in types.iter().zip((0..).map(TypeId)) {
            interner.type_ids.entry((name.module.clone(), name.qualname.clone())).or_insert(id);
        }
        for (function, id) in functions.into_iter().zip((0..).map(FunctionId)) {
            interner.kinds.push(function.kind);
            interner.function_ids.entry((function.key, function.file)).or_insert(id);
        }
        for (signature, id) in signatures.iter().zip(0..) {
            interner.signature_ids.entry(signature.clone()).or_insert(id);
        }
        Self { types, signatures, ..interner }
    }

    /// Stores what every recording begins with.
    pub(crate) fn store_first(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let empty = Recording::default();
        self.store_types(conn, &empty.types)?;
        self.store_functions(conn, &empty.functions)?;
        Ok(())
    }

    /// The numbers of these types, in their order; unknown ones are stored.
    pub(crate) fn store_types(
        &mut self,
        conn: &Connection,
        names: &[TypeName],
    ) -> rusqlite::Result<Vec<TypeId>> {
        let known = self.types.len();
        let ids = names.iter().map(|name| self.type_id(name)).collect();
        if self.types.len() > known {
            self.store_new_types(conn, known)?;
        }
        Ok(ids)
    }

    fn type_id(&mut self, name: &TypeName) -> TypeId {
        let next = TypeId(self.types.len() as u32);
        let key = (name.module.clone(), name.qualname.clone());
        let id = *self.type_ids.entry(key).or_insert(next);
        if id == next {
            self.types.push(name.clone());
        }
        id
    }

    fn store_new_types(&mut self, conn: &Connection, known: usize) -> rusqlite::Result<()> {
        let labels = type_label(&self.types);
        let mut insert = conn.prepare_cached("INSERT INTO types VALUES (?, ?, ?, ?, ?)")?;
        for (id, (name, label)) in (0_u32..).zip(self.types.iter().zip(&labels)).skip(known) {
            insert.execute(params![id, name.module, name.qualname, name.mro.join("\n"), label])?;
        }
        let changed: Vec<TypeId> = self
            .type_labels
            .iter()
            .zip(&labels)
            .zip((0..).map(TypeId))
            .filter_map(|((old, new), id)| (old != new).then_some(id))
            .collect();
        self.type_labels = labels;
        self.relabel(conn, &changed)
    }

    /// A new type may share its short name with older ones, which then need their module too.
    fn relabel(&self, conn: &Connection, changed: &[TypeId]) -> rusqlite::Result<()> {
        if changed.is_empty() {
            return Ok(());
        }
        let mut update = conn.prepare_cached("UPDATE types SET label = ? WHERE type_id = ?")?;
        for id in changed {
            update.execute(params![self.type_labels.get(id.index()), id.0])?;
        }
        let mut update =
            conn.prepare_cached("UPDATE signatures SET label = ? WHERE signature_id = ?")?;
        for (id, signature) in (0_u32..).zip(&self.signatures) {
            if signature.iter().any(|type_id| changed.contains(type_id)) {
                update.execute(params![self.signature_label(signature), id])?;
            }
        }
        Ok(())
    }

    fn signature_label(&self, signature: &Signature) -> String {
        let label = |id: &TypeId| self.type_labels.get(id.index()).map_or("…", String::as_str);
        format!("({})", signature.iter().map(label).collect::<Vec<_>>().join(", "))
    }

    /// The numbers of these functions, in their order; unknown ones are stored, and one known only
    /// as external becomes what it turns out to be.
    pub(crate) fn store_functions(
        &mut self,
        conn: &Connection,
        functions: &[Function],
    ) -> rusqlite::Result<Vec<FunctionId>> {
        functions.iter().map(|function| self.store_function(conn, function)).collect()
    }

    fn store_function(
        &mut self,
        conn: &Connection,
        function: &Function,
    ) -> rusqlite::Result<FunctionId> {
        let next = FunctionId(self.kinds.len() as u32);
        let key = (function.key.clone(), function.file.clone());
        let id = *self.function_ids.entry(key).or_insert(next);
        let known = self.kinds.get(id.index()).copied();
        if known.is_none() {
            self.kinds.push(function.kind);
            insert_function(conn, id, function)?;
        } else if known == Some(FunctionKind::External) && function.kind != FunctionKind::External {
            self.kinds[id.index()] = function.kind;
            let sql = "UPDATE functions SET kind = ?, parameters = ? WHERE function_id = ?";
            let values = params![function.kind.as_str(), function.parameters, id.0];
            conn.prepare_cached(sql)?.execute(values)?;
        }
        Ok(id)
    }

    /// The number of a signature, whose types are those of the session; stored if unknown.
    pub(crate) fn store_signature(
        &mut self,
        conn: &Connection,
        signature: &Signature,
    ) -> rusqlite::Result<u32> {
        if let Some(&id) = self.signature_ids.get(signature) {
            return Ok(id);
        }
        let id = self.signatures.len() as u32;
        let type_ids: Vec<String> = signature.iter().map(|id| id.0.to_string()).collect();
        let type_ids = format!("[{}]", type_ids.join(","));
        conn.prepare_cached("INSERT INTO signatures VALUES (?, ?, ?)")?.execute(params![
            id,
            type_ids,
            self.signature_label(signature)
        ])?;
        self.signatures.push(signature.clone());
        self.signature_ids.insert(signature.clone(), id);
        Ok(id)
    }
}

fn insert_function(conn: &Connection, id: FunctionId, function: &Function) -> rusqlite::Result<()> {
    let key = &function.key;
    let sql = "INSERT INTO functions VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    conn.prepare_cached(sql)?.execute(params![
        id.0,
        key.to_string(),
        key.module,
        key.qualname,
        key.line,
        function.file,
        function.parameters,
        function.kind.as_str()
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SCHEMA;

    fn labels(conn: &Connection, table: &str) -> Vec<String> {
        let mut statement = conn.prepare(&format!("SELECT label FROM {table}")).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn older_labels_follow_when_a_short_name_becomes_ambiguous() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(SCHEMA).unwrap();
        let mut interner = Interner::default();
        interner.store_first(&conn).unwrap();
        let names = [TypeName::new("builtins", "int"), TypeName::new("a", "Order")];
        let ids = interner.store_types(&conn, &names).unwrap();
        interner.store_signature(&conn, &vec![ids[0], ids[1]]).unwrap();
        interner.store_signature(&conn, &vec![ids[0]]).unwrap();
        assert_eq!(labels(&conn, "signatures"), ["(int, Order)", "(int)"]);

        interner.store_types(&conn, &[TypeName::new("b", "Order")]).unwrap();
        assert_eq!(labels(&conn, "types"), ["…", "int", "a.Order", "b.Order"]);
        assert_eq!(labels(&conn, "signatures"), ["(int, a.Order)", "(int)"]);
    }
}
