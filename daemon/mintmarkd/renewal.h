/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Renewing the trust of a running system: for key documents that came, and for a configuration that is read anew.
 *
 * What is in use stays so until its successor is compiled and its epoch is on the disk. A configuration, a key file or
 * a secret that cannot be used leaves everything as it was.
 */
#ifndef MM_DAEMON_MINTMARKD_RENEWAL_H
#define MM_DAEMON_MINTMARKD_RENEWAL_H

#include "daemon/mintmarkd/compile.h"
#include "daemon/mintmarkd/pace.h"
#include "daemon/mintmarkd/reading.h"
#include "daemon/mintmarkd/sources.h"
#include "engine/problems.h"
#include "lib/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_mintmarkd;

/* As many as the desk serves connections. */
#define MM_QUESTIONS_MAX 64

/* Numbers of the desk's questions that wait for one answer. */
struct mm_questions {
	uint64_t numbers[MM_QUESTIONS_MAX];
	size_t count;
};

/* How the last reload went. */
struct mm_reload_result {
	int64_t time_s; /* 0: there was none */
	bool done;
	struct mm_problems problems;
	struct mm_buf difference; /* lines */
};

struct mm_renewal {
	struct mm_compile compile;
	struct mm_problems problems; /* of the compilation that runs */
	uint64_t epoch;              /* that it is for */
	struct mm_key_lists lists;   /* that it is made from */

	struct mm_gathering documents; /* that came since */
	struct mm_back_off back_off;   /* of compilations for documents that failed */
	struct mm_telling telling;

	bool reloading;              /* from reading the file to the gate's word that it decides by it */
	struct mm_reading *reading;  /* what was read, until it is in use; NULL: the compilation is for documents */
	struct mm_sources sources;   /* of that reading */
	int64_t settle_deadline_ms;  /* the gate's word is waited for until then */
	uint64_t settle_epoch;
	struct mm_questions asked;   /* who waits for this reload */
	bool again;                  /* another one was asked for meanwhile */
	struct mm_questions asked_again;
	struct mm_reload_result last;
};

void mm_renewal_init(struct mm_renewal *renewal);
void mm_renewal_clear(struct mm_renewal *renewal);

/* An operator wants the configuration read anew; question: of the desk; NULL: it was SIGHUP. False: too many wait. */
bool mm_renewal_reload(struct mm_mintmarkd *mintmarkd, const uint64_t *question);

/* A source has another document. */
void mm_renewal_document_came(struct mm_mintmarkd *mintmarkd);

/* The gate says that it decides by nothing older than gate.settled_epoch. */
void mm_renewal_settled(struct mm_mintmarkd *mintmarkd);

/* The desk is gone, and with it who asked. */
void mm_renewal_forget_questions(struct mm_renewal *renewal);

/* The compiler's socket is ready for events of poll(); a deadline has come. */
void mm_renewal_serve(struct mm_mintmarkd *mintmarkd, short events);
int64_t mm_renewal_deadline_ms(const struct mm_renewal *renewal);
void mm_renewal_check_time(struct mm_mintmarkd *mintmarkd);

#endif
