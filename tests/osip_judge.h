/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libosip2's whole-message parser, which the program does not use, as the judge of the messages that we
 * write. */
#ifndef PBXGUARD_TESTS_OSIP_JUDGE_H
#define PBXGUARD_TESTS_OSIP_JUDGE_H

#include "pbxguard/base/text.h"

#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline void osip_judge_discard(
	const char *file, int line, osip_trace_level_t level, const char *format, va_list arguments)
{
	(void)file;
	(void)line;
	(void)level;
	(void)format;
	(void)arguments;
}

/* NULL when libosip2 refuses it; to be freed by osip_message_free. */
static inline osip_message_t *osip_judge_read(struct text text)
{
	static bool is_started;
	osip_message_t *message = NULL;

	if (!is_started) {
		parser_init();
		osip_trace_initialize_func(END_TRACE_LEVEL, osip_judge_discard);
		is_started = true;
	}
	char *copy = malloc(text.size + 1);
	memcpy(copy, text.start, text.size);
	copy[text.size] = '\0';
	bool is_read = osip_message_init(&message) == 0 && osip_message_parse(message, copy, text.size) == 0;
	free(copy);
	if (!is_read) {
		osip_message_free(message);
		return NULL;
	}
	return message;
}

/* Has it what no message may be without? osip_message_parse does not ask. */
static inline bool osip_judge_is_whole(const osip_message_t *message)
{
	return message != NULL && message->from != NULL && message->to != NULL && message->call_id != NULL &&
	       message->cseq != NULL && osip_list_size(&message->vias) > 0;
}

static inline bool osip_judge_same(const char *a, const char *b)
{
	return (a == NULL && b == NULL) || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static inline osip_generic_param_t *osip_judge_find(osip_list_t *parameters, const char *name)
{
	char key[16];
	osip_generic_param_t *found = NULL;

	snprintf(key, sizeof key, "%s", name);
	osip_uri_param_get_byname(parameters, key, &found);
	return found;
}

static inline const char *osip_judge_parameter(osip_list_t *parameters, const char *name)
{
	osip_generic_param_t *found = osip_judge_find(parameters, name);

	return found == NULL ? NULL : found->gvalue;
}

/*
 * What of the request the answer does not give back as RFC 3261 §8.2.6.2 asks, or NULL when nothing is wrong
 * with it. Both were read by libosip2.
 */
static inline const char *osip_judge_answer(osip_message_t *request, osip_message_t *answer)
{
	if (!osip_judge_is_whole(answer) || !MSG_IS_RESPONSE(answer)) {
		return "no whole answer";
	}
	if (osip_list_size(&request->vias) != osip_list_size(&answer->vias)) {
		return "number of Vias";
	}
	for (int i = 0; i < osip_list_size(&request->vias); i++) {
		osip_via_t *sent = osip_list_get(&request->vias, i), *back = osip_list_get(&answer->vias, i);
		if (!osip_judge_same(sent->host, back->host) || !osip_judge_same(sent->port, back->port) ||
			!osip_judge_same(osip_judge_parameter(&sent->via_params, "branch"),
				osip_judge_parameter(&back->via_params, "branch"))) {
			return "Via";
		}
	}
	if (!osip_judge_same(request->call_id->number, answer->call_id->number) ||
		!osip_judge_same(request->call_id->host, answer->call_id->host)) {
		return "Call-ID";
	}
	if (!osip_judge_same(request->cseq->number, answer->cseq->number) ||
		(strpbrk(request->cseq->method, " \t\r\n") == NULL && /* folded, it is no method */
			!osip_judge_same(request->cseq->method, answer->cseq->method))) {
		return "CSeq";
	}
	if (!osip_judge_same(osip_judge_parameter(&request->from->gen_params, "tag"),
		    osip_judge_parameter(&answer->from->gen_params, "tag"))) {
		return "From tag";
	}
	/* An empty one comes back as it was. */
	if (osip_judge_parameter(&answer->to->gen_params, "tag") == NULL &&
		osip_judge_find(&request->to->gen_params, "tag") == NULL) {
		return "no To tag";
	}
	return NULL;
}

#endif
