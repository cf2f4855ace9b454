//! Transport, retry, pacing and redaction: HTTP as the layers above need it, with no knowledge of Twenty.
