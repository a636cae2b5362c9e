//! The guarded way out: every outgoing connection is judged where it really goes.
