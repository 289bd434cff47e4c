/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of ours in JSON objects, and back: for alerts, and for the control socket. By libjansson. */
#ifndef PBXGUARD_ACTION_JSON_VALUES_H
#define PBXGUARD_ACTION_JSON_VALUES_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Of what was cut to fit, the last character may be half: it is left away. */
void json_set_string(json_t *object, const char *name, const char *value);
/* Empty is null. */
void json_set_text(json_t *object, const char *name, const char *text);
/* 0 is null; in the process's time zone. */
void json_set_instant(json_t *object, const char *name, instant when);

/* Empty where it is no string. Borrowed. */
struct text json_text_in(const json_t *string);
/* Empty where it is no string; cut where it does not fit. */
void json_get_text(const json_t *object, const char *name, char *buffer, size_t size);
/* null is 0. False: it is neither that nor an instant. */
bool json_get_instant(const json_t *object, const char *name, instant *when);

/* Takes the object over (NULL: there was no memory). The line and a NUL; its bytes, 0 when it does not fit.
 */
size_t json_write_line(json_t *object, char *buffer, size_t size);

#endif
