"""Exporters: where a collector's events go. One file each; nothing is loaded before it is used."""
