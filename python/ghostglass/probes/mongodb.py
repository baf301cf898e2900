"""Specifications kept in MongoDB, for many processes. Imports no driver: is given a collection."""

from __future__ import annotations

from typing import Any

from ghostglass.probes.managers import InstrumentManager, Spec


class MongoDBInstrumentManager(InstrumentManager):
    """An InstrumentManager whose specifications are the documents of a collection.

    collection: a PyMongo collection.
    id_field: which field of a document is the id of its specification.
    """

    def __init__(self, process_id: str, collection: Any, id_field: str = "id") -> None:  # noqa: ANN401
        """Use a collection."""
        super().__init__(process_id)
        self.collection = collection
        self.id_field = id_field

    @property
    def specs(self) -> dict[str, Spec]:
        """What the collection has now."""
        return {doc[self.id_field]: self._read(doc) for doc in self.collection.find()}

    @specs.setter
    def specs(self, specs: dict[str, Spec]) -> None:
        msg = "the specifications are those of the collection"
        raise AttributeError(msg)

    @property
    def _field(self) -> str:
        # A dot would be a path to MongoDB.
        return str(self.process_id).replace(".", "_")

    def _read(self, doc: Spec) -> Spec:
        """Find our own note under our own name again."""
        applied = doc.get("applied")
        if isinstance(applied, dict) and self._field in applied and self.process_id is not None:
            doc["applied"] = {**applied, self.process_id: applied[self._field]}
        return doc

    def store_note(self, id: str, note: dict[str, Any]) -> None:  # noqa: A002 - as the base
        """Keep a note in the document."""
        self.collection.update_one({self.id_field: id}, {"$set": {f"applied.{self._field}": note}})
