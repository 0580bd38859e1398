"""Ingestion brings what the sources said into the raw tables of the warehouse."""
