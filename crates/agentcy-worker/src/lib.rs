//! Schedules, job runners and the sequencer loop.
