/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes small capture files for tests, in a folder of their own that becomes the working folder. */
#ifndef PBXGUARD_TESTS_CAPTURE_WRITER_H
#define PBXGUARD_TESTS_CAPTURE_WRITER_H

#include "../test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct capture {
	uint8_t bytes[4096];
	size_t size;
	bool big_endian;
};

#define PCAP_MAGIC 0xA1B2C3D4      /* microseconds; draft-ietf-opsawg-pcap §4 */
#define PCAP_MAGIC_NANO 0xA1B23C4D /* nanoseconds */
#define PCAPNG_SECTION 0x0A0D0D0A  /* draft-ietf-opsawg-pcapng §4.1 */
#define PCAPNG_BYTE_ORDER 0x1A2B3C4D
#define ETHERNET 1

static inline void put_bytes(struct capture *capture, const void *bytes, size_t size)
{
	assert_true(capture->size + size <= sizeof capture->bytes);
	memcpy(capture->bytes + capture->size, bytes, size);
	capture->size += size;
}

static inline void put_u16(struct capture *capture, unsigned value)
{
	uint8_t little[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
	uint8_t big[2] = {little[1], little[0]};

	put_bytes(capture, capture->big_endian ? big : little, 2);
}

static inline void put_u32(struct capture *capture, uint32_t value)
{
	put_u16(capture, capture->big_endian ? value >> 16 : value & 0xFFFF);
	put_u16(capture, capture->big_endian ? value & 0xFFFF : value >> 16);
}

static inline void put_pcap_header(struct capture *capture, uint32_t magic)
{
	put_u32(capture, magic);
	put_u16(capture, 2);
	put_u16(capture, 4);
	put_u32(capture, 0);
	put_u32(capture, 0);
	put_u32(capture, 65535);
	put_u32(capture, ETHERNET);
}

/* fraction: in the file's unit. on_wire: what the packet had; the text is what was captured. */
static inline void put_packet(
	struct capture *capture, uint32_t seconds, uint32_t fraction, const char *text, size_t on_wire)
{
	put_u32(capture, seconds);
	put_u32(capture, fraction);
	put_u32(capture, (uint32_t)strlen(text));
	put_u32(capture, (uint32_t)on_wire);
	put_bytes(capture, text, strlen(text));
}

static inline void put_section(struct capture *capture)
{
	put_u32(capture, PCAPNG_SECTION);
	put_u32(capture, 28);
	put_u32(capture, PCAPNG_BYTE_ORDER);
	put_u16(capture, 1);
	put_u16(capture, 0);
	put_u32(capture, UINT32_MAX); /* length not given */
	put_u32(capture, UINT32_MAX);
	put_u32(capture, 28);
}

static inline void put_interface(struct capture *capture, unsigned link_type, uint32_t snapshot_length)
{
	put_u32(capture, 1);
	put_u32(capture, 20);
	put_u16(capture, link_type);
	put_u16(capture, 0);
	put_u32(capture, snapshot_length);
	put_u32(capture, 20);
}

/* Four bytes of text, so that nothing need be padded. */
static inline void put_enhanced_packet(
	struct capture *capture, unsigned interface, uint64_t microseconds, const char text[static 4])
{
	put_u32(capture, 6);
	put_u32(capture, 36);
	put_u32(capture, interface);
	put_u32(capture, (uint32_t)(microseconds >> 32));
	put_u32(capture, (uint32_t)microseconds);
	put_u32(capture, 4);
	put_u32(capture, 4);
	put_bytes(capture, text, 4);
	put_u32(capture, 36);
}

static inline void write_bytes(const char *name, const void *bytes, size_t size)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static inline void write_capture(const char *name, const struct capture *capture)
{
	write_bytes(name, capture->bytes, capture->size);
}

static inline int enter_folder(void **state)
{
	char *folder = strdup("/tmp/pbxguard-test-XXXXXX");

	*state = folder;
	return folder != NULL && mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

/* The folder is ours and flat. */
static inline int leave_folder(void **state)
{
	char command[64];

	snprintf(command, sizeof command, "rm -rf %s", (char *)*state);
	int result = chdir("/") == 0 ? system(command) : -1;
	free(*state);
	return result;
}

#endif
