/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets. */
#include "daemon/mintmarkd/listener.h"

#include "daemon/mintmarkd/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Connections that wait while a gate starts again; the kernel cuts it at net.core.somaxconn. */
#define BACKLOG 4096

/* ---- names ---- */

static void
write_name(const struct mm_listen *listen, char name[MM_LISTENER_NAME_MAX])
{
	const char *prefix = listen->kind == MM_LISTEN_TLS ? "tls:" : "";
	bool v6 = strchr(listen->address, ':') != NULL;

	if (listen->kind == MM_LISTEN_UNIX)
		snprintf(name, MM_LISTENER_NAME_MAX, "unix:%s", listen->address);
	else
		snprintf(name, MM_LISTENER_NAME_MAX, v6 ? "%s[%s]:%u" : "%s%s:%u", prefix, listen->address,
		    listen->port);
}

/* Note why an address cannot be had; returns false. */
static bool
fail(struct mm_listener *listener, const char *what, const char *mend)
{
	snprintf(listener->why, sizeof(listener->why), "%s%s%s", what, mend == NULL ? "" : ": ",
	    mend == NULL ? "" : mend);
	return false;
}

/* ---- TCP ---- */

/* Read a numeric address; 0: it is none. */
static socklen_t
parse_address(const struct mm_listen *listen, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, listen->address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(listen->port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, listen->address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(listen->port);
		return sizeof(*v6);
	}
	return 0;
}

static bool
set_tcp_options(int fd, int family)
{
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1)
		return false;
	/* "[::]" shall not take IPv4 too: what listens where is what the configuration says. */
	return family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0;
}

static bool
open_tcp(struct mm_listener *listener)
{
	struct sockaddr_storage address;
	socklen_t len = parse_address(listener->listen, &address);

	if (len == 0)
		return fail(listener, "it is no numeric address", NULL);
	listener->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd == -1 || !set_tcp_options(listener->fd, address.ss_family) ||
	    bind(listener->fd, (const struct sockaddr *)&address, len) == -1 || listen(listener->fd, BACKLOG) == -1)
		return fail(listener, strerror(errno),
		    errno == EADDRINUSE ? "stop the other process, or choose another port" : NULL);
	return true;
}

/* ---- unix sockets ---- */

static bool
set_path(struct mm_listener *listener, struct sockaddr_un *address)
{
	const char *path = listener->listen->address;

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return fail(listener, "its path is longer than 107 bytes", NULL);
	memcpy(address->sun_path, path, strlen(path) + 1);
	return true;
}

/* Make the socket's folder where only it is missing: /run is empty after each start of the machine. */
static bool
make_folder(struct mm_listener *listener)
{
	char folder[MM_LISTENER_NAME_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", listener->listen->address);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return true;
	*slash = '\0';
	if (mkdir(folder, 0755) == -1 && errno != EEXIST)
		return fail(listener, strerror(errno), "make its folder");
	return true;
}

/* Whether somebody accepts connections at the address; true also where that cannot be told. */
static bool
is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused;

	if (fd == -1)
		return true;
	refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == -1 && errno == ECONNREFUSED;
	close(fd);
	return !refused;
}

/* Free the path of what an earlier run left behind, and of nothing else. */
static bool
remove_stale(struct mm_listener *listener, const struct sockaddr_un *address)
{
	struct stat status;

	if (lstat(address->sun_path, &status) == -1)
		return errno == ENOENT ? true : fail(listener, strerror(errno), NULL);
	if (!S_ISSOCK(status.st_mode))
		return fail(listener, "something that is no socket has this path", "remove it, or choose another path");
	if (is_alive(address))
		return fail(listener, "another process listens there", "stop it, or choose another path");
	return unlink(address->sun_path) == 0 ? true : fail(listener, strerror(errno), NULL);
}

static bool
bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(S_IXUSR | S_IXGRP | S_IRWXO); /* so that it never stands open to others: mode 0660 */
	bool bound = bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

	umask(mask);
	return bound;
}

/* Remember what was made, and let the user's group connect. */
static bool
take_path(struct mm_listener *listener, const struct sockaddr_un *address, const struct mm_user *user)
{
	struct stat status;

	if (lstat(address->sun_path, &status) == -1 || !S_ISSOCK(status.st_mode))
		return fail(listener, "its path was taken away again", NULL);
	listener->device = status.st_dev;
	listener->inode = status.st_ino;
	if (user->change && lchown(address->sun_path, (uid_t)-1, user->gid) == -1)
		return fail(listener, strerror(errno), NULL);
	return true;
}

static bool
open_unix(struct mm_listener *listener, int type, const struct mm_user *user)
{
	struct sockaddr_un address;

	if (!set_path(listener, &address) || !make_folder(listener) || !remove_stale(listener, &address))
		return false;
	listener->fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd == -1 || !bind_private(listener->fd, &address))
		return fail(listener, strerror(errno), NULL);
	if (!take_path(listener, &address, user))
		return false;
	return listen(listener->fd, BACKLOG) == 0 ? true : fail(listener, strerror(errno), NULL);
}

/* ---- all of them ---- */

bool
mm_listener_try(struct mm_listener *listener, const struct mm_listen *listen, int type, const struct mm_user *user)
{
	bool opened;

	*listener = (struct mm_listener){ .listen = listen, .fd = -1 };
	write_name(listen, listener->name);
	opened = listen->kind == MM_LISTEN_UNIX ? open_unix(listener, type, user) : open_tcp(listener);
	if (!opened)
		mm_listener_close(listener);
	return opened;
}

bool
mm_listener_open(struct mm_listener *listener, const struct mm_listen *listen, int type, const struct mm_user *user)
{
	if (mm_listener_try(listener, listen, type, user))
		return true;
	mm_log(LOG_ERR, "cannot listen on %s: %s", listener->name, listener->why);
	return false;
}

bool
mm_listeners_open(const struct mm_listen *listens, size_t count, const struct mm_user *user,
    struct mm_listeners *listeners)
{
	bool all = true;

	listeners->count = 0;
	listeners->items = calloc(count, sizeof(*listeners->items));
	if (listeners->items == NULL) {
		mm_log(LOG_ERR, "memory for the listening sockets: %s", strerror(ENOMEM));
		return false;
	}
	for (; listeners->count < count; listeners->count++)
		all = mm_listener_open(&listeners->items[listeners->count], &listens[listeners->count], SOCK_STREAM,
		          user) && all;
	if (!all)
		mm_listeners_close(listeners);
	return all;
}

void
mm_listener_close(struct mm_listener *listener)
{
	const char *path = listener->listen->address;
	struct stat status;

	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
	if (listener->listen->kind == MM_LISTEN_UNIX && listener->inode != 0 && lstat(path, &status) == 0 &&
	    status.st_dev == listener->device && status.st_ino == listener->inode)
		unlink(path);
}

void
mm_listeners_close(struct mm_listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++)
		mm_listener_close(&listeners->items[i]);
	free(listeners->items);
	*listeners = (struct mm_listeners){ NULL, 0 };
}
