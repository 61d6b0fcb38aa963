"""Export and import of pools: the file format, its reader and writer, and the importer."""
