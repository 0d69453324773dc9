//! The `premium` program.

fn main() {}
