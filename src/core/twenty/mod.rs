//! What Twenty is: wire records, envelopes, error bodies, look-ups, schema and the mapping to and from flat entities.
