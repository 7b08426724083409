/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of one of mintmarkd's processes: what one that was taken over could send. Each line of the file PROGRAM.plan
 * beside it is a packet, in hex, with one descriptor where "+" stands behind it. Then it waits until it is ended.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define CONTROL_FD 3
#define PACKET_MAX 70000

static void
send_packet(unsigned char *bytes, size_t len, int fd)
{
	_Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { bytes, len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	}
	(void)!sendmsg(CONTROL_FD, &msg, MSG_NOSIGNAL);
}

/* The digits of a line as bytes; their number. */
static size_t
read_hex(const char *line, unsigned char *packet)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = 0;

	for (;; len++) {
		const char *high = line[2 * len] == '\0' ? NULL : strchr(digits, line[2 * len]);
		const char *low = high == NULL || line[2 * len + 1] == '\0' ? NULL : strchr(digits, line[2 * len + 1]);

		if (low == NULL)
			return len;
		packet[len] = (unsigned char)((high - digits) << 4 | (low - digits));
	}
}

int
main(void)
{
	static char line[2 * PACKET_MAX + 8], path[4096];
	static unsigned char packet[PACKET_MAX];
	ssize_t path_len = readlink("/proc/self/exe", path, sizeof(path) - 8);
	FILE *plan;

	if (path_len <= 0)
		return 1;
	memcpy(path + path_len, ".plan", sizeof(".plan"));
	plan = fopen(path, "r");
	if (plan == NULL)
		return 1;
	while (fgets(line, sizeof(line), plan) != NULL) {
		size_t len = read_hex(line, packet);

		send_packet(packet, len, line[2 * len] == '+' ? fileno(plan) : -1);
	}
	while (read(CONTROL_FD, packet, sizeof(packet)) > 0)
		;
	return 0;
}
