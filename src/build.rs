//! Notes the compiler and the profile, so that results can say what built the program that made them.

use std::env;
use std::process::Command;

fn main() {
    let compiler = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(compiler).arg("--version").output();
    let version = output.ok().and_then(|o| String::from_utf8(o.stdout).ok()).unwrap_or_default();
    println!("cargo::rustc-env=BROWNOUT_RUSTC={}", version.trim());
    for name in ["PROFILE", "TARGET"] {
        println!("cargo::rustc-env=BROWNOUT_{name}={}", env::var(name).unwrap_or_default());
    }
    println!("cargo::rerun-if-changed=src/build.rs");
}
