"""The source `files`: a folder of CSV, Parquet or JSON Lines in a provider-neutral form."""
