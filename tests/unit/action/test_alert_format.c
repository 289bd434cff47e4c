/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/action/alert_format.h"
#include "pbxguard/action/line.h"
#include "pbxguard/build.h"

#include <jansson.h>
#include <stdlib.h>

/* 2026-11-22T02:13:05.123456+09:00, a Sunday. */
#define NIGHT (1795281185 * SECOND + 123456)

static const struct site site = {.name = "tokyo-hq"};

static struct decision usual(void)
{
	return (struct decision){
		.time = NIGHT,
		.packet_time = NIGHT,
		.incident = "7f3a09c2d1e4b586",
		.finding = {.rule = "high_risk_destination",
			.severity = SEVERITY_CRITICAL,
			.subject = "caller:1001",
			.count = 2,
			.limit = 2,
			.window = 12 * HOUR,
			.calendar = "holiday: 海の日",
			.reason = "2 calls to a high-risk destination in 12 h."},
		.call = {.is_known = true,
			.caller = "1001",
			.dialed = "01012465550123",
			.number = "+12465550123",
			.stripped = "010",
			.country = "BB",
			.country_name = "Barbados",
			.prefix = "1246",
			.leg = LEG_EXTENSION,
			.source = {{ADDRESS_IPV4, {192, 168, 10, 21}}, 5060},
			.destination = {{ADDRESS_IPV4, {192, 0, 2, 10}}, 5060},
			.transport = TRANSPORT_UDP,
			.call_id = "a84b4c76e66710@192.168.10.21",
			.user_agent = "Phone 1.0"},
	};
}

/* One after the other in the same place: each is compared before the next. */
static const char *line_of(enum alert_format format, const struct decision *decision)
{
	static char line[ALERT_LINE_SIZE];
	size_t size = alert_format_line(format, &site, decision, line, sizeof line);

	assert_int_equal(size, strlen(line));
	assert_null(strchr(line, '\n'));
	assert_null(strchr(line, '\r'));
	return line;
}

#define TEXT_START "2026-11-22 02:13:05 CRITICAL high_risk_destination caller:1001 "
#define TEXT_CALL "01012465550123 -> +12465550123 Barbados: 2 calls in 12 h (limit 2)"
#define TEXT_END " incident 7f3a09c2d1e4b586"

static void text_is_a_line_for_people(void **state)
{
	struct decision decision = usual();

	(void)state;
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision),
		TEXT_START TEXT_CALL ", closed: holiday: 海の日" TEXT_END);
	strcpy(decision.finding.calendar, "open");
	decision.action = ACTION_REFUSED;
	assert_string_equal(
		line_of(ALERT_FORMAT_TEXT, &decision), TEXT_START TEXT_CALL ", open [refused]" TEXT_END);
	decision.finding.calendar[0] = '\0';
	decision.action = ACTION_NONE;
	decision.finding.count = decision.finding.limit = 1;
	decision.finding.window = 0;
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision),
		TEXT_START "01012465550123 -> +12465550123 Barbados: 1 call (limit 1)" TEXT_END);
}

static void text_says_what_became_of_the_incident(void **state)
{
	struct decision decision = usual();

	(void)state;
	strcpy(decision.finding.calendar, "open");
	decision.state = INCIDENT_RAISED;
	decision.suppressed = 3;
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision),
		TEXT_START TEXT_CALL ", open (raised, 3 held back)" TEXT_END);
	decision.state = INCIDENT_REPEATED;
	decision.suppressed = 14;
	decision.packet_time = NIGHT - 5 * MINUTE;
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision),
		TEXT_START TEXT_CALL ", open (repeated, 14 held back, last at 02:08:05)" TEXT_END);
	decision.packet_time = NIGHT - 3 * HOUR;
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision),
		TEXT_START TEXT_CALL ", open (repeated, 14 held back, last at 2026-11-21 23:13:05)" TEXT_END);
	decision.state = INCIDENT_OPENED;
	decision.suppressed = 1;
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision),
		TEXT_START TEXT_CALL ", open (new, 1 more held back, last at 2026-11-21 23:13:05)" TEXT_END);
	decision.state = INCIDENT_CLOSED;
	decision.suppressed = 0;
	decision.finding.severity = SEVERITY_NOTICE;
	strcpy(decision.finding.reason, "Nothing more for 30 min after 17 findings, critical at worst.");
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision),
		"2026-11-22 02:13:05 NOTICE high_risk_destination caller:1001 closed: Nothing more for 30 "
		"min after 17 findings, critical at worst. incident 7f3a09c2d1e4b586");
}

static void text_shows_odd_numbers(void **state)
{
	struct decision decision = usual();

	(void)state;
	strcpy(decision.finding.calendar, "");
	decision.call.by_foreign_prefix = true;
	strcpy(decision.call.stripped, "9011");
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision),
		TEXT_START "01012465550123 -> +12465550123 Barbados (behind 9011, another country's prefix)"
			   ": 2 calls in 12 h (limit 2)" TEXT_END);
	decision.call.by_foreign_prefix = false;
	decision.call.number[0] = decision.call.country_name[0] = '\0';
	strcpy(decision.call.dialed, "a b\"c");
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision),
		TEXT_START "\"a b\\\"c\": 2 calls in 12 h (limit 2)" TEXT_END);
}

static void text_gives_the_evidence_in_the_words_of_the_rule(void **state)
{
	struct decision decision = usual();

	(void)state;
	strcpy(decision.finding.calendar, "open");
	strcpy(decision.finding.evidence, "up for 12 min (limit 10 min)");
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision), TEXT_START
		"01012465550123 -> +12465550123 Barbados: up for 12 min (limit 10 min), open" TEXT_END);
}

static struct decision about_no_call(void)
{
	struct decision decision = usual();

	memset(&decision.call, 0, sizeof decision.call);
	decision.finding = (struct finding){.rule = "alert_limit",
		.severity = SEVERITY_WARNING,
		.subject = "site",
		.count = 60,
		.limit = 60,
		.window = MINUTE,
		.reason = "The limit is reached."};
	return decision;
}

static void text_about_no_call_gives_the_reason(void **state)
{
	const struct decision decision = about_no_call();

	(void)state;
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision),
		"2026-11-22 02:13:05 WARNING alert_limit site: The limit is reached." TEXT_END);
}

static void json_has_every_field_in_order(void **state)
{
	struct decision decision = usual();

	(void)state;
	decision.suppressed = 3;
	assert_string_equal(line_of(ALERT_FORMAT_JSON, &decision),
		"{\"type\":\"alert\",\"time\":\"2026-11-22T02:13:05.123456+09:00\",\"site\":\"tokyo-hq\","
		"\"incident\":\"7f3a09c2d1e4b586\",\"state\":\"opened\",\"rule\":\"high_risk_destination\","
		"\"severity\":\"critical\",\"action\":\"none\",\"subject\":\"caller:1001\","
		"\"caller\":\"1001\",\"dialed\":\"01012465550123\",\"number\":\"+12465550123\","
		"\"stripped\":\"010\",\"country\":\"BB\",\"country_name\":\"Barbados\",\"prefix\":\"1246\","
		"\"leg\":\"extension\",\"source\":\"192.168.10.21:5060\",\"destination\":\"192.0.2.10:5060\","
		"\"transport\":\"udp\",\"call_id\":\"a84b4c76e66710@192.168.10.21\","
		"\"user_agent\":\"Phone 1.0\",\"count\":2,\"limit\":2,\"window\":43200,\"suppressed\":3,"
		"\"calendar\":\"holiday: 海の日\",\"reason\":\"2 calls to a high-risk destination in 12 h.\","
		"\"other_call_id\":null,\"packet_time\":\"2026-11-22T02:13:05.123456+09:00\","
		"\"foreign_prefix\":false,\"since\":null,\"calls\":null,\"answered\":null,\"talked\":null,"
		"\"cost\":null,\"currency\":null,\"rules\":null,\"story\":null}");
}

/* With the second line of an incident its story begins. */
static void the_story_is_told(void **state)
{
	struct decision decision = usual();

	(void)state;
	decision.story = (struct story){.since = NIGHT - 60 * SECOND,
		.calls = 2,
		.answered = 1,
		.talked = 61 * SECOND,
		.cost = 175500000,
		.currency = "JPY",
		.rule_count = 2,
		.rules = {"off_hours", "high_risk_destination"}};
	strcpy(decision.story_text, "Caller 1001: 2 calls.");
	assert_non_null(strstr(line_of(ALERT_FORMAT_JSON, &decision),
		",\"since\":\"2026-11-22T02:12:05.123456+09:00\",\"calls\":2,\"answered\":1,\"talked\":61,"
		"\"cost\":175,\"currency\":\"JPY\",\"rules\":\"off_hours, high_risk_destination\","
		"\"story\":\"Caller 1001: 2 calls.\"}"));
	assert_non_null(strstr(line_of(ALERT_FORMAT_CEF, &decision), " msg=Caller 1001: 2 calls."));
	assert_null(strstr(line_of(ALERT_FORMAT_TEXT, &decision), "2 calls."));
	decision.state = INCIDENT_RAISED;
	assert_string_equal(line_of(ALERT_FORMAT_TEXT, &decision), TEXT_START TEXT_CALL
		", closed: holiday: 海の日 (raised)" TEXT_END " - Caller 1001: 2 calls.");
}

static void json_is_null_where_a_field_does_not_apply(void **state)
{
	static const char *const empty[] = {"caller", "dialed", "number", "stripped", "country",
		"country_name", "prefix", "leg", "source", "destination", "transport", "call_id",
		"user_agent", "calendar", "other_call_id", "foreign_prefix", "since", "calls", "answered",
		"talked", "cost", "currency", "rules", "story"};
	const struct decision decision = about_no_call();
	json_t *object = json_loads(line_of(ALERT_FORMAT_JSON, &decision), 0, NULL);

	(void)state;
	assert_non_null(object);
	for (size_t i = 0; i < COUNT_OF(empty); i++) {
		assert_true(json_is_null(json_object_get(object, empty[i])));
	}
	assert_int_equal(json_object_size(object), 39);
	json_decref(object);
}

static void key_value_leaves_out_what_does_not_apply(void **state)
{
	struct decision decision = usual();

	(void)state;
	assert_string_equal(line_of(ALERT_FORMAT_KEY_VALUE, &decision),
		"time=2026-11-22T02:13:05.123456+09:00 site=tokyo-hq incident=7f3a09c2d1e4b586 state=opened "
		"rule=high_risk_destination severity=critical action=none subject=caller:1001 caller=1001 "
		"dialed=01012465550123 number=+12465550123 stripped=010 country=BB country_name=Barbados "
		"prefix=1246 leg=extension source=192.168.10.21:5060 destination=192.0.2.10:5060 "
		"transport=udp call_id=a84b4c76e66710@192.168.10.21 user_agent=\"Phone 1.0\" count=2 limit=2 "
		"window=43200 suppressed=0 calendar=\"holiday: 海の日\" "
		"reason=\"2 calls to a high-risk destination in 12 h.\" "
		"packet_time=2026-11-22T02:13:05.123456+09:00 foreign_prefix=false");
	decision = about_no_call();
	assert_string_equal(line_of(ALERT_FORMAT_KEY_VALUE, &decision),
		"time=2026-11-22T02:13:05.123456+09:00 site=tokyo-hq incident=7f3a09c2d1e4b586 state=opened "
		"rule=alert_limit severity=warning action=none subject=site count=60 limit=60 window=60 "
		"suppressed=0 reason=\"The limit is reached.\" packet_time=2026-11-22T02:13:05.123456+09:00");
}

static void cef_has_its_own_keys(void **state)
{
	struct decision decision = usual();

	(void)state;
	decision.call.source = (struct endpoint){{ADDRESS_IPV6, {0x20, 1, 0xd, 0xb8, [15] = 1}}, 5062};
	assert_string_equal(line_of(ALERT_FORMAT_CEF, &decision),
		"CEF:0|pbxguard|pbxguard|" PBXGUARD_VERSION "|high_risk_destination|high risk destination|10|"
		"rt=1795281185123 c6a2=2001:db8::1 c6a2Label=Source IPv6 Address spt=5062 dst=192.0.2.10 "
		"dpt=5060 externalId=7f3a09c2d1e4b586 cat=opened act=none dvchost=tokyo-hq suser=1001 "
		"duser=01012465550123 proto=udp requestClientApplication=Phone 1.0 cnt=2 cn1=2 "
		"cn1Label=limit cn2=43200 cn2Label=window cn3=0 cn3Label=suppressed cs1=caller:1001 "
		"cs1Label=subject cs2=+12465550123 cs2Label=number cs3=BB cs3Label=country "
		"cs4=a84b4c76e66710@192.168.10.21 cs4Label=call_id cs5=holiday: 海の日 cs5Label=calendar "
		"cs6=010 cs6Label=stripped flexString1=extension flexString1Label=leg flexString2=Barbados "
		"flexString2Label=country_name reason=2 calls to a high-risk destination in 12 h.");
}

/* ---- what an attacker may send, as the incident layer hands it on and, worse, as it should not ---- */

static const char *const forged[] = {
	"1001 severity=notice",
	"1001\" severity=\"notice",
	"1001\\\" severity=notice x=\\\"",
	"a|b|c",
	"x=y act=blocked",
	"line\r\n<0>pbxguard[1]: all is well",
	"back\\slash\\",
	"\",\"severity\":\"notice\",\"x\":\"",
	"\xFF\xFE\xC3(\xE2\x82",
	"\xC2\x85next\xE2\x80\xA8line",
	"日本語",
	"=",
	"\"",
};

/* Reads one pair as alert_format.h describes it. The value goes to `value` without quotes and escapes. */
static const char *read_pair(const char *at, char *name, char *value)
{
	size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz_");

	assert_true(size > 0 && at[size] == '=');
	snprintf(name, 64, "%.*s", (int)size, at);
	at += size + 1;
	if (*at != '"') {
		size = strcspn(at, " ");
		assert_true(size > 0 && strcspn(at, "\"\\=[]()") >= size);
		snprintf(value, ALERT_LINE_SIZE, "%.*s", (int)size, at);
		return at + size;
	}
	for (at++; *at != '"'; at++) {
		at += *at == '\\';
		assert_true(*at != '\0');
		*value++ = *at;
	}
	*value = '\0';
	return at + 1;
}

static void assert_key_value_is_sound(const char *line, const char *caller)
{
	char names[40][64], value[ALERT_LINE_SIZE];
	size_t count = 0;

	for (;;) {
		line = read_pair(line, names[count], value);
		for (size_t i = 0; i < count; i++) {
			assert_string_not_equal(names[i], names[count]);
		}
		if (strcmp(names[count], "severity") == 0) {
			assert_string_equal(value, "critical");
		}
		if (strcmp(names[count], "caller") == 0) {
			assert_string_equal(value, caller);
		}
		assert_true(++count < COUNT_OF(names));
		if (*line == '\0') {
			break;
		}
		assert_true(*line++ == ' ');
	}
	assert_int_equal(count, 30);
}

static void assert_json_is_sound(const char *line, const char *caller)
{
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "severity")), "critical");
	assert_string_equal(json_string_value(json_object_get(object, "caller")), caller);
	assert_int_equal(json_object_size(object), 39);
	json_decref(object);
}

/* Seven bars that are not escaped, and no "=" but that of a key. */
static void assert_cef_is_sound(const char *line)
{
	size_t bars = 0, acts = 0;

	for (const char *c = line; *c != '\0'; c++) {
		if (*c == '\\') {
			c++;
			assert_true(*c == '\\' || *c == '=' || (*c == '|' && bars < 7));
		} else if (*c == '|') {
			bars += bars < 7;
		} else if (*c == '=') {
			acts += strncmp(c - 4, " act", 4) == 0;
		}
	}
	assert_int_equal(bars, 7);
	assert_int_equal(acts, 1);
}

static void nobody_can_forge_a_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(forged); i++) {
		for (int is_safe = 0; is_safe < 2; is_safe++) {
			struct decision decision = usual();
			struct decision_call *call = &decision.call;
			char shown[CALLER_SIZE];

			strcpy(call->other_call_id, "x");
			snprintf(call->caller, sizeof call->caller, "%s", forged[i]);
			if (is_safe) {
				text_make_safe(text_of(forged[i]), call->caller, sizeof call->caller);
				snprintf(shown, sizeof shown, "%s", call->caller);
				assert_json_is_sound(line_of(ALERT_FORMAT_JSON, &decision), shown);
				assert_key_value_is_sound(line_of(ALERT_FORMAT_KEY_VALUE, &decision), shown);
			}
			snprintf(call->dialed, sizeof call->dialed, "%s", forged[i]);
			snprintf(call->user_agent, sizeof call->user_agent, "%s", forged[i]);
			snprintf(decision.finding.subject, SUBJECT_SIZE, "caller:%s", forged[i]);
			assert_cef_is_sound(line_of(ALERT_FORMAT_CEF, &decision));
			line_of(ALERT_FORMAT_TEXT, &decision);
			json_t *object = json_loads(line_of(ALERT_FORMAT_JSON, &decision), 0, NULL);
			assert_non_null(object);
			json_decref(object);
		}
	}
}

/* Ten thousand bytes of each character, made safe and cut as the incident layer does it, in every text. */
static void long_names_are_cut_and_stay_whole_characters(void **state)
{
	static const char *const pieces[] = {"a", "\"", "\\", "=", "|", "\n", "海", "\xFF"};
	static char name[10000];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct decision decision = usual();
		struct decision_call *call = &decision.call;
		struct text text = {name, sizeof name / strlen(pieces[i]) * strlen(pieces[i])};

		for (size_t at = 0; at < text.size; at++) {
			name[at] = pieces[i][at % strlen(pieces[i])];
		}
		text_make_safe(text, call->caller, sizeof call->caller);
		text_make_safe(text, call->dialed, sizeof call->dialed);
		text_make_safe(text, call->call_id, sizeof call->call_id);
		text_make_safe(text, call->other_call_id, sizeof call->other_call_id);
		text_make_safe(text, call->user_agent, sizeof call->user_agent);
		text_make_safe(text, decision.finding.subject, sizeof decision.finding.subject);
		text_make_safe(text, decision.finding.reason, sizeof decision.finding.reason);
		text_make_safe(text, decision.finding.calendar, sizeof decision.finding.calendar);
		assert_json_is_sound(line_of(ALERT_FORMAT_JSON, &decision), call->caller);
		assert_key_value_is_sound(line_of(ALERT_FORMAT_KEY_VALUE, &decision), call->caller);
		assert_cef_is_sound(line_of(ALERT_FORMAT_CEF, &decision));
	}
}

static bool is_whole_utf8(const char *string)
{
	json_t *text = json_string(string);
	bool is_whole = text != NULL;

	json_decref(text);
	return is_whole;
}

static void every_small_buffer_is_kept_to(void **state)
{
	struct decision decision = usual();

	(void)state;
	for (int format = 0; format < ALERT_FORMAT_COUNT; format++) {
		for (size_t size = 1; size < 900; size++) {
			char *buffer = malloc(size);
			size_t used =
				alert_format_line((enum alert_format)format, &site, &decision, buffer, size);
			assert_true(used < size);
			assert_int_equal(buffer[used], '\0');
			assert_true(is_whole_utf8(buffer));
			free(buffer);
		}
	}
}

static void stats_name_every_counter(void **state)
{
	struct counters counters = {0};
	char line[ALERT_LINE_SIZE];

	(void)state;
	counter_add(&counters, COUNTER_PACKETS, 42);
	assert_true(alert_format_stats(&counters, line, sizeof line) > 0);
	assert_int_equal(strncmp(line, "{\"type\":\"stats\",\"packets\":42,\"bytes\":0,", 38), 0);
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	assert_int_equal(json_object_size(object), COUNTER_COUNT + 1);
	json_decref(object);
	assert_int_equal(alert_format_stats(&counters, line, 100), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_a_line_for_people),
		cmocka_unit_test(text_says_what_became_of_the_incident),
		cmocka_unit_test(text_shows_odd_numbers),
		cmocka_unit_test(text_gives_the_evidence_in_the_words_of_the_rule),
		cmocka_unit_test(text_about_no_call_gives_the_reason),
		cmocka_unit_test(json_has_every_field_in_order),
		cmocka_unit_test(the_story_is_told),
		cmocka_unit_test(json_is_null_where_a_field_does_not_apply),
		cmocka_unit_test(key_value_leaves_out_what_does_not_apply),
		cmocka_unit_test(cef_has_its_own_keys),
		cmocka_unit_test(nobody_can_forge_a_field),
		cmocka_unit_test(long_names_are_cut_and_stay_whole_characters),
		cmocka_unit_test(every_small_buffer_is_kept_to),
		cmocka_unit_test(stats_name_every_counter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
