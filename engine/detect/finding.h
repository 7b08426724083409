/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A finding: what one detection has to say of one subject in one organisation.
 *
 * Everything in it comes from foreign logs: claims, not verified facts. Texts are numbers of the table of names that
 * the events came with.
 */
#ifndef MM_ENGINE_DETECT_FINDING_H
#define MM_ENGINE_DETECT_FINDING_H

#include "engine/logs/event.h"
#include "engine/logs/names.h"

#include <stdbool.h>
#include <stdint.h>

/* How sure: in the order of weight. */
enum mm_finding_class {
	MM_FINDING_GAP,    /* something that the logs cannot tell: never silence */
	MM_FINDING_LEAD,   /* worth a look; everyday work does it too */
	MM_FINDING_STRONG, /* has hardly another explanation, which the detection's meaning names */
	MM_FINDING_PROOF,  /* has none */
	MM_FINDING_CLASSES
};

/* "gap", "lead", "strong", "proof": in reports and JSON. */
const char *mm_finding_class_name(enum mm_finding_class class);

enum mm_subject_kind {
	MM_SUBJECT_APPLICATION,  /* name; see level */
	MM_SUBJECT_TOKEN,        /* id */
	MM_SUBJECT_SESSION,      /* id */
	MM_SUBJECT_ADDRESS,      /* address */
	MM_SUBJECT_NETWORK,      /* address: of mm_logs_network_of() */
	MM_SUBJECT_MAILBOX,      /* name */
	MM_SUBJECT_USER,         /* name */
	MM_SUBJECT_TARGET,       /* name: the application, domain or account that was changed */
	MM_SUBJECT_ORGANISATION, /* name: the tenant's; 0 where logs name none */
	MM_SUBJECT_KINDS
};

/* "application", "token", …: in reports, JSON and --pivot. */
const char *mm_subject_kind_name(enum mm_subject_kind kind);

/* By which of its ids an application is known, best first. */
enum mm_application_level {
	MM_APPLICATION_CLIENT,  /* ClientAppId */
	MM_APPLICATION_ID,      /* AppId: the service that acted, where the record names no client */
	MM_APPLICATION_FAMILY,  /* the client's text without versions, where it has no id at all */
	MM_APPLICATION_UNKNOWN, /* the record tells nothing; name is 0 */
};

/*
 * All of it zeroes but what its kind has. Made by the functions below. Where a detection has several findings of one
 * organisation, id tells them apart.
 */
struct mm_subject {
	uint8_t kind;  /* enum mm_subject_kind */
	uint8_t level; /* enum mm_application_level */
	uint32_t name;
	struct mm_logs_id id;
	struct mm_logs_address address;
};

struct mm_subject mm_subject_of_name(enum mm_subject_kind kind, uint32_t name);
struct mm_subject mm_subject_of_id(enum mm_subject_kind kind, const struct mm_logs_id *id);
struct mm_subject mm_subject_of_address(enum mm_subject_kind kind, const struct mm_logs_address *address);

/* The application of an event by the best id that it has: client, application, client family. */
struct mm_subject mm_subject_application(const struct mm_logs_event *event);

bool mm_subject_equal(const struct mm_subject *a, const struct mm_subject *b);

/* A subject in an organisation (0: in all), as a key of maps: compared byte by byte, it has no padding. */
struct mm_subject_key {
	uint32_t tenant, name;
	uint8_t kind, level, id_kind, network;
	uint8_t id[16], address[16];
};
_Static_assert(sizeof(struct mm_subject_key) == 44, "no padding");

struct mm_subject_key mm_subject_key(const struct mm_subject *subject, uint32_t tenant);

/* Room for the text of an id or address; the longest of them. */
#define MM_SUBJECT_TEXT_MAX MM_LOGS_ADDRESS_TEXT_MAX

/*
 * What a subject is called: its name, the GUID of a token or session, an address, a network. It lies in room or in
 * names; it is as hostile as the logs. Absent where the logs name none.
 */
struct mm_slice mm_subject_text(const struct mm_subject *subject, const struct mm_names *names,
    char room[MM_SUBJECT_TEXT_MAX]);

/*
 * Whether an event is of a subject: by that application, with that token, from that address, of that mailbox, …
 * Of an application: where its best id is the subject.
 */
bool mm_subject_matches(const struct mm_subject *subject, const struct mm_logs_event *event);

/* A detail of a finding. */
enum mm_fact_kind {
	MM_FACT_NUMBER,
	MM_FACT_TIME,     /* us since 1970, UTC */
	MM_FACT_SECONDS,  /* how long */
	MM_FACT_NAME,
	MM_FACT_ID,
	MM_FACT_ADDRESS,
	MM_FACT_NETWORK,
	MM_FACT_WORD,     /* one of ours */
};

struct mm_finding_fact {
	const char *name; /* for JSON: "sign_ins_found"; with blanks for people */
	enum mm_fact_kind kind;
	int64_t number;   /* NUMBER, TIME, SECONDS; NAME's */
	struct mm_logs_id id;
	struct mm_logs_address address;
	const char *word;
};

#define MM_FINDING_PLACES 4
#define MM_FINDING_FACTS 9

struct mm_detection;

struct mm_finding {
	const struct mm_detection *detection;
	enum mm_finding_class class; /* at most its detection's */
	struct mm_subject subject;
	uint32_t tenant;  /* 0: the logs name none */
	uint32_t mailbox; /* 0: none, or several */
	bool several_mailboxes;
	int64_t first_us, last_us; /* of the records that it is about; MM_LOGS_NO_TIME: of none */
	uint64_t records;
	unsigned facts_count, places_count;
	struct mm_finding_fact facts[MM_FINDING_FACTS];
	struct mm_logs_place places[MM_FINDING_PLACES]; /* the first of its records */
};

/* Add a detail; beyond MM_FINDING_FACTS none is added. name and word are not copied. */
void mm_finding_add_number(struct mm_finding *finding, const char *name, int64_t number);
void mm_finding_add_time(struct mm_finding *finding, const char *name, int64_t time_us);
void mm_finding_add_seconds(struct mm_finding *finding, const char *name, int64_t seconds);
void mm_finding_add_name(struct mm_finding *finding, const char *name, uint32_t text);
void mm_finding_add_id(struct mm_finding *finding, const char *name, const struct mm_logs_id *id);
void mm_finding_add_address(struct mm_finding *finding, const char *name, const struct mm_logs_address *address);
void mm_finding_add_network(struct mm_finding *finding, const char *name, const struct mm_logs_address *network);
void mm_finding_add_word(struct mm_finding *finding, const char *name, const char *word);

#endif
