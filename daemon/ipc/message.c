/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between Mintmark's processes: a header of eight bytes, the payload, and at most one descriptor.
 * doc/PROTOCOL.ipc says every byte.
 */
#include "daemon/ipc/message.h"

#include <errno.h>
#include <fcntl.h>
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
	packet->parts[0] = (struct iovec){ packet->header, HEADER_LEN };
	packet->parts[1] = (struct iovec){ payload, payload_len };
	packet->msg = (struct msghdr){ .msg_iov = packet->parts, .msg_iovlen = 2 };
}

/* To receive into a message. */
static void
packet_init_for(struct packet *packet, struct mm_message *message)
{
	packet_init(packet, message->payload, sizeof(message->payload));
	packet->msg.msg_control = packet->control;
	packet->msg.msg_controllen = sizeof(packet->control);
	message->fd = -1;
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

	memset(packet->control, 0, sizeof(packet->control)); /* its padding too */
	packet->msg.msg_control = packet->control;
	packet->msg.msg_controllen = CMSG_SPACE(sizeof(int));
	cmsg = CMSG_FIRSTHDR(&packet->msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
}

/* Make the packet of what may be sent; -1 with errno where it may not. An iovec has no const; sendmsg() only reads. */
static int
packet_fill(struct packet *packet, enum mm_process sender, enum mm_process receiver, enum mm_message_type type,
    struct mm_slice payload, bool with_fd)
{
	const struct message_row *row = find_row(type, sender, receiver);

	if (row == NULL || row->with_fd != with_fd) {
		errno = EPERM;
		return -1;
	}
	if (payload.len > row->len_max) {
		errno = EMSGSIZE;
		return -1;
	}
	packet_init(packet, (void *)(uintptr_t)payload.ptr, payload.len);
	write_header(packet->header, type, payload.len, with_fd);
	return 0;
}

bool
mm_message_make_prompt(int socket)
{
	int flags = fcntl(socket, F_GETFL);

	return flags != -1 && fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0;
}

int
mm_message_send(int socket, enum mm_process sender, enum mm_process receiver, enum mm_message_type type,
    const void *payload, size_t len, int fd)
{
	struct packet packet;
	ssize_t sent;

	if (packet_fill(&packet, sender, receiver, type, mm_slice(payload, len), fd >= 0) == -1)
		return -1;
	if (fd >= 0)
		attach_fd(&packet, fd);
	do
		sent = sendmsg(socket, &packet.msg, MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	return sent == -1 ? -1 : 0;
}

int
mm_message_send_batch(int socket, enum mm_process sender, enum mm_process receiver, const struct mm_outgoing *outgoing,
    size_t count)
{
	struct packet packets[MM_BATCH_MAX];
	struct mmsghdr headers[MM_BATCH_MAX];
	unsigned filled = 0;
	int sent;

	for (; filled < count && filled < MM_BATCH_MAX; filled++) {
		const struct mm_outgoing *next = &outgoing[filled];

		if (packet_fill(&packets[filled], sender, receiver, next->type, next->payload, false) == -1)
			break;
		headers[filled] = (struct mmsghdr){ .msg_hdr = packets[filled].msg };
	}
	if (filled == 0)
		return -1;
	do
		sent = sendmmsg(socket, headers, filled, MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	return sent;
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

/* Judge a packet that came; false with EPROTO, its descriptors closed, where the table does not allow it. */
static bool
take_packet(struct packet *packet, size_t received, enum mm_process sender, enum mm_process receiver,
    struct mm_message *message)
{
	size_t fd_count = take_fds(packet, &message->fd);

	if (check_packet(packet, received, fd_count, sender, receiver, message))
		return true;
	if (message->fd >= 0)
		close(message->fd);
	message->fd = -1;
	errno = EPROTO;
	return false;
}

int
mm_message_receive(int socket, enum mm_process receiver, enum mm_process sender, struct mm_message *message)
{
	struct packet packet;
	ssize_t received;

	packet_init_for(&packet, message);
	do
		received = recvmsg(socket, &packet.msg, MSG_CMSG_CLOEXEC);
	while (received == -1 && errno == EINTR);
	/* ECONNRESET: it went without reading all that was sent to it. */
	if (received == 0 || (received == -1 && errno == ECONNRESET))
		return 0;
	if (received == -1)
		return -1;
	return take_packet(&packet, (size_t)received, sender, receiver, message) ? 1 : -1;
}

/* ---- many at once ---- */

/* Close what came with packets that are not looked at any more. */
static void
drop_packets(struct packet *packets, const struct mmsghdr *headers, int from, int count)
{
	for (int i = from; i < count; i++) {
		int fd;

		packets[i].msg = headers[i].msg_hdr;
		(void)take_fds(&packets[i], &fd);
		if (fd >= 0)
			close(fd);
	}
}

/* Judge them one after the other, up to the first that is broken or is the end: then 0 or -1, as is returned. */
static int
take_packets(struct packet *packets, const struct mmsghdr *headers, int count, enum mm_process sender,
    enum mm_process receiver, struct mm_batch *batch)
{
	for (int i = 0; i < count; i++) {
		struct mm_message *message = &batch->messages[i];
		bool good = false;

		packets[i].msg = headers[i].msg_hdr;
		if (headers[i].msg_len > 0)
			good = take_packet(&packets[i], headers[i].msg_len, sender, receiver, message);
		if (good && message->fd == -1) {
			batch->count++;
			continue;
		}
		if (good)
			close(message->fd);
		drop_packets(packets, headers, i + 1, count);
		errno = EPROTO;
		return headers[i].msg_len == 0 ? 0 : -1;
	}
	return 1;
}

int
mm_message_receive_batch(int socket, enum mm_process receiver, enum mm_process sender, struct mm_batch *batch,
    size_t max)
{
	struct packet packets[MM_BATCH_MAX];
	struct mmsghdr headers[MM_BATCH_MAX];
	int received, behind;

	batch->count = 0;
	for (size_t i = 0; i < max; i++) {
		packet_init_for(&packets[i], &batch->messages[i]);
		headers[i] = (struct mmsghdr){ .msg_hdr = packets[i].msg };
	}
	do
		received = recvmmsg(socket, headers, (unsigned)max, MSG_CMSG_CLOEXEC | MSG_DONTWAIT, NULL);
	while (received == -1 && errno == EINTR);
	if (received == -1)
		return errno == ECONNRESET ? 0 : -1;
	behind = take_packets(packets, headers, received, sender, receiver, batch);
	if (behind != 1 || (size_t)received == max)
		return behind;
	/* Less than there was room for: nothing more lay there, or the next call says what it was. */
	errno = EAGAIN;
	return -1;
}
