/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/action/incident_row.h"

static void each_column_has_a_name_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(incident_row_name(0), "slot");
	for (size_t i = 0; i < incident_row_columns(); i++) {
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(incident_row_name(i), incident_row_name(j));
		}
	}
}

/* Every byte of it that is no padding: a member without a column would stay as it was. */
static void a_record_is_all_in_its_row(void **state)
{
	static struct incident_record full, taken;
	struct row_value value;

	(void)state;
	memset(&full, 'x', sizeof full);
	full.subject_count = INCIDENT_SUBJECTS_MAX;
	full.story.rule_count = STORY_RULES_MAX;
	full.story.place_count = STORY_PLACES_MAX;
	full.story.caller_count = STORY_CALLERS_MAX;
	full.is_limit = full.was_told = full.is_closing = full.waits = true;
	full.finding.is_unproven = full.finding.raises_others = true;
	full.call.is_known = full.call.by_foreign_prefix = true;
	full.story.has_stranger = full.story.is_moved = full.story.has_more_callers = true;
	full.story.has_blocked = full.story.would_have_blocked = true;
	full.call.source.address.family = full.call.destination.address.family = ADDRESS_IPV6;
/* Texts as long as they may be. */
#define END(member) full.member[sizeof full.member - 1] = '\0'
	for (size_t i = 0; i < INCIDENT_SUBJECTS_MAX; i++) {
		END(subjects[i]);
	}
	for (size_t i = 0; i < STORY_RULES_MAX; i++) {
		END(rules[i]);
	}
	for (size_t i = 0; i < STORY_PLACES_MAX; i++) {
		END(story.places[i].name);
	}
	for (size_t i = 0; i < STORY_CALLERS_MAX; i++) {
		END(story.callers[i]);
	}
	END(id);
	END(rule);
	END(finding.subject);
	END(finding.evidence);
	END(finding.calendar);
	END(finding.reason);
	END(call.caller);
	END(call.dialed);
	END(call.number);
	END(call.stripped);
	END(call.country);
	END(call.country_name);
	END(call.prefix);
	END(call.call_id);
	END(call.other_call_id);
	END(call.user_agent);
	END(story.currency);
	for (size_t i = 0; i < incident_row_columns(); i++) {
		incident_row_value(&full, i, &value);
		assert_true(incident_row_take(&taken, i, &value));
	}
	/* These have no column of their own, and mean nothing in a record. */
	full.finding.rule = taken.finding.rule;
	memcpy(full.story.rules, taken.story.rules, sizeof full.story.rules);
	const uint8_t *one = (const uint8_t *)&full, *other = (const uint8_t *)&taken;
	for (size_t i = 0; i < sizeof full; i++) {
		if (one[i] != other[i] && other[i] != 0) {
			fail_msg("byte %zu is another", i);
		}
	}
	/* As a byte that was set and came back as zero: padding only. */
	size_t missing = 0;
	for (size_t i = 0; i < sizeof full; i++) {
		missing += one[i] != other[i];
	}
	assert_in_range(missing, 0, 64);
}

static void what_does_not_fit_is_not_taken(void **state)
{
	struct incident_record record = {0};
	struct row_value value = {.is_text = true, .text = TEXT("0123456789abcdef0")};

	(void)state;
	assert_false(incident_row_take(&record, 1, &value)); /* id: too long */
	assert_false(incident_row_take(&record, 0, &value)); /* slot: no number */
	value = (struct row_value){.number = -1};
	assert_false(incident_row_take(&record, 0, &value));
	assert_false(incident_row_take(&record, 1, &value));
	value.number = 7;
	assert_true(incident_row_take(&record, 0, &value));
	assert_int_equal(record.slot, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_column_has_a_name_of_its_own),
		cmocka_unit_test(a_record_is_all_in_its_row),
		cmocka_unit_test(what_does_not_fit_is_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
