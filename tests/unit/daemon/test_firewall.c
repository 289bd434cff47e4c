/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/daemon/firewall.h"

#include <ctype.h>
#include <stdlib.h>

static struct config_settings *made(void)
{
	struct config_settings *settings = calloc(1, sizeof *settings);

	setting_defaults(&capture_settings, &settings->capture);
	setting_defaults(&action_settings_table, &settings->actions);
	return settings;
}

/* The caller frees it. */
static char *described(const struct config_settings *settings)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	firewall_describe(settings, stream);
	fclose(stream);
	return text;
}

static void the_script_is_told_what_the_configuration_says(void **state)
{
	struct config_settings *settings = made();

	(void)state;
	settings->actions.mode = ACTION_MODE_DRY_RUN;
	settings->actions.queue = 65535;
	settings->capture.port_count = 3;
	settings->capture.ports[0] = 1;
	settings->capture.ports[1] = 65535;
	settings->capture.ports[2] = 5060;
	char *text = described(settings);
	assert_string_equal(text, "MODE=dry_run\nQUEUE=65535\nPORTS=1,65535,5060\nMARK=0x5150\n"
				  "SET4=pbxguard4\nSET6=pbxguard6\nSET_SIZE=262144\nSET_TIMEOUT=3600\n"
				  "FLOOD=2000\nSYN_GROUP=20816\n");
	free(text);
	free(settings);
}

static void a_shell_finds_nothing_to_interpret_in_it(void **state)
{
	static const int modes[] = {ACTION_MODE_MONITOR, ACTION_MODE_DRY_RUN, ACTION_MODE_BLOCK};
	struct config_settings *settings = made();

	(void)state;
	for (size_t i = 0; i < CAPTURE_PORTS_MAX; i++) {
		settings->capture.ports[settings->capture.port_count++] = (uint32_t)(65000 + i);
	}
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		settings->actions.mode = modes[i];
		char *text = described(settings);
		for (const char *c = text; *c != '\0'; c++) {
			assert_true(isalnum((unsigned char)*c) || strchr("_-,=\n", *c) != NULL);
		}
		free(text);
	}
	free(settings);
}

static void other_rules_are_needed_for_another_mode_queue_or_port(void **state)
{
	struct config_settings *a = made(), *b = made();

	(void)state;
	b->actions.block.source_time = DAY;
	assert_true(firewall_is_same(a, b));
	b->actions.mode = ACTION_MODE_BLOCK;
	assert_false(firewall_is_same(a, b));
	a->actions.mode = ACTION_MODE_BLOCK;
	b->actions.queue++;
	assert_false(firewall_is_same(a, b));
	a->actions.queue++;
	b->capture.ports[b->capture.port_count++] = 5080;
	assert_false(firewall_is_same(a, b));
	a->capture.ports[a->capture.port_count++] = 5081;
	assert_false(firewall_is_same(a, b));
	a->capture.ports[0] = 5080;
	assert_true(firewall_is_same(a, b));
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_script_is_told_what_the_configuration_says),
		cmocka_unit_test(a_shell_finds_nothing_to_interpret_in_it),
		cmocka_unit_test(other_rules_are_needed_for_another_mode_queue_or_port),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
