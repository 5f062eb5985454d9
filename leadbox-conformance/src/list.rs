//! The one list of cases. Owns the names; the proofs stand in `cases`. A case that is written but not listed is found by a
//! test of this crate.

/// Hands the list to another macro, behind whatever it is given.
#[doc(hidden)]
#[macro_export]
macro_rules! every_case {
    ($then:ident $($with:tt)*) => {
        $crate::$then! { [$($with)*]
            changes {
                every_change_takes_effect,
                every_change_is_taken_back_with_its_set,
                every_change_is_refused_when_it_conflicts,
                every_change_of_something_absent_is_refused,
                every_change_of_another_tenants_row_is_refused,
                every_change_that_is_repeated_has_no_further_effect,
                all_changes_take_effect_together,
            }
            identity {
                a_lead_is_found_by_each_of_its_keys,
                pairs_come_by_key_then_exclusive_holder_then_age,
                identity_is_the_tenants_whoever_owns_the_lead,
                one_live_lead_holds_the_exclusive_slot,
                leads_without_keys_never_collide,
                an_external_id_is_held_once,
                two_leads_of_one_set_collide_too,
                a_deleted_lead_frees_its_keys,
                an_update_keeps_the_slot_while_the_key_stays,
                an_update_takes_the_new_slot_with_a_new_key,
            }
            leads {
                a_lead_with_every_field_reads_back_as_it_was_written,
                a_lead_with_hardly_any_field_reads_back_as_it_was_written,
                a_new_lead_is_unscored_and_has_no_activity,
                an_update_replaces_every_field,
                an_update_of_columns_alone_keeps_the_profile,
                an_update_of_the_profile_alone_is_kept,
                an_update_leaves_score_and_activity_alone,
                an_update_asks_for_the_version_and_nothing_else,
                an_id_is_taken_for_ever,
                a_deleted_lead_is_found_by_its_id_only,
                a_deleted_lead_can_come_back,
                an_absent_lead_is_none,
                leads_by_id_gives_those_that_are_there_once,
                leads_by_id_takes_many_ids,
                another_tenant_sees_nothing,
                one_owner_sees_only_what_it_owns,
                tenants_may_have_the_same_people,
                many_leads_enter_in_one_set,
            }
            paging {
                rows_inserted_while_paging_are_not_seen_twice_and_push_none_out,
                equal_keys_are_told_apart_by_id,
                the_last_page_has_no_next,
                sizes_out_of_range_are_cut,
                a_cursor_survives_its_text_form,
                a_cursor_of_another_list_is_refused,
            }
            lists {
                random_questions_get_the_oracles_answers,
                every_order_is_the_oracles_in_both_directions,
                every_field_is_known_or_unknown_as_the_oracle_says,
            }
        }
    };
}

/// Emits a plain test per case.
#[doc(hidden)]
#[macro_export]
macro_rules! emit_tests {
    ([$fresh:path] $($topic:ident { $($name:ident),* $(,)? })*) => {$(
        mod $topic {
            #[allow(unused_imports)]
            use super::*;
            $(
                #[test]
                fn $name() {
                    let case = $crate::Case {
                        topic: stringify!($topic),
                        name: stringify!($name),
                        prove: |storage| Box::pin($crate::cases::$topic::$name(storage)),
                    };
                    case.run(|| $fresh());
                }
            )*
        }
    )*};
}

/// Gives the cases as values.
#[doc(hidden)]
#[macro_export]
macro_rules! emit_cases {
    ([] $($topic:ident { $($name:ident),* $(,)? })*) => {
        vec![$($(
            $crate::Case {
                topic: stringify!($topic),
                name: stringify!($name),
                prove: |storage| Box::pin($crate::cases::$topic::$name(storage)),
            }
        ),*),*]
    };
}
