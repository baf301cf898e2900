//! Tells the compiler which interpreter this build is for: frame layouts differ per minor version.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    pyo3_build_config::use_pyo3_cfgs();
}
