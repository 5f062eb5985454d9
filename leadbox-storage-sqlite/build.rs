//! Compiles the crate anew when a migration is added: the macro that embeds them sees only those that it has read.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
