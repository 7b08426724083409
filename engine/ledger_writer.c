/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a ledger: memory, one thread that writes and syncs, and segments. */
#include "engine/ledger_writer.h"

#include "engine/file.h"
#include "engine/ledger_file.h"
#include "lib/crypto/hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define ZEROES_LEN 65536
#define TROUBLE_LEN_MAX 160

/* A place in the chain. */
struct chain_head {
	uint64_t sequence;
	uint8_t hash[MM_DIGEST_LEN];
	struct mm_ledger_at rare;
	uint64_t end; /* in the segment: where the next record goes */
};

struct mm_ledger_writer {
	int dir_fd, fd, event_fd;
	uint64_t number, salt, segment_bytes, size_bytes;
	uint8_t id[MM_LEDGER_ID_LEN];
	struct chain_head head; /* with what is pending */
	struct mm_hasher *hasher;
	uint8_t encoded[MM_LEDGER_RECORD_MAX];

	pthread_t thread;
	bool running;
	pthread_mutex_t lock; /* holds what follows */
	pthread_cond_t wake;  /* the thread: there is something to write */
	pthread_cond_t idle;  /* nothing is being written */
	uint8_t *pending, *writing;
	size_t pending_len;
	uint64_t pending_at; /* where it goes */
	bool busy, held, stopping;
	bool failed; /* nothing more is taken or written */
	char trouble[TROUBLE_LEN_MAX];
	struct chain_head pending_head, durable;
	struct mm_ledger_writer_stats stats;
};

/* ---- the thread ---- */

static void
fail(struct mm_ledger_writer *writer, const char *what, int failure)
{
	writer->failed = true;
	writer->pending_len = 0;
	(void)snprintf(writer->trouble, sizeof(writer->trouble), "%s: %s", what, strerror(failure));
}

static void
tell(const struct mm_ledger_writer *writer)
{
	const uint64_t one = 1;

	(void)!write(writer->event_fd, &one, sizeof(one));
}

/* Write and sync what is pending; called with the lock, which is released meanwhile. */
static void
write_pending(struct mm_ledger_writer *writer)
{
	struct chain_head head = writer->pending_head;
	uint64_t at = writer->pending_at;
	size_t len = writer->pending_len;
	uint8_t *bytes = writer->pending;
	const char *what = NULL;
	int failure = 0;

	writer->pending = writer->writing;
	writer->writing = bytes;
	writer->pending_len = 0;
	writer->busy = true;
	pthread_mutex_unlock(&writer->lock);
	if (!mm_ledger_write_at(writer->fd, bytes, len, at))
		what = "the ledger cannot be written", failure = errno;
	else if (fdatasync(writer->fd) == -1)
		what = "the ledger cannot be brought to the disk", failure = errno;
	pthread_mutex_lock(&writer->lock);
	writer->busy = false;
	if (what != NULL) {
		fail(writer, what, failure);
	} else {
		writer->stats.records += head.sequence - writer->durable.sequence;
		writer->stats.syncs++;
		writer->stats.bytes += len;
		writer->durable = head;
	}
	pthread_cond_broadcast(&writer->idle);
	tell(writer);
}

static void *
run(void *ctx)
{
	struct mm_ledger_writer *writer = ctx;

	pthread_mutex_lock(&writer->lock);
	for (;;) {
		while ((writer->pending_len == 0 || writer->held) && !writer->stopping)
			pthread_cond_wait(&writer->wake, &writer->lock);
		if (writer->pending_len == 0)
			break;
		write_pending(writer);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* Wait until everything is written, or writing failed; called with the lock. */
static void
wait_idle(struct mm_ledger_writer *writer)
{
	writer->held = false;
	pthread_cond_signal(&writer->wake);
	while (writer->busy || writer->pending_len > 0)
		pthread_cond_wait(&writer->idle, &writer->lock);
}

/* ---- segments ---- */

static int64_t
now_us(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool
make_salt(uint64_t *salt)
{
	do
		if (getrandom(salt, sizeof(*salt), 0) != (ssize_t)sizeof(*salt))
			return false;
	while (*salt == 0);
	return true;
}

/*
 * Begin another segment behind what is durable. False with errno; nothing changed then. What stands under the next
 * number is one that was begun in vain, on a disk that would not let go of it either: it is replaced.
 */
static bool
begin_segment(struct mm_ledger_writer *writer)
{
	struct mm_ledger_header header = {
		.number = writer->number + 1,
		.size_bytes = writer->segment_bytes,
		.created_us = now_us(),
		.previous_number = writer->number,
		.previous_end = writer->number == 0 ? 0 : writer->durable.end,
		.sequence = writer->durable.sequence + 1,
		.rare = writer->durable.rare,
	};
	int fd;

	memcpy(header.id, writer->id, sizeof(header.id));
	memcpy(header.previous_hash, writer->durable.hash, sizeof(header.previous_hash));
	if (!make_salt(&header.salt))
		return false;
	fd = mm_ledger_segment_make(writer->dir_fd, &header);
	if (fd == -1)
		return false;
	if (writer->fd != -1)
		close(writer->fd);
	writer->fd = fd;
	writer->number = header.number;
	writer->salt = header.salt;
	writer->size_bytes = header.size_bytes;
	writer->durable.end = MM_LEDGER_HEADER_LEN;
	writer->head = writer->durable;
	return true;
}

/*
 * Write the last records once more. Who wrote them may have been killed before he synced them, or could not: then the
 * kernel takes their pages for written, and another sync proves nothing. One writing is under way at a time.
 */
static bool
write_again(const struct mm_ledger_writer *writer)
{
	const uint64_t end = writer->durable.end;
	uint8_t bytes[ZEROES_LEN];
	size_t len;

	for (uint64_t at = end > MM_LEDGER_HEADER_LEN + MM_LEDGER_PENDING_LEN ? end - MM_LEDGER_PENDING_LEN :
	                                                                        MM_LEDGER_HEADER_LEN;
	     at < end; at += len) {
		len = end - at < sizeof(bytes) ? (size_t)(end - at) : sizeof(bytes);
		errno = EIO;
		if (mm_file_read_at(writer->fd, bytes, len, (off_t)at) != (ssize_t)len ||
		    !mm_ledger_write_at(writer->fd, bytes, len, at))
			return false;
	}
	return true;
}

/* Zero what stands behind the end of the last segment. */
static bool
zero_torn(const struct mm_ledger_writer *writer)
{
	static const uint8_t zeroes[ZEROES_LEN];
	uint8_t bytes[ZEROES_LEN];
	ssize_t got;

	for (uint64_t at = writer->durable.end;
	     (got = mm_file_read_at(writer->fd, bytes, sizeof(bytes), (off_t)at)) > 0; at += (uint64_t)got)
		if (memcmp(bytes, zeroes, (size_t)got) != 0 &&
		    !mm_ledger_write_at(writer->fd, zeroes, (size_t)got, at))
			return false;
	return got == 0;
}

static bool
go_on(struct mm_ledger_writer *writer, const struct mm_ledger_tail *tail)
{
	struct mm_ledger_header header;

	memcpy(writer->id, tail->id, sizeof(writer->id));
	writer->durable.sequence = tail->sequence;
	memcpy(writer->durable.hash, tail->hash, sizeof(writer->durable.hash));
	writer->durable.rare = tail->rare;
	writer->durable.end = tail->end.offset;
	writer->head = writer->durable;
	writer->number = tail->end.segment;
	writer->fd = mm_ledger_segment_open(writer->dir_fd, tail->end.segment, O_RDWR, &header);
	if (writer->fd == -1)
		return false;
	writer->salt = header.salt;
	writer->size_bytes = header.size_bytes;
	/* What is recorded next says of all before it that it is on the disk. */
	return write_again(writer) && zero_torn(writer) && fdatasync(writer->fd) == 0;
}

static bool
begin_ledger(struct mm_ledger_writer *writer)
{
	return getrandom(writer->id, sizeof(writer->id), 0) == (ssize_t)sizeof(writer->id) && begin_segment(writer);
}

/* ---- its life ---- */

static bool
start(struct mm_ledger_writer *writer, const struct mm_ledger_tail *tail)
{
	writer->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	writer->pending = malloc(MM_LEDGER_PENDING_LEN);
	writer->writing = malloc(MM_LEDGER_PENDING_LEN);
	writer->hasher = mm_hasher_new();
	if (writer->event_fd == -1 || writer->pending == NULL || writer->writing == NULL || writer->hasher == NULL)
		return false;
	if (!(tail->end.segment == 0 ? begin_ledger(writer) : go_on(writer, tail)))
		return false;
	errno = pthread_create(&writer->thread, NULL, run, writer);
	writer->running = errno == 0;
	return writer->running;
}

static void
free_writer(struct mm_ledger_writer *writer)
{
	int failure = errno;

	if (writer->fd != -1)
		close(writer->fd);
	if (writer->event_fd != -1)
		close(writer->event_fd);
	mm_hasher_free(&writer->hasher);
	pthread_mutex_destroy(&writer->lock);
	pthread_cond_destroy(&writer->wake);
	pthread_cond_destroy(&writer->idle);
	free(writer->pending);
	free(writer->writing);
	free(writer);
	errno = failure;
}

struct mm_ledger_writer *
mm_ledger_writer_open(int dir_fd, uint64_t segment_bytes, const struct mm_ledger_tail *tail)
{
	struct mm_ledger_writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL)
		return NULL;
	writer->dir_fd = dir_fd;
	writer->fd = writer->event_fd = -1;
	writer->segment_bytes = segment_bytes;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->wake, NULL);
	pthread_cond_init(&writer->idle, NULL);
	if (start(writer, tail))
		return writer;
	free_writer(writer);
	return NULL;
}

bool
mm_ledger_writer_close(struct mm_ledger_writer **writer)
{
	struct mm_ledger_writer *closing = *writer;
	bool done;

	if (closing == NULL)
		return true;
	pthread_mutex_lock(&closing->lock);
	closing->stopping = true;
	pthread_cond_signal(&closing->wake);
	pthread_mutex_unlock(&closing->lock);
	pthread_join(closing->thread, NULL);
	done = !closing->failed;
	free_writer(closing);
	*writer = NULL;
	return done;
}

int
mm_ledger_writer_event_fd(const struct mm_ledger_writer *writer)
{
	return writer->event_fd;
}

/* ---- records ---- */

/* Have room for a record in the segment: turn to another one where this one is full. */
static bool
make_room(struct mm_ledger_writer *writer, size_t len)
{
	bool turned = true;

	if (writer->head.end + len <= writer->size_bytes)
		return true;
	pthread_mutex_lock(&writer->lock);
	wait_idle(writer);
	if (!writer->failed && !begin_segment(writer)) {
		fail(writer, "the ledger's next segment cannot be made", errno);
		tell(writer);
	}
	turned = !writer->failed;
	pthread_mutex_unlock(&writer->lock);
	return turned;
}

static bool
seal(struct mm_ledger_writer *writer, size_t len, uint64_t durable, const struct mm_ed25519 *key)
{
	struct mm_ledger_link link = { .salt = writer->salt, .sequence = writer->head.sequence + 1,
		.durable = durable };
	unsigned kind = mm_ledger_get_kind(writer->encoded);

	if (mm_ledger_kind_is_rare(kind))
		mm_ledger_set_rare(writer->encoded, writer->head.rare);
	memcpy(link.previous_hash, writer->head.hash, sizeof(link.previous_hash));
	mm_ledger_seal(writer->encoded, len, &link);
	return kind != MM_LEDGER_HEAD || (key != NULL && mm_ledger_sign_head(writer->encoded, len, key));
}

/* Put the sealed record behind those that are pending; called with the lock. */
static void
put(struct mm_ledger_writer *writer, size_t len)
{
	if (writer->pending_len == 0)
		writer->pending_at = writer->head.end;
	memcpy(writer->pending + writer->pending_len, writer->encoded, len);
	writer->pending_len += len;
	if (mm_ledger_kind_is_rare(mm_ledger_get_kind(writer->encoded)))
		writer->head.rare = (struct mm_ledger_at){ writer->number, writer->head.end };
	writer->head.sequence++;
	writer->head.end += len;
	writer->pending_head = writer->head;
	if (!writer->held && !writer->busy)
		pthread_cond_signal(&writer->wake);
}

uint64_t
mm_ledger_writer_append(struct mm_ledger_writer *writer, const struct mm_ledger_record *record,
    const struct mm_ed25519 *key)
{
	size_t len = mm_ledger_encode(record, writer->encoded);
	uint64_t sequence = 0, durable;

	if (len == 0 || !make_room(writer, len))
		return 0;
	pthread_mutex_lock(&writer->lock);
	durable = writer->durable.sequence;
	pthread_mutex_unlock(&writer->lock);
	if (!seal(writer, len, durable, key))
		return 0;
	pthread_mutex_lock(&writer->lock);
	if (!writer->failed && writer->pending_len + len <= MM_LEDGER_PENDING_LEN) {
		struct chain_head before = writer->head;

		if (mm_hasher_sha256(writer->hasher, mm_slice(writer->encoded, len), writer->head.hash)) {
			put(writer, len);
			sequence = writer->head.sequence;
		} else {
			writer->head = before;
		}
	}
	pthread_mutex_unlock(&writer->lock);
	return sequence;
}

void
mm_ledger_writer_hold(struct mm_ledger_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->held = true;
	pthread_mutex_unlock(&writer->lock);
}

void
mm_ledger_writer_go(struct mm_ledger_writer *writer)
{
	bool wake;

	pthread_mutex_lock(&writer->lock);
	writer->held = false;
	wake = writer->pending_len > 0 && !writer->busy;
	pthread_mutex_unlock(&writer->lock);
	if (wake)
		pthread_cond_signal(&writer->wake);
}

bool
mm_ledger_writer_has_room(struct mm_ledger_writer *writer)
{
	bool room;

	pthread_mutex_lock(&writer->lock);
	room = !writer->failed && writer->pending_len + MM_LEDGER_RECORD_MAX <= MM_LEDGER_PENDING_LEN;
	pthread_mutex_unlock(&writer->lock);
	return room;
}

uint64_t
mm_ledger_writer_durable(struct mm_ledger_writer *writer)
{
	uint64_t events, durable;

	(void)!read(writer->event_fd, &events, sizeof(events));
	pthread_mutex_lock(&writer->lock);
	durable = writer->durable.sequence;
	pthread_mutex_unlock(&writer->lock);
	return durable;
}

const char *
mm_ledger_writer_trouble(struct mm_ledger_writer *writer)
{
	const char *trouble;

	pthread_mutex_lock(&writer->lock);
	trouble = writer->failed ? writer->trouble : NULL;
	pthread_mutex_unlock(&writer->lock);
	return trouble;
}

bool
mm_ledger_writer_resume(struct mm_ledger_writer *writer)
{
	bool resumed = true;

	pthread_mutex_lock(&writer->lock);
	wait_idle(writer);
	if (writer->failed) {
		resumed = begin_segment(writer);
		if (resumed)
			writer->failed = false;
		else
			fail(writer, "the ledger's next segment cannot be made", errno);
	}
	pthread_mutex_unlock(&writer->lock);
	return resumed;
}

void
mm_ledger_writer_stats(struct mm_ledger_writer *writer, struct mm_ledger_writer_stats *stats)
{
	pthread_mutex_lock(&writer->lock);
	*stats = writer->stats;
	pthread_mutex_unlock(&writer->lock);
}
