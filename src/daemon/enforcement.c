/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/enforcement.h"

#include "pbxguard/action/call_ender.h"
#include "pbxguard/action/raw_sender.h"
#include "pbxguard/action/refused_dialogs.h"
#include "pbxguard/decode/tcp_gate.h"

#include <errno.h>
#include <stdlib.h>

struct enforcement {
	struct enforcement_settings settings;
	call_ender_sender *send;
	void *send_context;
	struct raw_sender sender; /* where that is ours */
	struct refused_dialogs *refused;
	struct call_ender *ender;
	struct tcp_gate *gate;
	struct sip_datagram answer; /* the latest */
	instant ticked;
};

/* A call_ender_sender. What can't be sent is counted there; the other side sends its message again. */
static void send_raw(void *context, const struct sip_datagram *datagram)
{
	struct enforcement *enforcement = context;

	raw_sender_send(&enforcement->sender, datagram);
}

/* Likewise. */
static void send_out(void *context, const struct sip_datagram *datagram)
{
	const struct enforcement *enforcement = context;

	enforcement->send(enforcement->send_context, datagram);
}

struct enforcement *enforcement_new(const struct enforcement_settings *settings, struct counters *counters)
{
	struct enforcement *enforcement = enforcement_new_to(settings, send_raw, NULL, counters);

	if (enforcement == NULL) {
		return NULL;
	}
	enforcement->send_context = enforcement;
	int error = raw_sender_open(&enforcement->sender, counters);
	if (error < 0) {
		enforcement_free(enforcement);
		errno = -error;
		return NULL;
	}
	return enforcement;
}

struct enforcement *enforcement_new_to(const struct enforcement_settings *settings, call_ender_sender *send,
	void *context, struct counters *counters)
{
	struct enforcement *enforcement = calloc(1, sizeof *enforcement);

	if (enforcement == NULL) {
		return NULL;
	}
	enforcement->settings = *settings;
	enforcement->send = send;
	enforcement->send_context = context;
	enforcement->sender = RAW_SENDER_NONE;
	enforcement->refused = refused_dialogs_new(counters);
	enforcement->ender = call_ender_new(settings->max_age, send_out, enforcement, counters);
	enforcement->gate = tcp_gate_new(counters);
	if (enforcement->refused == NULL || enforcement->ender == NULL || enforcement->gate == NULL) {
		enforcement_free(enforcement);
		errno = ENOMEM;
		return NULL;
	}
	return enforcement;
}

void enforcement_free(struct enforcement *enforcement)
{
	if (enforcement == NULL) {
		return;
	}
	refused_dialogs_free(enforcement->refused);
	call_ender_free(enforcement->ender);
	tcp_gate_free(enforcement->gate);
	raw_sender_close(&enforcement->sender);
	free(enforcement);
}

void enforcement_release(struct enforcement *enforcement, instant now)
{
	refused_dialogs_forget(enforcement->refused, now);
}

void enforcement_configure(
	struct enforcement *enforcement, const struct enforcement_settings *settings, instant now)
{
	enforcement->settings = *settings;
	enforcement_release(enforcement, now);
}

enum enforcement_fate enforcement_take(struct enforcement *enforcement, const struct sip_message *message)
{
	switch (refused_dialogs_judge(
		enforcement->refused, message, message->whole, message->time, &enforcement->answer)) {
	case REFUSED_ANSWER:
		send_out(enforcement, &enforcement->answer);
		return ENFORCEMENT_OURS;
	case REFUSED_NO_ANSWER:
		return ENFORCEMENT_OURS;
	case REFUSED_SWALLOW:
		return ENFORCEMENT_ACKNOWLEDGED;
	case REFUSED_AGAIN:
		tcp_gate_refuse(enforcement->gate, message, message->time);
		return ENFORCEMENT_AGAIN;
	case REFUSED_NOT_OURS:
		break;
	}
	return call_ender_follow(enforcement->ender, message, message->whole, message->time)
		       ? ENFORCEMENT_OURS
		       : ENFORCEMENT_NOT_OURS;
}

enum verdict enforcement_refuse(struct enforcement *enforcement, const struct sip_message *invite)
{
	enum refused_fate fate = refused_dialogs_refuse(enforcement->refused, invite, invite->whole,
		enforcement->settings.status, invite->time, &enforcement->answer);

	if (fate == REFUSED_AGAIN) {
		tcp_gate_refuse(enforcement->gate, invite, invite->time);
		return VERDICT_ACCEPT;
	}
	if (fate == REFUSED_ANSWER) {
		send_out(enforcement, &enforcement->answer);
	}
	return VERDICT_DROP;
}

void enforcement_follow(struct enforcement *enforcement, const struct sip_message *invite)
{
	if (enforcement->settings.ends_calls) {
		call_ender_begin(enforcement->ender, invite, invite->whole, invite->time);
	}
}

bool enforcement_end(struct enforcement *enforcement, const struct event *event)
{
	return call_ender_end(enforcement->ender, event->call_id, &event->source.address,
		       &event->destination_endpoint.address, event->time) == CALL_ENDING_SENT;
}

struct enforcement_answer enforcement_gate(
	struct enforcement *enforcement, struct decoder *decoder, const struct packet *packet, uint8_t *bytes)
{
	struct tcp_wait wait;
	bool is_segment = decoder_waits_for_more(decoder, &wait);
	const struct tcp_gate_answer answer = tcp_gate_handle(
		enforcement->gate, bytes, packet->captured, is_segment ? &wait : NULL, packet->time);

	return (struct enforcement_answer){answer.verdict, answer.flow, answer.release};
}

enum verdict enforcement_decide(
	struct enforcement *enforcement, uint8_t *bytes, size_t size, bool give_up, instant now)
{
	return tcp_gate_decide(enforcement->gate, bytes, size, give_up, now);
}

void enforcement_tick(struct enforcement *enforcement, instant now)
{
	call_ender_tick(enforcement->ender, now);
	if (now - enforcement->ticked >= SECOND || now < enforcement->ticked) {
		refused_dialogs_tick(enforcement->refused, now);
		enforcement->ticked = now;
	}
}
