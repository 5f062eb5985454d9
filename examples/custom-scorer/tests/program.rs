//! The program, run.

use std::process::Command;

#[test]
fn it_scores_without_a_script() {
    let program = Command::new(env!("CARGO_BIN_EXE_leadbox-custom-scorer")).output();
    let output = program.expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout);
    let expected = "\
30 points, hot
40 points, hot
+20 Decides
+20 Asked for an offer
invalid input: rules: this program scores leads in its own way, and asks no rule sets
";
    assert_eq!(told, expected);
}
