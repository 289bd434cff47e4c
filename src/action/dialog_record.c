/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/dialog_record.h"

#include "pbxguard/action/sip_fields.h"

#include <string.h>

#define CSEQ_LEAP 100

struct text dialog_record_text(const struct dialog_record *record, enum dialog_text which)
{
	return (struct text){record->bytes + record->texts[which].at, record->texts[which].size};
}

/* Behind what the text has already. */
static bool append(struct dialog_record *record, enum dialog_text which, struct text text)
{
	if (text.size > (size_t)(DIALOG_BYTES - record->used)) {
		return false;
	}
	if (record->texts[which].size == 0) {
		record->texts[which].at = record->used;
	}
	memcpy(record->bytes + record->used, text.start, text.size);
	record->used = (uint16_t)(record->used + text.size);
	record->texts[which].size = (uint16_t)(record->texts[which].size + text.size);
	return true;
}

/* The URI of the first Contact. */
static bool append_contact(struct dialog_record *record, enum dialog_text which, struct text message)
{
	struct sip_fields fields;
	struct text value, contact;
	enum sip_field field;

	sip_fields_begin(message, &fields, &value);
	while (sip_fields_next(&fields, &field, &value)) {
		if (field == SIP_FIELD_CONTACT && sip_field_split(&value, &contact)) {
			struct text uri = sip_field_uri(contact);
			return uri.size > 0 && append(record, which, uri);
		}
	}
	return false;
}

static bool append_routes(struct dialog_record *record, struct text message)
{
	struct sip_fields fields;
	struct text value, route;
	enum sip_field field;
	size_t routes = 0;

	sip_fields_begin(message, &fields, &value);
	while (sip_fields_next(&fields, &field, &value)) {
		while (field == SIP_FIELD_RECORD_ROUTE && sip_field_split(&value, &route)) {
			if (++routes > DIALOG_ROUTES_MAX ||
				!append(record, DIALOG_ROUTES, routes > 1 ? TEXT(",") : TEXT("")) ||
				!append(record, DIALOG_ROUTES, route)) {
				return false;
			}
		}
	}
	return true;
}

bool dialog_record_begin(struct dialog_record *record, const struct sip_message *invite, struct text whole)
{
	struct sip_identity identity;

	if (!sip_identity_read(whole, &identity) || text_is_empty(identity.from_tag) || identity.has_to_tag) {
		return false;
	}
	*record = (struct dialog_record){.phone = invite->source,
		.pbx = invite->destination,
		.transport = (uint8_t)invite->transport,
		.invite_cseq = identity.cseq_number,
		.phone_cseq = identity.cseq_number};
	bool has_room = append(record, DIALOG_CALL_ID, identity.call_id) &&
			append(record, DIALOG_PHONE, identity.from) &&
			append_contact(record, DIALOG_PHONE_CONTACT, whole);
	record->used_by_invite = record->used;
	return has_room;
}

bool dialog_record_answer(struct dialog_record *record, const struct sip_message *answer, struct text whole)
{
	struct sip_identity identity;

	if (answer->is_request || answer->status / 100 != 2 || !sip_identity_read(whole, &identity) ||
		identity.cseq_number != record->invite_cseq || text_is_empty(identity.to_tag) ||
		(record->is_up && !text_equal(identity.to, dialog_record_text(record, DIALOG_PBX)))) {
		return false;
	}
	record->used = record->used_by_invite;
	for (int which = DIALOG_PBX; which < DIALOG_TEXT_COUNT; which++) {
		record->texts[which].size = 0;
	}
	record->is_up = append(record, DIALOG_PBX, identity.to) &&
			append_contact(record, DIALOG_PBX_CONTACT, whole) && append_routes(record, whole);
	return record->is_up;
}

void dialog_record_request(struct dialog_record *record, const struct sip_message *request)
{
	bool is_phones = address_equal(&request->source.address, &record->phone.address);
	uint32_t *latest = is_phones ? &record->phone_cseq : &record->pbx_cseq;

	if (request->is_request && request->has_cseq && request->cseq > *latest) {
		*latest = request->cseq;
	}
}

/* The way of one side's requests: the routes, the nearest first, and whom they lead to. */
struct way {
	struct text target; /* the remote target */
	struct text routes[DIALOG_ROUTES_MAX];
	size_t count;
};

static struct way way_of(const struct dialog_record *record, bool is_phones)
{
	struct way way = {
		.target = dialog_record_text(record, is_phones ? DIALOG_PBX_CONTACT : DIALOG_PHONE_CONTACT)};
	struct text rest = dialog_record_text(record, DIALOG_ROUTES);

	while (way.count < DIALOG_ROUTES_MAX && sip_field_split(&rest, &way.routes[way.count])) {
		way.count++;
	}
	for (size_t i = 0; is_phones && i < way.count / 2; i++) {
		struct text route = way.routes[i];
		way.routes[i] = way.routes[way.count - 1 - i];
		way.routes[way.count - 1 - i] = route;
	}
	return way;
}

static bool is_loose(struct text route)
{
	struct text uri = sip_field_uri(route), parameter, name, value;
	struct text parameters = text_from(uri, text_find(uri, ';'));

	while (sip_parameter_next(&parameters, &parameter, &name, &value)) {
		if (text_equal_ignoring_case(name, TEXT("lr"))) {
			return true;
		}
	}
	return false;
}

static void add_route(struct line *line, struct text route, bool has_brackets)
{
	line_add(line, has_brackets ? TEXT("Route: ") : TEXT("Route: <"));
	sip_datagram_add_clean(line, route);
	line_add(line, has_brackets ? TEXT("\r\n") : TEXT(">\r\n"));
}

static void add_request_line(struct line *line, struct text uri)
{
	line_add(line, TEXT("BYE "));
	sip_datagram_add_clean(line, uri);
	line_add(line, TEXT(" SIP/2.0\r\n"));
}

static void add_routes(struct line *line, const struct way *way, bool is_strict)
{
	for (size_t i = is_strict ? 1 : 0; i < way->count; i++) {
		add_route(line, way->routes[i], true);
	}
	if (is_strict) {
		add_route(line, way->target, false);
	}
}

static bool write_bye(
	const struct dialog_record *record, bool is_phones, const char *branch, struct sip_datagram *bye)
{
	struct text phone = dialog_record_text(record, DIALOG_PHONE),
		    pbx = dialog_record_text(record, DIALOG_PBX);
	struct way way = way_of(record, is_phones);
	bool is_strict = way.count > 0 && !is_loose(way.routes[0]);
	uint32_t cseq = is_phones ? record->phone_cseq : record->pbx_cseq;
	char sent_by[ENDPOINT_TEXT_SIZE];

	if (!record->is_up || cseq > INT32_MAX - CSEQ_LEAP) {
		return false;
	}
	bye->source = is_phones ? record->phone : record->pbx;
	bye->destination = is_phones ? record->pbx : record->phone;
	struct line line = sip_datagram_begin(bye);
	add_request_line(&line, is_strict ? sip_field_uri(way.routes[0]) : way.target);
	line_format(&line, "Via: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n",
		endpoint_format(&bye->source, sent_by), branch);
	add_routes(&line, &way, is_strict);
	sip_datagram_add_field(&line, "From", is_phones ? phone : pbx);
	sip_datagram_add_field(&line, "To", is_phones ? pbx : phone);
	sip_datagram_add_field(&line, "Call-ID", dialog_record_text(record, DIALOG_CALL_ID));
	line_format(&line, "CSeq: %u BYE\r\n", cseq + CSEQ_LEAP);
	line_add(&line, TEXT("Reason: SIP;cause=603;text=\"ended by pbxguard: toll fraud suspected\"\r\n"));
	return sip_datagram_end(bye, &line);
}

bool dialog_record_bye_to_pbx(
	const struct dialog_record *record, const char *branch, struct sip_datagram *bye)
{
	return write_bye(record, true, branch, bye);
}

bool dialog_record_bye_to_phone(
	const struct dialog_record *record, const char *branch, struct sip_datagram *bye)
{
	return write_bye(record, false, branch, bye);
}
