/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/setting.h"

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"

#include <assert.h>
#include <stdbool.h>

const struct setting *setting_find(const struct setting_table *table, struct text name)
{
	for (size_t i = 0; i < table->count; i++) {
		if (text_equal(name, text_of(table->settings[i].name))) {
			return &table->settings[i];
		}
	}
	return NULL;
}

static int choice_index(const struct setting *setting, struct text name)
{
	for (int i = 0; setting->choices[i] != NULL; i++) {
		if (text_equal(name, text_of(setting->choices[i]))) {
			return i;
		}
	}
	assert(false && "a default is one of the choices");
	return 0;
}

static void list_defaults(const struct setting *setting, char *base, struct text initial)
{
	size_t *count = (size_t *)(void *)(base + setting->count_offset);
	struct text piece;

	while (text_split(&initial, ',', &piece)) {
		piece = text_trim(piece);
		assert(*count < setting->capacity);
		if (setting->type == SETTING_NUMBERS) {
			uint64_t number = 0;
			bool is_number = text_to_number(piece, UINT32_MAX, &number);
			assert(is_number);
			(void)is_number;
			((uint32_t *)(void *)(base + setting->offset))[*count] = (uint32_t)number;
		} else {
			text_copy(piece, base + setting->offset + *count * setting->size, setting->size);
		}
		++*count;
	}
}

static void setting_default(const struct setting *setting, char *base)
{
	void *value = base + setting->offset;
	struct text initial = text_of(setting->initial);
	uint64_t number = 0;
	bool fits = true;

	if (setting->type == SETTING_GROUP) {
		setting_defaults(setting->group, value);
		return;
	}
	if (setting->initial == NULL) {
		return;
	}
	switch (setting->type) {
	case SETTING_BOOLEAN:
		*(bool *)value = text_equal(initial, TEXT("true"));
		break;
	case SETTING_NUMBER:
		fits = text_to_number(initial, UINT32_MAX, &number);
		*(uint32_t *)value = (uint32_t)number;
		break;
	case SETTING_DURATION:
		fits = duration_parse(initial, value);
		break;
	case SETTING_TEXT:
		fits = text_copy(initial, value, setting->size);
		break;
	case SETTING_CHOICE:
		*(int *)value = choice_index(setting, initial);
		break;
	case SETTING_NUMBERS:
	case SETTING_TEXTS:
		list_defaults(setting, base, initial);
		break;
	case SETTING_NETWORKS:
	case SETTING_GROUP:
	case SETTING_GROUPS:
		assert(false && "has no default but the empty one");
	}
	assert(fits);
	(void)fits;
}

void setting_defaults(const struct setting_table *table, void *settings)
{
	for (size_t i = 0; i < table->count; i++) {
		setting_default(&table->settings[i], settings);
	}
}
