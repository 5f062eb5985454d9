//! The one list of cases. Owns the names; the proofs stand in `cases`. A case that is written but not listed is found by a
//! test of this crate.

/// Hands the list to another macro, behind whatever it is given.
#[doc(hidden)]
#[macro_export]
macro_rules! every_case {
    ($then:ident $($with:tt)*) => {
        $crate::$then! { [$($with)*]
            analytics {
                an_empty_storage_counts_nothing,
                a_lead_counts_where_it_is_and_moves,
                a_scope_counts_what_it_sees,
                counts_equal_a_scan_after_random_changes,
                sums_are_those_of_the_cells_of_their_days,
                sums_leave_out_what_came_to_nothing,
                rebuilding_changes_nothing_where_nothing_is_wrong,
            }
            atomicity {
                a_large_set_that_fails_at_its_end_leaves_nothing,
                a_set_that_fails_in_its_middle_leaves_nothing,
                a_refused_set_leaves_the_storage_usable,
            }
            attempts {
                a_try_reads_back_as_it_was_written,
                the_tries_of_a_lane_come_latest_first_in_pages,
                tries_outlive_their_job,
            }
            changes {
                every_change_takes_effect,
                every_change_is_taken_back_with_its_set,
                every_change_is_refused_when_it_conflicts,
                every_change_of_something_absent_is_refused,
                every_change_of_another_tenants_row_is_refused,
                every_change_that_is_repeated_has_no_further_effect,
                all_changes_take_effect_together,
            }
            consumers {
                a_new_consumer_begins_where_it_is_told,
                a_known_consumer_goes_on_where_it_stood,
                one_worker_holds_a_consumer_until_its_lease_ends,
                a_renewed_lease_keeps_its_token,
                a_released_consumer_is_free_at_once,
                a_consumer_moves_on_from_where_it_stands,
                a_cursor_moves_with_what_is_committed_beside_it,
            }
            deeds {
                facts_are_found_by_who_did_it,
                leads_are_found_by_who_changed_them,
                some_leads_of_an_actor_come_from_all_that_it_did,
                the_latest_of_each_of_many_leads_come_together,
            }
            definitions {
                every_kind_of_definition_reads_back_as_it_was_written,
                an_absent_definition_is_none,
                definitions_come_by_key,
                a_definition_is_replaced_at_its_revision,
                tenants_with_definitions_come_in_order,
                progress_reads_back_and_moves_on,
                a_reply_is_kept_until_it_expires,
                an_expired_reply_makes_room_for_another,
                tenants_keep_their_own_progress_and_replies,
            }
            directory {
                a_user_reads_back_new_and_changed,
                a_user_is_found_by_address_whatever_its_case,
                an_address_belongs_to_one_user,
                a_user_is_replaced_at_its_revision,
                users_come_by_id_in_pages,
                a_team_reads_back_new_and_changed,
            }
            proofs {
                a_credential_reads_back_new_and_changed,
                a_token_reads_back_new_and_changed,
                a_token_is_found_by_its_digest_in_its_tenant,
                a_digest_belongs_to_one_token,
                tokens_come_latest_first_in_pages,
            }
            fifo {
                jobs_of_a_key_run_in_the_order_of_queueing,
                jobs_of_one_set_keep_their_order,
                a_retried_job_stays_the_head,
                a_released_and_an_expired_job_stay_the_head,
                a_parked_job_lets_the_next_move_up,
                a_replayed_job_goes_behind_the_others_of_its_key,
                a_replayed_job_alone_is_ready,
                keys_of_other_lanes_and_tenants_run_beside,
                keys_of_two_tenants_move_on_apart,
                settling_and_queueing_in_one_set_promotes_in_order,
                many_keys_settle_in_one_set,
            }
            filters {
                an_empty_all_passes_everybody_and_an_empty_any_nobody,
                a_missing_value_fails_every_test,
                signs_of_patterns_mean_themselves,
                texts_are_compared_by_their_bytes,
                ranges_include_both_ends,
                a_field_with_several_values_holds_when_one_does,
                custom_fields_compare_as_their_values_do,
                custom_values_follow_what_the_lead_becomes,
                tags_are_found_under_the_owner_that_the_lead_has_now,
                long_lists_and_deep_filters_are_run,
            }
            idempotency {
                a_repeated_set_does_not_undo_what_came_after,
                the_id_alone_tells_that_a_set_is_repeated,
                an_empty_set_is_remembered_too,
                a_failed_set_can_succeed_later,
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
            interactions {
                an_interaction_reads_back_as_it_was_written,
                an_absent_interaction_is_none,
                interactions_come_latest_first_in_pages,
                interactions_are_seen_by_who_sees_the_lead,
                clear_interactions_count_and_the_latest_time_stays,
                several_interactions_of_one_set_all_count,
                marking_takes_out_and_clearing_puts_back,
                marking_twice_is_a_conflict,
                what_somebody_decided_is_not_marked_by_who_did_not_see_it,
                a_key_is_unique_per_lead,
                an_id_is_taken_whatever_the_lead,
                a_deleted_lead_takes_no_interactions_and_keeps_its_own,
            }
            jobs {
                queued_work_reads_back_as_it_was_written,
                due_jobs_are_claimed_those_first_that_have_been_due_longest,
                a_claim_takes_only_from_its_queues_and_from_every_tenant,
                a_claim_takes_up_to_256_at_once,
                a_done_job_is_gone,
                a_retried_job_comes_back_at_its_moment,
                a_parked_job_waits_until_it_is_replayed,
                a_released_job_is_ready_at_once_and_its_attempt_uncounted,
                an_expired_lease_is_taken_over_and_the_old_token_is_worthless,
                a_lease_that_ran_out_unnoticed_can_still_finish,
                leases_are_prolonged_for_those_who_hold_them,
                the_next_moment_is_that_of_ready_jobs_and_leases,
                jobs_are_listed_by_id_and_filtered,
                lanes_are_counted_by_state,
                a_unique_key_is_queued_once,
                a_unique_key_is_queued_once_within_a_set,
                a_finished_job_frees_its_unique_key_for_its_own_set,
                a_unique_job_that_comes_back_neither_fails_nor_loses_the_other,
                a_parked_job_does_not_hold_its_unique_key,
                a_job_finishes_with_its_effects_or_not_at_all,
            }
            keyed {
                leads_come_by_a_key_and_then_by_id,
                a_key_follows_what_its_lead_becomes,
                only_leads_that_the_scope_sees_have_keys,
            }
            lanes {
                a_lane_reads_back_as_it_was_written,
                a_lane_that_nobody_set_up_has_no_row_and_no_limits,
                concurrency_holds_over_all_claims,
                a_rate_allows_a_burst_and_then_its_pace,
                a_paused_lane_starts_nothing_until_it_runs_again,
                a_breaker_opens_after_failures_and_lets_one_job_probe,
                changing_a_lane_keeps_its_state,
                limits_of_one_tenant_do_not_bind_another,
                lanes_of_one_name_are_limited_apart,
                every_lane_gets_its_share,
                lanes_of_one_name_have_shares_of_their_own,
                a_full_lane_leaves_its_share_to_others,
            }
            leads {
                a_lead_with_every_field_reads_back_as_it_was_written,
                a_lead_with_hardly_any_field_reads_back_as_it_was_written,
                moments_long_ago_and_far_ahead_read_back_and_sort,
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
            log {
                an_empty_log_begins_before_the_first_position,
                a_fact_reads_back_byte_for_byte,
                every_kind_of_subject_and_actor_reads_back,
                positions_are_gapless_over_all_tenants_and_failures,
                the_log_is_read_from_any_position,
                facts_of_one_subject_keep_their_order,
                facts_of_later_commits_of_one_lead_come_later,
                a_timeline_shows_a_tenants_facts_latest_first,
                facts_of_any_kinds_are_listed_latest_first,
                a_narrow_scope_sees_facts_of_leads_that_it_sees_now,
                an_owner_of_many_leads_sees_their_facts_and_no_others,
                facts_of_deleted_leads_are_seen_by_their_owner,
                sequencing_is_bounded_and_ends,
            }
            merges {
                everything_of_a_lead_moves_and_its_activity_with_it,
                what_was_made_for_a_lead_comes_home_over_several_moves,
                a_senders_key_is_guarded_for_the_lead_it_was_made_for,
                two_open_stays_do_not_meet,
                a_merged_lead_reads_back_and_is_listed_with_its_heir,
                an_heir_is_found_by_the_keys_of_those_merged_into_it,
                a_timeline_tells_of_those_merged_into_the_lead,
                random_moves_are_the_oracles,
            }
            conversions {
                values_convert_though_leads_are_merged_meanwhile,
            }
            notes {
                a_note_reads_back_new_and_changed,
                notes_come_latest_first_in_pages,
                notes_are_seen_by_who_sees_the_lead,
                a_note_is_guarded_by_its_revision_and_its_lead,
                a_note_that_is_taken_away_leaves_nothing,
            }
            paging {
                rows_inserted_while_paging_are_not_seen_twice_and_push_none_out,
                equal_keys_are_told_apart_by_id,
                the_last_page_has_no_next,
                sizes_out_of_range_are_cut,
                a_cursor_survives_its_text_form,
                a_cursor_of_another_list_is_refused,
            }
            scores {
                a_score_reads_back_as_it_was_written,
                a_lead_is_scored_in_the_set_that_stores_it,
                a_score_never_raises_the_leads_version,
                a_score_of_an_older_lead_is_refused,
                a_score_behind_another_revision_is_refused,
                a_score_by_an_older_rule_set_is_refused,
            }
            scoring {
                a_record_of_a_score_reads_back_as_it_was_written,
                records_of_scores_come_latest_first_in_pages,
                records_of_scores_are_seen_by_who_sees_the_lead,
                the_latest_records_of_many_leads_come_together,
                a_refused_score_leaves_no_record,
                a_spoilt_score_is_dirty_and_whoever_did_not_know_is_refused,
                the_latest_clear_interactions_of_many_leads_come_together,
                scores_are_due_when_they_may_move_those_first_that_are_first,
                leads_scored_by_older_rules_come_by_id,
            }
            search {
                words_are_found_anywhere_without_case_or_accents,
                two_letters_find_beginnings_of_words,
                one_letter_finds_beginnings_of_names,
                signs_mean_themselves,
                search_follows_what_the_lead_becomes,
                a_common_and_a_rare_word_are_both_found,
            }
            skipping {
                a_lead_that_conflicts_is_left_out_whole_and_reported,
                a_conflict_found_late_takes_the_leads_earlier_changes_back,
                an_update_that_conflicts_leaves_the_lead_as_it_was,
                every_change_of_a_lead_can_be_left_out,
                leads_are_reported_in_the_order_of_their_first_change,
                of_two_new_leads_with_one_key_the_first_is_kept,
                what_belongs_to_no_lead_is_written_all_the_same,
                a_conflict_of_no_lead_fails_the_whole,
                a_set_that_left_something_out_is_replayed_as_done,
                a_large_set_leaves_out_every_third,
            }
            stays {
                a_stay_reads_back_open_and_ended,
                a_lead_moves_on_within_one_set,
                stays_come_earliest_first,
                a_lead_has_one_open_stay_at_most,
                an_ended_stay_cannot_end_again,
                open_stays_of_many_leads_come_at_once,
                stays_are_seen_by_who_sees_the_lead,
            }
            tasks {
                a_task_reads_back_new_and_changed,
                a_leads_tasks_come_by_date_in_pages,
                a_work_list_is_the_oracles,
                tasks_are_seen_by_who_sees_the_lead,
                tasks_follow_the_owner_and_the_end_of_their_lead,
                a_task_is_guarded_by_its_revision_and_its_lead,
                a_task_that_is_taken_away_leaves_nothing,
            }
            tenants {
                leads_of_one_id_are_read_apart,
                leads_of_one_id_are_changed_apart,
                an_owner_sees_only_the_lead_of_its_tenant,
                interactions_of_one_id_and_key_are_kept_apart,
                stays_of_one_id_are_kept_apart,
                tasks_and_notes_of_one_id_are_kept_apart,
                a_lead_is_not_left_out_for_what_another_of_its_id_is_like,
                of_two_rows_of_one_name_the_one_that_conflicts_fails_the_set,
                a_job_that_comes_back_holds_the_unique_key_of_its_tenant,
            }
            upkeep {
                a_migrated_storage_has_the_programs_schema,
                a_commit_nudges_those_who_wait,
                old_sets_are_forgotten_after_a_day_and_not_before,
                expired_replies_and_old_tries_go_and_others_stay,
                a_token_that_is_over_is_shown_for_thirty_days,
                pruning_is_bounded,
            }
            views {
                a_view_reads_back_new_and_changed,
                a_list_has_what_is_shared_and_what_is_ones_own,
                a_view_is_replaced_and_taken_away_at_its_revision,
                many_views_are_written_in_one_set,
            }
            claiming {
                many_claimers_never_share_a_job,
                an_expired_job_goes_to_one_of_many,
                concurrency_and_rate_hold_over_many_claimers,
                a_unique_key_is_queued_once_by_many_at_once,
                a_key_is_neither_overtaken_nor_stranded_under_load,
                claims_and_settlements_of_many_lose_no_job,
            }
            concurrency {
                of_many_committers_on_one_version_exactly_one_wins,
                of_many_captures_of_one_key_exactly_one_wins,
                of_many_definitions_at_one_revision_exactly_one_wins,
                one_set_committed_many_times_at_once_takes_effect_once,
                per_lead_order_is_version_order_under_many_writers,
                many_sequencers_give_every_event_one_position,
                counts_are_read_from_one_moment_while_leads_change,
                a_reader_sees_a_commit_whole_or_not_at_all,
                one_of_many_workers_gets_a_consumer,
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
