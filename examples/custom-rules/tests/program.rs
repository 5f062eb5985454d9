//! The program, run.

use std::process::Command;

#[test]
fn it_scores_by_functions_and_a_field_of_its_own() {
    let program = Command::new(env!("CARGO_BIN_EXE_leadbox-custom-rules")).output();
    let output = program.expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout);
    let expected = "\
An old machine: compiled
A machine of ours: compiled
Within our reach: compiled
Ada: 40 points (An old machine, A machine of ours, Within our reach)
Bo: 20 points (A machine of ours, Within our reach)
Cleo: 0 points ()
";
    assert_eq!(told, expected);
}
