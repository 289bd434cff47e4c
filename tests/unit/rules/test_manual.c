/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holds docs/rules.md against the tables. PBXGUARD_SOURCE names the source folder. */
#include "../test.h"

#include "pbxguard/rules/rules.h"

#include <stdlib.h>

static char manual[131072];

static int read_manual(void **state)
{
	const char *source = getenv("PBXGUARD_SOURCE");
	char path[4096];

	(void)state;
	snprintf(path, sizeof path, "%s/docs/rules.md", source == NULL ? "." : source);
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		print_error("%s can't be read\n", path);
		return -1;
	}
	size_t size = fread(manual, 1, sizeof manual - 1, file);
	manual[size] = '\0';
	fclose(file);
	return size == sizeof manual - 1 ? -1 : 0;
}

/* From the headline to the next one. */
static struct text section(const char *headline)
{
	char line[128];

	snprintf(line, sizeof line, "\n## %s\n", headline);
	const char *start = strstr(manual, line);
	if (start == NULL) {
		fail_msg("docs/rules.md has no section \"## %s\"", headline);
		return (struct text){0};
	}
	start += strlen(line);
	const char *end = strstr(start, "\n## ");
	return (struct text){start, end == NULL ? strlen(start) : (size_t)(end - start)};
}

static bool contains(struct text text, const char *what)
{
	return memmem(text.start, text.size, what, strlen(what)) != NULL;
}

static void expect_settings(struct text text, const struct setting_table *table, const char *where)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct setting *setting = &table->settings[i];
		char row[256];
		if (setting->type == SETTING_GROUP) {
			expect_settings(text, setting->group, where);
		}
		snprintf(row, sizeof row, "`%s`", setting->name);
		if (!contains(text, row)) {
			fail_msg("docs/rules.md: %s lacks the setting %s", where, setting->name);
		}
	}
}

static void every_rule_has_its_section(void **state)
{
	static const char *const parts[] = {"**The sign.**", "**The evidence.**", "**How it decides.**",
		"**How it can be wrong.**", "**How to tune it.**"};

	(void)state;
	for (size_t i = 0; i < rules_count(); i++) {
		char headline[64];
		snprintf(headline, sizeof headline, "`%s`", rules_at(i)->name);
		struct text text = section(headline);
		expect_settings(text, rules_at(i)->settings, rules_at(i)->name);
		for (size_t n = 0; n < COUNT_OF(parts); n++) {
			if (!contains(text, parts[n])) {
				fail_msg("docs/rules.md: %s lacks %s", rules_at(i)->name, parts[n]);
			}
		}
	}
}

static void every_default_of_a_rule_is_the_true_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < rules_count(); i++) {
		char headline[64], row[256];
		const struct setting_table *table = rules_at(i)->settings;
		snprintf(headline, sizeof headline, "`%s`", rules_at(i)->name);
		struct text text = section(headline);
		for (size_t n = 0; n < table->count; n++) {
			snprintf(row, sizeof row, "| `%s` | `%s` |", table->settings[n].name,
				table->settings[n].initial);
			if (!contains(text, row)) {
				fail_msg("docs/rules.md: %s lacks the row %s", rules_at(i)->name, row);
			}
		}
	}
}

static void what_each_rule_proves_is_in_the_table(void **state)
{
	struct text text = section("What proves what");

	(void)state;
	for (size_t i = 0; i < rules_count(); i++) {
		const struct rule *rule = rules_at(i);
		char row[128];
		assert_int_not_equal(rule->proves, 0); /* each rule says it */
		assert_true((rule->proves & PROVES_NOTHING) == 0 || rule->proves == PROVES_NOTHING);
		/* Whoever or whatever is kept out, the call that shows it is, too. */
		assert_true((rule->proves & (PROVES_CALLER | PROVES_SOURCE)) == 0 ||
			    (rule->proves & PROVES_CALL) != 0);
		snprintf(row, sizeof row, "\n| `%s` | %s | %s | %s | ", rule->name,
			(rule->proves & PROVES_CALL) != 0 ? "yes" : "no",
			(rule->proves & PROVES_CALLER) != 0 ? "yes" : "no",
			(rule->proves & PROVES_SOURCE) != 0 ? "yes" : "no");
		if (!contains(text, row)) {
			fail_msg("docs/rules.md: \"What proves what\" lacks the row %s", row + 1);
		}
	}
}

static void no_section_is_about_a_rule_that_is_gone(void **state)
{
	(void)state;
	for (const char *at = strstr(manual, "\n## `"); at != NULL; at = strstr(at + 1, "\n## `")) {
		struct text name = text_from(text_of(at), strlen("\n## `"));
		bool found = false;
		name = text_part(name, 0, text_find(name, '`'));
		for (size_t i = 0; i < rules_count(); i++) {
			found = found || text_equal(name, text_of(rules_at(i)->name));
		}
		if (!found) {
			fail_msg("docs/rules.md: there is no rule %.*s", TEXT_PRINT(name));
		}
	}
}

static void the_calendar_the_lists_and_the_rates_are_explained(void **state)
{
	(void)state;
	expect_settings(section("The calendar"), &calendar_setting_table, "The calendar");
	expect_settings(section("The lists of destinations"), &destinations_setting_table,
		"The lists of destinations");
	expect_settings(section("The rates"), &rates_setting_table, "The rates");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_has_its_section),
		cmocka_unit_test(every_default_of_a_rule_is_the_true_one),
		cmocka_unit_test(what_each_rule_proves_is_in_the_table),
		cmocka_unit_test(no_section_is_about_a_rule_that_is_gone),
		cmocka_unit_test(the_calendar_the_lists_and_the_rates_are_explained),
	};
	return cmocka_run_group_tests(tests, read_manual, NULL);
}
