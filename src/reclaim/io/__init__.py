"""The only rooms that open or write files: project file, vector files, workbooks, databases, rasters."""
