/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pbxguardctl(1): asks a running pbxguard by its control socket. A program of its own. */
#include "pbxguard/action/control_settings.h"
#include "pbxguard/base/local_time.h"
#include "pbxguard/build.h"
#include "pbxguard/daemon/control_message.h"
#include "pbxguard/daemon/report.h"
#include "pbxguard/daemon/start.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_SECONDS 10 /* longer than pbxguard's own, CONTROL_REPLY_PATIENCE */

static const struct option long_options[] = {
	{"socket", required_argument, NULL, 's'},
	{"time", required_argument, NULL, 't'},
	{"output", required_argument, NULL, 'o'},
	{"days", required_argument, NULL, 'd'},
	{"json", no_argument, NULL, 'j'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct arguments {
	const char *path;
	const char *time, *output, *days; /* NULL: not given */
	bool json;
	bool help, version;
	struct control_request request;
};

static void print_help(void)
{
	puts("pbxguardctl: asks a running pbxguard what it did, and tells it whom to block and release.\n"
	     "\n"
	     "usage: pbxguardctl block ADDRESS [--time 1h]   keep an address or network out\n"
	     "       pbxguardctl unblock ADDRESS             let it in again\n"
	     "       pbxguardctl release CALLER|INCIDENT     let an account call again, or all whom an\n"
	     "                                               incident blocked\n"
	     "       pbxguardctl list [-o json]              who is blocked, since when, until when, why\n"
	     "       pbxguardctl report [--days 14] [--json] which calls were refused, or would have been in a dry\n"
	     "                                               run; and what lets them by if they are honest\n"
	     "\n"
	     "  -t, --time TIME      for so long: 90s, 15min, 12h, 2d; at most 20d\n"
	     "  -d, --days N         how far the report goes back: 14, at most 90\n"
	     "  -o, --output FORMAT  text (default), or json: one object a line (also --json)\n"
	     "  -s, --socket PATH    default " CONTROL_PATH "\n"
	     "  -V, --version        the version\n"
	     "  -h, --help           this\n"
	     "\n"
	     "Exit status: 0 done, 1 could not, 2 wrong usage. Manual: pbxguardctl(1).");
}

static int complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int complain(int code, const char *format, ...)
{
	va_list arguments;
	char sentence[1024];

	va_start(arguments, format);
	vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	/* In one piece, as others may write there, too. */
	fprintf(stderr, "pbxguardctl: %s%s\n", sentence,
		code == EXIT_USAGE ? "; pbxguardctl --help shows how to use it" : "");
	return code;
}

/* ---- the command line: each gives an exit code, EXIT_DONE to go on ------------------------------------ */

static int read_option(int option, char **argv, struct arguments *arguments)
{
	switch (option) {
	case 's':
		arguments->path = optarg;
		return EXIT_DONE;
	case 't':
		arguments->time = optarg;
		return EXIT_DONE;
	case 'o':
		arguments->output = optarg;
		arguments->json = strcmp(optarg, "json") == 0;
		return arguments->json || strcmp(optarg, "text") == 0
			       ? EXIT_DONE
			       : complain(EXIT_USAGE, "--output %s: there are text and json", optarg);
	case 'd':
		arguments->days = optarg;
		return EXIT_DONE;
	case 'j':
		arguments->output = "json";
		arguments->json = true;
		return EXIT_DONE;
	case 'V':
		arguments->version = true;
		return EXIT_DONE;
	case 'h':
		arguments->help = true;
		return EXIT_DONE;
	case ':':
		return complain(EXIT_USAGE, "%s needs a value", argv[optind - 1]);
	default:
		return complain(
			EXIT_USAGE, "%s: there is no such option, or it takes no value", argv[optind - 1]);
	}
}

static int read_command(const char *name, struct control_request *request)
{
	for (int i = 0; i < CONTROL_COMMAND_COUNT; i++) {
		if (strcmp(name, control_command_name((enum control_command)i)) == 0) {
			request->command = (enum control_command)i;
			return EXIT_DONE;
		}
	}
	return complain(EXIT_USAGE, "there is no command %s", name);
}

static int read_object(const char *object, struct control_request *request)
{
	if (request->command == CONTROL_RELEASE) {
		return control_request_take_release(text_of(object), request)
			       ? EXIT_DONE
			       : complain(EXIT_USAGE, "%s is neither a caller nor an incident", object);
	}
	return network_parse(text_of(object), &request->network)
		       ? EXIT_DONE
		       : complain(EXIT_USAGE,
				 "%s is neither an address nor a network, as 192.0.2.0/24, in which all bits behind "
				 "its length are zero",
				 object);
}

static int read_time(const char *time, struct control_request *request)
{
	if (time == NULL) {
		return EXIT_DONE;
	}
	if (request->command != CONTROL_BLOCK) {
		return complain(EXIT_USAGE, "--time goes with block");
	}
	return duration_parse(text_of(time), &request->time) && request->time >= SECOND &&
			       request->time <= CONTROL_TIME_MAX
		       ? EXIT_DONE
		       : complain(EXIT_USAGE, "--time %s is not between 1s and 20d, with its unit", time);
}

static int read_days(const char *days, struct control_request *request)
{
	char *end = NULL;

	if (request->command != CONTROL_REPORT) {
		return days == NULL ? EXIT_DONE : complain(EXIT_USAGE, "--days goes with report");
	}
	request->days = CONTROL_REPORT_DAYS;
	if (days == NULL) {
		return EXIT_DONE;
	}
	long number = strtol(days, &end, 10);
	if (end == days || *end != '\0' || number < 1 || number > CONTROL_REPORT_DAYS_MAX) {
		return complain(
			EXIT_USAGE, "--days %s is not between 1 and %d", days, CONTROL_REPORT_DAYS_MAX);
	}
	request->days = (unsigned)number;
	return EXIT_DONE;
}

static int read_words(int count, char **words, struct arguments *arguments)
{
	struct control_request *request = &arguments->request;

	if (count == 0) {
		return complain(EXIT_USAGE, "it needs a command");
	}
	int code = read_command(words[0], request);
	if (code != EXIT_DONE) {
		return code;
	}
	bool is_asked = request->command == CONTROL_LIST || request->command == CONTROL_REPORT;
	if (arguments->output != NULL && !is_asked) {
		return complain(EXIT_USAGE, "--output goes with list and report");
	}
	code = read_days(arguments->days, request);
	if (code != EXIT_DONE) {
		return code;
	}
	bool needs_object = !is_asked;
	if (count != 1 + needs_object) {
		return complain(
			EXIT_USAGE, "%s takes %s", words[0], needs_object ? "one word more" : "no more");
	}
	code = needs_object ? read_object(words[1], request) : EXIT_DONE;
	return code == EXIT_DONE ? read_time(arguments->time, request) : code;
}

static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	int code = EXIT_DONE, option;

	opterr = 0; /* we say it in our own form */
	while (code == EXIT_DONE &&
		(option = getopt_long(argc, argv, ":s:t:o:d:Vh", long_options, NULL)) != -1) {
		code = read_option(option, argv, arguments);
	}
	if (code != EXIT_DONE || arguments->help || arguments->version) {
		return code;
	}
	return read_words(argc - optind, argv + optind, arguments);
}

/* ---- asking ------------------------------------------------------------------------------------------ */

/* The descriptor, or -1 and said. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!text_copy(text_of(path), address.sun_path, sizeof address.sun_path)) {
		complain(EXIT_COULD_NOT, "%s is too long for a socket", path);
	} else if (connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0) {
		setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
		return descriptor;
	} else if (errno == ENOENT || errno == ECONNREFUSED) {
		complain(EXIT_COULD_NOT,
			"pbxguard is not running, or listens elsewhere than at %s (control.path): see systemctl "
			"status 'pbxguard*', and give -s",
			path);
	} else if (errno == EACCES || errno == EPERM) {
		complain(EXIT_COULD_NOT,
			"no permission for %s: be root (sudo), or in the group of that file, pbxguard", path);
	} else {
		complain(EXIT_COULD_NOT, "%s: %s", path, strerror(errno));
	}
	if (descriptor >= 0) {
		close(descriptor);
	}
	return -1;
}

/* A line without its end. 0 and said when there is none. */
static size_t receive(int descriptor, char *line, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = recv(descriptor, line + used, size - used, 0);
		if (got > 0) {
			used += (size_t)got;
			if (line[used - 1] == '\n') {
				return used - 1;
			}
		} else if (got == 0 || errno != EINTR) {
			complain(EXIT_COULD_NOT,
				got == 0 ? "pbxguard ended meanwhile" : "pbxguard does not answer: it hangs");
			return 0;
		}
	}
	complain(EXIT_COULD_NOT, "what answers is no pbxguard");
	return 0;
}

/* What it says is told where it could not. */
static bool ask(int descriptor, const struct control_request *request, struct control_reply *reply)
{
	static char line[CONTROL_REPLY_SIZE];
	size_t size = control_request_write(request, line, sizeof line - 1);

	line[size++] = '\n';
	if (send(descriptor, line, size, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET) {
		complain(EXIT_COULD_NOT, "pbxguard does not answer: %s", strerror(errno));
		return false;
	}
	/* Who is turned away may have been told why before. */
	size = receive(descriptor, line, sizeof line);
	if (size == 0) {
		return false;
	}
	if (!control_reply_read((struct text){line, size}, reply)) {
		complain(EXIT_COULD_NOT, "what answers is no pbxguard, or one of another version");
		return false;
	}
	if (!reply->ok) {
		complain(EXIT_COULD_NOT, "%s", reply->sentence);
	}
	return reply->ok;
}

/* ---- lists ------------------------------------------------------------------------------------------- */

struct list {
	struct control_item *items;
	size_t count, room;
};

static bool add(struct list *list, const struct control_reply *reply)
{
	if (list->count + reply->count > list->room) {
		size_t room = 2 * (list->count + reply->count);
		struct control_item *items = reallocarray(list->items, room, sizeof *items);
		if (items == NULL) {
			complain(EXIT_COULD_NOT, "no memory for the list");
			return false;
		}
		list->items = items;
		list->room = room;
	}
	for (size_t i = 0; i < reply->count; i++) {
		list->items[list->count++] = reply->items[i];
	}
	return true;
}

static void print_kind(const struct list *list, bool accounts, const char *heading)
{
	char since[INSTANT_TEXT_SIZE], until[INSTANT_TEXT_SIZE], name[CALLER_SIZE + sizeof "caller:"];
	bool has_heading = false;

	for (size_t i = 0; i < list->count; i++) {
		const struct control_item *item = &list->items[i];
		if (item->is_account != accounts) {
			continue;
		}
		if (!has_heading) {
			printf("%-24s %-19s  %-19s  %-16s  %s\n", heading, "since", "until", "incident",
				"why");
			has_heading = true;
		}
		snprintf(name, sizeof name, "%s%s", accounts ? "caller:" : "", item->name);
		printf("%-24s %-19s  %-19s  %-16s  %s", name,
			item->since == 0 ? "-" : instant_format_short(item->since, since),
			item->until == 0 ? "it is released" : instant_format_short(item->until, until),
			item->incident[0] == '\0' ? "-" : item->incident, item->reason);
		if (item->times > 1) {
			printf(" (for the %u. time)", (unsigned)item->times);
		}
		putchar('\n');
	}
}

static void print_list(const struct list *list, bool json)
{
	char line[CONTROL_ITEM_SIZE];

	if (!json) {
		if (list->count == 0) {
			puts("Nothing is blocked.");
		}
		print_kind(list, false, "blocked source");
		print_kind(list, true, "account refused abroad");
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		control_item_write(&list->items[i], line, sizeof line);
		puts(line);
	}
}

static int list(int descriptor, struct arguments *arguments, struct control_reply *reply)
{
	struct list all = {0};
	bool is_good;

	do {
		is_good = ask(descriptor, &arguments->request, reply) && add(&all, reply);
		arguments->request.after = reply->next;
	} while (is_good && (reply->next.sources != UINT64_MAX || reply->next.accounts != UINT64_MAX));
	if (is_good) {
		print_list(&all, arguments->json);
	}
	free(all.items);
	return is_good ? EXIT_DONE : EXIT_COULD_NOT;
}

/* ---- reports ----------------------------------------------------------------------------------------- */

static bool take_page(struct report *report, const struct control_report *page, bool is_first)
{
	if (is_first) {
		report->period = *page;
	}
	for (size_t i = 0; i < page->count; i++) {
		if (!report_add(report, &page->rows[i])) {
			complain(EXIT_COULD_NOT, "no memory for the report");
			return false;
		}
	}
	return true;
}

static void print_page(const struct control_report *page, bool is_first)
{
	char line[CONTROL_ROW_SIZE];

	if (is_first && control_period_write(page, line, sizeof line) > 0) {
		puts(line);
	}
	for (size_t i = 0; i < page->count; i++) {
		if (control_row_write(&page->rows[i], line, sizeof line) > 0) {
			puts(line);
		}
	}
}

/* The guard gives the rows in pages; what is said of them is made here, so that it never waits for us. */
static int report(int descriptor, struct arguments *arguments, struct control_reply *reply)
{
	static struct report all; /* too large for a stack */
	struct control_request *request = &arguments->request;
	bool is_good;

	do {
		bool is_first = request->after_row == 0;
		is_good = ask(descriptor, request, reply);
		if (is_good && !reply->is_report) {
			complain(EXIT_COULD_NOT, "what answers is a pbxguard of another version");
			is_good = false;
		} else if (is_good && arguments->json) {
			print_page(&reply->report, is_first);
		} else if (is_good) {
			is_good = take_page(&all, &reply->report, is_first);
		}
		request->after_row = reply->report.next;
	} while (is_good && reply->report.next != UINT64_MAX);
	if (is_good && !arguments->json) {
		report_sort(&all);
		report_print(&all, request->days);
	}
	report_free(&all);
	return is_good ? EXIT_DONE : EXIT_COULD_NOT;
}

static int run(struct arguments *arguments)
{
	static struct control_reply reply; /* too large for a stack */
	int descriptor = connect_to(arguments->path), code = EXIT_COULD_NOT;

	if (descriptor < 0) {
		return EXIT_COULD_NOT;
	}
	if (arguments->request.command == CONTROL_LIST) {
		code = list(descriptor, arguments, &reply);
	} else if (arguments->request.command == CONTROL_REPORT) {
		code = report(descriptor, arguments, &reply);
	} else if (ask(descriptor, &arguments->request, &reply)) {
		puts(reply.sentence);
		code = EXIT_DONE;
	}
	close(descriptor);
	if (fflush(stdout) != 0) {
		return complain(EXIT_COULD_NOT, "could not write to standard output: %s", strerror(errno));
	}
	return code;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.path = CONTROL_PATH};
	int code = read_arguments(argc, argv, &arguments);

	if (code != EXIT_DONE) {
		return code;
	}
	if (arguments.help) {
		print_help();
		return EXIT_DONE;
	}
	if (arguments.version) {
		puts("pbxguardctl " PBXGUARD_VERSION);
		return EXIT_DONE;
	}
	return run(&arguments);
}
