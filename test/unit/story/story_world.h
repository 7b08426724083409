/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of stories: logs of a few records, detected in, and the story that they tell.
 */
#ifndef TEST_UNIT_STORY_STORY_WORLD_H
#define TEST_UNIT_STORY_STORY_WORLD_H

#include "engine/story/report.h"
#include "engine/story/story.h"
#include "test/unit/detect/detect_world.h"

struct story_world {
	struct detect_world logs;
	struct mm_story_pivot pivot;
	const char *since, *until; /* what is asked; NULL: all */
	struct mm_story *story;
};

void story_world_make(struct story_world *world);
void story_world_remove(struct story_world *world);

/*
 * Accesses of the everyday application with their sign-ins, from the 1st to the 20th of June, in both tenants: sign-in
 * logs are whole.
 */
void story_world_everyday(struct story_world *world);

/* An access of STRANGER with the number-th token, which has no sign-in; issued then, unless the record says when. */
void story_world_theft(struct story_world *world, struct record record, unsigned token);

/* Read, detect and build. */
void story_world_build(struct story_world *world);
/* Its two steps: what is read and detected, and building upon that, which returns what mm_story_build() does. */
void story_world_read(struct story_world *world);
int story_world_try(struct story_world *world);

/* The answer for a subject of this kind and text; fails the test where there is none. */
const struct mm_answer *story_world_answer(const struct story_world *world, enum mm_subject_kind kind,
    const char *text);

/* A mailbox of an answer; fails the test where it is not listed. */
const struct mm_story_mailbox *story_world_mailbox(const struct story_world *world, const struct mm_answer *answer,
    const char *text);

/* Pivot on a name of the logs; after story_world_read(). */
void story_world_pivot(struct story_world *world, enum mm_subject_kind kind, const char *text);

/* A report as text, for the caller to free. */
typedef int story_world_report(FILE *out, struct mm_story *story);
char *story_world_text(const struct story_world *world, story_world_report *report);
int story_world_json(FILE *out, struct mm_story *story);

#define assert_count(count, least, record) \
	do { \
		assert_int_equal((count).at_least, least); \
		assert_int_equal((count).on_record, record); \
	} while (0)

#endif
