/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a message between processes: what is accepted is what the table allows, and no descriptor is lost.
 * The first byte says who receives, who sends, and how many descriptors come along; the rest is the packet.
 */
#include "daemon/ipc/message.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	enum mm_process sender, receiver;
	size_t len_max;
	bool with_fd;
} table[] = {
#define MM_MESSAGE(type, sender, receiver, max_len, with_fd)                                                          \
	{ MM_PROCESS_##sender, MM_PROCESS_##receiver, max_len, with_fd },
#include "daemon/ipc/messages.def"
#undef MM_MESSAGE
};

static void
send_raw(int socket, const uint8_t *bytes, size_t len, unsigned fd_count)
{
	struct iovec part = { (void *)(uintptr_t)bytes, len };
	_Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(3 * sizeof(int))] = { 0 };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd_count > 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		for (unsigned i = 0; i < fd_count; i++)
			memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &socket, sizeof(int));
	}
	if (sendmsg(socket, &msg, MSG_NOSIGNAL) == -1)
		abort();
}

static int
lowest_free_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mm_message message;
	enum mm_process receiver, sender;
	int pair[2], free_before;
	int got;

	if (size < 2 || size > MM_MESSAGE_LEN_MAX)
		return 0;
	receiver = (enum mm_process)((data[0] & 3) % MM_PROCESS_COUNT);
	sender = (enum mm_process)((data[0] >> 2 & 3) % MM_PROCESS_COUNT);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == -1)
		abort();
	free_before = lowest_free_fd();
	send_raw(pair[0], data + 1, size - 1, data[0] >> 4 & 3);
	got = mm_message_receive(pair[1], receiver, sender, &message);
	if (got == 0 || (got == -1 && errno != EPROTO))
		abort();
	if (got == 1) {
		if (message.type >= MM_MESSAGE_COUNT || table[message.type].sender != sender ||
		    table[message.type].receiver != receiver || message.len > table[message.type].len_max ||
		    message.len != size - 9 || (message.fd >= 0) != table[message.type].with_fd)
			abort();
		if (message.fd >= 0)
			close(message.fd);
	}
	if (lowest_free_fd() != free_before)
		abort();
	close(pair[0]);
	close(pair[1]);
	return 0;
}
