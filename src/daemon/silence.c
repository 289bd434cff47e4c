/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/silence.h"

void silence_heard(struct silence *silence)
{
	silence->was_heard = true;
}

/* "60 min", "75 min", "3 s": to the whole minute where there is one. */
static char *format_quiet(duration quiet, char buffer[static DURATION_TEXT_SIZE])
{
	duration unit = quiet >= MINUTE ? MINUTE : SECOND;

	return duration_format(quiet / unit * unit, buffer);
}

static void end(struct silence *silence, const struct silence_terms *terms)
{
	char quiet[DURATION_TEXT_SIZE];

	if (silence->was_told && silence->was_heard) {
		log_write(terms->log, LOG_LEVEL_NOTICE, "%s: SIP is back, after %s of business hours without",
			terms->name, format_quiet(silence->quiet, quiet));
	}
	silence->quiet = 0;
	silence->was_heard = silence->was_counted = silence->was_told = false;
}

static void tell(struct silence *silence, const struct silence_terms *terms, instant now)
{
	char quiet[DURATION_TEXT_SIZE];

	silence->told = now;
	silence->was_told = true;
	log_write(terms->log, LOG_LEVEL_WARNING,
		"%s: no SIP for %s of business hours: if there were calls, they were not seen; look at the "
		"cable, the mirror port and capture.ports (counter %s)",
		terms->name, format_quiet(silence->quiet, quiet), counter_name(COUNTER_SILENCES));
}

void silence_look(struct silence *silence, const struct silence_terms *terms, instant now)
{
	duration passed = silence->looked != 0 ? now - silence->looked : 0;
	bool is_due = silence->told == 0 || now - silence->told >= SILENCE_INTERVAL;

	silence->looked = now;
	silence->quiet += terms->counts ? passed : 0;
	if (silence->was_heard || terms->limit == 0) {
		end(silence, terms);
		return;
	}
	if (silence->quiet < terms->limit) {
		return;
	}
	if (!silence->was_counted) {
		silence->was_counted = true;
		counter_add(terms->counters, COUNTER_SILENCES, 1);
	}
	if (!silence->was_told && is_due) {
		tell(silence, terms, now);
	}
}
