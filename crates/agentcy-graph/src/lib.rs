//! Every Cypher statement: one GraphStore over Neo4j and the embedded engine.
