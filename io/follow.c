/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following the trust of a mintmarkd over its socket, as doc/PROTOCOL.follow says.
 *
 * One epoll descriptor holds both what can wake a follower, the connection and the timer of the next attempt, so that
 * an application polls one number for ever.
 */
#include <mintmark/follow.h>

#include "daemon/ipc/sealed.h"
#include "lib/trust/snapshot.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A packet is an epoch, and a descriptor beside it. */
#define PACKET_LEN 8

/* Room for more descriptors than may come, so that they are seen and closed. */
#define DESCRIPTORS_MAX 8

/* From the end of a connection to the next attempt; doubled at each one that fails. */
#define BACK_OFF_FIRST_MS 100
#define BACK_OFF_LAST_MS 5000

struct mm_follower {
	struct sockaddr_un address;
	int epoll_fd;
	int timer_fd;  /* fires when it is time to connect */
	int socket_fd; /* -1: not connected */
	int back_off_ms;
	bool told;      /* a trust came over this connection */
	bool has_epoch; /* one was given to the application */
	uint64_t epoch; /* the largest of those */
};

/* What looking once came to. */
enum look {
	LOOK_TRUST,   /* a newer one */
	LOOK_NOTHING, /* nothing (more) now */
	LOOK_AGAIN,   /* something that is passed over */
	LOOK_FAULT,   /* the connection is closed, *why is set */
};

/* ---- times ---- */

static int64_t
now_ms(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Let the timer fire once after a time, or at once. */
static void
arm(struct mm_follower *follower, int ms)
{
	struct itimerspec when = { .it_value = { ms / 1000, ms % 1000 * 1000000L } };

	if (ms == 0)
		when.it_value.tv_nsec = 1; /* zero would disarm it */
	(void)timerfd_settime(follower->timer_fd, 0, &when, NULL);
}

/* Whether it fired; it is quiet again then. */
static bool
is_due(struct mm_follower *follower)
{
	uint64_t times;

	return read(follower->timer_fd, &times, sizeof(times)) == (ssize_t)sizeof(times);
}

/* ---- life ---- */

static bool
watch(struct mm_follower *follower, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP };

	return epoll_ctl(follower->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

struct mm_follower *
mm_follower_new(const char *socket_path)
{
	size_t len = strlen(socket_path);
	struct mm_follower *follower;

	if (len >= sizeof(follower->address.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	follower = calloc(1, sizeof(*follower));
	if (follower == NULL)
		return NULL;
	follower->address.sun_family = AF_UNIX;
	memcpy(follower->address.sun_path, socket_path, len + 1);
	follower->socket_fd = -1;
	follower->back_off_ms = BACK_OFF_FIRST_MS;
	follower->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	follower->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (follower->epoll_fd == -1 || follower->timer_fd == -1 || !watch(follower, follower->timer_fd))
		mm_follower_free(&follower);
	else
		arm(follower, 0);
	return follower;
}

static void
close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
mm_follower_free(struct mm_follower **follower)
{
	int error = errno;

	if (follower == NULL || *follower == NULL)
		return;
	close_if_open((*follower)->socket_fd);
	close_if_open((*follower)->timer_fd);
	close_if_open((*follower)->epoll_fd);
	free(*follower);
	*follower = NULL;
	errno = error;
}

int
mm_follower_fd(const struct mm_follower *follower)
{
	return follower->epoll_fd;
}

bool
mm_follower_connected(const struct mm_follower *follower)
{
	return follower->socket_fd >= 0 && follower->told;
}

/* ---- the connection ---- */

/* End the connection, if there is one, and try again later. */
static void
back_off(struct mm_follower *follower)
{
	if (follower->socket_fd >= 0) {
		/* Closing alone does not take it out of the set where another process has it by fork(2). */
		(void)epoll_ctl(follower->epoll_fd, EPOLL_CTL_DEL, follower->socket_fd, NULL);
		close(follower->socket_fd);
	}
	follower->socket_fd = -1;
	follower->told = false;
	arm(follower, follower->back_off_ms);
	follower->back_off_ms *= 2;
	if (follower->back_off_ms > BACK_OFF_LAST_MS)
		follower->back_off_ms = BACK_OFF_LAST_MS;
}

static enum look
fault(struct mm_follower *follower, const char **why, const char *text)
{
	*why = text;
	back_off(follower);
	return LOOK_FAULT;
}

/* Connect if it is time; that nobody is there is nothing to tell at once. */
static void
connect_when_due(struct mm_follower *follower)
{
	if (!is_due(follower))
		return;
	follower->socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (follower->socket_fd == -1 || connect(follower->socket_fd, (const struct sockaddr *)&follower->address,
	        sizeof(follower->address)) == -1 || !watch(follower, follower->socket_fd))
		back_off(follower);
}

/* ---- a packet ---- */

struct packet {
	uint8_t bytes[PACKET_LEN + 1]; /* one more than may come, to see it */
	ssize_t len;                   /* -1 with errno */
	bool cut;
	int fds[DESCRIPTORS_MAX];
	size_t fd_count;
};

static void
take_descriptors(struct packet *packet, struct msghdr *header)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control != NULL; control = CMSG_NXTHDR(header, control)) {
		size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count && packet->fd_count < DESCRIPTORS_MAX; i++)
			memcpy(&packet->fds[packet->fd_count++], CMSG_DATA(control) + i * sizeof(int), sizeof(int));
	}
}

static void
receive(struct mm_follower *follower, struct packet *packet)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	struct iovec part = { packet->bytes, sizeof(packet->bytes) };
	struct msghdr header = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};

	packet->fd_count = 0;
	do {
		packet->len = recvmsg(follower->socket_fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (packet->len == -1 && errno == EINTR);
	packet->cut = packet->len >= 0 && (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
	if (packet->len >= 0)
		take_descriptors(packet, &header);
}

static uint64_t
epoch_of(const struct packet *packet)
{
	uint64_t epoch = 0;

	for (size_t i = PACKET_LEN; i > 0; i--)
		epoch = epoch << 8 | packet->bytes[i - 1];
	return epoch;
}

/* Load what the descriptor holds; NULL with *why. */
static struct mm_trust *
load(int fd, const char **why)
{
	struct mm_slice bytes;
	struct mm_trust *trust;

	if (mm_sealed_map(fd, MM_SNAPSHOT_LEN_MAX, &bytes) == -1) {
		*why = errno == EFBIG ? "what came is longer than any snapshot" :
		    errno == ENODATA  ? "what came is empty" :
		                        "what came is no sealed memory, so it could still change";
		return NULL;
	}
	trust = mm_trust_load(bytes.ptr, bytes.len, why);
	mm_sealed_unmap(&bytes);
	return trust;
}

/* The connection is good: the next one may be tried as soon. */
static void
note_told(struct mm_follower *follower)
{
	follower->told = true;
	follower->back_off_ms = BACK_OFF_FIRST_MS;
}

/* A whole packet's trust, if it is newer than all that were given. */
static enum look
take_trust(struct mm_follower *follower, const struct packet *packet, struct mm_trust **trust, const char **why)
{
	uint64_t epoch = epoch_of(packet);
	const char *what = NULL;

	if (follower->has_epoch && epoch < follower->epoch)
		return fault(follower, why, "an epoch came that is older than one before");
	if (follower->has_epoch && epoch == follower->epoch) {
		note_told(follower);
		return LOOK_AGAIN;
	}
	*trust = load(packet->fds[0], &what);
	if (*trust == NULL)
		return fault(follower, why, what);
	if (mm_trust_epoch(*trust) != epoch) {
		mm_trust_free(trust);
		return fault(follower, why, "the snapshot that came is not of the epoch that was said");
	}
	follower->has_epoch = true;
	follower->epoch = epoch;
	note_told(follower);
	return LOOK_TRUST;
}

/* Take one packet from the connection, if there is one. */
static enum look
take_packet(struct mm_follower *follower, struct mm_trust **trust, const char **why)
{
	struct packet packet;
	enum look look;

	receive(follower, &packet);
	if (packet.len == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return LOOK_NOTHING;
	if (packet.len == -1 || (packet.len == 0 && packet.fd_count == 0))
		return fault(follower, why, "the connection to mintmarkd ended");
	if (packet.len != PACKET_LEN || packet.cut || packet.fd_count != 1)
		look = fault(follower, why, "what came is no epoch with one descriptor");
	else
		look = take_trust(follower, &packet, trust, why);
	for (size_t i = 0; i < packet.fd_count; i++)
		close(packet.fds[i]);
	return look;
}

/* ---- following ---- */

static enum look
look_once(struct mm_follower *follower, struct mm_trust **trust, const char **why)
{
	enum look look = LOOK_AGAIN;

	if (follower->socket_fd == -1)
		connect_when_due(follower);
	while (follower->socket_fd >= 0 && look == LOOK_AGAIN)
		look = take_packet(follower, trust, why);
	return look == LOOK_AGAIN ? LOOK_NOTHING : look;
}

/* Wait until there is something to do or the time is over. */
static void
wait_until(const struct mm_follower *follower, int64_t deadline_ms)
{
	struct pollfd pollfd = { .fd = follower->epoll_fd, .events = POLLIN };
	int64_t left_ms = deadline_ms - now_ms();

	if (left_ms > 0)
		(void)poll(&pollfd, 1, deadline_ms == INT64_MAX ? -1 : left_ms > INT_MAX ? INT_MAX : (int)left_ms);
}

struct mm_trust *
mm_trust_follow(struct mm_follower *follower, int timeout_ms, const char **why)
{
	int64_t deadline_ms = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;
	struct mm_trust *trust = NULL;
	const char *text = NULL;
	enum look look;

	while ((look = look_once(follower, &trust, &text)) == LOOK_NOTHING && now_ms() < deadline_ms)
		wait_until(follower, deadline_ms);
	if (look == LOOK_NOTHING)
		text = follower->socket_fd == -1 ? "nobody answers at the trust socket: does mintmarkd run?" :
		    follower->told               ? "there is no newer trust" :
		                                   "mintmarkd has told no trust yet";
	if (look != LOOK_TRUST && why != NULL)
		*why = text;
	return look == LOOK_TRUST ? trust : NULL;
}
