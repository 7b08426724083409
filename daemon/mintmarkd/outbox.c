/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that wait. */
#include "daemon/mintmarkd/outbox.h"

#include "daemon/mintmarkd/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mm_letter {
	struct mm_letter *next;
	enum mm_message_type type;
	int fd; /* -1: none */
	size_t len;
	unsigned char payload[];
};

static struct mm_letter *
new_letter(enum mm_message_type type, const void *payload, size_t len, int fd)
{
	struct mm_letter *letter = malloc(sizeof(*letter) + len);

	if (letter == NULL)
		return NULL;
	*letter = (struct mm_letter){ .type = type, .fd = -1, .len = len };
	if (len > 0)
		memcpy(letter->payload, payload, len);
	if (fd >= 0 && (letter->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1) {
		free(letter);
		return NULL;
	}
	return letter;
}

static void
remove_first(struct mm_outbox *outbox)
{
	struct mm_letter *letter = outbox->first;

	outbox->first = letter->next;
	if (outbox->first == NULL)
		outbox->last = NULL;
	outbox->bytes -= letter->len;
	if (letter->fd >= 0)
		close(letter->fd);
	free(letter);
}

static bool
keep(struct mm_outbox *outbox, enum mm_message_type type, const void *payload, size_t len, int fd)
{
	struct mm_letter *letter;

	if (outbox->bytes + len > MM_OUTBOX_BYTES_MAX) {
		errno = ENOBUFS;
		return false;
	}
	letter = new_letter(type, payload, len, fd);
	if (letter == NULL)
		return false;
	if (outbox->last == NULL) {
		outbox->first = letter;
		outbox->since_ms = mm_clock_ms();
	} else {
		outbox->last->next = letter;
	}
	outbox->last = letter;
	outbox->bytes += len;
	return true;
}

bool
mm_outbox_send(struct mm_outbox *outbox, int socket, enum mm_process receiver, enum mm_message_type type,
    const void *payload, size_t len, int fd)
{
	if (outbox->first == NULL) {
		if (mm_message_send(socket, MM_PROCESS_MINTMARKD, receiver, type, payload, len, fd) == 0)
			return true;
		if (errno != EAGAIN)
			return false;
	}
	return keep(outbox, type, payload, len, fd);
}

bool
mm_outbox_flush(struct mm_outbox *outbox, int socket, enum mm_process receiver)
{
	while (outbox->first != NULL) {
		const struct mm_letter *letter = outbox->first;

		if (mm_message_send(socket, MM_PROCESS_MINTMARKD, receiver, letter->type, letter->payload, letter->len,
		        letter->fd) == -1)
			return errno == EAGAIN;
		outbox->since_ms = mm_clock_ms();
		remove_first(outbox);
	}
	return true;
}

void
mm_outbox_clear(struct mm_outbox *outbox)
{
	while (outbox->first != NULL)
		remove_first(outbox);
}
