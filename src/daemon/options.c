/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/options.h"

#include "pbxguard/base/text.h"
#include "pbxguard/build.h"

#include <getopt.h>
#include <stdarg.h>

enum long_only {
	OPTION_CHECK_CONFIG = 256,
	OPTION_CHECK_NUMBER,
	OPTION_CALLER,
	OPTION_AT,
	OPTION_MONITOR,
	OPTION_PRINT_FIREWALL,
	OPTION_STATS
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"interface", required_argument, NULL, 'i'},
	{"read", required_argument, NULL, 'r'},
	{"output", required_argument, NULL, 'o'},
	{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	{"check-number", required_argument, NULL, OPTION_CHECK_NUMBER},
	{"caller", required_argument, NULL, OPTION_CALLER},
	{"at", required_argument, NULL, OPTION_AT},
	{"monitor", no_argument, NULL, OPTION_MONITOR},
	{"print-firewall", no_argument, NULL, OPTION_PRINT_FIREWALL},
	{"stats", no_argument, NULL, OPTION_STATS},
	{"verbose", no_argument, NULL, 'v'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

void options_help(FILE *stream)
{
	fputs("pbxguard: watches the SIP that passes an IP-PBX and tells of calls that thieves place through it.\n"
	      "\n"
	      "usage: pbxguard [-c FILE] [-i INTERFACE]... [-o FORMAT]     guard\n"
	      "       pbxguard [-c FILE] -r FILE [-r FILE]... [-o FORMAT] [--stats]\n"
	      "                                                            read captures\n"
	      "       pbxguard [-c FILE] --check-config                    check the configuration\n"
	      "       pbxguard [-c FILE] --check-number NUMBER [--caller NAME] [--at TIME]\n"
	      "\n"
	      "  -c, --config FILE      default " PBXGUARD_CONFIGURATION_FOLDER "/pbxguard.conf\n"
	      "  -i, --interface NAME   guard this interface (again for more; \"any\" for all)\n"
	      "  -r, --read FILE        read a capture (pcap, pcapng, also gzip; - for standard input)\n"
	      "                         instead of guarding; again for more\n"
	      "  -o, --output FORMAT    alerts as text (default), json or cef\n"
	      "      --check-config     say what is wrong with the configuration, or sum it up\n"
	      "      --check-number NUMBER\n"
	      "                         say how a dialled string is read, where it leads and what\n"
	      "                         each rule would say to one such call\n"
	      "      --caller NAME      with --check-number: who calls\n"
	      "      --at TIME          with --check-number: when, 2026-11-22T02:13:05+09:00\n"
	      "                         or \"2026-11-22 02:13\"; default now\n"
	      "      --monitor          watch only, whatever actions.mode says\n"
	      "      --print-firewall   what pbxguard-firewall takes from the configuration\n"
	      "      --stats            with -r: end with one JSON object of all counters\n"
	      "  -v, --verbose          log more\n"
	      "  -V, --version          versions of pbxguard and its libraries\n"
	      "  -h, --help             this\n"
	      "\n"
	      "Exit status: 0 done, 1 could not, 2 wrong usage. Manual: pbxguard(8), pbxguard.conf(5).\n",
		stream);
}

static enum options_result complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static enum options_result complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("pbxguard: ", stderr);
	vfprintf(stderr, format, arguments);
	fputs("; pbxguard --help shows how to use it\n", stderr);
	va_end(arguments);
	return OPTIONS_WRONG;
}

static enum options_result add_to_list(
	const char *const option, const char **list, size_t *count, const char *value)
{
	if (value[0] == '\0') {
		return complain("%s needs a name", option);
	}
	if (*count == OPTIONS_LIST_MAX) {
		return complain("%s may be given %d times at most", option, OPTIONS_LIST_MAX);
	}
	list[(*count)++] = value;
	return OPTIONS_GO_ON;
}

static enum options_result read_format(const char *name, struct options *options)
{
	static const struct {
		const char *name;
		enum alert_format format;
	} formats[] = {{"text", ALERT_FORMAT_TEXT}, {"json", ALERT_FORMAT_JSON}, {"cef", ALERT_FORMAT_CEF}};

	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		if (text_equal(text_of(name), text_of(formats[i].name))) {
			options->format = formats[i].format;
			options->has_format = true;
			return OPTIONS_GO_ON;
		}
	}
	return complain("--output %s: there are text, json and cef", name);
}

static enum options_result read_option(int option, char **argv, struct options *options)
{
	switch (option) {
	case 'c':
		options->config = optarg;
		return OPTIONS_GO_ON;
	case 'i':
		return add_to_list("--interface", options->interfaces, &options->interface_count, optarg);
	case 'r':
		return add_to_list("--read", options->files, &options->file_count, optarg);
	case 'o':
		return read_format(optarg, options);
	case OPTION_CHECK_CONFIG:
		options->check_config = true;
		return OPTIONS_GO_ON;
	case OPTION_CHECK_NUMBER:
		options->check_number = optarg;
		return OPTIONS_GO_ON;
	case OPTION_CALLER:
		options->caller = optarg;
		return OPTIONS_GO_ON;
	case OPTION_AT:
		options->at = optarg;
		return OPTIONS_GO_ON;
	case OPTION_MONITOR:
		options->monitor = true;
		return OPTIONS_GO_ON;
	case OPTION_PRINT_FIREWALL:
		options->print_firewall = true;
		return OPTIONS_GO_ON;
	case OPTION_STATS:
		options->stats = true;
		return OPTIONS_GO_ON;
	case 'v':
		options->verbose = true;
		return OPTIONS_GO_ON;
	case 'V':
		return OPTIONS_VERSION;
	case 'h':
		return OPTIONS_HELP;
	case ':':
		return complain("%s needs a value", argv[optind - 1]);
	default:
		return complain("%s: there is no such option, or it takes no value", argv[optind - 1]);
	}
}

static enum options_result check_together(const struct options *options)
{
	int jobs = options->check_config + (options->check_number != NULL) + options->print_firewall +
		   (options->file_count > 0) + (options->interface_count > 0);

	if (jobs > 1) {
		return complain(
			"--check-config, --check-number, --print-firewall, --read and --interface exclude each other");
	}
	if ((options->caller != NULL || options->at != NULL) && options->check_number == NULL) {
		return complain("--caller and --at go with --check-number");
	}
	if (options->stats && options->file_count == 0) {
		return complain("--stats goes with --read");
	}
	bool only_tells = options->check_config || options->check_number != NULL || options->print_firewall;
	if (options->has_format && only_tells) {
		return complain("--output goes with --read and with guarding");
	}
	if (options->monitor && (only_tells || options->file_count > 0)) {
		return complain("--monitor goes with guarding");
	}
	if (options->check_number != NULL && text_is_empty(text_trim(text_of(options->check_number)))) {
		return complain("--check-number needs a number");
	}
	return OPTIONS_GO_ON;
}

enum options_result options_read(int argc, char **argv, struct options *options)
{
	enum options_result result = OPTIONS_GO_ON;
	int option;

	*options = (struct options){.format = ALERT_FORMAT_TEXT};
	opterr = 0; /* we say it in our own form */
	while (result == OPTIONS_GO_ON &&
		(option = getopt_long(argc, argv, ":c:i:r:o:vVh", long_options, NULL)) != -1) {
		result = read_option(option, argv, options);
	}
	if (result == OPTIONS_GO_ON && optind < argc) {
		return complain(
			"%s: does not belong to an option; write -r in front of each capture, and text with spaces in quotes",
			argv[optind]);
	}
	return result == OPTIONS_GO_ON ? check_together(options) : result;
}
