/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as JSON, with the members that detections look at.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LOG_MAX (64 * 1024 * 1024)

void
detect_world_make(struct detect_world *world)
{
	memset(world, 0, sizeof(*world));
	world_make(&world->logs);
	mm_buf_init(&world->audit, LOG_MAX);
	mm_buf_init(&world->sign_ins, LOG_MAX);
}

void
detect_world_remove(struct detect_world *world)
{
	mm_detect_free(&world->detect);
	mm_buf_clear(&world->audit);
	mm_buf_clear(&world->sign_ins);
	world_remove(&world->logs);
}

int
detect_world_begin(void **state)
{
	struct detect_world *world = malloc(sizeof(*world));

	if (world == NULL)
		return -1;
	detect_world_make(world);
	*state = world;
	return 0;
}

int
detect_world_finish(void **state)
{
	detect_world_remove(*state);
	free(*state);
	return 0;
}

static const char *
or_else(const char *value, const char *usual)
{
	return value != NULL ? value : usual;
}

static void
add_member(struct mm_buf *buf, const char *name, const char *value)
{
	if (value != NULL && value[0] != '-')
		mm_buf_addf(buf, ",\"%s\":\"%s\"", name, value);
}

void
detect_world_access(struct detect_world *world, const struct record *record)
{
	struct mm_buf *buf = &world->audit;
	const char *application = or_else(record->application, MAILER), *mailbox = or_else(record->mailbox, "alice");
	unsigned messages = record->messages > 0 ? record->messages : 1;

	mm_buf_addf(buf, "{\"CreationTime\":\"%s\",\"Id\":\"%08x-0000-4000-8000-000000000000\","
	    "\"Operation\":\"MailItemsAccessed\",\"OrganizationId\":\"%s\",\"RecordType\":50,\"Workload\":\"Exchange\","
	    "\"UserId\":\"%s@contoso.example\",\"MailboxOwnerUPN\":\"%s@contoso.example\"",
	    record->time, ++world->records, or_else(record->tenant, CONTOSO), mailbox, mailbox);
	add_member(buf, "ClientAppId", application);
	add_member(buf, "ClientIPAddress", or_else(record->address, "192.0.2.7"));
	add_member(buf, "ClientInfoString", or_else(record->client_info, "Client=REST;;"));
	mm_buf_addf(buf, ",\"OperationProperties\":[{\"Name\":\"MailAccessType\",\"Value\":\"%s\"},"
	    "{\"Name\":\"IsThrottled\",\"Value\":\"%s\"}],"
	    "\"AppAccessContext\":{\"APIId\":\"00000003-0000-0000-c000-000000000000\"",
	    or_else(record->access, "Bind"), record->throttled ? "True" : "False");
	add_member(buf, "ClientAppId", application);
	add_member(buf, "AADSessionId", record->session);
	add_member(buf, "IssuedAtTime", record->issued);
	add_member(buf, "UniqueTokenId", record->token);
	mm_buf_add_str(buf, "},\"Folders\":[{\"FolderItems\":[");
	for (unsigned i = 0; i < messages; i++)
		mm_buf_addf(buf, "%s{\"InternetMessageId\":\"<%u.%u@contoso.example>\",\"SizeInBytes\":100}",
		    i > 0 ? "," : "", world->records, i);
	mm_buf_addf(buf, "],\"Path\":\"\\\\Inbox\"}],\"OperationCount\":%u%s}\n", messages, or_else(record->extra, ""));
}

void
detect_world_sign_in(struct detect_world *world, const struct record *record)
{
	struct mm_buf *buf = &world->sign_ins;
	const char *token = or_else(record->token, "cccccccc-0000-4000-8000-000000000003");
	const char *tenant = or_else(record->tenant, CONTOSO), *mailbox = or_else(record->mailbox, "alice");

	mm_buf_addf(buf, "{\"id\":\"%s\",\"createdDateTime\":\"%s\",\"userPrincipalName\":\"%s@contoso.example\","
	    "\"isInteractive\":true,\"status\":{\"errorCode\":0},\"resourceTenantId\":\"%s\",\"homeTenantId\":\"%s\"",
	    token, record->time, mailbox, tenant, tenant);
	add_member(buf, "appId", or_else(record->application, MAILER));
	add_member(buf, "ipAddress", or_else(record->address, "192.0.2.7"));
	add_member(buf, "sessionId", record->session);
	mm_buf_addf(buf, "%s}\n", or_else(record->extra, ""));
}

void
detect_world_line(struct detect_world *world, const char *line)
{
	mm_buf_addf(&world->audit, "%s\n", line);
}

static bool
has_sign_ins(const struct mm_logs_reading *reading)
{
	for (size_t i = 0; i < mm_logs_reading_inputs(reading); i++)
		for (size_t shape = 0; shape < mm_logs_shapes_count; shape++)
			if (mm_logs_shapes[shape]->family == MM_LOGS_SIGN_INS &&
			    mm_logs_reading_input(reading, i)->shapes[shape] > 0)
				return true;
	return false;
}

static void
detect(struct detect_world *world, int64_t since_us, int64_t until_us)
{
	struct mm_logs_reading *reading = world->logs.reading;

	mm_detect_free(&world->detect);
	world->source = (struct mm_detect_source){
		.store = mm_logs_reading_store(reading),
		.names = mm_logs_reading_names(reading),
		.since_us = since_us,
		.until_us = until_us,
		.has_sign_ins = has_sign_ins(reading),
	};
	world->source.hours = mm_logs_reading_hours(reading, &world->source.hours_count);
	world->detect = mm_detect_new(&world->source);
	assert_non_null(world->detect);
	assert_int_equal(mm_detect_run(world->detect), 0);
}

void
detect_world_run(struct detect_world *world, const char *since, const char *until)
{
	struct mm_logs_options options = { .threads = world->threads > 0 ? world->threads : 1, .work_fd = -1 };

	assert_true(mm_buf_ok(&world->audit));
	assert_true(mm_buf_ok(&world->sign_ins));
	if (world->audit.len > 0)
		world_write_bytes(&world->logs, "audit.jsonl", world->audit.data, world->audit.len);
	if (world->sign_ins.len > 0)
		world_write_bytes(&world->logs, "sign-ins.jsonl", world->sign_ins.data, world->sign_ins.len);
	world_read(&world->logs, &options);
	detect(world, since == NULL ? INT64_MIN : world_time(since), until == NULL ? INT64_MAX : world_time(until));
}

void
detect_world_run_path(struct detect_world *world, const char *path)
{
	world_read_path(&world->logs, path);
	detect(world, INT64_MIN, INT64_MAX);
}

size_t
detect_world_count(const struct detect_world *world, const struct mm_detection *detection)
{
	size_t count = 0;

	for (size_t i = 0; i < mm_detect_count(world->detect); i++)
		count += mm_detect_finding(world->detect, i)->detection == detection;
	return count;
}

const struct mm_finding *
detect_world_finding(const struct detect_world *world, const struct mm_detection *detection, size_t number)
{
	for (size_t i = 0; i < mm_detect_count(world->detect); i++) {
		const struct mm_finding *finding = mm_detect_finding(world->detect, i);

		if (finding->detection == detection && number-- == 0)
			return finding;
	}
	fail_msg("there is no such finding of %s", detection->name);
	return NULL;
}

unsigned
detect_world_concerned(const struct detect_world *world, const struct mm_finding *finding)
{
	unsigned concerned = 0;

	for (size_t i = 0; i < world->logs.count; i++)
		concerned += mm_detect_concerns(world->detect, finding, &world->logs.events[i]);
	return concerned;
}

const struct mm_finding_fact *
detect_world_fact(const struct mm_finding *finding, const char *name)
{
	for (unsigned i = 0; i < finding->facts_count; i++)
		if (strcmp(finding->facts[i].name, name) == 0)
			return &finding->facts[i];
	fail_msg("the finding of %s has no '%s'", finding->detection->name, name);
	return NULL;
}

const char *
detect_world_time(unsigned day, unsigned second, char *text)
{
	(void)snprintf(text, 32, "2023-06-%02uT%02u:%02u:%02uZ", day, second / 3600, second / 60 % 60, second % 60);
	return text;
}
