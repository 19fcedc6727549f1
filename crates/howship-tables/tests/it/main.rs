//! Tables read back as they were written.
