/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_errors.h"

#include <string.h>

/* Keeps the list sorted; equal places stay in the order in which they came. NULL when all kept are earlier.
 */
static struct config_error *make_room(struct config_errors *errors, size_t order)
{
	size_t at = errors->count;

	while (at > 0 && errors->list[at - 1].order > order) {
		at--;
	}
	if (errors->count == CONFIG_ERRORS_MAX) {
		errors->left_out++;
		if (at == CONFIG_ERRORS_MAX) {
			return NULL;
		}
		errors->count--;
	}
	memmove(&errors->list[at + 1], &errors->list[at], (errors->count - at) * sizeof errors->list[0]);
	errors->count++;
	return &errors->list[at];
}

/* "FILE:LINE: setting: ". Its size, or that of what did not fit. */
static size_t write_head(const struct config_place *place, const char *setting, char *text, size_t text_size)
{
	char line[32] = "";

	if (place->line > 0) {
		snprintf(line, sizeof line, ":%zu", place->line);
	}
	int size = snprintf(text, text_size, "%s%s: %s%s", place->file, line, setting == NULL ? "" : setting,
		setting == NULL ? "" : ": ");
	return size < 0 ? text_size : (size_t)size;
}

void config_errors_add_list(struct config_errors *errors, const struct config_place *place,
	const char *setting, bool is_warning, const char *format, va_list arguments)
{
	errors->wrong += is_warning ? 0 : 1;
	struct config_error *error = make_room(errors, place->order);
	if (error == NULL) {
		return;
	}
	error->order = place->order;
	error->is_warning = is_warning;
	size_t used = write_head(place, setting, error->text, sizeof error->text);
	if (is_warning && used < sizeof error->text) {
		used += (size_t)snprintf(error->text + used, sizeof error->text - used, "warning: ");
	}
	if (used < sizeof error->text) {
		vsnprintf(error->text + used, sizeof error->text - used, format, arguments);
	}
}

void config_errors_add_text(struct config_errors *errors, size_t order, const char *text)
{
	struct config_error *error = make_room(errors, order);

	errors->wrong++;
	if (error != NULL) {
		error->order = order;
		error->is_warning = false;
		snprintf(error->text, sizeof error->text, "%s", text);
	}
}

void config_errors_add(struct config_errors *errors, const struct config_place *place, const char *setting,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	config_errors_add_list(errors, place, setting, false, format, arguments);
	va_end(arguments);
}

void config_errors_append(
	struct config_errors *errors, const struct config_place *place, const char *setting, const char *more)
{
	char head[CONFIG_ERROR_SIZE];
	size_t size = write_head(place, setting, head, sizeof head);

	for (size_t i = 0; i < errors->count; i++) {
		char *text = errors->list[i].text;
		if (errors->list[i].order == place->order && strncmp(text, head, size) == 0) {
			strncat(text, more, sizeof errors->list[i].text - 1 - strlen(text));
			return;
		}
	}
}

void config_errors_write(const struct config_errors *errors, FILE *stream)
{
	for (size_t i = 0; i < errors->count; i++) {
		fprintf(stream, "%s\n", errors->list[i].text);
	}
	if (errors->left_out > 0) {
		fprintf(stream, "and %zu more\n", errors->left_out);
	}
}
