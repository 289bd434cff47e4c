/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/control.h"

#include "pbxguard/action/control_settings.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_MODE 0660
#define BACKLOG 16
#define GROUPS_MAX 256 /* of a client; who is in more has to be root or us */

struct client {
	int descriptor;  /* -1: none */
	uint32_t events; /* that epoll looks for */
	uint64_t token;  /* of the request that waits for its reply; 0: none does */
	bool has_ended;  /* will send nothing more */
	bool leaves;     /* when its output is written */
	instant since;   /* of the last request or progress */
	char who[CONTROL_WHO_SIZE];
	size_t used; /* of input */
	char input[CONTROL_LINE_MAX];
	size_t output_size, output_sent;
	char output[CONTROL_REPLY_SIZE];
};

struct control {
	char path[CONTROL_PATH_SIZE];
	dev_t device;
	ino_t inode; /* of our socket's file */
	gid_t group;
	int listener, epoll;
	control_handler *handler;
	void *context;
	struct counters *counters;
	uint64_t last_token;
	instant now;
	struct control_reply reply; /* too large for a stack */
	struct client clients[CONTROL_CLIENTS_MAX];
};

/* ---- the socket ------------------------------------------------------------------------------------- */

static bool complain(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool complain(char *why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, CONTROL_SENTENCE_SIZE, format, arguments);
	va_end(arguments);
	return false;
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	static_assert(sizeof address.sun_path == CONTROL_PATH_SIZE, "as unix(7) has it");
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	return address;
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Does somebody listen there? */
static bool is_in_use(const struct sockaddr_un *address)
{
	int descriptor = new_socket();
	bool connects = descriptor >= 0 &&
			(connect(descriptor, (const struct sockaddr *)address, sizeof *address) == 0 ||
				errno == EAGAIN);

	if (descriptor >= 0) {
		close(descriptor);
	}
	return connects;
}

/* What a pbxguard that was killed left behind goes away; nothing else does. */
static bool make_way(const struct sockaddr_un *address, char *why)
{
	struct stat status;

	if (lstat(address->sun_path, &status) < 0) {
		return true;
	}
	if (!S_ISSOCK(status.st_mode)) {
		return complain(why, "%s is there and no socket", address->sun_path);
	}
	if (is_in_use(address)) {
		return complain(why, "another pbxguard listens at %s", address->sun_path);
	}
	if (unlink(address->sun_path) < 0) {
		return complain(why, "%s of before can't be removed: %s", address->sun_path, strerror(errno));
	}
	return true;
}

/* Root gives it to the user and group pbxguard, where they exist. */
static void give_away(const char *path)
{
	const struct passwd *user = getpwnam(CONTROL_GROUP);
	uid_t owner = user != NULL ? user->pw_uid : (uid_t)-1;
	const struct group *group = getgrnam(CONTROL_GROUP);

	if (group == NULL || lchown(path, owner, group->gr_gid) < 0) {
		return; /* then it is root's alone */
	}
}

/* Nobody can connect before listen, so the mode is right from the first moment on. */
static bool listen_at(struct control *control, char *why)
{
	struct sockaddr_un address = address_of(control->path);
	struct stat status;

	if (!make_way(&address, why)) {
		return false;
	}
	if (bind(control->listener, (const struct sockaddr *)&address, sizeof address) < 0) {
		return complain(why, "%s can't be made: %s", control->path,
			errno == ENOENT ? "its folder is not there (systemd makes it for the service)"
					: strerror(errno));
	}
	if (geteuid() == 0) {
		give_away(control->path);
	}
	if (chmod(control->path, SOCKET_MODE) < 0 || lstat(control->path, &status) < 0 ||
		listen(control->listener, BACKLOG) < 0) {
		complain(why, "%s can't be used: %s", control->path, strerror(errno));
		unlink(control->path);
		return false;
	}
	control->device = status.st_dev;
	control->inode = status.st_ino;
	control->group = status.st_gid;
	return true;
}

static bool watch(const struct control *control, int descriptor, uint32_t events, void *what, int how)
{
	struct epoll_event event = {.events = events, .data.ptr = what};

	return epoll_ctl(control->epoll, how, descriptor, &event) == 0;
}

static bool prepare(struct control *control, char *why)
{
	control->epoll = epoll_create1(EPOLL_CLOEXEC);
	control->listener = new_socket();
	if (control->epoll < 0 || control->listener < 0 ||
		!watch(control, control->listener, EPOLLIN, NULL, EPOLL_CTL_ADD)) {
		return complain(why, "no control socket: %s", strerror(errno));
	}
	return listen_at(control, why);
}

struct control *control_open(const char *path, control_handler *handler, void *context,
	struct counters *counters, char why[static CONTROL_SENTENCE_SIZE])
{
	struct control *control = calloc(1, sizeof *control);

	if (control == NULL) {
		complain(why, "no memory for the control socket");
		return NULL;
	}
	snprintf(control->path, sizeof control->path, "%s", path);
	control->handler = handler;
	control->context = context;
	control->counters = counters;
	control->listener = control->epoll = -1;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		control->clients[i].descriptor = -1;
	}
	if (!prepare(control, why)) {
		control_close(control);
		return NULL;
	}
	return control;
}

static void close_client(struct client *client)
{
	if (client->descriptor >= 0) {
		close(client->descriptor); /* which takes it out of epoll */
	}
	client->descriptor = -1;
}

/* Another pbxguard may have put its own in the place. */
static void take_away(const struct control *control)
{
	struct stat status;

	if (control->inode != 0 && lstat(control->path, &status) == 0 && status.st_dev == control->device &&
		status.st_ino == control->inode) {
		unlink(control->path);
	}
}

void control_close(struct control *control)
{
	if (control == NULL) {
		return;
	}
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		close_client(&control->clients[i]);
	}
	take_away(control);
	if (control->listener >= 0) {
		close(control->listener);
	}
	if (control->epoll >= 0) {
		close(control->epoll);
	}
	free(control);
}

int control_descriptor(const struct control *control)
{
	return control->epoll;
}

/* ---- clients ---------------------------------------------------------------------------------------- */

static bool has_output(const struct client *client)
{
	return client->output_sent < client->output_size;
}

static bool is_busy(const struct client *client)
{
	return client->token != 0 || has_output(client);
}

/* What a client is waited for: while its request is handled it is read no further. */
static void update_events(const struct control *control, struct client *client)
{
	uint32_t events = has_output(client)                         ? EPOLLOUT
			  : client->token == 0 && !client->has_ended ? EPOLLIN
								     : 0;

	if (events != client->events && watch(control, client->descriptor, events, client, EPOLL_CTL_MOD)) {
		client->events = events;
	}
}

static void put_reply(struct client *client, const struct control_reply *reply)
{
	client->output_sent = 0;
	client->output_size = control_reply_write(reply, client->output, sizeof client->output);
	client->leaves = client->leaves || client->output_size == 0;
}

static void put_error(struct control *control, struct client *client, const char *sentence)
{
	control->reply = (struct control_reply){0};
	snprintf(control->reply.sentence, sizeof control->reply.sentence, "%s", sentence);
	put_reply(client, &control->reply);
}

static void handle_line(struct control *control, struct client *client, struct text line)
{
	struct control_request request;
	char error[CONTROL_SENTENCE_SIZE];

	client->since = control->now;
	if (!control_request_read(line, &request, error)) {
		put_error(control, client, error);
		return;
	}
	counter_add(control->counters, COUNTER_CONTROL_COMMANDS, 1);
	control->reply = (struct control_reply){0};
	client->token = ++control->last_token;
	const struct control_task task = {&request, client->who, client->token, &control->reply};
	if (control->handler(control->context, &task)) {
		client->token = 0;
		put_reply(client, &control->reply);
	}
}

/* The next whole line, if there is one and nothing is being answered. The last may lack its end. */
static bool handle_next_line(struct control *control, struct client *client)
{
	struct text input = {client->input, client->used};
	size_t end = text_find(input, '\n');

	if (is_busy(client) || client->leaves || client->used == 0 ||
		(end == client->used && !client->has_ended)) {
		return false;
	}
	struct text line = text_part(input, 0, end);
	size_t taken = end == client->used ? end : end + 1;
	if (!text_is_empty(text_trim(line))) {
		handle_line(control, client, line);
	}
	client->used -= taken;
	memmove(client->input, client->input + taken, client->used);
	return true;
}

static void write_output(struct control *control, struct client *client)
{
	while (has_output(client)) {
		ssize_t sent = send(client->descriptor, client->output + client->output_sent,
			client->output_size - client->output_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0) {
			client->leaves = client->leaves || (errno != EAGAIN && errno != EINTR);
			if (client->leaves && errno != EAGAIN) {
				client->output_size = client->output_sent; /* nobody is there */
			}
			return;
		}
		client->output_sent += (size_t)sent;
		client->since = control->now;
	}
}

static void read_input(struct client *client)
{
	ssize_t size = recv(client->descriptor, client->input + client->used,
		sizeof client->input - client->used, MSG_DONTWAIT);

	if (size > 0) {
		client->used += (size_t)size;
	} else if (size == 0) {
		client->has_ended = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		client->leaves = true;
	}
}

/* A line that fills the input and has no end will have none that we take. */
static void refuse_endless_line(struct control *control, struct client *client)
{
	if (!is_busy(client) && client->used == sizeof client->input) {
		put_error(control, client, "a request has 4095 bytes and its line end at most");
		client->leaves = true;
	}
}

/* Goes on with what is there until something has to be waited for. */
static void go_on(struct control *control, struct client *client)
{
	do {
		write_output(control, client);
	} while (handle_next_line(control, client));
	refuse_endless_line(control, client);
	write_output(control, client);
	if (!is_busy(client) && (client->leaves || (client->has_ended && client->used == 0))) {
		close_client(client);
		return;
	}
	update_events(control, client);
}

/* ---- newcomers -------------------------------------------------------------------------------------- */

static bool is_in_group(int descriptor, const struct ucred *peer, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof groups;

	if (peer->gid == group) {
		return true;
	}
	if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
		return false;
	}
	for (size_t i = 0; i < size / sizeof groups[0]; i++) {
		if (groups[i] == group) {
			return true;
		}
	}
	return false;
}

static bool may(const struct control *control, int descriptor, char who[static CONTROL_WHO_SIZE])
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
		return false;
	}
	snprintf(who, CONTROL_WHO_SIZE, "uid %u, process %d", (unsigned)peer.uid, (int)peer.pid);
	return peer.uid == 0 || peer.uid == geteuid() || is_in_group(descriptor, &peer, control->group);
}

static struct client *free_place(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (control->clients[i].descriptor < 0) {
			return &control->clients[i];
		}
	}
	return NULL;
}

/* As far as it is taken at once: nothing is kept of who may not stay. */
static void turn_away(struct control *control, int descriptor, const char *sentence)
{
	char line[CONTROL_SENTENCE_SIZE + 64];

	control->reply = (struct control_reply){0};
	snprintf(control->reply.sentence, sizeof control->reply.sentence, "%s", sentence);
	size_t size = control_reply_write(&control->reply, line, sizeof line);
	ssize_t sent = send(descriptor, line, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)sent; /* it may have gone already */
	close(descriptor);
}

static void take_client(struct control *control, int descriptor)
{
	struct client *client = free_place(control);
	char who[CONTROL_WHO_SIZE];

	if (!may(control, descriptor, who)) {
		turn_away(control, descriptor, "not permitted: be root, or in the group " CONTROL_GROUP);
		return;
	}
	if (client == NULL) {
		turn_away(control, descriptor, "too many are asking at once: try again");
		return;
	}
	client->descriptor = descriptor;
	client->events = EPOLLIN;
	client->token = 0;
	client->has_ended = client->leaves = false;
	client->since = control->now;
	client->used = client->output_size = client->output_sent = 0;
	memcpy(client->who, who, sizeof who);
	if (!watch(control, descriptor, EPOLLIN, client, EPOLL_CTL_ADD)) {
		close_client(client);
	}
}

/* Some at a time, so that a crowd at the door keeps nobody waiting. */
static void take_clients(struct control *control)
{
	for (int i = 0; i < BACKLOG; i++) {
		int descriptor = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (descriptor < 0) {
			return;
		}
		take_client(control, descriptor);
	}
}

/* ---- time ------------------------------------------------------------------------------------------- */

static void look_at_patience(struct control *control, struct client *client)
{
	duration waited = control->now - client->since;

	if (client->token != 0 && waited > CONTROL_REPLY_PATIENCE) {
		client->token = 0;
		put_error(control, client,
			"pbxguard is too busy to answer; it was told, so look before you "
			"try again");
		go_on(control, client);
	} else if (waited > CONTROL_CLIENT_PATIENCE) {
		close_client(client);
	}
}

/* What epoll woke us for; a client may be woken for nothing but its going (EPOLLHUP). */
static void client_is_ready(struct control *control, struct client *client, uint32_t events)
{
	if (client->descriptor < 0) {
		return;
	}
	if ((events & (EPOLLHUP | EPOLLERR)) != 0 && (events & EPOLLIN) == 0) {
		close_client(client); /* it reads no more, either */
		return;
	}
	if ((events & EPOLLIN) != 0 && !is_busy(client)) {
		read_input(client);
	}
	go_on(control, client);
}

void control_serve(struct control *control, instant now)
{
	struct epoll_event events[CONTROL_CLIENTS_MAX + 1];

	control->now = now;
	int count = epoll_wait(control->epoll, events, CONTROL_CLIENTS_MAX + 1, 0);
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr != NULL) {
			client_is_ready(control, events[i].data.ptr, events[i].events);
		}
	}
	/* After the clients: a place given away anew must not get an event that was the old client's. */
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr == NULL) {
			take_clients(control);
		}
	}
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (control->clients[i].descriptor >= 0) {
			look_at_patience(control, &control->clients[i]);
		}
	}
}

void control_answer(struct control *control, uint64_t token, const struct control_reply *reply)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];
		if (client->descriptor >= 0 && client->token == token && token != 0) {
			client->token = 0;
			put_reply(client, reply);
			go_on(control, client);
		}
	}
}
