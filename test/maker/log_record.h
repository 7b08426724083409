/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a synthetic unified audit log, with the members, the spellings and the gaps of real ones: measured on a
 * lab tenant's export, of the mail accesses 16 % have no application id, 30 % no client id, 52 % an address of the
 * provider's own, and addresses are spelled in five ways.
 */
#ifndef MAKER_LOG_RECORD_H
#define MAKER_LOG_RECORD_H

#include "test/maker/log_text.h"

#include <stdbool.h>

/* Who does something: a person of a tenant, with one of the applications that he uses. */
struct log_actor {
	uint64_t person;      /* from 0 on */
	uint64_t tenant;
	unsigned application; /* of log_applications */
	int64_t time_s;
	uint64_t token[2];    /* id of his token at that time */
	int64_t issued_s;     /* when it was */
	uint64_t session[2];
};

struct log_application {
	const char *id;          /* ClientAppId */
	const char *application; /* AppId: the service that acts */
	const char *client_info;
	const char *name;
	bool syncs;
};

#define LOG_APPLICATIONS 8
extern const struct log_application log_applications[LOG_APPLICATIONS];

/* A token serves for so long. */
#define LOG_TOKEN_S 4200

/* Who that person with his choice-th application is at a time. */
void log_actor_make(uint64_t seed, uint64_t person, uint64_t tenants, unsigned choice, int64_t time_s,
    struct log_actor *actor);

/* Names that follow from numbers. */
void log_add_tenant(struct log_text *text, uint64_t seed, uint64_t tenant);
void log_add_domain(struct log_text *text, uint64_t tenant);
void log_add_person(struct log_text *text, const struct log_actor *actor);

/*
 * Append one record without a line's end, whatever kind its number says; *is_access tells whether it is a mail access,
 * *uses_token whether it shows the actor's token.
 */
void log_record_add(struct log_text *text, uint64_t seed, uint64_t number, const struct log_actor *actor,
    bool *uses_token);

/* A mail access by an application whose tokens nobody issued: count messages, numbered from first on. */
struct log_theft {
	uint64_t mailbox; /* person */
	uint64_t tenant;
	int64_t time_s;
	uint64_t first;
	unsigned count;
	uint64_t token[2];
	int64_t issued_s;
	unsigned address; /* which of the thief's */
	bool throttled;
};

#define LOG_THIEF_APPLICATION "d47f7b1c-3a0e-4c6f-9a55-0c1de5c0ffee"
#define LOG_THIEF_ADDRESSES 12

void log_theft_add(struct log_text *text, uint64_t seed, uint64_t number, const struct log_theft *theft);

/* The sign-in that a token is from, as Graph gives it. */
void log_sign_in_add(struct log_text *text, uint64_t seed, const struct log_actor *actor);

#endif
