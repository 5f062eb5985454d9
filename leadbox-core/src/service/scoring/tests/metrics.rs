//! What scoring counts for whoever watches the program.

use std::sync::{Mutex, PoisonError};

use ::metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

use super::*;
use crate::lead::NewLead;

/// Writes down what is counted.
#[derive(Debug, Default)]
struct Watching(Mutex<Vec<String>>);

impl Recorder for Watching {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels = key.labels().map(|label| format!(" {}={}", label.key(), label.value()));
        let written = format!("{}{}", key.name(), labels.collect::<String>());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(written);
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn rules_that_go_wrong_are_counted_by_their_names() {
    let watching = Watching::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    with_local_recorder(&watching, || {
        runtime.block_on(async {
            let sandbox = Sandbox::new().unwrap();
            let script = "rule(\"Ratio\", 5, |lead| lead.employees / 0 > 1);\n\
                          rule(\"Fine\", 5, |lead| is_known(lead.name));";
            publish(&sandbox, "ours", script).await;
            let leads = sandbox.leadbox.leads();
            leads.capture(&NewLead::new().name("Ada").employees(5)).await.unwrap();
            leads.capture(&NewLead::new().name("Kim")).await.unwrap();
        });
    });
    let counted = watching.0.into_inner().unwrap();
    assert_eq!(counted, ["leadbox_rule_faults_total rule_set=ours rule=Ratio"]);
}
