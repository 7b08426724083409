/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between Mintmark's processes: a header of eight bytes, the payload, and at most one descriptor.
 * doc/PROTOCOL.ipc says every byte.
 */
#include "daemon/ipc/message.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct message_row {
	enum mm_process sender;
	enum mm_process receiver;
	size_t len_max;
	bool with_fd;
};

#define MM_MESSAGE(type, sender, receiver, max_len, with_fd)                                                          \
	_Static_assert((max_len) <= MM_MESSAGE_LEN_MAX, "larger than any message: " #type);
#include "daemon/ipc/messages.def"
#undef MM_MESSAGE

static const struct message_row rows[MM_MESSAGE_COUNT] = {
#define MM_MESSAGE(type, sender, receiver, max_len, with_fd)                                                          \
	[MM_MESSAGE_##type] = { MM_PROCESS_##sender, MM_PROCESS_##receiver, max_len, with_fd },
#include "daemon/ipc/messages.def"
#undef MM_MESSAGE
};

/* Type (2 bytes), number of descriptors (1), zero (1), payload length (4). */
#define HEADER_LEN 8

/* More than the one that is allowed, so that a second is seen, and closed, instead of lost in the kernel. */
#define FDS_SEEN_MAX 8

struct packet {
	unsigned char header[HEADER_LEN];
	struct iovec parts[2];
	_Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(FDS_SEEN_MAX * sizeof(int))];
	struct msghdr msg;
};

const char *
mm_process_name(enum mm_process process)
{
	static const char *const names[MM_PROCESS_COUNT] = {
		[MM_PROCESS_MINTMARKD] = "mintmarkd",
		[MM_PROCESS_COMPILER] = "mintmark-compiler",
		[MM_PROCESS_GATE] = "mintmark-gate",
		[MM_PROCESS_COURIER] = "mintmark-courier",
		[MM_PROCESS_DESK] = "mintmark-desk",
		[MM_PROCESS_SIGNER] = "mintmark-signer",
		[MM_PROCESS_LEDGER] = "mintmark-ledger",
		[MM_PROCESS_VERIFIER] = "mintmark-verifier",
		[MM_PROCESS_ISSUER] = "mintmark-issuer",
	};

	return (unsigned)process < MM_PROCESS_COUNT ? names[process] : "unknown";
}

/* The row of a type that may go this way; NULL: the table does not allow it. */
static const struct message_row *
find_row(unsigned type, enum mm_process sender, enum mm_process receiver)
{
	if (type >= MM_MESSAGE_COUNT || rows[type].sender != sender || rows[type].receiver != receiver)
		return NULL;
	return &rows[type];
}

static void
packet_init(struct packet *packet, void *payload, size_t payload_len)
{
	memset(packet, 0, sizeof(*packet));
	packet->parts[0] = (struct iovec){ packet->header, HEADER_LEN };
	packet->parts[1] = (struct iovec){ payload, payload_len };
	packet->msg.msg_iov = packet->parts;
	packet->msg.msg_iovlen = 2;
}

static void
write_header(unsigned char header[HEADER_LEN], unsigned type, size_t len, bool with_fd)
{
	header[0] = (unsigned char)(type & 0xff);
	header[1] = (unsigned char)(type >> 8);
	header[2] = with_fd;
	header[3] = 0;
	for (unsigned i = 0; i < 4; i++)
		header[4 + i] = (unsigned char)(len >> (8 * i));
}

static void
attach_fd(struct packet *packet, int fd)
{
	struct cmsghdr *cmsg;

	packet->msg.msg_control = packet->control;
	packet->msg.msg_controllen = CMSG_SPACE(sizeof(int));
	cmsg = CMSG_FIRSTHDR(&packet->msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
}

int
mm_message_send(int socket, enum mm_process sender, enum mm_process receiver, enum mm_message_type type,
    const void *payload, size_t len, int fd)
{
	const struct message_row *row = find_row(type, sender, receiver);
	struct packet packet;
	ssize_t sent;

	if (row == NULL || row->with_fd != (fd >= 0)) {
		errno = EPERM;
		return -1;
	}
	if (len > row->len_max) {
		errno = EMSGSIZE;
		return -1;
	}
	/* An iovec has no const; sendmsg() only reads. */
	packet_init(&packet, (void *)(uintptr_t)payload, len);
	write_header(packet.header, type, len, row->with_fd);
	if (row->with_fd)
		attach_fd(&packet, fd);
	do
		sent = sendmsg(socket, &packet.msg, MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	return sent == -1 ? -1 : 0;
}

/* Take the descriptors out of a received packet: the first into *fd, the others are closed. Returns their number. */
static size_t
take_fds(struct packet *packet, int *fd)
{
	struct msghdr *msg = &packet->msg;
	size_t count = 0;

	*fd = -1;
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= cmsg->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
			int taken;

			memcpy(&taken, CMSG_DATA(cmsg) + at, sizeof(taken));
			if (count++ == 0)
				*fd = taken;
			else
				close(taken);
		}
	}
	return count;
}

/* Whether a packet of received bytes and these descriptors is what the table allows; sets type and length. */
static bool
check_packet(const struct packet *packet, size_t received, size_t fd_count, enum mm_process sender,
    enum mm_process receiver, struct mm_message *message)
{
	const unsigned char *header = packet->header;
	const struct message_row *row;
	size_t len;

	if ((packet->msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || received < HEADER_LEN)
		return false;
	row = find_row(header[0] | (unsigned)header[1] << 8, sender, receiver);
	len = header[4] | (size_t)header[5] << 8 | (size_t)header[6] << 16 | (size_t)header[7] << 24;
	if (row == NULL || len != received - HEADER_LEN || len > row->len_max)
		return false;
	if (header[2] != row->with_fd || fd_count != row->with_fd || header[3] != 0)
		return false;
	message->type = (enum mm_message_type)(row - rows);
	message->len = len;
	return true;
}

int
mm_message_receive(int socket, enum mm_process receiver, enum mm_process sender, struct mm_message *message)
{
	struct packet packet;
	ssize_t received;
	size_t fd_count;

	packet_init(&packet, message->payload, sizeof(message->payload));
	packet.msg.msg_control = packet.control;
	packet.msg.msg_controllen = sizeof(packet.control);
	message->fd = -1;
	do
		received = recvmsg(socket, &packet.msg, MSG_CMSG_CLOEXEC);
	while (received == -1 && errno == EINTR);
	/* ECONNRESET: it went without reading all that was sent to it. */
	if (received == 0 || (received == -1 && errno == ECONNRESET))
		return 0;
	if (received == -1)
		return -1;
	fd_count = take_fds(&packet, &message->fd);
	if (check_packet(&packet, (size_t)received, fd_count, sender, receiver, message))
		return 1;
	if (message->fd >= 0)
		close(message->fd);
	message->fd = -1;
	errno = EPROTO;
	return -1;
}
