//! Every SQL statement: migrations, row-level security, the sequencer, the embedded PostgreSQL.
