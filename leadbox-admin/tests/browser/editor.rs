//! Writing a script in the browser: the words that fit, what is wrong at its line, and what the script would do, while somebody types.

use serde_json::json;

use crate::chrome::browse;
use crate::house::Reader;
use crate::shapes::Houses;
use crate::tab::key;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_is_written_with_words_that_fit_and_tried_while_somebody_types() {
    browse(async |tab| {
        tab.resize(1440, 900).await;
        let houses = Houses::new().await;
        let house = houses.populated("/scoring");
        house.admit(tab, Reader::Ana).await;
        tab.open(&house.address("/scoring/b2b_saas")).await;
        tab.until("document.querySelectorAll('.ink .l').length > 5").await;
        tab.until("document.querySelector('#tried-leads .chart')").await;
        let same = "[...document.querySelectorAll('.ink .l')].map((line) => line.textContent).join('\\n') === document.querySelector('#script').value";
        assert_eq!(tab.value(same).await, true);

        let end = "const area = document.querySelector('#script'); area.focus(); area.setSelectionRange(area.value.length, area.value.length);";
        tab.run(end, Vec::new()).await;
        tab.press("\nrule(\"Mine\", 40, |lead| lead.tit").await;
        tab.until("document.querySelector('.offers:not([hidden]) [aria-selected=true] b')?.textContent === 'lead.title'").await;
        assert_eq!(tab.text("document.activeElement.getAttribute('aria-activedescendant')").await, "offer-0");
        tab.press(key::ENTER).await;
        tab.press(".has_a").await;
        tab.until("!document.querySelector('.offers').hidden").await;
        tab.press(key::ENTER).await;
        tab.press("\"cto\"));").await;
        let typed = tab.text("document.querySelector('#script').value").await;
        assert!(typed.ends_with("rule(\"Mine\", 40, |lead| lead.title.has_any(\"cto\"));"), "{typed}");
        tab.until("document.querySelector('#tried-leads')?.textContent.includes('Mine +40')").await;
        assert_eq!(tab.value("document.querySelectorAll('.ink .bad').length").await, json!(0));

        tab.press("\nrule(\"Wrong\", 5, |lead| is_known(lead.phne));").await;
        tab.until("document.querySelector('.ink .bad')?.textContent.includes('lead.phne')").await;
        let says = tab.text("document.querySelector('#tried-check').textContent").await;
        assert!(says.contains("phone"), "{says}");
        // Nothing was lost, and nothing was written.
        let typed = tab.text("document.querySelector('#script').value").await;
        assert!(typed.ends_with("is_known(lead.phne));"), "{typed}");
        let undone = "document.querySelector('#script').value = document.querySelector('#script').defaultValue";
        tab.value(undone).await;
    })
    .await;
}
