/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/evidence.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/table.h"

#include <assert.h>
#include <stdlib.h>

#define CALL_ID_KEPT 127   /* bytes: as much as later events of a call bring */
#define ACCOUNT_NAME 256   /* bytes of a name that is decoded */
#define ACCOUNTS_MAX 4     /* of one address; with more it is in good standing whatever they do */
#define UNKNOWN_ACCOUNT 1U /* the mark of one that was registered; others' are above */

static const char *const words[] = {
	"nothing proves the address",
	"it answered a challenge",
	"it was answered over TCP",
	"it acknowledged the refusal",
};
static_assert(sizeof words / sizeof words[0] == SOURCE_PROOF_COUNT, "each proof has its words");

/* A call to the PBX, by its Call-ID. */
struct exchange {
	struct endpoint source;
	struct address pbx;
	uint64_t account; /* whose credentials wait to be judged, or were accepted; 0: nobody's */
	bool is_echoed;   /* a nonce that was sent to the source only */
	bool is_tcp, is_answered_on_tcp;
	bool is_acknowledged, is_sent_on, is_surely_sent_on, is_accepted;
};

struct given_nonce {
	struct address to;
	bool is_shared; /* another address was given the same */
};

struct standing {
	uint64_t account; /* mark; 0: the place is free */
	instant good, critical;
};

struct address_standing {
	bool has_many;
	struct standing accounts[ACCOUNTS_MAX];
};

struct evidence {
	const struct site *site; /* borrowed */
	struct digest_key key;
	struct table *exchanges; /* by digest of the Call-ID */
	struct table *nonces;    /* given_nonce by its digest */
	struct table *standings; /* address_standing by address */
};

const char *source_proof_words(enum source_proof proof)
{
	return words[proof];
}

struct evidence *evidence_new(const struct site *site)
{
	static const struct table_shape exchanges = {.capacity = EVIDENCE_CALLS_MAX,
		.key_size = sizeof(struct digest),
		.key_is_digest = true,
		.value_size = sizeof(struct exchange),
		.lifetime = EVIDENCE_LIFETIME};
	static const struct table_shape nonces = {.capacity = EVIDENCE_NONCES_MAX,
		.key_size = sizeof(struct digest),
		.key_is_digest = true,
		.value_size = sizeof(struct given_nonce),
		.lifetime = EVIDENCE_LIFETIME};
	static const struct table_shape standings = {.capacity = EVIDENCE_ADDRESSES_MAX,
		.key_size = sizeof(struct address),
		.value_size = sizeof(struct address_standing),
		.lifetime = EVIDENCE_STANDING};
	struct evidence *evidence = calloc(1, sizeof *evidence);

	if (evidence == NULL) {
		return NULL;
	}
	*evidence = (struct evidence){.site = site,
		.key = digest_key_new(),
		.exchanges = table_new(&exchanges),
		.nonces = table_new(&nonces),
		.standings = table_new(&standings)};
	if (evidence->exchanges == NULL || evidence->nonces == NULL || evidence->standings == NULL) {
		evidence_free(evidence);
		return NULL;
	}
	return evidence;
}

void evidence_free(struct evidence *evidence)
{
	if (evidence == NULL) {
		return;
	}
	table_free(evidence->exchanges);
	table_free(evidence->nonces);
	table_free(evidence->standings);
	free(evidence);
}

void evidence_configure(struct evidence *evidence, const struct site *site)
{
	evidence->site = site;
}

static struct digest key_of(const struct evidence *evidence, struct text text)
{
	return digest_text_long(&evidence->key, text);
}

static struct digest call_key(const struct evidence *evidence, struct text call_id)
{
	return key_of(evidence, text_part(call_id, 0, CALL_ID_KEPT));
}

/* Never 0 nor UNKNOWN_ACCOUNT. name is as an event has it: decoded, without parameters. */
static uint64_t account_mark(const struct evidence *evidence, struct text name)
{
	return digest_text(&evidence->key, name) | 2;
}

/* The name in credentials, as the call layer makes a caller of it. */
static uint64_t named_account(const struct evidence *evidence, struct text user)
{
	char buffer[ACCOUNT_NAME];

	if (user.size >= sizeof buffer) {
		return 0; /* no account has such a name */
	}
	text_decode_percent(user, buffer, sizeof buffer, &user);
	return account_mark(evidence, text_trim(text_part(user, 0, text_find(user, ';'))));
}

/* ---- nonces ---- */

static void give_nonce(struct evidence *evidence, const struct sip_message *challenge)
{
	struct digest key = key_of(evidence, challenge->nonce);
	bool added;

	if (challenge->nonce.size < EVIDENCE_NONCE_MIN) {
		return;
	}
	struct given_nonce *given = table_find_or_add(evidence->nonces, &key, challenge->time, &added);
	if (added) {
		given->to = challenge->destination.address;
	} else if (!address_equal(&given->to, &challenge->destination.address)) {
		given->is_shared = true;
	}
}

static bool is_echo(struct evidence *evidence, const struct sip_message *request)
{
	struct digest key = key_of(evidence, request->nonce);

	if (request->nonce.size < EVIDENCE_NONCE_MIN) {
		return false;
	}
	const struct given_nonce *given = table_find(evidence->nonces, &key, request->time);
	return given != NULL && !given->is_shared && address_equal(&given->to, &request->source.address);
}

/* ---- good standing ---- */

static struct standing *find_standing(struct address_standing *standing, uint64_t account)
{
	struct standing *place = NULL;

	for (size_t i = 0; i < ACCOUNTS_MAX; i++) {
		struct standing *at = &standing->accounts[i];
		if (at->account == account) {
			return at;
		}
		place = place == NULL && at->account == 0 ? at : place;
	}
	if (place != NULL) {
		place->account = account;
	} else {
		standing->has_many = true;
	}
	return place;
}

static struct standing *standing_of(
	struct evidence *evidence, const struct address *address, uint64_t account, instant now)
{
	bool added;

	return find_standing(table_find_or_add(evidence->standings, address, now, &added), account);
}

static void mark_good(struct evidence *evidence, const struct address *address, uint64_t account, instant now)
{
	struct standing *standing = standing_of(evidence, address, account, now);

	if (standing != NULL) {
		standing->good = now;
	}
}

void evidence_mark_critical(
	struct evidence *evidence, const struct address *source, struct text caller, instant now)
{
	struct standing *standing = standing_of(evidence, source, account_mark(evidence, caller), now);

	if (standing != NULL) {
		standing->critical = now;
	}
}

static bool is_recent(instant when, instant now)
{
	return when != 0 && instant_distance(when, now) <= (uint64_t)EVIDENCE_STANDING;
}

bool evidence_is_in_good_standing(struct evidence *evidence, const struct address *source, instant now)
{
	const struct address_standing *standing = table_find(evidence->standings, source, now);
	bool is_good = false;

	if (standing == NULL) {
		return false;
	}
	for (size_t i = 0; i < ACCOUNTS_MAX; i++) {
		const struct standing *account = &standing->accounts[i];
		is_good = is_good || (is_recent(account->good, now) && !is_recent(account->critical, now));
	}
	return is_good || standing->has_many;
}

/* ---- messages ---- */

/*
 * Whose credentials an INVITE brings; 0: it is not plain. A PBX that lets guests in looks at no credentials,
 * so the From has to say the same: then it is this account's call that the PBX has asked credentials for.
 */
static uint64_t proposed_account(const struct evidence *evidence, const struct sip_message *message)
{
	if (message->has_many_credentials || text_is_empty(message->authorization_user)) {
		return 0;
	}
	uint64_t account = named_account(evidence, message->authorization_user);
	return account == named_account(evidence, message->from.uri.user) ? account : 0;
}

static void watch_invite(struct evidence *evidence, const struct sip_message *message)
{
	bool is_tcp = message->transport == TRANSPORT_TCP, is_echoed = is_echo(evidence, message), added;
	struct digest key = call_key(evidence, message->call_id);

	/* What would prove nothing takes no place. */
	if ((!is_tcp && !is_echoed) || text_is_empty(message->call_id)) {
		return;
	}
	struct exchange *exchange = table_find_or_add(evidence->exchanges, &key, message->time, &added);
	if (!endpoint_equal(&exchange->source, &message->source) ||
		!address_equal(&exchange->pbx, &message->destination.address) || exchange->is_tcp != is_tcp) {
		*exchange = (struct exchange){
			.source = message->source, .pbx = message->destination.address, .is_tcp = is_tcp};
	}
	exchange->is_echoed = exchange->is_echoed || is_echoed;
	uint64_t account = is_echoed ? proposed_account(evidence, message) : 0;
	if (account != exchange->account) {
		exchange->account = account;
		exchange->is_accepted = exchange->is_sent_on = exchange->is_surely_sent_on = false;
	}
}

static bool is_answer_to(const struct exchange *exchange, const struct sip_message *message)
{
	return address_equal(&exchange->pbx, &message->source.address) &&
	       address_equal(&exchange->source.address, &message->destination.address) &&
	       exchange->is_tcp == (message->transport == TRANSPORT_TCP) &&
	       (!exchange->is_tcp || exchange->source.port == message->destination.port);
}

/*
 * Who is asked again, or forbidden, was not believed; but 403 may be what the trunk said. RFC 4028 §6: 422
 * only wants another session time.
 */
static bool is_disbelief(const struct exchange *exchange, uint16_t status)
{
	return status == 401 || status == 407 || (status == 403 && !exchange->is_surely_sent_on);
}

static void judge_credentials(
	struct evidence *evidence, struct exchange *exchange, const struct sip_message *message)
{
	bool is_put_through = message->status >= 180 && message->status < 300;
	bool is_passed_back = message->status >= 300 && message->status != 422 && exchange->is_sent_on;

	if (is_disbelief(exchange, message->status)) {
		exchange->account = 0;
		exchange->is_accepted = false;
	}
	if (exchange->account == 0) {
		return;
	}
	exchange->is_accepted = exchange->is_accepted || is_put_through || is_passed_back;
	if (message->status / 100 == 2) {
		mark_good(evidence, &exchange->source.address, exchange->account, message->time);
	}
}

static void watch_answer(struct evidence *evidence, const struct sip_message *message)
{
	struct digest key = call_key(evidence, message->call_id);
	struct exchange *exchange;

	if (message->status == 401 || message->status == 407) {
		give_nonce(evidence, message);
	}
	exchange = table_find(evidence->exchanges, &key, message->time);
	if (exchange == NULL || !is_answer_to(exchange, message)) {
		return;
	}
	exchange->is_answered_on_tcp = exchange->is_tcp;
	judge_credentials(evidence, exchange, message);
}

void evidence_watch(struct evidence *evidence, const struct sip_message *message)
{
	if (message->is_request) {
		if (message->method == SIP_METHOD_INVITE && text_is_empty(message->to.tag) &&
			!site_is_pbx(evidence->site, &message->source.address) &&
			site_is_pbx(evidence->site, &message->destination.address)) {
			watch_invite(evidence, message);
		}
		return;
	}
	if (!site_is_pbx(evidence->site, &message->source.address)) {
		return;
	}
	if (message->method == SIP_METHOD_INVITE) {
		watch_answer(evidence, message);
	} else if (message->method == SIP_METHOD_REGISTER && message->status / 100 == 2) {
		mark_good(evidence, &message->destination.address, UNKNOWN_ACCOUNT, message->time);
	}
}

void evidence_acknowledged(
	struct evidence *evidence, struct text call_id, const struct address *source, instant now)
{
	struct digest key = call_key(evidence, call_id);
	bool added;
	struct exchange *exchange = table_find_or_add(evidence->exchanges, &key, now, &added);

	if (!address_equal(&exchange->source.address, source)) {
		*exchange = (struct exchange){.source = {.address = *source}};
	}
	exchange->is_acknowledged = true;
}

void evidence_sent_on(struct evidence *evidence, struct text call_id, bool surely, instant now)
{
	struct digest key = call_key(evidence, call_id);
	struct exchange *exchange = table_find(evidence->exchanges, &key, now);

	if (exchange != NULL) {
		exchange->is_sent_on = true;
		exchange->is_surely_sent_on = surely;
	}
}

/* ---- questions ---- */

enum source_proof evidence_of_source(
	struct evidence *evidence, struct text call_id, const struct address *source, instant now)
{
	struct digest key = call_key(evidence, call_id);
	const struct exchange *exchange = table_find(evidence->exchanges, &key, now);

	if (exchange == NULL || !address_equal(&exchange->source.address, source)) {
		return SOURCE_UNPROVEN;
	}
	if (exchange->is_echoed) {
		return SOURCE_BY_NONCE;
	}
	if (exchange->is_answered_on_tcp) {
		return SOURCE_BY_TCP;
	}
	return exchange->is_acknowledged ? SOURCE_BY_ACK : SOURCE_UNPROVEN;
}

bool evidence_of_account(struct evidence *evidence, struct text call_id, struct text caller, instant now)
{
	struct digest key = call_key(evidence, call_id);
	const struct exchange *exchange = table_find(evidence->exchanges, &key, now);

	return exchange != NULL && exchange->is_accepted &&
	       exchange->account == account_mark(evidence, caller);
}
