/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/config/config.h"
#include "pbxguard/config/config_check.h"
#include "pbxguard/config/config_file.h"
#include "pbxguard/config/config_schema.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- helpers --------------------------------------------------------------------------------------- */

static instant moment(const char *text)
{
	instant when = 0;

	assert_true(instant_parse(text_of(text), &when));
	return when;
}

#define NOW moment("2026-11-22 12:00")

/* A file of the source. Heap. */
static char *read_source(const char *name, size_t *size)
{
	char path[512];
	char *contents = calloc(1, 256 * 1024);

	snprintf(path, sizeof path, "%s/%s", getenv("PBXGUARD_SOURCE"), name);
	FILE *stream = fopen(path, "r");
	assert_non_null(stream);
	*size = fread(contents, 1, 256 * 1024 - 1, stream);
	fclose(stream);
	return contents;
}

static void write_file(const char *name, const char *text)
{
	FILE *stream = fopen(name, "w");

	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
}

/* Each test of files works in a folder of its own. */
static int enter_folder(void **state)
{
	char *folder = strdup("/tmp/pbxguard-config-XXXXXX");

	*state = folder;
	return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
	char command[128];

	snprintf(command, sizeof command, "rm -r '%s'", (char *)*state);
	free(*state);
	return chdir("/") != 0 || system(command) != 0;
}

/* Reads t.conf of this text. */
static struct config *read_at(const char *text, const char *when, struct config_errors *errors)
{
	*errors = (struct config_errors){0};
	write_file("t.conf", text);
	return config_new_from("t.conf", moment(when), errors);
}

static void assert_lines(const struct config_errors *errors, const char *expected)
{
	char *got = NULL;
	size_t size;
	FILE *stream = open_memstream(&got, &size);

	config_errors_write(errors, stream);
	fclose(stream);
	assert_string_equal(got, expected);
	free(got);
}

static void assert_refused(const char *text, const char *expected)
{
	struct config_errors errors;

	assert_null(read_at(text, "2026-11-22 12:00", &errors));
	assert_lines(&errors, expected);
}

static struct config *assert_accepted(const char *text, const char *warnings)
{
	struct config_errors errors;
	struct config *config = read_at(text, "2026-11-22 12:00", &errors);

	assert_lines(&errors, warnings);
	assert_non_null(config);
	return config;
}

/* ---- defaults ---------------------------------------------------------------------------------------- */

static struct config *read_good(const char *path)
{
	struct config_errors errors = {0};
	struct config *config = config_new_from(path, NOW, &errors);

	assert_lines(&errors, "");
	assert_non_null(config);
	return config;
}

static void without_a_configuration_japan_is_watched(void **state)
{
	struct config *config = read_good(NULL);
	struct config_settings *settings = &config->settings;

	(void)state;
	assert_string_equal(settings->dial_plan_file, "dial-plans/japan.conf");
	assert_string_equal(config->dial_plan.country, "JP");
	assert_ptr_equal(config->dial_plan.destinations, config->destination_table);
	assert_string_equal(settings->destinations.table, "destinations.csv");
	assert_int_equal(destination_lists_high_risk_count(config->destination_lists), 76);
	assert_int_equal(config->high_risk_countries, 77);
	assert_true(calendar_holiday_count(config->calendar) > 100);
	assert_int_equal(settings->actions.mode, ACTION_MODE_MONITOR);
	assert_int_equal(config->data_file_count, 5);
	config_free(config);
}

static void the_shipped_file_says_what_the_defaults_are(void **state)
{
	char path[512];
	struct open_minutes given, initial;

	(void)state;
	snprintf(path, sizeof path, "%s/conf/pbxguard.conf", getenv("PBXGUARD_SOURCE"));
	struct config *shipped = read_good(path), *defaults = read_good(NULL);
	for (size_t i = 0; i < rules_count(); i++) {
		assert_memory_equal(rules_settings_at(shipped->rules, i),
			rules_settings_at(defaults->rules, i), rules_at(i)->settings_size);
	}
	open_minutes_of(&shipped->settings.calendar.business_hours, &given);
	open_minutes_of(&defaults->settings.calendar.business_hours, &initial);
	assert_memory_equal(given.open, initial.open, sizeof given.open);
	/* Written out in the one, "default" in the other. */
	shipped->settings.calendar.business_hours = defaults->settings.calendar.business_hours;
	assert_memory_equal(&shipped->settings, &defaults->settings, sizeof shipped->settings);
	config_free(shipped);
	config_free(defaults);
}

/* ---- each setting is explained ------------------------------------------------------------------------ */

typedef void visit_setting(void *context, const char *path, const struct setting *setting);

/* Each setting of the table, and of its groups, that is no group itself. */
static void each_setting(
	const struct setting_table *table, const char *group, visit_setting *visit, void *context)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct setting *setting = &table->settings[i];
		char *path;

		assert_true(asprintf(&path, "%s%s%s", group, group[0] == '\0' ? "" : ".", setting->name) > 0);
		if (setting->type == SETTING_GROUP) {
			each_setting(setting->group, path, visit, context);
		} else {
			visit(context, path, setting);
		}
		free(path);
	}
}

static void each_setting_of_the_file(visit_setting *visit, void *context)
{
	struct config_schema *schema = config_schema_new();

	each_setting(config_schema_table(schema), "", visit, context);
	config_schema_free(schema);
}

static bool is_example(const char *mark)
{
	size_t name = strncmp(mark, "// ", 3) == 0 ? strspn(mark + 3, "abcdefghijklmnopqrstuvwxyz_") : 0;

	return name > 0 && strncmp(mark + 3 + name, " = ", 3) == 0;
}

/* Takes the // off in front of "name = ", and to the end of a list in parentheses, so that the file has all
 * that it explains. */
static void uncomment(char *text)
{
	bool in_list = false;

	for (char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n' ? 1 : 0;
		char *mark = line + strspn(line, " ");
		if (in_list || is_example(mark)) {
			memcpy(mark, "  ", 2);
			const char *end = mark + strcspn(mark, "\n");
			in_list = (in_list || end[-1] == '(') && memcmp(end - 2, ");", 2) != 0;
		}
	}
}

static void is_in_file(void *context, const char *path, const struct setting *setting)
{
	(void)setting;
	if (!config_file_has(context, path)) {
		fail_msg("conf/pbxguard.conf does not explain %s", path);
	}
}

static void the_shipped_file_explains_every_setting(void **state)
{
	struct config_errors errors = {0};
	size_t size;
	char *text = read_source("conf/pbxguard.conf", &size);

	(void)state;
	uncomment(text);
	struct config_file *file = config_file_from_text("pbxguard.conf", text_of(text), &errors);
	assert_lines(&errors, "");
	each_setting_of_the_file(is_in_file, file);
	config_file_free(file);
	free(text);
}

static void the_examples_of_the_shipped_file_are_good(void **state)
{
	size_t size;
	char *text = read_source("conf/pbxguard.conf", &size);

	(void)state;
	uncomment(text);
	config_free(assert_accepted(text, ""));
	free(text);
}

/* Its entry begins with ".B path" and has the default in it. */
static void is_in_manual(void *context, const char *path, const struct setting *setting)
{
	char heading[200];

	snprintf(heading, sizeof heading, "\n.B %s\n", path);
	const char *entry = strstr(context, heading);
	if (entry == NULL) {
		fail_msg("man/pbxguard.conf.5 does not explain %s", path);
		return;
	}
	const char *end = strstr(entry, "\n.TP");
	size_t size = end == NULL ? strlen(entry) : (size_t)(end - entry);
	if (setting->initial != NULL && setting->initial[0] != '\0' &&
		strcmp(setting->initial, "default") != 0 &&
		memmem(entry, size, setting->initial, strlen(setting->initial)) == NULL) {
		fail_msg("man/pbxguard.conf.5 does not say that %s is %s by default", path, setting->initial);
	}
}

static void the_manual_explains_every_setting(void **state)
{
	size_t size;
	char *manual = read_source("man/pbxguard.conf.5", &size);

	(void)state;
	each_setting_of_the_file(is_in_manual, manual);
	free(manual);
}

static void the_manual_explains_every_setting_of_a_group_of_callers(void **state)
{
	struct config_schema *schema = config_schema_new();
	const struct setting *list = setting_find(config_schema_table(schema), TEXT("callers"));
	char heading[100];
	size_t size;
	char *manual = read_source("man/pbxguard.conf.5", &size);

	(void)state;
	for (size_t i = 0; i < list->group->count; i++) {
		snprintf(heading, sizeof heading, "\n.B callers[].%s\n", list->group->settings[i].name);
		if (strstr(manual, heading) == NULL) {
			fail_msg("man/pbxguard.conf.5 lacks:%s", heading);
		}
	}
	free(manual);
	config_schema_free(schema);
}

static void the_manual_explains_every_setting_of_a_dial_plan(void **state)
{
	char heading[100];
	size_t size;
	char *manual = read_source("man/pbxguard.conf.5", &size);
	const char *section = strstr(manual, "\n.SH DIAL PLAN FILES\n");

	(void)state;
	assert_non_null(section);
	for (size_t i = 0; i < dial_plan_settings.count; i++) {
		snprintf(heading, sizeof heading, "\n.B %s\n", dial_plan_settings.settings[i].name);
		if (strstr(section, heading) == NULL) {
			fail_msg("man/pbxguard.conf.5 does not explain %s",
				dial_plan_settings.settings[i].name);
		}
	}
	free(manual);
}

/* ---- mistakes of meaning --------------------------------------------------------------------------------
 */

static void each_mistake_has_its_line(void **state)
{
	(void)state;
	assert_refused("site = {\n"
		       "  timezone = \"Asia/Tokio\";\n"
		       "  pbx = [ \"192.0.2.10\" ];\n"
		       "  trunks = [ \"203.0.113.1/28\" ];\n"
		       "  numbers = [ \"+81312345678\",\n"
		       "    \"0312345678\"\n"
		       "  ];\n"
		       "  trunk_numbers = \"E164\";\n"
		       "};\n"
		       "destinations = {\n"
		       "  deny = [ \"CU\",\n"
		       "    \"+999\",\n"
		       "    \"US\" ];\n"
		       "  allow = [ \"QQ\",\n"
		       "    \"US\"\n"
		       "  ];\n"
		       "};\n"
		       "calendar = {\n"
		       "  business_hours = { mon = \"09:00-18:00,17:00-20:00\"; };\n"
		       "  closed = [ \"02-30\" ];\n"
		       "};\n"
		       "capture = { ports = [ 5060, 5061,\n"
		       "  5060 ]; bufer = 16; };\n"
		       "rules = {\n"
		       "  call_burst = { minute_warning = 0; hour_critical = 5; };\n"
		       "  of_hours = { enabled = true; };\n"
		       "  off_hours = { window = 60; };\n"
		       "};\n"
		       "actions = { mode = \"Block\"; };\n",
		"t.conf:2: site.timezone: \"Asia/Tokio\" is not a time zone of this host; write it like "
		"\"Asia/Tokyo\"\n"
		"t.conf:4: site.trunks[0]: \"203.0.113.1/28\" has bits set past its length; did you mean "
		"\"203.0.113.0/28\"?\n"
		"t.conf:6: site.numbers[1]: \"0312345678\" is not a number with country code; write it like "
		"\"+81312345678\"\n"
		"t.conf:8: site.trunk_numbers: \"E164\" must be \"as_dialled\" or \"e164\"; did you mean "
		"\"e164\"?\n"
		"t.conf:12: destinations.deny[1]: \"+999\" names nothing: no number abroad begins so\n"
		"t.conf:14: destinations.allow[0]: \"QQ\" names nothing: the table of destinations has no "
		"such country\n"
		"t.conf:15: destinations.allow[1]: \"US\" is in destinations.deny as well\n"
		"t.conf:19: calendar.business_hours.mon: has hours that overlap others\n"
		"t.conf:20: calendar.closed[0]: \"02-30\" names no days; write \"12-29..01-03\" for each year, "
		"or \"2026-08-13..2026-08-16\"\n"
		"t.conf:23: capture.bufer: no such setting; did you mean `buffer`?\n"
		"t.conf:23: capture.ports[2]: 5060 is there twice\n"
		"t.conf:25: rules.call_burst.minute_warning: 0 is not between 1 and 10000 calls\n"
		"t.conf:25: rules.call_burst.hour_critical: 5 is less than hour_warning, 6\n"
		"t.conf:26: rules.of_hours: no such setting; did you mean `off_hours`?\n"
		"t.conf:27: rules.off_hours.window: 60 needs a unit, like \"15min\"\n"
		"t.conf:29: actions.mode: \"Block\" must be \"monitor\", \"dry_run\" or \"block\"; did you mean "
		"\"block\"?\n");
	assert_refused(
		"pbx = [ \"192.0.2.10\" ];", "t.conf:1: pbx: no such setting; did you mean `site.pbx`?\n");
}

static void what_is_the_carriers_is_nobody_elses(void **state)
{
	(void)state;
	assert_refused("site = { pbx = [ \"192.0.2.10\", \"192.0.2.0/28\" ];\n"
		       "trunks = [ \"203.0.113.0/28\",\n\"192.0.2.10\" ];\n"
		       "extensions = [ \"192.168.10.0/24\",\n\"203.0.112.0/23\" ]; };\n",
		"t.conf:3: site.trunks[1]: \"192.0.2.10\" is the carrier's side and the PBX at once, by site.pbx "
		"\"192.0.2.10\"\n"
		"t.conf:5: site.extensions[1]: \"203.0.112.0/23\" has addresses of the carrier's side, by "
		"site.trunks \"203.0.113.0/28\"\n");
	/* A PBX among its phones, and a carrier's network around the PBX, are usual. */
	config_free(assert_accepted("site = { pbx = \"192.168.10.1\"; extensions = \"192.168.10.0/24\";\n"
				    "trunks = \"192.168.0.0/24\"; };\n"
				    "actions = { block = { never = \"192.168.0.0/24\"; }; };",
		""));
}

static void a_place_is_named_once_and_exists(void **state)
{
	(void)state;
	assert_refused("destinations = { deny = [ \"*\", \"CU\",\n\"CU\" ]; allow = [ \"*\" ]; };",
		"t.conf:2: destinations.deny[2]: \"CU\" is there twice\n"
		"t.conf:2: destinations.allow[0]: \"*\" is in destinations.deny as well\n");
	/* Shorter and longer than the table's prefixes. */
	config_free(assert_accepted(
		"destinations = { deny = [ \"+8\", \"+1246555\", \"+882\", \"XK\" ]; allow = []; };", ""));
}

#define FORM                                                                                                 \
	" is not a place; write a country in two capital letters (\"CU\"), a prefix (\"+882\") or \"*\"; did you mean "

static void every_place_is_checked_and_told_what_was_meant(void **state)
{
	(void)state;
	assert_refused(
		"destinations = { deny = [\n\"cu\",\n\"882\",\n\"00882\",\n\"UK\",\n\"USA\",\n\"Cuba\",\n"
		"\"united kingdom\",\n\"英国\",\n\"+999\",\n\"QQ\",\n\"CU\",\n\"CU\",\n\"Guernsey\" ];\n"
		"allow = \"CU\"; };",
		"t.conf:2: destinations.deny[0]: \"cu\"" FORM "\"CU\"?\n"
		"t.conf:3: destinations.deny[1]: \"882\"" FORM "\"+882\"?\n"
		"t.conf:4: destinations.deny[2]: \"00882\"" FORM "\"+882\"?\n"
		"t.conf:5: destinations.deny[3]: \"UK\" names nothing: the table of destinations has no such "
		"country; did you mean \"GB\"?\n"
		"t.conf:6: destinations.deny[4]: \"USA\"" FORM "\"US\"?\n"
		"t.conf:7: destinations.deny[5]: \"Cuba\"" FORM "\"CU\"?\n"
		"t.conf:8: destinations.deny[6]: \"united kingdom\"" FORM "\"GB\"?\n"
		"t.conf:9: destinations.deny[7]: \"英国\"" FORM "\"GB\"?\n"
		"t.conf:10: destinations.deny[8]: \"+999\" names nothing: no number abroad begins so\n"
		"t.conf:11: destinations.deny[9]: \"QQ\" names nothing: the table of destinations has no such "
		"country\n"
		"t.conf:13: destinations.deny[11]: \"CU\" is there twice\n"
		"t.conf:14: destinations.deny[12]: \"Guernsey\"" FORM "\"GG\"?\n"
		"t.conf:15: destinations.allow[0]: \"CU\" is in destinations.deny as well\n");
}

static void the_guard_listens_somewhere_and_once(void **state)
{
	(void)state;
	assert_refused("capture = { interfaces = []; };",
		"t.conf:1: capture.interfaces: names no interface; write \"any\" for all\n");
	assert_refused("capture = { interfaces = [ \"a b\" ]; };",
		"t.conf:1: capture.interfaces[0]: \"a b\" is not the name of an interface; write it like \"eth0\", "
		"or \"any\"\n");
	config_free(assert_accepted("capture = { interfaces = [ \"eth0\", \"any\",\n\"eth0\" ]; };",
		"t.conf:1: capture.interfaces[1]: warning: \"any\" is all the others too: their packets would "
		"count twice\n"
		"t.conf:2: capture.interfaces[2]: warning: \"eth0\" is there twice: its packets would count "
		"twice\n"));
}

static void no_rule_at_all_is_a_warning(void **state)
{
	char text[4096] = "rules = {";

	(void)state;
	for (size_t i = 0; i < rules_count(); i++) {
		size_t used = strlen(text);
		assert_true(used + 100 < sizeof text);
		snprintf(text + used, sizeof text - used, " %s = { enabled = false; };", rules_at(i)->name);
	}
	strcat(text, " };");
	config_free(assert_accepted(
		text, "t.conf:1: rules: warning: every rule is switched off, so nothing is ever told\n"));
}

static void what_is_hardly_meant_is_a_warning(void **state)
{
	static const struct {
		const char *text, *warning;
	} cases[] = {
		{"destinations = { allow = [ \"*\" ]; };",
			"destinations.allow[0]: warning: \"*\" allows every country, so no high-risk destination is "
			"ever told"},
		{"destinations = { deny = [ \"JP\" ]; };",
			"destinations.deny[0]: warning: \"JP\" is at home: only calls abroad are judged"},
		{"destinations = { allow = [ \"US\", \"+8190\" ]; };",
			"destinations.allow[1]: warning: \"+8190\" is at home: only calls abroad are judged"},
		{"calendar = { closed = [ \"2026-11-22\", \"2026-08-13..2026-08-16\", \"01-01\" ]; };",
			"calendar.closed[1]: warning: \"2026-08-13..2026-08-16\" is over"},
		{"site = { pbx = \"192.0.2.10\"; extensions = [ \"0.0.0.0/0\" ]; };",
			"site.extensions[0]: warning: \"0.0.0.0/0\" is every address, so nobody is a stranger"},
		{"site = { pbx = \"192.0.2.10\"; extensions = [ \"::/0\" ]; };",
			"site.extensions[0]: warning: \"::/0\" is every address, so nobody is a stranger"},
		{"rules = { call_burst = { minute_warning = 5; hour_warning = 4; }; };",
			"rules.call_burst.minute_warning: warning: 5 calls in a minute are more than "
			"hour_warning, 4 in an hour, which always comes first"},
		{"dial_plan = \"dial-plans/germany.conf\";",
			"calendar.holidays: warning: the dial plan is Germany's, the holidays are Japan's; name "
			"a file of your own, or none: [ ]"},
	};
	char expected[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(expected, sizeof expected, "t.conf:1: %s\n", cases[i].warning);
		config_free(assert_accepted(cases[i].text, expected));
	}
	config_free(assert_accepted(
		"dial_plan = \"dial-plans/germany.conf\"; calendar = { holidays = [ ]; };", ""));
}

/* Until the modes are built their name itself is an error. */
static bool has_mode(const char *mode)
{
	struct config_errors errors;
	char text[128];

	snprintf(text, sizeof text, "site = { pbx = \"192.0.2.10\"; }; actions = { mode = \"%s\"; };", mode);
	struct config *config = read_at(text, "2026-11-22 12:00", &errors);
	config_free(config);
	return config != NULL;
}

static void what_a_mode_lacks_is_a_warning(void **state)
{
	(void)state;
	if (!has_mode("block") || !has_mode("dry_run")) {
		skip();
	}
	config_free(assert_accepted("site = { pbx = \"192.0.2.10\";\n"
				    "trunks = \"203.0.113.2\"; extensions = \"192.168.10.0/24\"; };\n"
				    "capture = { interfaces = \"any\"; }; actions = { mode = \"block\"; };",
		""));
	config_free(assert_accepted("site = { pbx = \"192.0.2.10\"; };\n"
				    "capture = { interfaces = \"eth0\"; };\n"
				    "actions = { mode = \"dry_run\"; };",
		"t.conf:1: site.trunks: warning: mode \"dry_run\" without site.trunks takes the carrier for anybody: "
		"name its addresses, so that they can't be blocked, and that a call is refused on its way there\n"
		"t.conf:1: site.extensions: warning: mode \"dry_run\" without site.extensions takes every address for "
		"a phone's, so that nobody is a stranger\n"
		"t.conf:2: capture.interfaces: warning: mode \"dry_run\" reads SIP from the netfilter queue only, of "
		"all interfaces: these are not looked at\n"));
}

static void who_can_never_be_blocked_is_not_everybody(void **state)
{
	(void)state;
	config_free(assert_accepted("actions = { block = { never = [ \"192.0.2.0/24\", \"::/0\" ]; }; };",
		"t.conf:1: actions.block.never[1]: warning: \"::/0\" is every address, so no source is ever "
		"blocked\n"));
}

static void a_caller_is_refused_with_603_or_403(void **state)
{
	(void)state;
	struct config *config = assert_accepted("actions = { block = { status = 403; }; };", "");
	assert_int_equal(config->settings.actions.block.status, BLOCK_STATUS_FORBIDDEN);
	config_free(config);
	assert_refused("actions = { block = { status = 480; }; };",
		"t.conf:1: actions.block.status: 480 is neither 603 (Decline) nor 403 (Forbidden)\n");
	assert_refused("actions = { block = { status = 200; }; };",
		"t.conf:1: actions.block.status: 200 is not between 403 and 603\n");
}

static void a_guard_without_rules_is_hardly_meant(void **state)
{
	char text[4096] = "rules = { ";

	(void)state;
	for (size_t i = 0; i < rules_count(); i++) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof text - used, "%s = { enabled = false; }; ", rules_at(i)->name);
	}
	strcat(text, "};");
	config_free(assert_accepted(
		text, "t.conf:1: rules: warning: every rule is switched off, so nothing is ever told\n"));
}

static void a_store_has_a_whole_path_and_a_folder(void **state)
{
	(void)state;
	config_free(assert_accepted("store = {\npath = \"/nowhere/store.db\"; };",
		"t.conf:2: store.path: warning: there is no folder /nowhere, so a restart will forget what is "
		"open and was learned\n"));
	config_free(assert_accepted("store = { path = \"/dev/null/store.db\"; };",
		"t.conf:1: store.path: warning: there is no folder /dev/null, so a restart will forget what is "
		"open and was learned\n"));
	config_free(assert_accepted("store = { path = \"/store.db\"; };", ""));
	config_free(assert_accepted("store = { path = \"\"; };", ""));
	/* systemd makes it when the service starts. */
	config_free(assert_accepted("store = { path = \"/var/lib/pbxguard/pbxguard.db\"; };", ""));
	assert_refused("store = {\npath = \"store.db\"; };",
		"t.conf:2: store.path: \"store.db\" must begin with / (or be empty: no store)\n");
}

static void limits_meant_for_yen_are_doubted_in_another_currency(void **state)
{
	static const char limits[] =
		"hour_warning = 50; hour_critical = 80; day_warning = 100; day_critical = 150;\n"
		"site_hour_warning = 500; site_hour_critical = 800; site_day_warning = 1000;\n"
		"site_day_critical";
	char text[512];

	(void)state;
	write_file("rates.csv", "prefix,currency,per_minute,setup\n1,USD,0.0135,\n");
	config_free(assert_accepted("rates = {\ntable = \"rates.csv\"; };",
		"t.conf:2: rates.table: warning: the rates are in USD, but rules.spend.hour_warning is the "
		"default of 5000, which is meant for yen\n"));
	snprintf(text, sizeof text,
		"rates = { table = \"rates.csv\"; };\nrules = { spend = { %s = 150000; }; };", limits);
	config_free(assert_accepted(text,
		"t.conf:1: rates.table: warning: the rates are in USD, but rules.spend.site_day_critical is the "
		"default of 150000, which is meant for yen\n"));
	snprintf(text, sizeof text,
		"rates = { table = \"rates.csv\"; };\nrules = { spend = { %s = 1500; }; };", limits);
	config_free(assert_accepted(text, ""));
	config_free(assert_accepted(
		"rates = { table = \"rates.csv\"; };\nrules = { spend = { enabled = false; }; };", ""));
}

static void hours_do_not_overlap_even_over_midnight(void **state)
{
	(void)state;
	assert_refused(
		"calendar = { business_hours = {\nmon = \"22:00-06:00\";\ntue = \"05:00-12:00\"; }; };",
		"t.conf:3: calendar.business_hours.tue: has hours that overlap others\n");
	assert_refused(
		"calendar = { business_hours = {\nmon = \"00:00-06:00\";\nsun = \"22:00-01:00\"; }; };",
		"t.conf:3: calendar.business_hours.sun: has hours that overlap others\n");
	config_free(assert_accepted(
		"calendar = { business_hours = { mon = \"09:00-12:00,12:00-24:00\"; tue = \"00:00-06:00\"; }; };",
		""));
	config_free(assert_accepted("calendar = {\nbusiness_hours = { mon = \"\"; }; };",
		"t.conf:2: calendar.business_hours: warning: the site is never open, so every call abroad is an "
		"off_hours one\n"));
}

/* ---- groups of callers ----------------------------------------------------------------------------------
 */

/* One rule's setting of a group. */
static uint32_t group_limit(const struct config *config, size_t group, const char *rule, const char *name)
{
	for (size_t i = 0; i < rules_count(); i++) {
		if (strcmp(rules_at(i)->name, rule) == 0) {
			const struct setting *setting = setting_find(rules_at(i)->settings, text_of(name));
			const char *settings = rules_settings_at(config->groups[group].rules, i);
			return *(const uint32_t *)(const void *)(settings + setting->offset);
		}
	}
	fail_msg("no rule %s", rule);
	return 0;
}

static bool is_open(const struct calendar *calendar, const char *when)
{
	struct calendar_reading reading;

	calendar_read(calendar, moment(when), &reading);
	return reading.is_open;
}

#define SITE "site = { pbx = \"192.0.2.10\"; extensions = \"192.168.10.0/24\"; };\n"

static void what_a_group_does_not_name_is_as_the_site_has_it(void **state)
{
	struct config *config = assert_accepted(SITE
		"callers = (\n"
		"  { name = \"sales\"; match = [ \"2001\", \"21*\" ];\n"
		"    rules = { call_burst = { hour_warning = 50; hour_critical = 80; }; }; },\n"
		"  { name = \"nobody else's\"; match = \"22*\"; } );\n"
		"rules = { call_burst = { minute_critical = 7; site_hour_warning = 60; site_hour_critical = 90; };\n"
		"  off_hours = { enabled = false; critical = 9; }; };\n"
		"destinations = { deny = \"CU\"; }; calendar = { closed = \"08-15\"; };\n",
		"");
	const struct caller_group *sales = &config->groups[0];

	(void)state;
	assert_int_equal(config->group_count, 2);
	assert_string_equal(sales->settings.name, "sales");
	assert_int_equal(sales->settings.pattern_count, 2);
	assert_string_equal(sales->settings.patterns[1], "21*");
	assert_int_equal(group_limit(config, 0, "call_burst", "hour_warning"), 50);
	assert_int_equal(group_limit(config, 0, "call_burst", "hour_critical"), 80);
	assert_int_equal(group_limit(config, 0, "call_burst", "minute_warning"), 3);
	assert_int_equal(group_limit(config, 0, "call_burst", "minute_critical"), 7);
	assert_int_equal(group_limit(config, 0, "call_burst", "site_hour_critical"), 90);
	assert_int_equal(group_limit(config, 0, "off_hours", "critical"), 9);
	/* Without any of its own it has none, so that the site's are asked. */
	assert_null(sales->calendar);
	assert_null(sales->lists);
	for (size_t i = 0; i < rules_count(); i++) {
		assert_memory_equal(rules_settings_at(config->groups[1].rules, i),
			rules_settings_at(config->rules, i), rules_at(i)->settings_size);
		assert_int_equal(rules_settings_enabled(config->groups[1].rules, i),
			rules_settings_enabled(config->rules, i));
	}
	config_free(config);
}

static void a_group_has_hours_and_days_of_its_own(void **state)
{
	write_file("none.csv", "date,name\n");
	struct config *config = assert_accepted(SITE
		"callers = (\n"
		"  { name = \"a\"; match = \"1\"; calendar = { business_hours = { sat = \"09:00-12:00\"; }; }; },\n"
		"  { name = \"b\"; match = \"2\"; calendar = { holidays = \"none.csv\"; closed = \"11-25\"; }; },\n"
		"  { name = \"c\"; match = \"3\"; calendar = { holidays = [ ]; business_hours = { mon = \"\"; }; }; }\n"
		");\ncalendar = { closed = \"11-24\"; };\n",
		"");
	static const struct {
		const char *when;
		bool is_open[4]; /* the site, a, b, c */
	} cases[] = {
		{"2026-11-20 10:00", {true, true, true, true}},    /* Friday */
		{"2026-11-21 10:00", {false, true, false, false}}, /* Saturday */
		{"2026-11-23 10:00", {false, false, true, false}}, /* Monday, a holiday */
		{"2026-11-24 10:00", {false, false, true, false}}, /* the site's closing day */
		{"2026-11-25 10:00", {true, true, false, true}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(is_open(config->calendar, cases[i].when), cases[i].is_open[0]);
		for (size_t j = 0; j < 3; j++) {
			assert_int_equal(
				is_open(config->groups[j].calendar, cases[i].when), cases[i].is_open[j + 1]);
		}
	}
	const struct config_data_file *last = &config->data_files[config->data_file_count - 1];
	assert_string_equal(last->setting, "callers[1].calendar.holidays[0]");
	assert_string_equal(last->path, "none.csv");
	config_free(config);
}

static enum destination_permission permission_of(
	const struct config *config, const struct destination_lists *lists, const char *e164)
{
	struct destination_reading reading;

	destination_lists_read(
		lists, e164, destination_find(config->destination_table, text_of(e164 + 1)), &reading);
	return reading.permission;
}

static void a_group_has_places_of_its_own(void **state)
{
	struct config *config =
		assert_accepted(SITE "callers = ( { name = \"a\"; match = \"1\"; allow = [ \"US\" ]; },\n"
				     "  { name = \"b\"; match = \"2\"; deny = [ ]; } );\n"
				     "destinations = { deny = \"*\"; allow = \"FR\"; };\n",
			"");
	const char *cuba = "+5371234567", *france = "+33123456789", *us = "+12125550123";

	(void)state;
	assert_int_equal(permission_of(config, config->groups[0].lists, us), DESTINATION_ALLOWED);
	assert_int_equal(permission_of(config, config->groups[0].lists, france), DESTINATION_DENIED);
	assert_int_equal(permission_of(config, config->groups[1].lists, france), DESTINATION_ALLOWED);
	assert_int_equal(permission_of(config, config->groups[1].lists, cuba), DESTINATION_UNMENTIONED);
	config_free(config);
}

static void each_mistake_in_a_group_has_its_line(void **state)
{
	(void)state;
	assert_refused(SITE "callers = (\n"
			    "  { name = \"sales\";\n"
			    "    match = [ \"2001\", \"2*0*\" ];\n"
			    "    mach = [ ];\n"
			    "    rules = { off_hours = { warning = 5; };\n"
			    "      call_burst = { hour_warnin = 4; minute_critical = 2;\n"
			    "        site_hour_warning = 100; };\n"
			    "      of_hours = { }; surge = { enabled = false; }; };\n"
			    "    capture = { }; ten_minutes_warning = 3; },\n"
			    "  { name = \"\"; match = [ ];\n"
			    "    calendar = { business_hours = { mon = \"9-5\"; };\n"
			    "      holidays = [ \"/no/such.csv\" ]; holiday = \"\"; };\n"
			    "    deny = [ \"UK\" ]; allow = [ \"CU\", \"us\" ]; },\n"
			    "  { match = \"1\"; deny = [ \"FR\" ]; allow = [ \"CU\",\n"
			    "    \"FR\" ]; }\n"
			    ");\n"
			    "rules = { off_hours = { critical = 3; }; };\n"
			    "destinations = { deny = [ \"CU\" ]; };\n",
		"t.conf:4: callers[0].match[1]: \"2*0*\" has more than one *\n"
		"t.conf:5: callers[0].mach: no such setting; did you mean `match`?\n"
		"t.conf:6: callers[0].rules.off_hours.critical: 3 is less than warning, 5\n"
		"t.conf:7: callers[0].rules.call_burst.hour_warnin: no such setting; did you mean "
		"`hour_warning`?\n"
		"t.conf:7: callers[0].rules.call_burst.minute_critical: 2 is less than minute_warning, 3\n"
		"t.conf:8: callers[0].rules.call_burst.site_hour_warning: no such setting here; there is "
		"`rules.call_burst.site_hour_warning`\n"
		"t.conf:9: callers[0].rules.of_hours: no such setting; did you mean `off_hours`?\n"
		"t.conf:9: callers[0].rules.surge: no such setting here; there is `rules.surge`\n"
		"t.conf:10: callers[0].capture: no such setting here; there is `capture`\n"
		"t.conf:10: callers[0].ten_minutes_warning: no such setting; did you mean "
		"`callers[0].rules.country_spread.ten_minutes_warning`?\n"
		"t.conf:11: callers[1].name: \"\" names no group\n"
		"t.conf:11: callers[1].match: names no caller\n"
		"t.conf:12: callers[1].calendar.business_hours.mon: \"9-5\" is not a span of hours; write it "
		"like \"09:00-18:00\"\n"
		"t.conf:13: callers[1].calendar.holiday: no such setting; did you mean `holidays`?\n"
		"t.conf:13: callers[1].calendar.holidays[0]: \"/no/such.csv\" does not exist; there are: "
		"holidays/japan.csv\n"
		"t.conf:14: callers[1].allow[1]: \"us\"" FORM "\"US\"?\n"
		"t.conf:14: callers[1].deny[0]: \"UK\" names nothing: the table of destinations has no such "
		"country; did you mean \"GB\"?\n"
		"t.conf:15: callers[2].name: is missing\n"
		"t.conf:16: callers[2].allow[1]: \"FR\" is in callers[2].deny as well\n");
	assert_refused(SITE "destinations = { deny = [ \"CU\" ]; };\n"
			    "callers = ( { name = \"a\"; match = \"1\"; allow = \"CU\"; },\n"
			    "{ name = \"b\"; match = \"2\"; allow = \"CU\"; deny = [ ]; },\n"
			    "{ name = \"a\"; match = \"3\"; } );\n",
		"t.conf:3: callers[0].allow[0]: \"CU\" is in destinations.deny as well\n"
		"t.conf:5: callers[2].name: \"a\" is the name of callers[0] as well\n");
	assert_refused("callers = [ \"2001\" ];",
		"t.conf:1: callers[0]: is a text in quotes, must be a list of groups: ( { name = value; }, { name "
		"= value; } )\n");
}

static void hours_of_a_group_do_not_overlap_with_the_sites(void **state)
{
	(void)state;
	assert_refused(SITE "callers = ( { name = \"a\"; match = \"1\";\n"
			    "calendar = { business_hours = { sun = \"22:00-10:00\"; }; }; } );\n",
		"t.conf:3: callers[0].calendar.business_hours.sun: has hours that overlap others\n");
}

static void what_is_hardly_meant_of_a_group_is_a_warning(void **state)
{
	static const struct {
		const char *text, *warnings;
	} cases[] = {
		{"callers = ( { name = \"a\"; match = [ \"20*\", \"2001\", \"20*\" ]; } );",
			"t.conf:2: callers[0].match[1]: warning: \"2001\" is in \"20*\" already\n"
			"t.conf:2: callers[0].match[2]: warning: \"20*\" is in \"20*\" already\n"},
		{"callers = ( { name = \"a\"; match = \"20*\"; }, { name = \"b\"; match = [ \"1\", \"2001\" ]; } );",
			"t.conf:2: callers[1].match[1]: warning: \"2001\" is in \"20*\" of callers[0], which comes "
			"first\n"},
		{"callers = ( { name = \"a\"; match = \"2001\"; }, { name = \"b\"; match = \"20*\"; } );",
			""},
		{"callers = ( { name = \"a\"; match = \"*\"; } );",
			"t.conf:2: callers[0].match[0]: warning: \"*\" is every caller; what is for all stands "
			"outside of callers\n"},
		{"callers = ( { name = \"a\"; match = \"1\"; allow = [ \"*\", \"JP\" ]; } );",
			"t.conf:2: callers[0].allow[1]: warning: \"JP\" is at home: only calls abroad are judged\n"
			"t.conf:2: callers[0].allow[0]: warning: \"*\" allows every country, so no high-risk "
			"destination is ever told\n"},
		{"callers = ( { name = \"a\"; match = \"1\"; calendar = { closed = \"2026-08-15\"; }; } );",
			"t.conf:2: callers[0].calendar.closed[0]: warning: \"2026-08-15\" is over\n"},
		{"calendar = { closed = \"2026-08-15\"; }; callers = ( { name = \"a\"; match = \"1\"; calendar = { }; } );",
			"t.conf:2: calendar.closed[0]: warning: \"2026-08-15\" is over\n"},
		{"callers = ( { name = \"a\"; match = \"1\"; rules = { call_burst = { minute_critical = 60; }; }; } );",
			"t.conf:2: callers[0].rules.call_burst.minute_critical: warning: 60 calls in a minute are "
			"more than hour_critical, 10 in an hour, which always comes first\n"},
		{"callers = ( { name = \"a\"; match = \"1\"; rules = { call_burst = { hour_warning = 25; hour_critical = 51; }; }; } );",
			"t.conf:2: callers[0].rules.call_burst.hour_critical: warning: 51 is more than "
			"rules.call_burst.site_hour_critical, 50, which counts all callers together and so comes first\n"},
		{"callers = ( { name = \"a\"; match = \"1\"; rules = { high_risk_destination = { critical = 3; }; }; } );",
			"t.conf:2: callers[0].rules.high_risk_destination.critical: warning: 3 is more than "
			"rules.high_risk_destination.critical, 2, which counts all callers together and so comes first; "
			"for places that the group calls there is allow\n"},
		{"callers = ( { name = \"a\"; match = \"1\"; rules = { high_risk_destination = { enabled = false; }; call_burst = { enabled = false; }; }; } );",
			"t.conf:2: callers[0].rules.high_risk_destination.enabled: warning: all callers together are judged by "
			"rules.high_risk_destination, these among them; for places that the group calls there is allow\n"},
		{"rules = { country_spread = { enabled = false; }; }; callers = ( { name = \"a\"; match = \"1\"; rules = { country_spread = { hour_critical = 99; }; }; } );",
			""},
		{"callers = ( { name = \"a\"; match = \"1\"; rules = { country_spread = { ten_minutes_warning = 5; }; }; } );",
			"t.conf:2: callers[0].rules.country_spread.ten_minutes_warning: warning: 5 is more than "
			"rules.country_spread.site_ten_minutes_warning, 4, which counts all callers together and so comes first\n"},
		{"rules = { country_spread = { site_ten_minutes_warning = 11; site_ten_minutes_critical = 11; }; }; callers = ( { name = \"a\"; match = \"1\"; rules = { country_spread = { hour_warning = 9; }; }; } );",
			"t.conf:2: rules.country_spread.site_ten_minutes_warning: warning: 11 countries in ten minutes are "
			"more than site_hour_warning, 10 in an hour, which always comes first\n"
			"t.conf:2: rules.country_spread.site_ten_minutes_critical: warning: 11 countries in ten minutes are "
			"more than site_hour_critical, 10 in an hour, which always comes first\n"},
	};
	char text[640];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(text, sizeof text, SITE "%s", cases[i].text);
		config_free(assert_accepted(text, cases[i].warnings));
	}
	config_free(assert_accepted("callers = ( { name = \"a\"; match = \"1\"; } );",
		"t.conf:1: callers: warning: without site.extensions no call is known to come from a phone, so a "
		"group is only for callers whom credentials name\n"));
}

/* ---- data files -------------------------------------------------------------------------------------------
 */

static void a_file_that_is_nowhere_says_where_it_was_sought(void **state)
{
	struct config_errors errors = {0};
	struct data_folders folders = {0};

	(void)state;
	data_folders_add(&folders, "here");
	data_folders_add(&folders, "/there");
	write_file("t.conf", "dial_plan = \"a.conf\";\ndestinations = { table = \"b.csv\";\nhigh_risk = [];\n"
			     "};\ncalendar = { holidays = [\n\"c.csv\", \"\" ]; };\n");
	assert_null(config_new_with_folders("t.conf", &folders, NOW, &errors));
	assert_lines(&errors,
		"t.conf:1: dial_plan: \"a.conf\" does not exist; sought in here, /there\n"
		"t.conf:1: rates.table: \"rates/example-japan.csv\" does not exist; sought in here, /there\n"
		"t.conf:2: destinations.table: \"b.csv\" does not exist; sought in here, /there\n"
		"t.conf:6: calendar.holidays[0]: \"c.csv\" does not exist; sought in here, /there\n"
		"t.conf:6: calendar.holidays[1]: a file's name is missing\n");
}

static void what_is_not_a_file_says_what_it_is(void **state)
{
	struct config_errors errors = {0};
	struct data_folders folders = {0};

	(void)state;
	assert_int_equal(mkdir("dial-plans", 0700), 0);
	write_file("dial-plans/b.conf", "");
	write_file("dial-plans/a.conf", "");
	write_file("dial-plans/notes.new", "");
	assert_int_equal(mkdir("rates", 0700), 0);
	write_file("rates/ours.csv", "");
	data_folders_add(&folders, ".");
	write_file("t.conf", "dial_plan = \"dial-plans/c.conf\";\ndestinations = { table = \"dial-plans\";\n"
			     "high_risk = [ \"/dev/null\",\n\"/no/such.csv\" ]; };\n"
			     "calendar = { holidays = []; };\nrates = { table = \"rates/mine.csv\"; };\n");
	assert_null(config_new_with_folders("t.conf", &folders, NOW, &errors));
	assert_lines(&errors,
		"t.conf:1: dial_plan: \"dial-plans/c.conf\" does not exist; sought in .; there are: "
		"dial-plans/a.conf, dial-plans/b.conf\n"
		"t.conf:2: destinations.table: \"dial-plans\" is a folder, not a file\n"
		"t.conf:3: destinations.high_risk[0]: \"/dev/null\" is a device, not a file\n"
		"t.conf:4: destinations.high_risk[1]: \"/no/such.csv\" does not exist\n"
		"t.conf:6: rates.table: \"rates/mine.csv\" does not exist; sought in .; there are: "
		"rates/ours.csv\n");
	errors = (struct config_errors){0};
	folders = (struct data_folders){0};
	data_folders_add(&folders, "/nowhere");
	assert_null(config_new_with_folders(NULL, &folders, NOW, &errors));
	assert_string_equal(errors.list[0].text,
		"built-in defaults: dial_plan: \"dial-plans/japan.conf\" does not exist in /nowhere: pbxguard is "
		"not installed completely");
}

static void a_file_that_is_something_else_is_told_in_one_line(void **state)
{
	(void)state;
	write_file("list.csv", "code,name_ja,iso\n7,x,RU\n");
	assert_refused("# mine\ndial_plan = \"t.conf\";",
		"t.conf: is not a dial plan: it names no country, no emergency numbers, nothing that one has "
		"(named as dial_plan at t.conf:2)\n");
	assert_refused("dial_plan = \"list.csv\";",
		"list.csv:1: `=` is missing after code, before `,` (named as dial_plan at t.conf:1)\n");
	assert_refused("calendar = {\nholidays = \"list.csv\"; };",
		"list.csv:1: the header line has no column date (named as calendar.holidays[0] at t.conf:2)\n");
	write_file("destinations.csv", "prefix\n");
	assert_refused("destinations = { high_risk = []; };",
		"destinations.csv:1: the header line has no column iso (named as destinations.table by "
		"default)\n");
}

static void a_file_beside_the_configuration_comes_first(void **state)
{
	(void)state;
	write_file("destinations.csv", "prefix,iso,kind,name,name_ja\n1,US,geographic,United States,米国\n"
				       "81,JP,geographic,Japan,日本\n");
	struct config *config = assert_accepted("destinations = { high_risk = []; };", "");
	assert_int_equal(destination_count(config->destination_table), 2);
	assert_string_equal(config->data_files[1].setting, "destinations.table");
	assert_string_equal(config->data_files[1].path, "destinations.csv");
	config_free(config);
}

static void what_is_wrong_in_a_data_file_has_its_own_line(void **state)
{
	(void)state;
	write_file("a.csv", "# a list\ncode,name_ja,iso\n1-246,x,BB\nno,y,QQ\n");
	write_file("b.csv", "code,name_ja,iso\n7,x,QQ\n");
	write_file("c.csv", "code,name_ja,iso\n\n999,x,\n");
	write_file("days.csv", "date,name\n2026-02-30,Leap\n");
	write_file("rates.csv", "prefix,currency,per_minute,setup\n1,JPY,10,\n33,EUR,0.2,\n");
	write_file("plan.conf",
		"name = \"x\"; country = \"JP\"; country_code = \"81\";\n"
		"trunk_prefx = \"0\"; emergency = ( { number = \"119\"; name = \"fire\"; } );\n"
		"international_prefixes = \"010\"; trunk_prefix = \"0\";\n"
		"domestic = ( { begins = \"0\"; length = \"10\"; name = \"x\"; } );\n");
	assert_refused(
		"dial_plan = \"plan.conf\";\ndestinations = { high_risk = [ \"a.csv\", \"b.csv\", \"c.csv\" ]; };\n"
		"calendar = { holidays = \"days.csv\"; };\n"
		"rates = { table = \"rates.csv\"; default_per_minute = \"2,5\"; };\n",
		"plan.conf:2: trunk_prefx: no such setting; did you mean `trunk_prefix`? (named as dial_plan at "
		"t.conf:1)\n"
		"a.csv:4: \"no\" is not a country or area code of 1 to 15 digits (named as "
		"destinations.high_risk[0] at t.conf:2)\n"
		"b.csv:2: \"QQ\" is not a country of the table of destinations (named as "
		"destinations.high_risk[1] at t.conf:2)\n"
		"c.csv:3: \"999\" is not a code of the table of destinations (named as "
		"destinations.high_risk[2] at t.conf:2)\n"
		"days.csv:2: \"2026-02-30\" is not a day; write it like \"2026-07-20\" (named as "
		"calendar.holidays[0] at t.conf:3)\n"
		"t.conf:4: rates.default_per_minute: \"2,5\" is not a price a minute from 0 to 100000; write it "
		"like \"250\" or \"0.0135\"\n"
		"rates.csv:3: currency: is EUR, but JPY in the lines before; a table has one currency (named as "
		"rates.table at t.conf:4)\n");
}

static void holidays_that_run_out_are_told_in_time(void **state)
{
	struct config_errors errors;
	static const struct {
		const char *now, *warning;
	} cases[] = {
		{"2026-09-24 12:00", ""}, /* sixty days before */
		{"2026-09-25 12:00",
			"t.conf:1: calendar.holidays: warning: the last known holiday is 2026-11-23; renew the "
			"list\n"},
		{"2027-01-01 12:00",
			"t.conf:1: calendar.holidays: warning: the last known holiday is 2026-11-23; renew the "
			"list\n"},
	};

	(void)state;
	write_file("days.csv", "date,name\n2026-11-23,勤労感謝の日\n2026-11-03,文化の日\n");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config *config =
			read_at("calendar = { holidays = \"days.csv\"; };\n", cases[i].now, &errors);
		assert_non_null(config);
		assert_lines(&errors, cases[i].warning);
		config_free(config);
	}
}

/* ---- the summary ------------------------------------------------------------------------------------------
 */

static void the_summary_says_what_a_person_can_judge(void **state)
{
	static const char *const expected[] = {
		"site           tokyo-hq, time zone Asia/Tokyo, now 12:00, closed: weekend\n",
		"PBX            192.0.2.10\n",
		"trunks         203.0.113.0/28, 2001:db8::/64\n",
		"extensions     not given: any address could be a phone, so no caller is known for a stranger\n",
		"interfaces     lo, no-such0 (warning: this computer has none of that name)\n",
		"ports          5060; of a capture, all\n",
		"emergency      110 police, 118 coast guard, 119 fire and ambulance\n",
		"services       104 directory enquiries, 113 line faults,",
		" 77 countries are high-risk, under 76 codes\n",
		"rates          51 prefixes in JPY; elsewhere 250 a minute, in risky places 500, in allowed ones 150\n",
		"denied         CU, +882\n",
		"allowed        none\n",
		"open           13 h 30 min a week: mon 09:00-12:00,13:00-18:00; tue -; wed -; thu -;",
		" fri 22:00-03:30; sat -; sun -\n",
		"closed         12-29..01-03\n",
		"next: 2026-11-23 勤労感謝の日, 2027-01-01 元日, 2027-01-11 成人の日\n",
		"high_risk_destination: on, warning 1, critical 2, window 12 h, at_once 2\n",
		" off_hours: OFF\n",
		"alerts         mode monitor: told, nothing is refused; at most 30 lines a minute\n",
		"syslog         off\n",
		"calendar.holidays[0]: /",
	};

	(void)state;
	struct config *config = assert_accepted(
		"site = { name = \"tokyo-hq\"; timezone = \"Asia/Tokyo\"; pbx = \"192.0.2.10\";\n"
		"trunks = [ \"203.0.113.0/28\", \"2001:db8::/64\" ]; };\n"
		"destinations = { deny = [ \"CU\", \"+882\" ]; };\n"
		"calendar = { business_hours = { mon = \"09:00-12:00,13:00-18:00\"; fri = \"22:00-03:30\"; };\n"
		"closed = \"12-29..01-03\"; };\n"
		"capture = { interfaces = [ \"lo\", \"no-such0\" ]; }; rules = { off_hours = { enabled = false; }; };\n"
		"actions = { alerts_per_minute = 30; syslog = { enabled = false; }; };",
		"");
	char *summary = config_summary(config, NOW);
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		if (strstr(summary, expected[i]) == NULL) {
			fail_msg("the summary lacks: %s\nin:\n%s", expected[i], summary);
		}
	}
	assert_int_equal(summary[strlen(summary) - 1], '\n');
	free(summary);
	config_free(config);
}

static void assert_summary_has(const struct config *config, const char *expected)
{
	char *summary = config_summary(config, NOW);

	if (strstr(summary, expected) == NULL) {
		fail_msg("the summary lacks: %s\nin:\n%s", expected, summary);
	}
	free(summary);
}

static void the_summary_says_what_a_mode_does(void **state)
{
	(void)state;
	struct config *config = assert_accepted("actions = { queue = 7; alerts_per_minute = 1; };", "");
	struct action_settings *actions = &config->settings.actions;

	actions->mode = ACTION_MODE_BLOCK;
	assert_summary_has(config,
		"alerts         mode block: told, and calls are refused; at most 1 line a minute\n"
		"queue          7: SIP is read from this netfilter queue only\n"
		"calls          refused from critical findings on, with 603 Decline; those that are up go on\n"
		"sources        blocked for 60 min, longer when they come back\n"
		"never blocked  besides those of the site, none\n"
		"accounts       no calls abroad for a caller with a critical incident, until he is released\n"
		"report         of what is refused or would be: sudo pbxguardctl report\n"
		"syslog ");
	actions->mode = ACTION_MODE_DRY_RUN;
	actions->block.on = SEVERITY_WARNING;
	actions->block.status = BLOCK_STATUS_FORBIDDEN;
	actions->block.end_calls = true;
	actions->block.sources = false;
	actions->block.accounts = false;
	assert_summary_has(config,
		"alerts         mode dry_run: told, also what would be refused; nothing is; at most 1 line a minute\n"
		"queue          7: SIP is read from this netfilter queue only\n"
		"calls          would be refused from warning findings on, with 403 Forbidden; those that are up are "
		"ended\n"
		"sources        no address is blocked\n"
		"accounts       only the calls that were found are refused\n"
		"report         of what is refused or would be: sudo pbxguardctl report\n"
		"syslog ");
	config->settings.store.path[0] = '\0';
	assert_summary_has(config, "report         none, as it needs store.path and control.path\n");
	config_free(config);
}

static void the_summary_says_what_each_group_of_callers_has_of_its_own(void **state)
{
	static const char expected[] =
		"callers        overseas sales: 2001, 21*\n"
		"  rules        off_hours: OFF\n"
		"               call_burst: on, hour_warning 50, hour_critical 80\n"
		"  denied       none\n"
		"  allowed      US, +86\n"
		"callers        night watch: 2200\n"
		"  open         45 h 0 min a week: mon 22:00-07:00; tue 22:00-07:00; wed 22:00-07:00; thu "
		"22:00-07:00; fri 22:00-07:00; sat -; sun -\n"
		"  closed       no days of its own\n"
		"  holidays     0\n"
		"callers        the rest of 2: 2*\n"
		"               nothing of its own: the site's settings hold\n"
		"alerts ";

	(void)state;
	struct config *config = assert_accepted(SITE
		"destinations = { deny = \"CU\"; };\n"
		"rules = { call_burst = { site_hour_warning = 100; site_hour_critical = 200; }; };\n"
		"callers = ( { name = \"overseas sales\"; match = [ \"2001\", \"21*\" ];\n"
		"rules = { call_burst = { hour_warning = 50; hour_critical = 80; minute_warning = 3; };\n"
		"  off_hours = { enabled = false; }; }; deny = []; allow = [ \"US\", \"+86\" ]; },\n"
		"{ name = \"night watch\"; match = \"2200\"; calendar = { holidays = []; business_hours = {\n"
		"  mon = \"22:00-07:00\"; tue = \"22:00-07:00\"; wed = \"22:00-07:00\"; thu = \"22:00-07:00\";\n"
		"  fri = \"22:00-07:00\"; }; }; },\n"
		"{ name = \"the rest of 2\"; match = \"2*\"; rules = { off_hours = { warning = 1; }; }; } );\n",
		"");
	char *summary = config_summary(config, NOW);
	if (strstr(summary, expected) == NULL) {
		fail_msg("the summary lacks: %s\nin:\n%s", expected, summary);
	}
	free(summary);
	config_free(config);
}

static void the_summary_names_the_hosts_time_zone(void **state)
{
	struct config *config = read_good(NULL);

	(void)state;
	char *summary = config_summary(config, moment("2026-11-24 09:00"));
	assert_non_null(strstr(summary, "time zone Asia/Tokyo, now 09:00, open\n"));
	free(summary);
	config_free(config);
}

/* ---- what nobody would write
 * --------------------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Turns some bytes of the text into others that mean something, takes a piece out or says it twice. */
static size_t mutate(char *text, size_t size, uint32_t *seed)
{
	static const char bytes[] = "{}[]()=:;,\"\\#/*@0-9.xLa_ \n\0\x80";
	static const char *const pieces[] = {
		"\u3000", "\u201D", "\uFF1B", "192.0.2.10", " +882 ", "\u6771", "a = "};
	size_t changes = 1 + next_random(seed) % 4;
	const char *piece;

	for (size_t i = 0; i < changes && size > 64; i++) {
		size_t at = next_random(seed) % (size - 32), length = 1 + next_random(seed) % 31;
		switch (next_random(seed) % 4) {
		case 0:
			text[at] = bytes[next_random(seed) % (sizeof bytes - 1)];
			break;
		case 1:
			memmove(text + at, text + at + length, size - at - length);
			size -= length;
			break;
		case 2:
			piece = pieces[next_random(seed) % COUNT_OF(pieces)];
			memcpy(text + at, piece, strlen(piece));
			break;
		default:
			memmove(text + at, text + next_random(seed) % (size - 32), length);
		}
	}
	return size;
}

static void no_text_does_harm(void **state)
{
	struct config_schema *schema = config_schema_new();
	static struct config_errors errors;
	size_t size;
	char *text = read_source("conf/pbxguard.conf", &size);
	uint32_t seed = 20220701;

	(void)state;
	uncomment(text);
	for (size_t i = 0; i < 3000; i++) {
		/* Exactly as large as it is, so that the sanitizer sees a byte too many being read. */
		char *copy = malloc(size);
		memcpy(copy, text, size);
		size_t mutated = mutate(copy, size, &seed);
		copy = realloc(copy, mutated);
		errors = (struct config_errors){0};
		struct config_file *file =
			config_file_from_text("t.conf", (struct text){copy, mutated}, &errors);
		void *block = calloc(1, config_schema_block_size(schema));
		if (file != NULL) {
			config_file_fill(file, config_schema_table(schema), block, &errors);
		} else {
			assert_int_equal(errors.wrong, 1);
		}
		free(block);
		config_file_free(file);
		free(copy);
	}
	free(text);
	config_schema_free(schema);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_configuration_japan_is_watched),
		cmocka_unit_test(the_shipped_file_says_what_the_defaults_are),
		cmocka_unit_test(the_shipped_file_explains_every_setting),
		IN_FOLDER(the_examples_of_the_shipped_file_are_good),
		cmocka_unit_test(the_manual_explains_every_setting),
		cmocka_unit_test(the_manual_explains_every_setting_of_a_group_of_callers),
		cmocka_unit_test(the_manual_explains_every_setting_of_a_dial_plan),
		IN_FOLDER(each_mistake_has_its_line),
		IN_FOLDER(what_is_the_carriers_is_nobody_elses),
		IN_FOLDER(a_place_is_named_once_and_exists),
		IN_FOLDER(every_place_is_checked_and_told_what_was_meant),
		IN_FOLDER(the_guard_listens_somewhere_and_once),
		IN_FOLDER(no_rule_at_all_is_a_warning),
		IN_FOLDER(what_is_hardly_meant_is_a_warning),
		IN_FOLDER(what_a_mode_lacks_is_a_warning),
		IN_FOLDER(who_can_never_be_blocked_is_not_everybody),
		IN_FOLDER(a_caller_is_refused_with_603_or_403),
		IN_FOLDER(a_guard_without_rules_is_hardly_meant),
		IN_FOLDER(a_store_has_a_whole_path_and_a_folder),
		IN_FOLDER(limits_meant_for_yen_are_doubted_in_another_currency),
		IN_FOLDER(hours_do_not_overlap_even_over_midnight),
		IN_FOLDER(what_a_group_does_not_name_is_as_the_site_has_it),
		IN_FOLDER(a_group_has_hours_and_days_of_its_own),
		IN_FOLDER(a_group_has_places_of_its_own),
		IN_FOLDER(each_mistake_in_a_group_has_its_line),
		IN_FOLDER(hours_of_a_group_do_not_overlap_with_the_sites),
		IN_FOLDER(what_is_hardly_meant_of_a_group_is_a_warning),
		IN_FOLDER(a_file_that_is_nowhere_says_where_it_was_sought),
		IN_FOLDER(what_is_not_a_file_says_what_it_is),
		IN_FOLDER(a_file_that_is_something_else_is_told_in_one_line),
		IN_FOLDER(a_file_beside_the_configuration_comes_first),
		IN_FOLDER(what_is_wrong_in_a_data_file_has_its_own_line),
		IN_FOLDER(holidays_that_run_out_are_told_in_time),
		IN_FOLDER(the_summary_says_what_a_person_can_judge),
		IN_FOLDER(the_summary_says_what_a_mode_does),
		IN_FOLDER(the_summary_says_what_each_group_of_callers_has_of_its_own),
		cmocka_unit_test(the_summary_names_the_hosts_time_zone),
		cmocka_unit_test(no_text_does_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
