/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the journal: a folder of its own, a writer with its segments, numbered records, and reading back.
 */
#ifndef MM_TEST_JOURNAL_WORLD_H
#define MM_TEST_JOURNAL_WORLD_H

#include "engine/journal_format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WORLD_SEGMENT MM_JOURNAL_SEGMENT_MIN

struct journal_world {
	char path[64];
	int dir_fd;
	struct mm_journal *journal;
	uint64_t number; /* of the newest segment handed in */
	bool feed;       /* hand in a segment whenever one is wanted */
	bool feeding;    /* some thread does */
	unsigned owed;   /* wanted, and not handed in yet */
	unsigned wanted, alarms;
	char alarm[256]; /* the last one */
	pthread_mutex_t lock; /* hooks come from any thread */
};

static inline void
world_hand_in(struct journal_world *world)
{
	int fd = mm_journal_segment_create(world->dir_fd, "gate", WORLD_SEGMENT, world->number + 1);

	if (fd >= 0 && mm_journal_add_segment(world->journal, fd))
		world->number++;
}

/*
 * Hand in what is owed, with the lock held. Handing in may want the next at once, in this thread or in another: one of
 * them feeds, and without the lock.
 */
static inline void
world_feed(struct journal_world *world)
{
	for (; world->owed > 0; world->owed--) {
		pthread_mutex_unlock(&world->lock);
		world_hand_in(world);
		pthread_mutex_lock(&world->lock);
	}
	world->feeding = false;
}

static inline void
world_want_segment(void *ctx)
{
	struct journal_world *world = ctx;

	pthread_mutex_lock(&world->lock);
	world->wanted++;
	world->owed += world->feed;
	if (!world->feeding) {
		world->feeding = true;
		world_feed(world);
	}
	pthread_mutex_unlock(&world->lock);
}

static inline void
world_alarm(void *ctx, const char *text)
{
	struct journal_world *world = ctx;

	pthread_mutex_lock(&world->lock);
	world->alarms++;
	(void)snprintf(world->alarm, sizeof(world->alarm), "%s", text);
	pthread_mutex_unlock(&world->lock);
}

/* One of the counts that hooks raise. */
static inline unsigned
world_count(struct journal_world *world, const unsigned *count)
{
	unsigned value;

	pthread_mutex_lock(&world->lock);
	value = *count;
	pthread_mutex_unlock(&world->lock);
	return value;
}

static inline void
world_make(struct journal_world *world)
{
	const char *folder = getenv("TMPDIR");

	/* Memory is a disk on which the many syncs of these tests cost nothing. */
	if (folder == NULL)
		folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	memset(world, 0, sizeof(*world));
	assert_int_equal(pthread_mutex_init(&world->lock, NULL), 0);
	(void)snprintf(world->path, sizeof(world->path), "%s/mm-journal-XXXXXX", folder);
	assert_non_null(mkdtemp(world->path));
	world->dir_fd = open(world->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(world->dir_fd >= 0);
}

static inline void
world_remove(struct journal_world *world)
{
	DIR *dir = opendir(world->path);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			assert_int_equal(unlinkat(world->dir_fd, entry->d_name, 0), 0);
	closedir(dir);
	assert_int_equal(rmdir(world->path), 0);
	close(world->dir_fd);
}

/* The newest begun segment, or a first one. */
static inline bool
world_add_newest(struct journal_world *world)
{
	int fd = mm_journal_segment_newest(world->dir_fd, "gate", &world->number);

	if (fd < 0) {
		world->number = 1;
		fd = mm_journal_segment_create(world->dir_fd, "gate", WORLD_SEGMENT, 1);
	}
	return fd >= 0 && mm_journal_add_segment(world->journal, fd);
}

/* Open the journal as mintmarkd and a gate do: the newest begun segment, and spares behind it. */
static inline bool
world_open(struct journal_world *world, enum mm_journal_mode mode, unsigned spares)
{
	struct mm_journal_hooks hooks = { world_want_segment, world_alarm, world };
	bool opened;

	/* Until all are handed in, nobody else feeds. */
	world->feeding = true;
	world->journal = mm_journal_open("gate", mode, &hooks);
	assert_non_null(world->journal);
	opened = world_add_newest(world);
	pthread_mutex_lock(&world->lock);
	if (opened)
		world->owed += spares;
	world_feed(world);
	pthread_mutex_unlock(&world->lock);
	return opened;
}

static inline bool
world_close(struct journal_world *world)
{
	return mm_journal_close(&world->journal);
}

/* A decision that says its number. text lends the memory. */
static inline struct mm_journal_record
world_record(uint64_t number, char text[32])
{
	struct mm_journal_record record = { .kind = MM_JOURNAL_DECISION, .allowed = true, .verified = true };

	(void)snprintf(text, 32, "%llu", (unsigned long long)number);
	record.time_us = (int64_t)number;
	record.fields[MM_JF_SERVICE] = mm_slice_str("imap");
	record.fields[MM_JF_SUBJECT] = mm_slice_str(text);
	record.fields[MM_JF_USER_AGENT] = mm_slice_str("a user agent that makes the record as long as they are");
	return record;
}

static inline bool
world_append(struct journal_world *world, uint64_t number)
{
	char text[32];
	struct mm_journal_record record = world_record(number, text);

	return mm_journal_append(world->journal, &record);
}

/* What a reader of the whole journal finds. */
struct journal_found {
	uint64_t decisions, folded, events, damaged;
	uint64_t last_number; /* of decisions that say one */
	bool ordered;         /* and those rise */
	bool failed;
};

static inline void
found_record(struct journal_found *found, const struct mm_journal_record *record)
{
	struct mm_slice subject = record->fields[MM_JF_SUBJECT];
	char text[32] = "";
	uint64_t number;

	found->decisions += record->kind == MM_JOURNAL_DECISION;
	found->folded += record->kind == MM_JOURNAL_FOLDED ? record->count : 0;
	found->events += record->kind == MM_JOURNAL_EVENT;
	if (record->kind != MM_JOURNAL_DECISION || subject.len == 0 || subject.len >= sizeof(text))
		return;
	memcpy(text, subject.ptr, subject.len);
	number = strtoull(text, NULL, 10);
	found->ordered = found->ordered && number > found->last_number;
	found->last_number = number;
}

/* Read on until there is nothing more. */
static inline void
world_read_on(struct mm_journal_reader *reader, struct journal_found *found)
{
	struct mm_journal_record record;
	struct mm_journal_place where;
	enum mm_journal_read read;

	while ((read = mm_journal_read(reader, &record, &where)) != MM_READ_END && read != MM_READ_FAILED) {
		if (read == MM_READ_DAMAGED)
			found->damaged++;
		else
			found_record(found, &record);
	}
	found->failed = found->failed || read == MM_READ_FAILED;
}

static inline struct journal_found
world_read(const struct journal_world *world)
{
	struct mm_journal_reader *reader = mm_journal_reader_open(world->dir_fd, "gate");
	struct journal_found found = { .ordered = true };

	assert_non_null(reader);
	world_read_on(reader, &found);
	mm_journal_reader_free(&reader);
	return found;
}

/* Write len bytes into segment 'number', as a damage. */
static inline void
world_damage(const struct journal_world *world, unsigned number, uint64_t offset, const void *bytes, size_t len)
{
	char name[64];
	int fd;

	(void)snprintf(name, sizeof(name), "gate.%010u.journal", number);
	fd = openat(world->dir_fd, name, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, (off_t)offset), (ssize_t)len);
	close(fd);
}

#endif
