//! The `brownout` command line.
fn main() {}
