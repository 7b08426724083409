/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of requests, of all endpoints in one table: each is looked for, and what a request does not have is
 * absent. Which of them an endpoint reads is its own affair.
 */
#ifndef MM_DAEMON_ISSUER_PARAMETERS_H
#define MM_DAEMON_ISSUER_PARAMETERS_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

enum issuer_parameter {
#define ISSUER_PARAMETER(name, text) ISSUER_P_##name,
#include "daemon/issuer/parameters.def"
#undef ISSUER_PARAMETER
	ISSUER_PARAMETER_COUNT
};

struct issuer_parameters {
	/* Absent: not there, or without a value. Of one that is there more than once the first. */
	struct mm_slice values[ISSUER_PARAMETER_COUNT];
	bool repeated[ISSUER_PARAMETER_COUNT];
};

/*
 * Parse a form (application/x-www-form-urlencoded) in place; values are borrowed from it.
 *
 * "Parameters sent without a value MUST be treated as if they were omitted from the request. The authorization server
 * MUST ignore unrecognized request parameters." (RFC 6749 section 3.2)
 *
 * Returns NULL, else a constant sentence: a '%' without two digits, or a value with NUL, another control character or
 * what is no UTF-8. All but good values are absent then.
 * Not checked here: "Request and response parameters MUST NOT be included more than once"; repeated says it.
 */
MM_MUST_USE const char *issuer_parameters_parse(char *form, size_t len, struct issuer_parameters *parameters);

/* What only our own forms have is absent from now on: a client's request has none of it. */
void issuer_parameters_forget_own(struct issuer_parameters *parameters);

/* The name of the first parameter that is there more than once, which is neither of the two; NULL: none. */
const char *issuer_parameters_find_repeated(const struct issuer_parameters *parameters, enum issuer_parameter but,
    enum issuer_parameter but_also);

/* Whether none is there more than once. */
bool issuer_parameters_are_single(const struct issuer_parameters *parameters);

const char *issuer_parameter_name(enum issuer_parameter parameter);

/* Whether a list of words apart by spaces, as scope and prompt are, has this word. */
bool issuer_list_has(struct mm_slice list, const char *word);

#endif
