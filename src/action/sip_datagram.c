/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/sip_datagram.h"

struct line sip_datagram_begin(struct sip_datagram *datagram)
{
	datagram->size = 0;
	return line_in(datagram->bytes, sizeof datagram->bytes);
}

static bool ends_line(char c)
{
	return c == '\r' || c == '\n' || c == '\0';
}

void sip_datagram_add_clean(struct line *line, struct text text)
{
	size_t start = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (ends_line(text.start[i])) {
			line_add(line, text_part(text, start, i - start));
			line_add(line, TEXT(" "));
			start = i + 1;
		}
	}
	line_add(line, text_from(text, start));
}

void sip_datagram_add_field(struct line *line, const char *name, struct text value)
{
	line_add_string(line, name);
	line_add(line, TEXT(": "));
	sip_datagram_add_clean(line, value);
	line_add(line, TEXT("\r\n"));
}

bool sip_datagram_end(struct sip_datagram *datagram, struct line *line)
{
	line_add(line, TEXT("Content-Length: 0\r\n\r\n"));
	datagram->size = line->used;
	return !line->was_cut;
}
