/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration's text: whatever it says, the settings read from it keep their ranges and bounds. */
#include "fuzz.h"

#include "pbxguard/base/site.h"
#include "pbxguard/call/dial_plan.h"
#include "pbxguard/config/config_file.h"
#include "pbxguard/config/config_schema.h"

#include <stdlib.h>
#include <string.h>

static void require_table(const struct setting_table *table, const char *settings);

static void require_in_range(const struct setting *setting, int64_t value)
{
	MUST_HOLD(value >= setting->minimum && value <= setting->maximum);
}

/* A count of elements, each of which is judged. */
static void require_list(const struct setting *setting, const char *value, size_t count)
{
	MUST_HOLD(count <= setting->capacity);
	for (size_t i = 0; i < count; i++) {
		if (setting->type == SETTING_NUMBERS) {
			require_in_range(setting, ((const uint32_t *)(const void *)value)[i]);
		} else if (setting->type == SETTING_TEXTS) {
			MUST_HOLD(memchr(value + i * setting->size, '\0', setting->size) != NULL);
		} else {
			require_table(setting->group, value + i * setting->size);
		}
	}
}

static size_t choices_of(const struct setting *setting)
{
	size_t count = 0;

	while (setting->choices[count] != NULL) {
		count++;
	}
	return count;
}

static void require_setting(const struct setting *setting, const char *settings)
{
	const char *value = settings + setting->offset;

	switch (setting->type) {
	case SETTING_BOOLEAN:
		MUST_HOLD(*value == 0 || *value == 1);
		break;
	case SETTING_NUMBER:
		require_in_range(setting, *(const uint32_t *)(const void *)value);
		break;
	case SETTING_DURATION:
		require_in_range(setting, *(const duration *)(const void *)value);
		break;
	case SETTING_TEXT:
		MUST_HOLD(memchr(value, '\0', setting->size) != NULL);
		break;
	case SETTING_CHOICE:
		MUST_HOLD((size_t) * (const int *)(const void *)value < choices_of(setting));
		break;
	case SETTING_NETWORKS:
		MUST_HOLD(((const struct network_set *)(const void *)value)->count <= NETWORK_SET_MAX);
		break;
	case SETTING_GROUP:
		require_table(setting->group, value);
		break;
	default:
		require_list(
			setting, value, *(const size_t *)(const void *)(settings + setting->count_offset));
	}
}

static void require_table(const struct setting_table *table, const char *settings)
{
	for (size_t i = 0; i < table->count; i++) {
		require_setting(&table->settings[i], settings);
	}
}

static void fill(const struct config_file *file, const struct setting_table *table, size_t size,
	struct config_errors *errors)
{
	void *settings = calloc(1, size);
	size_t wrong = errors->wrong;

	MUST_HOLD(config_file_fill(file, table, settings, errors) == (errors->wrong == wrong));
	require_table(table, settings);
	free(settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config_errors errors;
	char *bytes = (char *)fuzz_copy(data, size);
	struct config_schema *schema = config_schema_new();

	errors.wrong = errors.left_out = errors.count = 0;
	struct config_file *file =
		config_file_from_text("/nowhere/fuzz.conf", (struct text){bytes, size}, &errors);
	free(bytes); /* not needed any more, the header says */
	MUST_HOLD((file != NULL) == (errors.wrong == 0));
	if (file != NULL) {
		fill(file, config_schema_table(schema), config_schema_block_size(schema), &errors);
		fill(file, &dial_plan_settings, sizeof(struct dial_plan), &errors);
	}
	for (size_t i = 0; i < errors.count; i++) {
		MUST_HOLD(strchr(errors.list[i].text, '\n') == NULL); /* each is one line */
	}
	config_file_free(file);
	config_schema_free(schema);
	return 0;
}
