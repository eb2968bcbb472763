"""Letters as files: bytes in, bytes out. Word documents filled and read, PDFs signed and checked."""
