/* SPDX-License-Identifier: Apache-2.0 */
/* The trust socket. */
#include "daemon/mintmarkd/followers.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EPOCH_LEN 8

/* For a reload of many documents, a new gate, its journal; none of them is a follower's to take. */
#define DESCRIPTORS_LEFT 64

bool
mm_followers_open(struct mm_followers *followers, char *path, const struct mm_user *user)
{
	*followers = (struct mm_followers){
		.listen = { .kind = MM_LISTEN_UNIX, .address = path },
		.listener = { .fd = -1 },
	};
	return path == NULL ||
	    mm_listener_open(&followers->listener, &followers->listen, SOCK_SEQPACKET, user);
}

static void
cut(struct mm_followers *followers, size_t at)
{
	close(followers->peers[at]);
	followers->peers[at] = followers->peers[--followers->count];
}

void
mm_followers_close(struct mm_followers *followers)
{
	while (followers->count > 0)
		cut(followers, followers->count - 1);
	if (followers->listen.address != NULL)
		mm_listener_close(&followers->listener);
	followers->listen.address = NULL;
}

/* One packet: the epoch, with the snapshot. Returns whether the peer's socket took it. */
static bool
send_trust(int peer, const struct mm_trust_in_use *trust)
{
	unsigned char epoch[EPOCH_LEN];
	_Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { epoch, sizeof(epoch) };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	for (unsigned i = 0; i < EPOCH_LEN; i++)
		epoch[i] = (unsigned char)(trust->epoch >> (8 * i));
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &trust->snapshot_fd, sizeof(int));
	return sendmsg(peer, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == EPOCH_LEN;
}

/* Whoever comes and goes as he likes cannot fill the log: one of these in a while stands for all. */
static void
tell_cut(struct mm_followers *followers, int error)
{
	if (mm_cool_down_take(&followers->cut_told, mm_clock_ms(), MM_TELL_LEAST_MS))
		mm_log(LOG_WARNING, "an application that follows the trust does not take it, and is cut: %s",
		    strerror(error));
}

void
mm_followers_tell(struct mm_followers *followers, const struct mm_trust_in_use *trust)
{
	for (size_t i = followers->count; i-- > 0;) {
		if (send_trust(followers->peers[i], trust))
			continue;
		tell_cut(followers, errno);
		cut(followers, i);
	}
}

static void
refuse(struct mm_followers *followers, int peer)
{
	close(peer);
	if (mm_telling_bad(&followers->full, mm_clock_ms()))
		mm_log(LOG_WARNING, "more than %d applications want to follow the trust: the others are refused",
		    MM_FOLLOWERS_MAX);
}

static void
keep(struct mm_followers *followers, int peer)
{
	followers->peers[followers->count++] = peer;
	if (followers->count < MM_FOLLOWERS_MAX)
		(void)mm_telling_good(&followers->full);
}

/* Few packets: the kernel takes the smallest that it has. */
static bool
make_narrow(int peer)
{
	const int least = 1;

	return setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)) == 0;
}

/* Whether descriptors are so few that a follower takes one that a gate, a journal segment or a reload needs. */
static bool
takes_the_last(int peer)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) != 0 || (rlim_t)peer + DESCRIPTORS_LEFT >= limit.rlim_cur;
}

static void
accept_one(struct mm_followers *followers, const struct mm_trust_in_use *trust)
{
	int peer = accept4(followers->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (peer == -1)
		return;
	if (followers->count == MM_FOLLOWERS_MAX || takes_the_last(peer))
		refuse(followers, peer);
	else if (make_narrow(peer) && send_trust(peer, trust))
		keep(followers, peer);
	else
		close(peer);
}

size_t
mm_followers_wait_for(const struct mm_followers *followers, struct pollfd *waited)
{
	waited[0] = (struct pollfd){ .fd = followers->listener.fd, .events = POLLIN };
	for (size_t i = 0; i < followers->count; i++)
		waited[1 + i] = (struct pollfd){ .fd = followers->peers[i], .events = POLLIN };
	return 1 + followers->count;
}

void
mm_followers_serve(struct mm_followers *followers, const struct pollfd *waited, size_t count,
    const struct mm_trust_in_use *trust)
{
	/* Gone, or sent something: both end it. From the last on, as the last takes the place of one that is cut. */
	for (size_t i = count; i-- > 1;)
		if (waited[i].revents != 0 && i - 1 < followers->count && followers->peers[i - 1] == waited[i].fd)
			cut(followers, i - 1);
	if (waited[0].revents != 0)
		accept_one(followers, trust);
}
