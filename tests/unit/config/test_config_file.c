/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/config/config_file.h"
#include "pbxguard/config/config_source.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a table with every type ---------------------------------------------------------------------- */

struct caller {
	char name[16];
	uint32_t limit;
};

struct inner {
	uint32_t warning, critical;
	duration window, pause;
};

struct outer {
	bool enabled;
	uint32_t port;
	char name[8];
	int mode;
	size_t port_count;
	uint32_t ports[3];
	size_t file_count;
	char files[4][16];
	struct network_set networks;
	struct inner inner;
	size_t caller_count;
	struct caller callers[2];
	size_t exception_count;
	struct inner exceptions[2];
};

static bool is_csv(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	if (value.size > 4 && text_equal(text_from(value, value.size - 4), TEXT(".csv"))) {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE, "is not a CSV file");
	return false;
}

static const char *const modes[] = {"monitor", "dry_run", "block", NULL};
static const struct setting caller_list[] = {
	{.name = "name",
		.type = SETTING_TEXT,
		.offset = offsetof(struct caller, name),
		.size = 16,
		.required = true},
	{.name = "limit",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct caller, limit),
		.minimum = 1,
		.maximum = 10,
		.initial = "5"},
};
static const struct setting_table caller_table = SETTING_TABLE(caller_list);
static const struct setting inner_list[] = {
	{.name = "minute_warning",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct inner, warning),
		.minimum = 1,
		.maximum = 10000,
		.unit = "calls",
		.initial = "3"},
	{.name = "minute_critical",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct inner, critical),
		.minimum = 1,
		.maximum = 10000,
		.unit = "calls",
		.initial = "5",
		.not_below = "minute_warning"},
	{.name = "window",
		.type = SETTING_DURATION,
		.offset = offsetof(struct inner, window),
		.minimum = SECOND,
		.maximum = DAY,
		.initial = "12h",
		.not_below = "pause"},
	{.name = "pause",
		.type = SETTING_DURATION,
		.offset = offsetof(struct inner, pause),
		.minimum = SECOND,
		.maximum = DAY,
		.initial = "60s"},
};
static const struct setting_table inner_table = SETTING_TABLE(inner_list);

/* An exception has what inner has. */
static void inherit_inner(const void *settings, void *element)
{
	*(struct inner *)element = ((const struct outer *)settings)->inner;
}

static const struct setting outer_list[] = {
	{.name = "enabled",
		.type = SETTING_BOOLEAN,
		.offset = offsetof(struct outer, enabled),
		.initial = "true"},
	{.name = "port",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct outer, port),
		.minimum = 1,
		.maximum = 65535,
		.initial = "5060"},
	{.name = "name", .type = SETTING_TEXT, .offset = offsetof(struct outer, name), .size = 8},
	{.name = "mode",
		.type = SETTING_CHOICE,
		.offset = offsetof(struct outer, mode),
		.choices = modes,
		.initial = "monitor"},
	{.name = "ports",
		.type = SETTING_NUMBERS,
		.offset = offsetof(struct outer, ports),
		.capacity = 3,
		.count_offset = offsetof(struct outer, port_count),
		.minimum = 1,
		.maximum = 65535,
		.initial = "5060,5061"},
	{.name = "files",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct outer, files),
		.size = 16,
		.capacity = 4,
		.count_offset = offsetof(struct outer, file_count),
		.initial = "a.csv",
		.check = is_csv},
	{.name = "networks", .type = SETTING_NETWORKS, .offset = offsetof(struct outer, networks)},
	{.name = "inner",
		.type = SETTING_GROUP,
		.offset = offsetof(struct outer, inner),
		.group = &inner_table},
	{.name = "callers",
		.type = SETTING_GROUPS,
		.offset = offsetof(struct outer, callers),
		.size = sizeof(struct caller),
		.capacity = 2,
		.count_offset = offsetof(struct outer, caller_count),
		.group = &caller_table},
	{.name = "exceptions",
		.type = SETTING_GROUPS,
		.offset = offsetof(struct outer, exceptions),
		.size = sizeof(struct inner),
		.capacity = 2,
		.count_offset = offsetof(struct outer, exception_count),
		.group = &inner_table,
		.inherit = inherit_inner},
};
static const struct setting_table outer_table = SETTING_TABLE(outer_list);

/* ---- helpers --------------------------------------------------------------------------------------- */

/* Reads the text into outer; NULL where the syntax is wrong. */
static struct config_file *read_text(struct text text, struct outer *outer, struct config_errors *errors)
{
	struct config_file *file = config_file_from_text("t.conf", text, errors);

	*outer = (struct outer){0};
	if (file != NULL) {
		config_file_fill(file, &outer_table, outer, errors);
	}
	return file;
}

/* The text gives exactly these lines, each ended by a line feed. */
static void assert_errors(struct text text, const char *expected)
{
	static struct config_errors errors;
	struct outer outer;
	char *got = NULL;
	size_t size;

	errors = (struct config_errors){0};
	config_file_free(read_text(text, &outer, &errors));
	FILE *stream = open_memstream(&got, &size);
	config_errors_write(&errors, stream);
	fclose(stream);
	assert_string_equal(got, expected);
	free(got);
}

static void read_good(const char *text, struct outer *outer)
{
	struct config_errors errors = {0};

	struct config_file *file = read_text(text_of(text), outer, &errors);
	if (errors.count > 0) {
		print_message("%s\n", errors.list[0].text);
	}
	assert_int_equal(errors.count, 0);
	config_file_free(file);
}

/* ---- what is read ---------------------------------------------------------------------------------- */

static void every_type_is_read(void **state)
{
	struct outer outer;

	(void)state;
	read_good("enabled = false; port = 65535; name = \"\\x54ok\"; mode = \"block\";\n"
		  "ports = [ 1, 2, 3 ]; files = [ \"x.csv\", \"y.csv\" ];\n"
		  "networks = [ \"192.0.2.0/24\", \"2001:db8::1\" ];\n"
		  "inner : { minute_critical = 10000L, window = \"1d\" };\n"
		  "callers = ( { name = \"1001\"; }, { name = \"1002\"; limit = 7; } );\n",
		&outer);
	assert_false(outer.enabled);
	assert_int_equal(outer.port, 65535);
	assert_string_equal(outer.name, "Tok");
	assert_int_equal(outer.mode, 2);
	assert_int_equal(outer.port_count, 3);
	assert_int_equal(outer.ports[2], 3);
	assert_int_equal(outer.file_count, 2);
	assert_string_equal(outer.files[1], "y.csv");
	assert_int_equal(outer.networks.count, 2);
	assert_int_equal(outer.inner.warning, 3);
	assert_int_equal(outer.inner.critical, 10000);
	assert_int_equal(outer.inner.window, DAY);
	assert_int_equal(outer.caller_count, 2);
	assert_string_equal(outer.callers[0].name, "1001");
	assert_int_equal(outer.callers[0].limit, 5);
	assert_int_equal(outer.callers[1].limit, 7);
}

static void what_the_file_leaves_out_has_its_default(void **state)
{
	struct outer outer;

	(void)state;
	read_good("", &outer);
	assert_int_equal(outer.port, 5060);
	assert_int_equal(outer.port_count, 2);
	assert_string_equal(outer.files[0], "a.csv");
	assert_int_equal(outer.inner.window, 12 * HOUR);
	assert_int_equal(outer.caller_count, 0);
}

static void a_list_in_the_file_replaces_the_default(void **state)
{
	struct outer outer;

	(void)state;
	read_good("ports = []; files = \"only.csv\"; networks = \"192.0.2.10\";", &outer);
	assert_int_equal(outer.port_count, 0);
	assert_int_equal(outer.file_count, 1);
	assert_string_equal(outer.files[0], "only.csv");
	assert_int_equal(outer.networks.count, 1);
}

static void an_element_may_begin_with_what_is_around_the_list(void **state)
{
	struct outer outer;

	(void)state;
	/* Wherever in the file that stands. */
	read_good("exceptions = ( { pause = \"2min\"; }, { minute_critical = 50; } );\n"
		  "inner = { minute_warning = 10; minute_critical = 20; };\n",
		&outer);
	assert_int_equal(outer.exception_count, 2);
	assert_int_equal(outer.exceptions[0].warning, 10);
	assert_int_equal(outer.exceptions[0].critical, 20);
	assert_int_equal(outer.exceptions[0].window, 12 * HOUR);
	assert_int_equal(outer.exceptions[0].pause, 2 * MINUTE);
	assert_int_equal(outer.exceptions[1].warning, 10);
	assert_int_equal(outer.exceptions[1].critical, 50);
	assert_int_equal(outer.exceptions[1].pause, MINUTE);
}

/* ---- errors of meaning ------------------------------------------------------------------------------- */

static const struct {
	const char *text, *errors;
} meanings[] = {
	{"prot = 1;", "t.conf:1: prot: no such setting; did you mean `port`?\n"},
	{"colour = 1;", "t.conf:1: colour: no such setting\n"},
	{"inner = { minute_waring = 3; };",
		"t.conf:1: inner.minute_waring: no such setting; did you mean `minute_warning`?\n"},
	{"enabled = 1;", "t.conf:1: enabled: is a number, must be true or false\n"},
	{"port = \"5060\";", "t.conf:1: port: is a text in quotes, must be a number without quotes\n"},
	{"port = 0;", "t.conf:1: port: 0 is not between 1 and 65535\n"},
	{"port = -1;", "t.conf:1: port: -1 is not between 1 and 65535\n"},
	{"port = 1.5;", "t.conf:1: port: 1.5 is not a whole number in decimal digits\n"},
	{"name = \"12345678\";", "t.conf:1: name: \"12345678\" is longer than 7 bytes\n"},
	{"name = \"a\\n\";", "t.conf:1: name: \"a\\x0A\" has a control character in it\n"},
	{"mode = \"guard\";", "t.conf:1: mode: \"guard\" must be \"monitor\", \"dry_run\" or \"block\"\n"},
	{"mode = \"Block\";",
		"t.conf:1: mode: \"Block\" must be \"monitor\", \"dry_run\" or \"block\"; did you mean "
		"\"block\"?\n"},
	{"files = [ \"ａ.csv\", \"ａ\" ];",
		"t.conf:1: files[1]: \"ａ\" is not a CSV file; it has a full-width or other odd "
		"character in it\n"},
	{"window = \"1h\";", "t.conf:1: window: no such setting; did you mean `inner.window`?\n"},
	{"inner = { ports = [ 1 ]; };", "t.conf:1: inner.ports: no such setting; did you mean `ports`?\n"},
	{"mode = [ \"block\" ];", "t.conf:1: mode: is a list, must be a text in quotes\n"},
	{"ports = [ 1, 2, 3,\n4 ];", "t.conf:2: ports[3]: the list has more than 3 elements\n"},
	{"ports = [ 1,\n0 ];", "t.conf:2: ports[1]: 0 is not between 1 and 65535\n"},
	{"files = [ 1 ];", "t.conf:1: files[0]: 1 must stand in quotes: \"1\"\n"},
	{"files = [ \"a.txt\" ];", "t.conf:1: files[0]: \"a.txt\" is not a CSV file\n"},
	{"networks = [ \"192.0.2.1/24\" ];",
		"t.conf:1: networks[0]: \"192.0.2.1/24\" has bits set past its length; did you mean "
		"\"192.0.2.0/24\"?\n"},
	{"networks = [ \"2001:db8::1/33\" ];",
		"t.conf:1: networks[0]: \"2001:db8::1/33\" has bits set past its length; did you mean "
		"\"2001:db8::/33\"?\n"},
	{"networks = [ \"pbx.example\" ];",
		"t.conf:1: networks[0]: \"pbx.example\" is neither an address, like \"192.0.2.10\", nor a "
		"network, like \"192.0.2.0/24\"\n"},
	{"inner = 5;", "t.conf:1: inner: is a number, must be a group: { name = value; }\n"},
	{"inner = { minute_warning = 0; };",
		"t.conf:1: inner.minute_warning: 0 is not between 1 and 10000 calls\n"},
	{"inner = { window = 15; };", "t.conf:1: inner.window: 15 needs a unit, like \"15min\"\n"},
	{"inner = { window = \"15\"; };", "t.conf:1: inner.window: \"15\" needs a unit, like \"15min\"\n"},
	{"inner = { window = \"15m\"; };",
		"t.conf:1: inner.window: \"15m\" is not a duration; write one like \"60s\", \"15min\", \"12h\" or "
		"\"90d\"\n"},
	{"inner = { window = \"2d\"; };", "t.conf:1: inner.window: \"2d\" is not between 1 s and 24 h\n"},
	{"inner = {\nminute_warning = 2;\nminute_critical = 1; };",
		"t.conf:3: inner.minute_critical: 1 is less than minute_warning, 2\n"},
	{"inner = {\nminute_warning = 9; };",
		"t.conf:2: inner.minute_critical: 5 is less than minute_warning, 9\n"},
	{"inner = { window = \"30s\"; };", "t.conf:1: inner.window: 30 s is less than pause, 1 min\n"},
	/* one mistake, one line */
	{"inner = { minute_warning = \"9\"; minute_critical = 1; };",
		"t.conf:1: inner.minute_warning: is a text in quotes, must be a number without quotes\n"},
	{"callers = (\n{ limit = 3; } );", "t.conf:2: callers[0].name: is missing\n"},
	{"callers = { name = \"x\"; };\nport = 0;", "t.conf:2: port: 0 is not between 1 and 65535\n"},
	{"callers = { limit = 3; };", "t.conf:1: callers[0].name: is missing\n"},
	{"callers = ( { name = \"a\"; limt = 3; } );",
		"t.conf:1: callers[0].limt: no such setting; did you mean `limit`?\n"},
	{"callers = ( { name = \"a\"; pause = \"1s\"; } );",
		"t.conf:1: callers[0].pause: no such setting; did you mean `inner.pause`?\n"},
	{"exceptions = ( { inner = { }; } );",
		"t.conf:1: exceptions[0].inner: no such setting here; there is `inner`\n"},
	{"inner = { minute_warning = 3; minute_critical = 6; };\nexceptions = ( { },\n{ minute_warning = 7; } );",
		"t.conf:3: exceptions[1].minute_critical: 6 is less than minute_warning, 7\n"},
	{"exceptions = ( {\nminute_critical = 4; } ); inner = {\nminute_warning = 5; };",
		"t.conf:2: exceptions[0].minute_critical: 4 is less than minute_warning, 5\n"},
	{"callers = ( { name = \"a\"; }, { name = \"b\"; }, { name = \"c\"; } );",
		"t.conf:1: callers[2]: the list has more than 2 elements\n"},
};

static void a_mistake_is_told_with_line_setting_and_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(meanings); i++) {
		assert_errors(text_of(meanings[i].text), meanings[i].errors);
	}
}

static void all_mistakes_are_told_in_one_run_in_the_order_of_lines(void **state)
{
	(void)state;
	assert_errors(TEXT("enabled = \"yes\";\n"
			   "port = 70000;\n"
			   "nmae = \"x\";\n"
			   "mode = \"blok\";\n"
			   "ports = [ 5060,\n"
			   "  0,\n"
			   "  99999\n"
			   "];\n"
			   "files = [\n"
			   "  \"a.csv\",\n"
			   "  \"b.txt\"\n"
			   "];\n"
			   "networks = [ \"10.0.0.0/33\" ];\n"
			   "inner = {\n"
			   "  minute_critical = 1;\n"
			   "  minute_warning = 2;\n"
			   "  window = 5;\n"
			   "};\n"),
		"t.conf:1: enabled: is a text in quotes, must be true or false\n"
		"t.conf:2: port: 70000 is not between 1 and 65535\n"
		"t.conf:3: nmae: no such setting; did you mean `name`?\n"
		"t.conf:4: mode: \"blok\" must be \"monitor\", \"dry_run\" or \"block\"\n"
		"t.conf:6: ports[1]: 0 is not between 1 and 65535\n"
		"t.conf:7: ports[2]: 99999 is not between 1 and 65535\n"
		"t.conf:11: files[1]: \"b.txt\" is not a CSV file\n"
		"t.conf:13: networks[0]: \"10.0.0.0/33\" is neither an address, like \"192.0.2.10\", nor a "
		"network, like \"192.0.2.0/24\"\n"
		"t.conf:15: inner.minute_critical: 1 is less than minute_warning, 2\n"
		"t.conf:17: inner.window: 5 needs a unit, like \"15min\"\n");
}

static void more_than_a_hundred_are_counted(void **state)
{
	static struct config_errors errors;
	char text[4096] = "";
	struct outer outer;

	(void)state;
	for (size_t i = 0; i < 150; i++) {
		snprintf(text + strlen(text), sizeof text - strlen(text), "zz%zu = %zu;\n", i, i);
	}
	config_file_free(read_text(text_of(text), &outer, &errors));
	assert_int_equal(errors.count, CONFIG_ERRORS_MAX);
	assert_int_equal(errors.left_out, 50);
	assert_int_equal(errors.wrong, 150);
	assert_string_equal(errors.list[0].text, "t.conf:1: zz0: no such setting");
	assert_string_equal(errors.list[99].text, "t.conf:100: zz99: no such setting");
}

/* ---- what libconfig would take wrongly --------------------------------------------------------------- */

static const struct {
	struct text text;
	const char *errors;
} traps[] = {
	/* arrives as 5060, 5060, -1, 10 and 5060 */
	{TEXT_CONSTANT("\nport = 4294972356;"), "t.conf:2: port: 4294972356 is not between 1 and 65535\n"},
	{TEXT_CONSTANT("port = 18446744073709556676L;"),
		"t.conf:1: port: 18446744073709556676L is not between 1 and 65535\n"},
	{TEXT_CONSTANT("port = 0x1ffffffff;"),
		"t.conf:1: port: 0x1ffffffff is not a whole number in decimal digits\n"},
	{TEXT_CONSTANT("port = 010;"),
		"t.conf:1: port: 010 begins with a zero; write the number without it\n"},
	{TEXT_CONSTANT("port = 0x13C4;"), "t.conf:1: port: 0x13C4 is not a whole number in decimal digits\n"},
	{TEXT_CONSTANT("port = 5060;\n\0port = 0;"), "t.conf:2: a NUL byte; this is not a text file\n"},
	{TEXT_CONSTANT("name = \"ab\\x00cd\";"), "t.conf:1: \\x00 can't be part of a text\n"},
	{TEXT_CONSTANT("port = 1;\n# \x93\x8c\x8b\x9e\n"),
		"t.conf:2: a byte that is not UTF-8; save the file as UTF-8\n"},
	{TEXT_CONSTANT("files = [ \"a.csv\" \"b.csv\" ];"),
		"t.conf:1: a comma is missing before \"b.csv\"\n"}, /* would be one: a.csvb.csv */
	{TEXT_CONSTANT("name = \"a\nport = 3;\n"),
		"t.conf:1: the quote that opens here is not closed on its line\n"},
	{TEXT_CONSTANT("port = 1;\n/* port\n"), "t.conf:2: the comment that opens here is never closed\n"},
	{TEXT_CONSTANT("port = 1;\ninner = {\nwindow = \"1h\";\n"),
		"t.conf:2: the `{` that opens here is never closed\n"},
	{TEXT_CONSTANT("inner = {\n];"), "t.conf:2: `]` stands where `}` must close the last `{`\n"},
	{TEXT_CONSTANT("port = 1; }"), "t.conf:1: `}` closes what was never opened\n"},
	{TEXT_CONSTANT("port = 1;\n\nport = 2;"),
		"t.conf:3: port: is there twice; the first is at t.conf:1\n"},
	{TEXT_CONSTANT(
		 "inner = {\nwindow = \"1h\"; }; port = 1;\ncallers = ( { name = \"a\"; }, { name = \"b\";"
		 "\nlimit = 1; name\n= \"c\"; } );"),
		"t.conf:4: callers.name: is there twice; the first is at t.conf:3\n"},
	{TEXT_CONSTANT("ports = [ 1, 2, ];"), "t.conf:1: a comma with nothing after it; take it out\n"},
	{TEXT_CONSTANT("ports = [ 1, \"2\" ];"),
		"t.conf:1: \"2\" is of another kind than the first element of the list\n"},
	{TEXT_CONSTANT("enabled = yes;"), "t.conf:1: yes is not a value; write true or false\n"},
	{TEXT_CONSTANT("inner = { window = 15min; };"), "t.conf:1: 15min must stand in quotes: \"15min\"\n"},
	{TEXT_CONSTANT("port 5060;"), "t.conf:1: `=` is missing after port, before `5060`\n"},
	{TEXT_CONSTANT("port = ;"), "t.conf:1: a value is missing after `=`\n"},
	{TEXT_CONSTANT("port"), "t.conf:1: the file ends in the middle of a setting\n"},
	{TEXT_CONSTANT("port = 1 ? 2;"), "t.conf:1: `?` has no meaning here; is a quote missing?\n"},
	{TEXT_CONSTANT("a=((((((((((((((((1))))))))))))))));"),
		"t.conf:1: a: no such setting\n"}, /* sixteen */
	{TEXT_CONSTANT("a=(((((((((((((((((1)))))))))))))))));"),
		"t.conf:1: more than 16 groups inside each other\n"},
	{TEXT_CONSTANT("port = 1; @include \"x\""),
		"t.conf:1: `@` only begins a line that says: @include \"FILE\"\n"},
	{TEXT_CONSTANT("@include x"),
		"t.conf:1: @include needs a file name in quotes, without a backslash\n"},
	{TEXT_CONSTANT("@include \"\""),
		"t.conf:1: @include needs a file name in quotes, without a backslash\n"},
	{TEXT_CONSTANT("@include \"/dev/null\""), "t.conf:1: @include: /dev/null: is not a regular file\n"},
	{TEXT_CONSTANT("@include \"/proc\""), "t.conf:1: @include: /proc: is a folder, not a file\n"},
	{TEXT_CONSTANT("@include \"none.conf\""),
		"t.conf:1: @include: none.conf: No such file or directory\n"},
	{TEXT_CONSTANT("/* @include \"x\" */ # @include \"x\"\nname = \"@inc\"; // \" { \n"), ""},
	{TEXT_CONSTANT("\xEF\xBB\xBFport = 1;\r\nname = \"x\";\r\n"), ""}, /* as Windows writes */
};

/* What libconfig calls a "syntax error", and what it means. */
static const struct {
	const char *text, *sentence;
} typings[] = {
	{"pbx = [ 192.0.2.10 ];", "192.0.2.10 must stand in quotes: \"192.0.2.10\""},
	{"trunks = 203.0.113.0/28;", "203.0.113.0/28 must stand in quotes: \"203.0.113.0/28\""},
	{"pbx = [ 2001:db8::1, 1 ];", "2001:db8::1 must stand in quotes: \"2001:db8::1\""},
	{"pbx = [ fe80::/10 ];", "fe80::/10 must stand in quotes: \"fe80::/10\""},
	{"mon = 09:00-18:00;", "09:00-18:00 must stand in quotes: \"09:00-18:00\""},
	{"mon = 09:00 - 18:00; // open", "09:00 - 18:00 must stand in quotes: \"09:00 - 18:00\""},
	{"closed = [ 12-29..01-03 ];", "12-29..01-03 must stand in quotes: \"12-29..01-03\""},
	{"deny = [ CU ];", "CU must stand in quotes: \"CU\""},
	{"deny = [ \"CU\", +882 ];", "+882 must stand in quotes: \"+882\""},
	{"deny = [ * ];", "* must stand in quotes: \"*\""},
	{"name = tokyo", "tokyo must stand in quotes: \"tokyo\""},
	{"name = 東京本社;", "東京本社 must stand in quotes: \"東京本社\""},
	{"name = 'tokyo';", "text stands in double quotes: \"…\""},
	{"files = [ \"a.csv\"; \"b.csv\" ];",
		"a comma belongs between the elements of a list, and `]` at its end"},
	{"callers = ( { name = \"a\"; } { name = \"b\"; } );", "a comma is missing before {"},
	{"callers = [ { name = \"a\"; } ];",
		"`{` inside [ ]; a list of groups stands in parentheses: ( { … } )"},
	{"files = \"a.csv\" \"b.csv\";", "a second value, \"b.csv\"; several stand in a list: [ 1, 2 ]"},
	{"port = 1; 5;", "a name and `=` are missing before 5"},
	{"port = 1;;", "`;` with nothing before it; take it out"},
	{"port == 1;", "a value is missing after `=`"},
	{"= 1;", "a name is missing before `=`"},
	{"name　= \"x\";", "column 5: a full-width space (U+3000) stands here; type an ordinary one"},
	{"pbx = [ 192.0.2.10　];", "192.0.2.10 must stand in quotes: \"192.0.2.10\""},
	{"/* あ */ mon = ”09:00”;", "column 15: a curly quote (U+201D) stands here; type an ordinary one"},
	{"mon = \"営業時間“;", "column 12: a curly quote (U+201C) stands here; type an ordinary one"},
	{"port = ５０６０;", "column 8: a full-width `5` (U+FF15) stands here; type an ordinary one"},
	{"port = 5060；", "column 12: a full-width `;` (U+FF1B) stands here; type an ordinary one"},
	{"port ＝ 5060;", "column 6: a full-width `=` (U+FF1D) stands here; type an ordinary one"},
	{"inner = ｛ };", "column 9: a full-width `{` (U+FF5B) stands here; type an ordinary one"},
	{"inner = { ｝;", "column 11: a full-width `}` (U+FF5D) stands here; type an ordinary one"},
};

static void a_typing_error_is_told_in_a_persons_words(void **state)
{
	char expected[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(typings); i++) {
		snprintf(expected, sizeof expected, "t.conf:1: %s\n", typings[i].sentence);
		assert_errors(text_of(typings[i].text), expected);
	}
	assert_errors(TEXT("port =\n  name = \"x\";"), "t.conf:2: a value is missing after `=`\n");
	assert_errors(TEXT("port = 1;\nname\xC2\xA0= 1;"),
		"t.conf:2: column 5: a no-break space (U+00A0) stands here; type an ordinary one\n");
}

static void what_libconfig_would_take_wrongly_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(traps); i++) {
		assert_errors(traps[i].text, traps[i].errors);
	}
}

/* ---- files ------------------------------------------------------------------------------------------- */

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
	return mkdtemp(folder) == NULL || chdir(folder) != 0 || mkdir("sub", 0700) != 0;
}

static int leave_folder(void **state)
{
	char command[128];

	snprintf(command, sizeof command, "rm -r '%s'", (char *)*state);
	free(*state);
	return chdir("/") != 0 || system(command) != 0;
}

static char *errors_of_file(const char *path, struct outer *outer)
{
	static struct config_errors errors;
	char *got = NULL;
	size_t size;

	errors = (struct config_errors){0};
	*outer = (struct outer){0};
	struct config_file *file = config_file_open(path, &errors);
	if (file != NULL) {
		config_file_fill(file, &outer_table, outer, &errors);
	}
	config_file_free(file);
	FILE *stream = open_memstream(&got, &size);
	config_errors_write(&errors, stream);
	fclose(stream);
	return got;
}

static void assert_file_errors(const char *path, const char *expected)
{
	struct outer outer;
	char *got = errors_of_file(path, &outer);

	assert_string_equal(got, expected);
	free(got);
}

static void an_include_is_relative_to_its_file_and_keeps_its_lines(void **state)
{
	struct outer outer;

	(void)state;
	write_file("main.conf", "port = 0;\n"
				"inner = {\n"
				"  @include \"sub/inner.conf\"\n"
				"  pause = 3; };\n"
				"name = 7;\n");
	write_file("sub/inner.conf", "window = 1;\n@include \"more.conf\"");
	write_file("sub/more.conf", "# why\nminute_warning = 0; minute_critical = 8");
	char *got = errors_of_file("main.conf", &outer);
	assert_string_equal(got, "main.conf:1: port: 0 is not between 1 and 65535\n"
				 "sub/inner.conf:1: inner.window: 1 needs a unit, like \"15min\"\n"
				 "sub/more.conf:2: inner.minute_warning: 0 is not between 1 and 10000 calls\n"
				 "main.conf:4: inner.pause: 3 needs a unit, like \"15min\"\n"
				 "main.conf:5: name: 7 must stand in quotes: \"7\"\n");
	assert_int_equal(outer.inner.critical, 8);
	free(got);
}

static void includes_that_do_not_end_are_refused(void **state)
{
	(void)state;
	write_file("main.conf", "\n@include \"b.conf\"\n");
	write_file("b.conf", "@include \"main.conf\"\n");
	assert_file_errors("main.conf", "b.conf:1: @include: main.conf: includes itself\n");
	write_file("sub/loop.conf", "@include \"../sub/loop.conf\"\n");
	struct outer outer;
	char *got = errors_of_file("sub/loop.conf", &outer);
	assert_non_null(strstr(got, "too many files include each other"));
	free(got);
}

static void only_a_regular_file_is_read(void **state)
{
	(void)state;
	assert_file_errors("sub", "sub: is a folder, not a file\n");
	assert_file_errors("none.conf", "none.conf: No such file or directory\n");
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_file_errors("pipe", "pipe: is not a regular file\n");
	write_file("main.conf", "port = 1;\n@include \"sub\"\n");
	assert_file_errors("main.conf", "main.conf:2: @include: sub: is a folder, not a file\n");
}

static void an_endless_configuration_is_refused(void **state)
{
	FILE *stream = fopen("main.conf", "w");

	(void)state;
	for (size_t i = 0; i < CONFIG_TEXT_MAX / 8; i++) {
		fputs("# line \n\n", stream);
	}
	fclose(stream);
	assert_file_errors("main.conf",
		"main.conf:233017: the configuration with all that it includes has more than 1024 KiB\n");
}

/* ---- places ------------------------------------------------------------------------------------------ */

static void a_setting_is_found_again_by_its_path(void **state)
{
	static const struct {
		const char *setting;
		size_t line;
	} places[] = {
		{"port", 1},
		{"inner", 2},
		{"inner.window", 3},
		{"ports[0]", 6},
		{"ports[1]", 7},
		{"callers[1].limit", 11},
		{"callers[0].name", 10},
		{"files[0]", 5},
		/* not there: the group, or the first line */
		{"inner.pause", 2},
		{"ports[2]", 5},
		{"nothing.at[3].all", 1},
		{"", 1},
		{"ports[x]", 5},
		{"ports[", 5},
	};
	struct config_errors errors = {0};
	struct config_file *file = config_file_from_text("t.conf",
		TEXT("port = 1;\ninner = {\nwindow = \"1h\";\n};\nfiles = \"a.csv\"; ports = [\n1,\n2\n];\n"
		     "callers = (\n{ name = \"a\";},\n{ name = \"b\"; limit = 3;});"),
		&errors);

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		assert_int_equal(config_file_place(file, places[i].setting).line, places[i].line);
	}
	assert_true(config_file_has(file, "ports[1]"));
	assert_false(config_file_has(file, "ports[2]"));
	config_file_complain(file, &errors, "ports[1]", "%d is taken", 2);
	config_file_warn(file, &errors, "port", "is low");
	assert_string_equal(errors.list[0].text, "t.conf:1: port: warning: is low");
	assert_string_equal(errors.list[1].text, "t.conf:7: ports[1]: 2 is taken");
	assert_int_equal(errors.wrong, 1);
	config_file_free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_read),
		cmocka_unit_test(what_the_file_leaves_out_has_its_default),
		cmocka_unit_test(a_list_in_the_file_replaces_the_default),
		cmocka_unit_test(an_element_may_begin_with_what_is_around_the_list),
		cmocka_unit_test(a_mistake_is_told_with_line_setting_and_sentence),
		cmocka_unit_test(all_mistakes_are_told_in_one_run_in_the_order_of_lines),
		cmocka_unit_test(more_than_a_hundred_are_counted),
		cmocka_unit_test(a_typing_error_is_told_in_a_persons_words),
		cmocka_unit_test(what_libconfig_would_take_wrongly_is_told),
		cmocka_unit_test_setup_teardown(
			an_include_is_relative_to_its_file_and_keeps_its_lines, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(
			includes_that_do_not_end_are_refused, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(only_a_regular_file_is_read, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(
			an_endless_configuration_is_refused, enter_folder, leave_folder),
		cmocka_unit_test(a_setting_is_found_again_by_its_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
