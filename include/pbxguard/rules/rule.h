/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rule is. A rule is one .c without a header: rules.c has one extern line for it and its place in the
 * table. Its settings struct is its own; config fills it by the table. One of the settings is "enabled", a
 * boolean.
 */
#ifndef PBXGUARD_RULES_RULE_H
#define PBXGUARD_RULES_RULE_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/setting.h"
#include "pbxguard/rules/circumstances.h"
#include "pbxguard/rules/finding.h"
#include "pbxguard/rules/limits_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every limit of a rule lies between these. */
#define RULE_LIMIT_MINIMUM 1
#define RULE_LIMIT_MAXIMUM 10000
/* Elements of a rule's table of settings: the switch that each has, and a limit. */
/* clang-format off */
#define RULE_ENABLED(settings) \
	{.name = "enabled", .type = SETTING_BOOLEAN, .offset = offsetof(settings, enabled), .initial = "true"}
#define RULE_LIMIT(name_, settings, member, unit_, initial_, not_below_) \
	{.name = (name_), .type = SETTING_NUMBER, .offset = offsetof(settings, member), \
		.minimum = RULE_LIMIT_MINIMUM, .maximum = RULE_LIMIT_MAXIMUM, .unit = (unit_), \
		.initial = (initial_), .not_below = (not_below_)}
/* clang-format on */
/* And every window of a rule, between these. */
#define RULE_WINDOW_MINIMUM SECOND
#define RULE_WINDOW_MAXIMUM (366 * DAY)

/*
 * For rules that learn from time that they watch: so long a silence between two calls is still watched. A
 * longer one is a clock that was set, or a gap between two captures.
 */
#define RULE_SILENCE_SEEN (28 * DAY)

#define RULE_SAVED_MAX ((size_t)2 * 1024 * 1024) /* bytes that save writes */

/*
 * Whom a rule judges, for groups of callers (caller_group.h). These have settings of their own but share the
 * rule's state with the site: what it keeps depends on the settings only in that it has room for the highest,
 * as each evaluate brings its own.
 */
enum rule_scope {
	/* The caller and his address: by the settings of his group. */
	RULE_OF_CALLERS,
	/*
	 * Also all callers together, as subject SUBJECT_SITE: the rule is asked twice about a call whose
	 * group has settings of its own, by these with the site not counting, and by the site's with nothing
	 * else counting. So a generous group hides nothing of what the whole site does.
	 */
	RULE_OF_CALLERS_AND_SITE,
	/* These only: a group can have no settings of it. */
	RULE_OF_SITE,
};

struct rule {
	const char *name; /* in the configuration and in alerts: "call_burst" */
	const struct setting_table *settings;
	size_t settings_size; /* bytes */
	enum rule_scope scope;
	unsigned proves; /* bits of enum proof: of all its findings; docs/rules.md gives the reasons */

	/* What the rule remembers between calls. These four are NULL for a rule that remembers nothing. */
	/* Takes at most about so many bytes. The settings are the highest of the site and all groups. NULL
	 * when there is no memory. */
	void *(*state_new)(const void *settings, size_t memory);
	void (*state_free)(void *state);                   /* accepts NULL */
	void (*adopt)(void *state, const void *old_state); /* at a reload: goes on with the old counts */
	uint64_t (*evicted)(const void *state);            /* keys forgotten early */

	/*
	 * What it has learned in weeks and should not lose at a restart, as bytes (learned.h); both NULL for
	 * a rule whose memory is short, or none. Neither allocates.
	 */
	/* How many bytes that takes, RULE_SAVED_MAX at most. Written only when there is room for all. */
	size_t (*save)(const void *state, uint8_t *bytes, size_t room);
	/*
	 * Into a state that was just made, of the same or other settings. False, and the state as it was,
	 * when the bytes are not what save wrote, whole and of this version.
	 */
	bool (*restore)(void *state, const uint8_t *bytes, size_t size);

	/*
	 * For a rule that learns from time that goes by: it is now. Called for every event of any kind before
	 * any rule is asked, so it should cost next to nothing. NULL: does not matter.
	 */
	void (*watch)(const void *settings, void *state, instant now);

	/* Which events it is asked about; NULL: calls abroad when they are tried (circumstances_is_try). */
	bool (*wants)(const struct event *event);
	/* Counts the call and adds what it finds. Never allocates. */
	void (*evaluate)(const void *settings, void *state, const struct circumstances *circumstances,
		struct findings *findings);

	/* What --check-number says where it finds nothing in a first call, and must not; NULL: "nothing". */
	const char *of_one_call;
	/* At what it finds something in calls like this one, tried: for --check-number. */
	void (*say_limits)(
		const void *settings, const struct circumstances *circumstances, struct limits_text *text);
};

/* A group of callers can have it of its own. Names that begin with "site_" or "range_" are about all callers
 * together. */
bool rule_setting_is_of_callers(const struct rule *rule, const struct setting *setting);

#endif
