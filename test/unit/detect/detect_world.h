/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of detections: a log of a few records, written one by one, read by the real reading and detected in.
 *
 * Everything not given is like every other record: tenant CONTOSO, mailbox and user alice, application MAILER, an
 * address of its network, a token with a sign-in where world_sign_in() made one.
 */
#ifndef TEST_UNIT_DETECT_DETECT_WORLD_H
#define TEST_UNIT_DETECT_DETECT_WORLD_H

#include "engine/detect/detection.h"
#include "engine/detect/known.h"
#include "lib/base/buf.h"
#include "test/unit/logs/reading_world.h"

#define CONTOSO "75243ab2-44f8-435c-a7a6-b479385df6d4"
#define FABRIKAM "11111111-44f8-435c-a7a6-b479385df6d4"
#define MAILER "aaaaaaaa-0000-4000-8000-000000000001"
#define STRANGER "bbbbbbbb-0000-4000-8000-000000000002"

/* One mail access or sign-in; NULL or 0: as above. */
struct record {
	const char *time;        /* "2023-06-01T08:00:00Z"; required */
	const char *tenant, *mailbox, *application, *address;
	const char *token;       /* a GUID; "-": the record has none */
	const char *session;     /* a GUID; NULL: the record has none */
	const char *issued;      /* when the token was issued */
	const char *access;      /* "Bind", "Sync" */
	const char *client_info;
	const char *extra;       /* further members, ",\"Name\":\"value\"" */
	bool throttled;
	unsigned messages;       /* that it names; 0: one */
};

struct detect_world {
	struct world logs;
	struct mm_buf audit, sign_ins;
	unsigned records;
	unsigned threads; /* to read with; 0: one */
	struct mm_detect *detect;
	struct mm_detect_source source;
};

void detect_world_make(struct detect_world *world);
void detect_world_remove(struct detect_world *world);

/* The same for cmocka's set-up and teardown: *state is the world. */
int detect_world_begin(void **state);
int detect_world_finish(void **state);

/* Add a mail access; a sign-in; any line to the audit log. */
void detect_world_access(struct detect_world *world, const struct record *record);
void detect_world_sign_in(struct detect_world *world, const struct record *record);
void detect_world_line(struct detect_world *world, const char *line);

/* Read what was added and run all detections; since and until may be NULL. */
void detect_world_run(struct detect_world *world, const char *since, const char *until);

/* The same of a file or folder elsewhere, without bounds of time. */
void detect_world_run_path(struct detect_world *world, const char *path);

/* How many findings of this detection there are. */
size_t detect_world_count(const struct detect_world *world, const struct mm_detection *detection);

/* Its number-th finding; fails the test where there are fewer. */
const struct mm_finding *detect_world_finding(const struct detect_world *world, const struct mm_detection *detection,
    size_t number);

/* How many of the events that were read a finding is about. */
unsigned detect_world_concerned(const struct detect_world *world, const struct mm_finding *finding);

/* A detail of a finding by its name; fails the test where it has none. */
const struct mm_finding_fact *detect_world_fact(const struct mm_finding *finding, const char *name);

/* The number-th second of a day in June 2023 as a record's time; text holds 32 bytes. */
const char *detect_world_time(unsigned day, unsigned second, char *text);

#endif
