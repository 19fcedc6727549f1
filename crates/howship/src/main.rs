//! The `howship` command.

fn main() {}
