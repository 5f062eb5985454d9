//! The program, run.

use std::process::Command;

#[test]
fn it_scores_by_functions_and_a_field_of_its_own() {
    let program = Command::new(env!("CARGO_BIN_EXE_leadbox-custom-rules")).output();
    let output = program.expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout);
    let expected = "\
An old machine: interpreted, because of line 5, character 36: `machine_age`
A machine of ours: interpreted, because of line 6, character 47: `machine_age`
Within our reach: interpreted, because of line 7, character 37: `is_served`
Ada: 40 points (An old machine, A machine of ours, Within our reach)
Bo: 20 points (A machine of ours, Within our reach)
Cleo: 0 points ()
";
    assert_eq!(told, expected);
}
