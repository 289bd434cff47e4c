/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/finding.h"

#include <assert.h>
#include <string.h>

static const char *const severity_names[] = {"notice", "warning", "critical"};
static_assert(sizeof severity_names / sizeof severity_names[0] == SEVERITY_COUNT, "each severity has a name");

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

struct finding *findings_add(struct findings *findings)
{
	if (findings->count == FINDINGS_MAX) {
		return NULL;
	}
	struct finding *finding = &findings->items[findings->count++];
	memset(finding, 0, sizeof *finding);
	return finding;
}
