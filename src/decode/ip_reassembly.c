/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/ip_reassembly.h"

#include "pbxguard/decode/assembly_table.h"

#include <stdlib.h>

#define DATAGRAM_MAX 65535 /* bytes */

struct ip_reassembly {
	struct counters *counters;
	struct assembly_table *table;
	struct assembly *first_patient;   /* the oldest that is not overdue */
	uint8_t bytes[SPARSE_BUFFER_MAX]; /* what is handed out */
};

/* A fragment on its way in. */
struct piece {
	const struct ip_packet *packet;
	size_t offset, size;
	const uint8_t *bytes;
	instant now;
};

/* Who is to get what is handed out. */
struct outlet {
	ip_datagram_handler *handler;
	void *context;
};

static const struct block_pool *pool_of(const struct ip_reassembly *reassembly)
{
	return assembly_table_pool(reassembly->table);
}

struct ip_reassembly *ip_reassembly_new(struct counters *counters)
{
	struct ip_reassembly *reassembly = calloc(1, sizeof *reassembly);

	if (reassembly == NULL) {
		return NULL;
	}
	reassembly->counters = counters;
	reassembly->table = assembly_table_new();
	if (reassembly->table == NULL) {
		ip_reassembly_free(reassembly);
		return NULL;
	}
	return reassembly;
}

void ip_reassembly_free(struct ip_reassembly *reassembly)
{
	if (reassembly != NULL) {
		assembly_table_free(reassembly->table);
		free(reassembly);
	}
}

struct ip_reassembly_figures ip_reassembly_figures(const struct ip_reassembly *reassembly)
{
	return (struct ip_reassembly_figures){
		.datagrams = assembly_table_count(reassembly->table),
		.blocks = ASSEMBLY_TABLE_BLOCKS - block_pool_left(pool_of(reassembly)),
	};
}

static struct assembly_key key_of(const struct ip_packet *packet)
{
	return (struct assembly_key){
		.source = packet->source,
		.destination = packet->destination,
		.version = packet->version,
		.protocol = packet->version == 4 ? packet->protocol : 0,
		.id = packet->fragment_id,
	};
}

static struct assembly *begin(struct ip_reassembly *reassembly, const struct piece *piece)
{
	const struct assembly_key key = key_of(piece->packet);
	struct assembly *assembly = assembly_begin(reassembly->table, &key, piece->now);

	if (reassembly->first_patient == NULL) {
		reassembly->first_patient = assembly;
	}
	return assembly;
}

static void drop(struct ip_reassembly *reassembly, struct assembly *assembly)
{
	if (reassembly->first_patient == assembly) {
		reassembly->first_patient = assembly_newer(reassembly->table, assembly);
	}
	assembly_drop(reassembly->table, assembly);
}

/* --- handing out ------------------------------------------------------------------------------------------
 */

static size_t beginning_of(const struct ip_reassembly *reassembly, const struct assembly *assembly)
{
	size_t size = sparse_buffer_beginning(pool_of(reassembly), &assembly->buffer);

	return size < assembly->furthest ? size : assembly->furthest;
}

static void hand_out(struct ip_reassembly *reassembly, struct assembly *assembly, size_t size, bool is_cut,
	const struct outlet *outlet)
{
	const struct assembly_key *key = &assembly->key;
	const struct ip_datagram datagram = {
		.packet = {.version = key->version,
			.source = key->source,
			.destination = key->destination,
			.protocol = assembly->protocol,
			.payload = reader_of(reassembly->bytes, size),
			.cut = is_cut},
		.time = assembly->newest,
		.was_read = assembly->was_read,
	};

	sparse_buffer_read(pool_of(reassembly), &assembly->buffer, reassembly->bytes, size);
	assembly->was_read = outlet->handler(outlet->context, &datagram) || assembly->was_read;
	assembly->read_to = (uint32_t)size;
}

static void hand_out_beginning(
	struct ip_reassembly *reassembly, struct assembly *assembly, const struct outlet *outlet)
{
	size_t size = beginning_of(reassembly, assembly);

	if (!assembly->was_read && size > assembly->read_to) {
		hand_out(reassembly, assembly, size, true, outlet);
	}
}

/* A first fragment that can't take part in a datagram, or differs from the one that does. */
static void hand_out_alone(const struct piece *piece, const struct outlet *outlet)
{
	struct ip_datagram datagram = {.packet = *piece->packet, .time = piece->now};

	if (piece->offset > 0 || piece->size == 0) {
		return;
	}
	datagram.packet.payload = reader_of(piece->bytes, piece->size);
	datagram.packet.is_fragment = datagram.packet.more_fragments = false;
	datagram.packet.cut = true;
	outlet->handler(outlet->context, &datagram);
}

static void give_up(struct ip_reassembly *reassembly, struct assembly *assembly, enum counter reason,
	const struct outlet *outlet)
{
	/* The filter of an interface lets all later fragments pass, of whatever traffic. */
	bool is_known = reason == COUNTER_FRAGMENTS_OVERLAPPING || beginning_of(reassembly, assembly) > 0;

	hand_out_beginning(reassembly, assembly, outlet);
	counter_add(
		reassembly->counters, is_known ? reason : COUNTER_FRAGMENTS_ORPHANED, assembly->fragments);
	drop(reassembly, assembly);
}

/* --- time and room ----------------------------------------------------------------------------------------
 */

/* Also when the clock was set back by as much. */
static bool is_past(const struct assembly *assembly, duration time, instant now)
{
	uint64_t apart = now >= assembly->begun ? (uint64_t)now - (uint64_t)assembly->begun
						: (uint64_t)assembly->begun - (uint64_t)now;

	return apart >= (uint64_t)time;
}

static bool is_expired(const struct assembly *assembly, instant now)
{
	return is_past(assembly,
		assembly->key.version == 4 ? IP_REASSEMBLY_IPV4_TIME : IP_REASSEMBLY_IPV6_TIME, now);
}

static void lose_patience(struct ip_reassembly *reassembly, instant now, const struct outlet *outlet)
{
	struct assembly *assembly;

	while ((assembly = reassembly->first_patient) != NULL &&
		is_past(assembly, IP_REASSEMBLY_PATIENCE, now)) {
		reassembly->first_patient = assembly_newer(reassembly->table, assembly);
		assembly->is_overdue = true;
		hand_out_beginning(reassembly, assembly, outlet);
	}
}

/* IPv4 may wait behind IPv6 for a while; find_fresh looks again. */
static void expire(struct ip_reassembly *reassembly, instant now, const struct outlet *outlet)
{
	struct assembly *oldest;

	while ((oldest = assembly_oldest(reassembly->table)) != NULL && is_expired(oldest, now)) {
		give_up(reassembly, oldest, COUNTER_FRAGMENTS_EXPIRED, outlet);
	}
}

static struct assembly *find_fresh(struct ip_reassembly *reassembly, const struct assembly_key *key,
	instant now, const struct outlet *outlet)
{
	struct assembly *assembly = assembly_find(reassembly->table, key);

	if (assembly != NULL && is_expired(assembly, now)) {
		give_up(reassembly, assembly, COUNTER_FRAGMENTS_EXPIRED, outlet);
		return NULL;
	}
	return assembly;
}

static void make_room(struct ip_reassembly *reassembly, size_t blocks, const struct assembly *spared,
	const struct outlet *outlet)
{
	while (block_pool_left(pool_of(reassembly)) < blocks) {
		give_up(reassembly, assembly_victim(reassembly->table, spared), COUNTER_FRAGMENTS_EVICTED,
			outlet);
	}
}

/* --- fragments in -----------------------------------------------------------------------------------------
 */

static bool is_last(const struct piece *piece)
{
	return !piece->packet->more_fragments;
}

/* False when it is no piece of any datagram. */
static bool read_piece(const struct ip_packet *packet, instant now, struct piece *piece)
{
	struct reader payload = packet->payload;

	*piece = (struct piece){.packet = packet, .offset = packet->fragment_offset, .now = now};
	piece->size = reader_left(&payload);
	piece->bytes = reader_take(&payload, piece->size);
	if (packet->cut || piece->offset % SPARSE_UNIT != 0 || piece->size > DATAGRAM_MAX - piece->offset) {
		return false;
	}
	if (packet->more_fragments && piece->size % SPARSE_UNIT != 0) {
		piece->size -= packet->version == 4 ? piece->size % SPARSE_UNIT : 0;
		return packet->version == 4;
	}
	return true;
}

/* Of the end, another was told; or there is no piece at all. */
static bool contradicts(const struct assembly *assembly, const struct piece *piece)
{
	size_t end = piece->offset + piece->size;

	return piece->size == 0 || (assembly->has_end && end > assembly->furthest) ||
	       (is_last(piece) && end < assembly->furthest);
}

static void insert(struct ip_reassembly *reassembly, struct assembly *assembly, const struct piece *piece)
{
	assembly_write(reassembly->table, assembly, piece->offset, piece->bytes, piece->size);
	assembly->newest = piece->now;
	assembly->fragments++;
	assembly->held += (uint32_t)piece->size;
	assembly->has_end = assembly->has_end || is_last(piece);
	if (piece->offset + piece->size > assembly->furthest) {
		assembly->furthest = (uint32_t)(piece->offset + piece->size);
	}
	if (piece->offset == 0) {
		assembly->protocol = piece->packet->protocol;
	}
}

static void finish(struct ip_reassembly *reassembly, struct assembly *assembly, const struct outlet *outlet)
{
	if (assembly->has_end && assembly->held == assembly->furthest) {
		counter_add(reassembly->counters, COUNTER_DATAGRAMS_REASSEMBLED, 1);
		hand_out(reassembly, assembly, assembly->furthest, false, outlet);
		drop(reassembly, assembly);
	} else if (assembly->is_overdue) {
		hand_out_beginning(reassembly, assembly, outlet);
	}
}

static void refuse(struct ip_reassembly *reassembly, const struct piece *piece, enum counter reason,
	const struct outlet *outlet)
{
	counter_add(reassembly->counters, reason, 1);
	hand_out_alone(piece, outlet);
}

/* The bytes that came first count; see the header. */
static void handle_repeated(struct ip_reassembly *reassembly, struct assembly *assembly,
	const struct piece *piece, const struct outlet *outlet)
{
	assembly->has_end = assembly->has_end || is_last(piece);
	if (!sparse_buffer_holds(
		    pool_of(reassembly), &assembly->buffer, piece->offset, piece->bytes, piece->size)) {
		refuse(reassembly, piece, COUNTER_FRAGMENTS_OVERLAPPING, outlet);
	}
	finish(reassembly, assembly, outlet);
}

/* What fits with assembly; NULL: the first of its datagram. */
static void take_in(struct ip_reassembly *reassembly, struct assembly *assembly, const struct piece *piece,
	const struct outlet *outlet)
{
	static const struct sparse_buffer empty;

	make_room(reassembly,
		sparse_buffer_lacks(
			assembly != NULL ? &assembly->buffer : &empty, piece->offset, piece->size),
		assembly, outlet);
	if (assembly == NULL) {
		assembly = begin(reassembly, piece);
	}
	insert(reassembly, assembly, piece);
	finish(reassembly, assembly, outlet);
}

static void add_to(struct ip_reassembly *reassembly, struct assembly *assembly, const struct piece *piece,
	const struct outlet *outlet)
{
	enum sparse_overlap overlap =
		sparse_buffer_overlap(pool_of(reassembly), &assembly->buffer, piece->offset, piece->size);

	if (overlap == SPARSE_PARTIAL || contradicts(assembly, piece)) {
		give_up(reassembly, assembly, COUNTER_FRAGMENTS_OVERLAPPING, outlet);
		refuse(reassembly, piece, COUNTER_FRAGMENTS_OVERLAPPING, outlet);
	} else if (overlap == SPARSE_INSIDE) {
		handle_repeated(reassembly, assembly, piece, outlet);
	} else {
		take_in(reassembly, assembly, piece, outlet);
	}
}

void ip_reassembly_add(struct ip_reassembly *reassembly, const struct ip_packet *fragment, instant now,
	ip_datagram_handler *handler, void *context)
{
	const struct outlet outlet = {handler, context};
	const struct assembly_key key = key_of(fragment);
	struct piece piece;

	lose_patience(reassembly, now, &outlet);
	expire(reassembly, now, &outlet);
	if (!read_piece(fragment, now, &piece)) {
		refuse(reassembly, &piece, COUNTER_FRAGMENTS_BROKEN, &outlet);
		return;
	}
	struct assembly *assembly = find_fresh(reassembly, &key, now, &outlet);
	if (assembly != NULL) {
		add_to(reassembly, assembly, &piece, &outlet);
	} else if (piece.size > 0) {
		take_in(reassembly, NULL, &piece, &outlet);
	} else {
		refuse(reassembly, &piece, COUNTER_FRAGMENTS_BROKEN, &outlet);
	}
}

void ip_reassembly_tick(
	struct ip_reassembly *reassembly, instant now, ip_datagram_handler *handler, void *context)
{
	const struct outlet outlet = {handler, context};

	lose_patience(reassembly, now, &outlet);
	expire(reassembly, now, &outlet);
}

void ip_reassembly_flush(struct ip_reassembly *reassembly, ip_datagram_handler *handler, void *context)
{
	const struct outlet outlet = {handler, context};
	struct assembly *oldest;

	while ((oldest = assembly_oldest(reassembly->table)) != NULL) {
		give_up(reassembly, oldest, COUNTER_FRAGMENTS_EXPIRED, &outlet);
	}
}
