/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least that any reader of a capture does: libpcap's loop, and a byte of each packet. usage: read_loop
 * FILE */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	uint64_t packets = 0, sum = 0;

	pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
	if (pcap == NULL) {
		fputs("usage: read_loop FILE\n", stderr);
		return 2;
	}
	while (pcap_next_ex(pcap, &header, &bytes) == 1) {
		packets++;
		sum += header->caplen > 0 ? bytes[header->caplen - 1] : 0;
	}
	printf("%llu packets, %llu\n", (unsigned long long)packets, (unsigned long long)sum);
	pcap_close(pcap);
	return 0;
}
