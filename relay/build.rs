//! Tells cargo when the embedded page has changed.
//!
//! A release build embeds `www/dist`; a debug build reads it from the disk and needs no rebuild.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        // Watched even while it is missing: else a page made after the first build stays out.
        println!("cargo:rerun-if-changed=../www/dist/index.html");
    }
}
