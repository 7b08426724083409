/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subjects are compared member by member: their padding says nothing.
 */
#include "engine/detect/finding.h"

#include "lib/base/array.h"

const char *
mm_finding_class_name(enum mm_finding_class class)
{
	static const char *const names[] = { "gap", "lead", "strong", "proof" };

	_Static_assert(MM_COUNT_OF(names) == MM_FINDING_CLASSES, "a name for each");
	return names[class];
}

const char *
mm_subject_kind_name(enum mm_subject_kind kind)
{
	static const char *const names[] = { "application", "token", "session", "address", "network", "mailbox", "user",
		"target", "organisation" };

	_Static_assert(MM_COUNT_OF(names) == MM_SUBJECT_KINDS, "a name for each");
	return names[kind];
}

struct mm_subject
mm_subject_of_name(enum mm_subject_kind kind, uint32_t name)
{
	return (struct mm_subject){ .kind = (uint8_t)kind, .name = name };
}

struct mm_subject
mm_subject_of_id(enum mm_subject_kind kind, const struct mm_logs_id *id)
{
	return (struct mm_subject){ .kind = (uint8_t)kind, .id = *id };
}

struct mm_subject
mm_subject_of_address(enum mm_subject_kind kind, const struct mm_logs_address *address)
{
	return (struct mm_subject){ .kind = (uint8_t)kind, .address = *address };
}

struct mm_subject
mm_subject_application(const struct mm_logs_event *event)
{
	struct mm_subject subject = { .kind = MM_SUBJECT_APPLICATION };

	if (event->client != 0) {
		subject.level = MM_APPLICATION_CLIENT;
		subject.name = event->client;
	} else if (event->application != 0) {
		subject.level = MM_APPLICATION_ID;
		subject.name = event->application;
	} else if (event->client_family != 0) {
		subject.level = MM_APPLICATION_FAMILY;
		subject.name = event->client_family;
	} else {
		subject.level = MM_APPLICATION_UNKNOWN;
	}
	return subject;
}

bool
mm_subject_equal(const struct mm_subject *a, const struct mm_subject *b)
{
	return a->kind == b->kind && a->level == b->level && a->name == b->name &&
	    memcmp(&a->id, &b->id, sizeof(a->id)) == 0 && memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

struct mm_subject_key
mm_subject_key(const struct mm_subject *subject, uint32_t tenant)
{
	struct mm_subject_key key = {
		.tenant = tenant,
		.name = subject->name,
		.kind = subject->kind,
		.level = subject->level,
		.id_kind = subject->id.kind,
		.network = subject->address.network,
	};

	_Static_assert(sizeof(key.id) == sizeof(subject->id.bytes), "all of it");
	_Static_assert(sizeof(key.address) == sizeof(subject->address.bytes), "all of it");
	memcpy(key.id, subject->id.bytes, sizeof(key.id));
	memcpy(key.address, subject->address.bytes, sizeof(key.address));
	return key;
}

static struct mm_slice
text_or_none(const char *text)
{
	return text[0] == '\0' ? MM_SLICE_ABSENT : mm_slice_str(text);
}

struct mm_slice
mm_subject_text(const struct mm_subject *subject, const struct mm_names *names, char room[MM_SUBJECT_TEXT_MAX])
{
	_Static_assert(MM_SUBJECT_TEXT_MAX >= MM_LOGS_ID_TEXT_MAX, "an id has room");
	switch ((enum mm_subject_kind)subject->kind) {
	case MM_SUBJECT_TOKEN:
	case MM_SUBJECT_SESSION:
		if (subject->id.kind == MM_LOGS_NAMED)
			return mm_names_text(names, mm_logs_id_name(&subject->id));
		return text_or_none(mm_logs_id_text(&subject->id, room));
	case MM_SUBJECT_ADDRESS:
		return text_or_none(mm_logs_address_text(&subject->address, room));
	case MM_SUBJECT_NETWORK:
		return text_or_none(mm_logs_network_text(&subject->address, room));
	default:
		return mm_names_text(names, subject->name);
	}
}

static bool
is_from(const struct mm_subject *subject, const struct mm_logs_event *event)
{
	struct mm_logs_address network;

	if (subject->kind == MM_SUBJECT_ADDRESS)
		return memcmp(&subject->address, &event->address, sizeof(event->address)) == 0;
	mm_logs_network_of(&event->address, &network);
	return memcmp(&subject->address, &network, sizeof(network)) == 0;
}

bool
mm_subject_matches(const struct mm_subject *subject, const struct mm_logs_event *event)
{
	struct mm_subject application;

	switch ((enum mm_subject_kind)subject->kind) {
	case MM_SUBJECT_APPLICATION:
		application = mm_subject_application(event);
		return mm_subject_equal(subject, &application);
	case MM_SUBJECT_TOKEN:
		return mm_logs_id_equal(&subject->id, &event->token);
	case MM_SUBJECT_SESSION:
		return mm_logs_id_equal(&subject->id, &event->session);
	case MM_SUBJECT_ADDRESS:
	case MM_SUBJECT_NETWORK:
		return is_from(subject, event);
	case MM_SUBJECT_MAILBOX:
		return subject->name == event->mailbox;
	case MM_SUBJECT_USER:
		return subject->name == event->user;
	case MM_SUBJECT_TARGET:
		return subject->name == event->target;
	case MM_SUBJECT_ORGANISATION:
		return subject->name == event->tenant;
	case MM_SUBJECT_KINDS:
		break;
	}
	return false;
}

/* ---- details ---- */

static struct mm_finding_fact *
add_fact(struct mm_finding *finding, const char *name, enum mm_fact_kind kind)
{
	/* What finds no room is written here and forgotten. */
	static _Thread_local struct mm_finding_fact none;
	struct mm_finding_fact *fact = &none;

	if (finding->facts_count < MM_FINDING_FACTS)
		fact = &finding->facts[finding->facts_count++];
	*fact = (struct mm_finding_fact){ .name = name, .kind = kind };
	return fact;
}

void
mm_finding_add_number(struct mm_finding *finding, const char *name, int64_t number)
{
	add_fact(finding, name, MM_FACT_NUMBER)->number = number;
}

void
mm_finding_add_time(struct mm_finding *finding, const char *name, int64_t time_us)
{
	add_fact(finding, name, MM_FACT_TIME)->number = time_us;
}

void
mm_finding_add_seconds(struct mm_finding *finding, const char *name, int64_t seconds)
{
	add_fact(finding, name, MM_FACT_SECONDS)->number = seconds;
}

void
mm_finding_add_name(struct mm_finding *finding, const char *name, uint32_t text)
{
	add_fact(finding, name, MM_FACT_NAME)->number = text;
}

void
mm_finding_add_id(struct mm_finding *finding, const char *name, const struct mm_logs_id *id)
{
	add_fact(finding, name, MM_FACT_ID)->id = *id;
}

void
mm_finding_add_address(struct mm_finding *finding, const char *name, const struct mm_logs_address *address)
{
	add_fact(finding, name, MM_FACT_ADDRESS)->address = *address;
}

void
mm_finding_add_network(struct mm_finding *finding, const char *name, const struct mm_logs_address *network)
{
	add_fact(finding, name, MM_FACT_NETWORK)->address = *network;
}

void
mm_finding_add_word(struct mm_finding *finding, const char *name, const char *word)
{
	add_fact(finding, name, MM_FACT_WORD)->word = word;
}
