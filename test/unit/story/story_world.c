/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stories of real readings and real detections.
 */
#include "test/unit/story/story_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

void
story_world_make(struct story_world *world)
{
	*world = (struct story_world){ 0 };
	detect_world_make(&world->logs);
}

void
story_world_remove(struct story_world *world)
{
	mm_story_free(&world->story);
	detect_world_remove(&world->logs);
}

void
story_world_everyday(struct story_world *world)
{
	static const char *const tenants[] = { CONTOSO, FABRIKAM };
	char time[32], token[40];

	for (unsigned i = 0; i < 400; i++) {
		struct record record = { .time = detect_world_time(1 + i / 20, i, time), .tenant = tenants[i % 2],
			.mailbox = i % 2 == 0 ? "alice" : "carol", .token = token };

		(void)snprintf(token, sizeof(token), "%08x-1111-4111-8111-111111111111", i);
		record.issued = record.time;
		detect_world_access(&world->logs, &record);
		detect_world_sign_in(&world->logs, &record);
	}
}

void
story_world_theft(struct story_world *world, struct record record, unsigned token)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%08x-dddd-4ddd-8ddd-dddddddddddd", token);
	record.application = STRANGER;
	record.token = text;
	if (record.issued == NULL)
		record.issued = record.time;
	detect_world_access(&world->logs, &record);
}

void
story_world_read(struct story_world *world)
{
	mm_story_free(&world->story);
	detect_world_run(&world->logs, world->since, world->until);
}

static void
make_story(struct story_world *world)
{
	struct mm_story_source source = { .reading = world->logs.logs.reading, .detect = world->logs.detect,
		.pivot = world->pivot, .since_us = world->logs.source.since_us,
		.until_us = world->logs.source.until_us };

	mm_story_free(&world->story);
	world->story = mm_story_new(&source);
	assert_non_null(world->story);
}

int
story_world_try(struct story_world *world)
{
	make_story(world);
	return mm_story_build(world->story);
}

void
story_world_build(struct story_world *world)
{
	story_world_read(world);
	assert_int_equal(story_world_try(world), 0);
}

const struct mm_answer *
story_world_answer(const struct story_world *world, enum mm_subject_kind kind, const char *text)
{
	const struct mm_names *names = mm_logs_reading_names(world->logs.logs.reading);
	char room[MM_SUBJECT_TEXT_MAX];

	for (size_t i = 0; i < mm_story_answers(world->story); i++) {
		const struct mm_answer *answer = mm_story_answer(world->story, i);

		if (answer->subject.kind == kind &&
		    mm_slice_equal(mm_subject_text(&answer->subject, names, room), mm_slice_str(text)))
			return answer;
	}
	fail_msg("there is no answer for '%s'", text);
	return NULL;
}

const struct mm_story_mailbox *
story_world_mailbox(const struct story_world *world, const struct mm_answer *answer, const char *text)
{
	const struct mm_names *names = mm_logs_reading_names(world->logs.logs.reading);

	for (size_t i = 0; i < answer->mailboxes_listed; i++)
		if (mm_slice_equal(mm_names_text(names, answer->mailboxes_list[i].mailbox), mm_slice_str(text)))
			return &answer->mailboxes_list[i];
	fail_msg("the answer has no mailbox '%s'", text);
	return NULL;
}

void
story_world_pivot(struct story_world *world, enum mm_subject_kind kind, const char *text)
{
	const struct mm_names *names = mm_logs_reading_names(world->logs.logs.reading);
	uint32_t name = mm_names_find(names, mm_slice_str(text));

	assert_int_not_equal(name, 0);
	world->pivot = (struct mm_story_pivot){ .given = true, .subject = mm_subject_of_name(kind, name) };
}

char *
story_world_text(const struct story_world *world, story_world_report *report)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(report(out, world->story), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

int
story_world_json(FILE *out, struct mm_story *story)
{
	static const char *const arguments[] = { "hunt", "logs", NULL };
	struct mm_report_question question = { .version = "1.2.3", .arguments = arguments };

	return mm_report_json(out, story, &question);
}
